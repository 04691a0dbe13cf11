/** The imports of this process: one run of an id at a time, what each says of itself, and their end with the server. */
import type { ImportRunAnswer, ImportShape } from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'
import { shapeOf, type Progress } from './progress.js'
import { runImport } from './run-import.js'
import type { ImportRequest, ImportDeps } from './import-request.js'

export interface KnownRun {
  shape: ImportShape
  /** Rows that were refused earlier are of another file. */
  beganAtMs: number
}

export interface Imports {
  /**
   * Runs until the end of the file. Rejects with IMPORT_INVALID, IMPORT_RUNNING, or IMPORT_INTERRUPTED where the
   * server stops or the client hangs up.
   */
  run: (request: Omit<ImportRequest, 'onProgress'>) => Promise<ImportRunAnswer>
  /** What a run of this process says; undefined where there is none. */
  live: (project: string, id: string) => KnownRun | undefined
  stop: () => void
}

export function openImports(deps: ImportDeps): Imports {
  const running = new Map<string, Progress | undefined>()
  /** Ids whose file has changed since: the next run of each does all of it, though its record is not stored yet. */
  const changed = new Set<string>()
  const stopping = new AbortController()
  const keyOf = (project: string, id: string) => JSON.stringify([project, id])
  return {
    async run(request) {
      const key = keyOf(request.project.id, request.id)
      const isKept = !request.isDryRun
      if (isKept && running.has(key)) throw new TouchlineError('IMPORT_RUNNING')
      if (isKept) running.set(key, undefined)
      const signal = AbortSignal.any([request.signal, stopping.signal])
      const earlier = isKept && changed.delete(key) ? undefined : request.earlier
      try {
        return await runImport(
          { ...request, earlier, signal, onProgress: (progress) => isKept && running.set(key, progress) },
          deps,
        )
      } catch (error) {
        if (error instanceof TouchlineError && error.code === 'IMPORT_CHANGED') changed.add(key)
        throw signal.aborted || isBroken(error)
          ? new TouchlineError('IMPORT_INTERRUPTED', undefined, { cause: error })
          : error
      } finally {
        if (isKept) running.delete(key)
      }
    },
    live(project, id) {
      const progress = running.get(keyOf(project, id))
      return progress && { shape: shapeOf(progress), beganAtMs: progress.beganAtMs }
    },
    stop: () => stopping.abort(),
  }
}

/** The connection broke while the file was sent. */
const isBroken = (error: unknown) =>
  (error as { code?: unknown }).code === 'ECONNRESET' || (error as { code?: unknown }).code === 'ABORT_ERR'
