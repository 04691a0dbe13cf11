/** What erasures that are not finished wait for, in words that name nobody: for the ledger, `/health/ready`, a metric and doctor. */
import { ClickHouseError } from '@clickhouse/client'
import { TouchlineError, type ErrorCode } from '../errors.js'
import type { Erasure, Progress } from './erasure-ledger.js'

export interface OpenErasure {
  project: string
  erasureId: string
  requestedAt: string
  waitsFor: string
  /** Its last try failed. */
  isStopped: boolean
}

export interface OpenErasures {
  erasures: readonly OpenErasure[]
  /** What an operator should know of; undefined where all goes on. */
  problem: string | undefined
}

const stoppedWords = 'It could not go on: '

/** The note of an erasure whose try failed with `error`. Never its message, which may quote what was stored. */
export const stoppedNote = (error: unknown): string =>
  `${stoppedWords}${reasonOf(error)}. It is tried again; the server's log says more.`

export const isStopped = ({ note }: Pick<Progress, 'note'>): boolean => note.startsWith(stoppedWords)

const ofLog: Partial<Record<ErrorCode, string>> = {
  LOG_FULL: 'the log is full',
  LOG_UNAVAILABLE: 'the log does not take the lines that stay',
  LOG_DAMAGED: 'a file of the log is damaged',
}

/** Who stopped it: ClickHouse, by its code, the log, or this program itself. */
export function reasonOf(error: unknown): string {
  const chain: unknown[] = []
  for (let at = error; at instanceof Error; at = at.cause) chain.push(at)
  const answer = chain.find((one) => one instanceof ClickHouseError)
  if (answer) return `ClickHouse refused a statement (code ${answer.code}, ${answer.type ?? 'unnamed'})`
  const known = chain.find((one) => one instanceof TouchlineError)
  if (known?.code === 'STORE_UNAVAILABLE') return 'ClickHouse does not answer'
  if (known?.code === 'OVERLOADED') return 'ClickHouse is busy'
  if (known && known.code !== 'INTERNAL') return ofLog[known.code] ?? `an error ${known.code}`
  const own = chain.at(-1)
  return `a fault of Touchline's own (${own instanceof Error ? own.name : typeof error})`
}

/** `failure`: of the last look as a whole, if it failed. */
export function openErasures(
  known: readonly Erasure[],
  progress: ReadonlyMap<string, Progress>,
  failure?: unknown,
): OpenErasures {
  const erasures = known.flatMap(({ project, erasureId, requestedAtMs }): OpenErasure[] => {
    const last = progress.get(erasureId)
    if (last?.state === 'finished') return []
    const requestedAt = new Date(requestedAtMs).toISOString()
    return [
      {
        project,
        erasureId,
        requestedAt,
        waitsFor: last === undefined ? 'its first look' : waitsFor(last),
        isStopped: last !== undefined && isStopped(last),
      },
    ]
  })
  const stopped = erasures.filter((one) => one.isStopped)
  const [first] = stopped
  if (failure !== undefined) return { erasures, problem: `Erasures wait: ${reasonOf(failure)}.` }
  return {
    erasures,
    problem:
      first && `${stopped.length} of ${erasures.length} cannot go on. ${first.erasureId}: ${first.waitsFor}`,
  }
}

const inWords: Record<string, (count: number) => string> = {
  records_on_their_way: (count) => `${count} records of the log that are on their way into the tables`,
  replaced_files: (count) => `${count} replaced files that ClickHouse has not yet taken off the disk`,
  log_lines: (count) => `${count} lines of the log`,
}

function waitsFor({ note, remaining }: Progress): string {
  const left = Object.entries(remaining).map(
    ([table, count]) => inWords[table]?.(count) ?? `${count} rows of ${table}`,
  )
  if (!isStopped({ note })) return left.length > 0 ? left.join(', ') : 'the next check'
  return left.length > 0 ? `${note} The last check found ${left.join(', ')}.` : note
}

/** What a check does not look at, for the proof: somebody has to know it who answers for it. */
export const notReached: readonly string[] = [
  "User ids in other people's properties, contexts and longer texts; in their traits those of fewer than six characters or written as numbers.",
  'Addresses that are the id of something else: another user, device or account, a message. Those written otherwise than as an address: in HTML entities, in base64, as a hash.',
  'Addresses in texts without blanks between words, where these are not ASCII.',
  'Addresses in what was decided or sent about others: bodies of deliveries, records of changes; names of campaigns in costs.',
  "Backups, exports, Kafka's topics until their retention ends, and the query log of a ClickHouse server of your own.",
]
