/**
 * Gets lines into one table: retried for ever while the server is at fault, cut in halves while the data is,
 * down to the single lines that ClickHouse refuses. Sending lines again is harmless, so nothing is remembered
 * of an attempt that failed half-way.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { insertLines } from '../clickhouse/insert-lines.js'
import { backOffMs, pause } from '../loop.js'
import type { Logger } from '../logger.js'
import { classifyError } from './classify-error.js'

export interface Line {
  bytes: Buffer
  /** Which record of the batch it came with. */
  record: number
}

export interface RefusedLine extends Line {
  error: unknown
}

export interface Inserting {
  app: ClickHouseClient
  logger: Logger
  onRetry: () => void
  /** After each insert that ClickHouse took. */
  onInsert?: ((seconds: number) => void) | undefined
  /** Aborted: no further attempt is begun, and the insert rejects with StoreStopped. */
  softAbort: AbortSignal
  /** Aborted: the attempt under way is given up too. */
  hardAbort: AbortSignal
}

/** Thrown when the store stops before the rows are in; the log delivers them again. */
export class StoreStopped extends Error {
  constructor() {
    super('The store stopped before ClickHouse took the batch; the log delivers it again.')
    this.name = 'StoreStopped'
  }
}

const retryAfterMs = { first: 100, most: 5_000 }
/** Attempts at an error of unclear fault before looking closer: some 10 s, longer than most restarts. */
const unclearAttempts = 8

/** Resolves when every line is in, but for those returned: ClickHouse refuses them, each by itself. */
export async function insertRows(
  inserting: Inserting,
  table: string,
  lines: readonly Line[],
): Promise<RefusedLine[]> {
  const [only] = lines
  if (only === undefined) return []
  const isSingle = lines.length === 1
  const chunks = lines.map((line) => line.bytes)
  // The whole batch was tried patiently before; the halves of it need no more patience until one line is left.
  const refusal = await insertOrRefusal(inserting, table, chunks, isSingle ? unclearAttempts : 1, isSingle)
  if (refusal === undefined) return []
  if (isSingle) return [{ ...only, error: refusal.error }]
  const middle = Math.ceil(lines.length / 2)
  return [
    ...(await insertRows(inserting, table, lines.slice(0, middle))),
    ...(await insertRows(inserting, table, lines.slice(middle))),
  ]
}

/** Undefined when the bytes are in; the error when these bytes together are what ClickHouse does not take. */
export async function insertOrRefusal(
  inserting: Inserting,
  table: string,
  chunks: readonly Buffer[],
  patience = unclearAttempts,
  isSingle = false,
): Promise<{ error: unknown } | undefined> {
  const { app, logger, onRetry, onInsert, softAbort, hardAbort } = inserting
  for (let attempt = 1; ; attempt += 1) {
    if (softAbort.aborted) throw new StoreStopped()
    const startedAt = performance.now()
    try {
      await insertLines(app, table, chunks, hardAbort)
      onInsert?.((performance.now() - startedAt) / 1_000)
      return undefined
    } catch (error) {
      const fault = classifyError(error)
      if (fault === 'data') return { error }
      // One line never needs more memory than a server has: that is waited out.
      const mayBeRows = fault === 'unclear' || (fault === 'memory' && !isSingle)
      if (mayBeRows && attempt >= patience && (await takesInserts(inserting, table))) return { error }
      onRetry()
      const waitMs = backOffMs(attempt, retryAfterMs)
      logger.warn({ err: error, table, attempt, waitMs }, 'ClickHouse did not take an insert; trying again')
      await pause(waitMs, softAbort)
    }
  }
}

/** An insert of no rows: when that is taken, an error that stays belongs to the rows. */
async function takesInserts({ app, hardAbort }: Inserting, table: string): Promise<boolean> {
  try {
    await insertLines(app, table, [], hardAbort)
    return true
  } catch {
    return false
  }
}
