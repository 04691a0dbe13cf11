/** What an import is asked for with, and what it works with. */
import type { ImportBody } from '@touchline/schemas/api'
import type { Clock } from '../../clock.js'
import type { Making } from '../../collect/accept/accept-made.js'
import type { Judge } from '../../log/tombstones.js'
import type { Appending } from '../append.js'
import type { EarlierRun, Progress } from './progress.js'

export interface ImportDeps extends Appending {
  clock: Clock
  judgeOf: (project: string) => Judge | undefined
}

export interface ImportRequest {
  project: Making['project']
  id: string
  map: { id: string; body: ImportBody }
  name: string
  input: AsyncIterable<Buffer>
  isDryRun: boolean
  /** What is known of an earlier run of this id. */
  earlier: EarlierRun | undefined
  /** Aborted when the client hangs up or the server stops. */
  signal: AbortSignal
  /** Told whenever it has changed. */
  onProgress: (progress: Progress) => void
}
