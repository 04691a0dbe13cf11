/**
 * The one door through which everybody reads ClickHouse: named queries with parameters only, lists of keys split
 * so that each fits into a request, answers typed, failures put into the terms of errors.ts, logged and measured
 * by the query's name.
 */
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import { queryErrorOf } from './query-errors.js'
import { observerOf } from './query-observer.js'

/** Whom a query is sent as, and for which project. A statement names its project as `{project: String}`. */
export interface QuerySource {
  readonly client: ClickHouseClient
  readonly project?: string | undefined
}

/** The read-only user of one project: everything that answers a person's question. */
export interface Reader extends QuerySource {
  readonly project: string
  /** The project counts only claims that came with a secret key or a signed token. */
  readonly signedOnly: boolean
  /** What the project says of domains; absent: nothing. */
  readonly domains?: { readonly shared: readonly string[]; readonly companies: readonly string[] } | undefined
  /** As long as it is the same, so are all definitions, which are not read again then (definitions/documents/read.ts). Absent: unknown. */
  readonly definitionsStamp?: string | undefined
}

export type Params = Readonly<Record<string, unknown>>

export interface NamedQuery {
  /** kebab-case; the label of its log lines and metrics. */
  readonly name: string
  /** A constant of the source, or made of constants; what a person wrote arrives in parameters only. */
  readonly sql: string
  /**
   * The parameter that holds a list of keys. It is asked in as many queries as its length needs, none for an
   * empty list, and the rows of all are joined: only for statements whose rows for one key do not depend on the
   * other keys, or whose caller joins the rows itself.
   */
  readonly splitBy?: string
  /** Other parameters that follow from the keys of one part. */
  readonly along?: (keys: readonly string[]) => Params
  readonly settings?: ClickHouseSettings
}

const commonSettings = {
  date_time_output_format: 'iso',
  output_format_json_quote_64bit_integers: 0,
} as const satisfies ClickHouseSettings

/** Rows as objects. Rejects with a TouchlineError: STORE_UNAVAILABLE, OVERLOADED, QUERY_TOO_LARGE or INTERNAL. */
export function query<Row>(source: QuerySource, named: NamedQuery, params: Params = {}): Promise<Row[]> {
  return readByKeyLists(named, params, (part) => readAll<Row>(source, named, part, 'JSONEachRow'))
}

/** Rows as arrays in the order of the columns: half the bytes, for the many rows of a timeline. */
export function queryRows<Row extends readonly unknown[] = unknown[]>(
  source: QuerySource,
  named: NamedQuery,
  params: Params = {},
): Promise<Row[]> {
  return readByKeyLists(named, params, (part) => readAll<Row>(source, named, part, 'JSONCompactEachRow'))
}

/** Rows as objects, a batch at a time, for answers that need not fit into memory. */
export async function* queryStream<Row>(
  source: QuerySource,
  named: NamedQuery,
  params: Params = {},
): AsyncGenerator<Row[]> {
  const observation = observerOf(source.client).begin(named.name)
  let hasFailed = false
  try {
    const answer = await send(source, named, params, 'JSONEachRow')
    for await (const batch of answer.stream<Row>()) yield batch.map((row) => row.json())
  } catch (cause) {
    hasFailed = true
    throw observation.failed(queryErrorOf(cause, named.name))
  } finally {
    // Also where the caller has read enough.
    if (!hasFailed) observation.done()
  }
}

async function readByKeyLists<Row>(
  named: NamedQuery,
  params: Params,
  read: (params: Params) => Promise<Row[]>,
): Promise<Row[]> {
  const { splitBy, along } = named
  if (splitBy === undefined) return read(params)
  const parts = chunksOf([...new Set(params[splitBy] as readonly string[])].sort())
  const [first] = parts
  if (first === undefined) return []
  if (parts.length === 1) return read({ ...params, [splitBy]: first, ...along?.(first) })
  const rows: Row[] = []
  for (const keys of parts) {
    for (const row of await read({ ...params, [splitBy]: keys, ...along?.(keys) })) rows.push(row)
  }
  return rows
}

async function readAll<Row>(
  source: QuerySource,
  named: NamedQuery,
  params: Params,
  format: 'JSONEachRow' | 'JSONCompactEachRow',
): Promise<Row[]> {
  const observation = observerOf(source.client).begin(named.name)
  try {
    // ClickHouse may refuse at once or in the middle of its answer.
    const answer = await send(source, named, params, format)
    const rows = await answer.json<Row>()
    observation.done()
    return rows
  } catch (cause) {
    throw observation.failed(queryErrorOf(cause, named.name))
  }
}

function send<Format extends 'JSONEachRow' | 'JSONCompactEachRow'>(
  { client, project }: QuerySource,
  { sql, settings }: NamedQuery,
  params: Params,
  format: Format,
) {
  return client.query({
    query: sql,
    format,
    query_params: project === undefined ? { ...params } : { ...params, project },
    clickhouse_settings: settings === undefined ? commonSettings : { ...commonSettings, ...settings },
    // Long lists of keys do not fit into an address.
    use_multipart_params_auto: true,
  })
}

// ClickHouse refuses a form field over 128 KiB (http_max_field_value_size); escapes, quotes and commas are in it too.
const maxListBytes = 90_000

const bytesInList = (key: string) => Buffer.byteLength(key) * 2 + 3

/** Cuts `items` into lists whose keys fit into one parameter each; none without items. `keysOf` gives an item's key in each of the lists that are sent. */
export function chunksBy<Item>(items: readonly Item[], keysOf: (item: Item) => readonly string[]): Item[][] {
  const chunks: Item[][] = []
  let chunk: Item[] = []
  let bytes: number[] = []
  for (const item of items) {
    const sizes = keysOf(item).map(bytesInList)
    const sums = sizes.map((size, list) => (bytes[list] ?? 0) + size)
    if (chunk.length > 0 && sums.some((sum) => sum > maxListBytes)) {
      chunks.push(chunk)
      chunk = []
      bytes = sizes
    } else bytes = sums
    chunk.push(item)
  }
  if (chunk.length > 0) chunks.push(chunk)
  return chunks
}

export const chunksOf = (keys: readonly string[]): string[][] => chunksBy(keys, (key) => [key])
