/** Events that the server made itself, of a file's rows or of what another system pushed: judged as those that are sent. */
import type { Judge } from '../../log/tombstones.js'
import type { KeyBinding, Project } from '../../projects/project.js'
import { prepareBatch } from '../trust/prepare-batch.js'
import { acceptEvents, type Batch, type Outcome } from './accept.js'
import type { Json } from '../read/read-event.js'
import { isoText } from '../read/times.js'

export interface Making {
  project: Project
  /** Who asked for it holds a secret key, or what was pushed is signed: what it claims is verified. */
  verified: boolean
  /** What the write key is bound to by which it came, where it came by one. */
  key?: KeyBinding | undefined
  judge: Judge | undefined
  receivedAtMs: number
}

/** As `acceptEvents`: the lines of the good ones, and what is wrong with the others. */
export function acceptMade(
  events: readonly Json[],
  { project, verified, key, judge, receivedAtMs }: Making,
): Outcome {
  const batch: Batch = {
    events,
    type: undefined,
    context: undefined,
    sentAt: undefined,
    contextBytes: 0,
    // They stand in no text; a backslash there says that their strings must be quoted.
    source: { text: '\\', events: [], spans: [] },
  }
  // Without a verifier of tokens it is ready at once.
  const prepared = prepareBatch(batch, project, undefined) as Batch
  return acceptEvents(prepared, {
    project,
    verified,
    key,
    judge,
    receivedAtMs,
    receivedAt: isoText(receivedAtMs),
    ip: '',
    userAgent: '',
    acceptLanguage: '',
    byBrowser: false,
  })
}
