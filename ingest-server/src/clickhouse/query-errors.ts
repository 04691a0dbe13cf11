/** What a failed read says about whose fault it is, in the terms of errors.ts. */
import { ClickHouseError } from '@clickhouse/client'
import { TouchlineError } from '../errors.js'
import { readerCaps } from './caps.js'

const {
  max_execution_time: seconds = 0,
  max_memory_usage: memory = 0,
  max_result_rows: rows = 0,
} = readerCaps.limits

/** ClickHouse's codes of a cap that the query hit, and what the cap is. */
const caps: Readonly<Record<string, string>> = {
  158: `the rows that one question may read`, // TOO_MANY_ROWS
  159: `the time that one question may take (${seconds} s)`, // TIMEOUT_EXCEEDED
  241: `the memory that one question may use (${Math.round(memory / 1024 ** 2)} MiB)`, // MEMORY_LIMIT_EXCEEDED
  307: `the bytes that one question may read`, // TOO_MANY_BYTES
  396: `the rows that one answer may have (${rows.toLocaleString('en-US')})`, // TOO_MANY_ROWS_OR_BYTES
}

/** ClickHouse answers, and means: not now. */
const busy = new Set([
  '173', // CANNOT_ALLOCATE_MEMORY
  '202', // TOO_MANY_SIMULTANEOUS_QUERIES
  '203', // NO_FREE_CONNECTION
  '439', // CANNOT_SCHEDULE_TASK
  '745', // SERVER_OVERLOADED: the machine's cores are busy with something else
])

/** Answered by ClickHouse, and yet it cannot be asked: it is going down, or its nodes do not reach each other. */
const away = new Set(['209', '210', '225', '236', '279', '394', '999'])

/** What Node and the client say where no answer came. */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
])
const networkWords =
  /timeout error|socket hang up|aborted|premature close|other side closed|client network socket/i

export function queryErrorOf(cause: unknown, name: string): TouchlineError {
  if (cause instanceof TouchlineError) return cause
  if (cause instanceof ClickHouseError) return answeredError(cause, name)
  if (isNetworkError(cause)) return new TouchlineError('STORE_UNAVAILABLE', undefined, { cause })
  return new TouchlineError('INTERNAL', undefined, { cause })
}

function answeredError(cause: ClickHouseError, name: string): TouchlineError {
  const cap = caps[cause.code]
  if (cap !== undefined) {
    const message = `The question "${name}" went over ${cap}. Ask for a shorter time with from and to, a smaller limit, or fewer channels and kinds; an analyst may ask ClickHouse itself, with wider limits.`
    return new TouchlineError('QUERY_TOO_LARGE', message, { cause })
  }
  if (busy.has(cause.code))
    return new TouchlineError('OVERLOADED', 'ClickHouse answers as many questions as it can.', { cause })
  if (isTooLong(cause)) {
    const message = `The definitions and conditions that the question "${name}" asks by are too large together for one statement of ClickHouse. Ask by smaller ones, with fewer conditions in one another.`
    return new TouchlineError('QUERY_TOO_LARGE', message, { cause })
  }
  return new TouchlineError(away.has(cause.code) ? 'STORE_UNAVAILABLE' : 'INTERNAL', undefined, { cause })
}

/** A statement that is too long, or whose subqueries or brackets stand too deep in one another. */
const isTooLong = ({ code, message }: ClickHouseError) =>
  ['162', '167', '168', '306'].includes(code) ||
  (code === '62' && message.includes('Max query size exceeded'))

/** A connection that broke or never was. Anything else that the client throws is a fault of ours. */
function isNetworkError(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && networkCodes.has(String(at.code))) return true
    if (networkWords.test(at.message)) return true
  }
  return false
}

/** ClickHouse's number of the error, wherever in the chain of causes it stands; undefined where it did not answer. */
export function clickHouseCodeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof ClickHouseError) return at.code
  return undefined
}
