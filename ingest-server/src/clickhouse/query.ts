/** One door to ClickHouse for every question here: the read-only user, parameters only, answers typed. */
import { ClickHouseError, type ClickHouseClient } from '@clickhouse/client'
import { TouchlineError } from '../errors.js'

/** What is asked, and for whom. Every statement names its project as `{project: String}`. */
export interface Reader {
  readonly client: ClickHouseClient
  readonly project: string
  /** The project counts only claims that came with a secret key or a signed token. */
  readonly signedOnly: boolean
}

export type Params = Readonly<Record<string, unknown>>

const settings = {
  date_time_output_format: 'iso',
  output_format_json_quote_64bit_integers: 0,
} as const

/** Rows as objects. `sql` is a constant of the source; what a person wrote arrives in `params` only. */
export async function ask<T>(reader: Reader, sql: string, params: Params = {}): Promise<T[]> {
  return readAnswer(async () => (await query(reader, sql, params, 'JSONEachRow')).json<T>())
}

/** Rows as arrays in the order of the columns: half the bytes, for the many rows of a timeline. */
export async function askRows(reader: Reader, sql: string, params: Params = {}): Promise<unknown[][]> {
  return readAnswer(async () => (await query(reader, sql, params, 'JSONCompactEachRow')).json<unknown[]>())
}

function query<Format extends 'JSONEachRow' | 'JSONCompactEachRow'>(
  { client, project }: Reader,
  sql: string,
  params: Params,
  format: Format,
) {
  return client.query({
    query: sql,
    format,
    query_params: { ...params, project },
    clickhouse_settings: settings,
    // Identifiers of a large account do not fit into an address.
    use_multipart_params_auto: true,
  })
}

/** ClickHouse may refuse at once or in the middle of its answer. */
async function readAnswer<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    throw toTouchlineError(cause)
  }
}

// TIMEOUT_EXCEEDED, TOO_MANY_SIMULTANEOUS_QUERIES, MEMORY_LIMIT_EXCEEDED, TOO_MANY_ROWS_OR_BYTES.
const tooMuch = new Set(['159', '202', '241', '396'])

function toTouchlineError(cause: unknown): TouchlineError {
  if (!(cause instanceof ClickHouseError))
    return new TouchlineError('STORE_UNAVAILABLE', undefined, { cause })
  if (!tooMuch.has(cause.code)) return new TouchlineError('INTERNAL', undefined, { cause })
  return new TouchlineError('OVERLOADED', 'The question reached the read limits. Ask for a shorter time.', {
    cause,
  })
}

// ClickHouse refuses a form field over 128 KiB; escapes, quotes and commas are in it too.
const maxKeyBytes = 90_000

/** Cuts keys into lists that fit into one parameter each. At least one list, possibly empty. */
export function chunksOf(keys: readonly string[]): string[][] {
  const chunks: string[][] = []
  let chunk: string[] = []
  let bytes = 0
  for (const key of keys) {
    const size = Buffer.byteLength(key) * 2 + 3
    if (bytes + size > maxKeyBytes && chunk.length > 0) {
      chunks.push(chunk)
      chunk = []
      bytes = 0
    }
    chunk.push(key)
    bytes += size
  }
  return [...chunks, chunk]
}
