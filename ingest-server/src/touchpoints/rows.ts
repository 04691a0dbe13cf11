/**
 * Reads events by primary key. A narrow row is what touchpoints are made of; the wide columns (properties,
 * traits) are read along only where few rows are expected, else afterwards for what is shown.
 *
 * Nothing here is FINAL, which costs more than it saves: every copy of a re-sent event comes, and first-copies.ts
 * keeps the one that counts.
 */
import { crc32 } from 'node:zlib'
import { chunksBy, chunksOf, queryRows, type NamedQuery, type Reader } from '../clickhouse/query.js'
import { firstCopies } from './first-copies.js'
import {
  narrowNames,
  narrowSql,
  rowKey,
  toObject,
  wideNames,
  wideSql,
  type FullRow,
  type Row,
  type WideRow,
} from './row.js'

export { rowKey, type FullRow, type Row, type Wide, type WideRow } from './row.js'

export interface RowsWanted {
  subjects: readonly string[]
  /** Only what was received until then, in milliseconds: the timeline as it was known at that time. */
  receivedUntil?: number | undefined
  withBots?: boolean | undefined
  /** occurred_at in [from, to), in milliseconds. */
  from?: number | undefined
  to?: number | undefined
  limit: number
}

/** Rows in no order; more than `limit` never come. */
export async function readRows(reader: Reader, wanted: RowsWanted): Promise<Row[]> {
  return (await readColumns(reader, wanted, narrowSql)).map((values) => toObject(narrowNames, values) as Row)
}

export async function readWideRows(reader: Reader, wanted: RowsWanted): Promise<WideRow[]> {
  return (await readColumns(reader, wanted, wideSql)).map((values) => toObject(wideNames, values) as WideRow)
}

/**
 * The events of the people who have one of these names as their canonical one, without reading first who they are: one
 * query instead of two. Rows of a shared device come whole; the caller places them.
 */
export async function readWideRowsNamed(
  reader: Reader,
  names: readonly string[],
  wanted: Pick<RowsWanted, 'withBots' | 'limit'>,
): Promise<WideRow[]> {
  const { sql, params } = conditionsOf(wanted)
  const rows = await queryRows(
    reader,
    {
      name: 'events-of-named-people',
      sql: `SELECT ${wideSql} FROM events
     WHERE project = {project: String} AND subject IN (
       SELECT arrayJoin(arrayConcat({names: Array(String)}, groupArrayArray(identifiers.identifier)))
       FROM people FINAL
       WHERE project = {project: String} AND person IN {names: Array(String)})${sql}
     LIMIT {limit: UInt32}`,
    },
    { ...params, names, limit: wanted.limit },
  )
  return rows.map((values) => toObject(wideNames, values) as WideRow)
}

async function readColumns(reader: Reader, wanted: RowsWanted, columns: string): Promise<unknown[][]> {
  const { sql, params } = conditionsOf(wanted)
  const named: NamedQuery = {
    name: 'events-of-subjects',
    sql: `SELECT ${columns} FROM events WHERE ${ofSubjects}${sql} LIMIT {limit: UInt32}`,
  }
  const rows: unknown[][] = []
  for (const subjects of chunksOf(wanted.subjects)) {
    const limit = wanted.limit - rows.length
    if (limit <= 0) break
    for (const row of await queryRows(reader, named, { ...params, subjects, limit })) rows.push(row)
  }
  return rows
}

const ofSubjects = 'project = {project: String} AND subject IN {subjects: Array(String)}'

/** Upper bound of the number of rows: each copy of a re-sent event counts. */
export async function countRows(reader: Reader, wanted: Omit<RowsWanted, 'limit'>): Promise<number> {
  const { sql, params } = conditionsOf(wanted)
  const named: NamedQuery = {
    name: 'count-events',
    splitBy: 'subjects',
    sql: `SELECT count() FROM events WHERE ${ofSubjects}${sql}`,
  }
  const counts = await queryRows<[number]>(reader, named, { ...params, subjects: wanted.subjects })
  return counts.reduce((sum, [count]) => sum + count, 0)
}

/**
 * Ids of the window's messages of which these subjects have several rows, inside the window or outside. `rows` may
 * still be on their way.
 */
export async function readRepeated(
  reader: Reader,
  wanted: RowsWanted,
  rows: Promise<readonly Row[]>,
): Promise<Set<string>> {
  const { sql, params } = conditionsOf(wanted)
  const known = conditionsOf({ receivedUntil: wanted.receivedUntil }).sql
  const [subjects = [], ...more] = chunksOf(wanted.subjects)
  if (more.length === 0) {
    const named: NamedQuery = {
      name: 'repeated-messages',
      sql: `SELECT message_id FROM events
        WHERE ${ofSubjects}${known} AND message_id IN (SELECT message_id FROM events WHERE ${ofSubjects}${sql})
        GROUP BY message_id HAVING count() > 1`,
    }
    const found = await queryRows<[string]>(reader, named, { ...params, subjects })
    return new Set(found.map(([messageId]) => messageId))
  }
  // Copies may be of different lists of subjects, so they are counted here.
  const messageIds = [...new Set((await rows).map(({ messageId }) => messageId))]
  const counts = new Map<string, number>()
  for (const { messageId } of await readRowsOf(reader, wanted, messageIds))
    counts.set(messageId, (counts.get(messageId) ?? 0) + 1)
  return new Set([...counts].filter(([, count]) => count > 1).map(([messageId]) => messageId))
}

/** Ids of all messages of which these subjects have several rows. */
export async function readAllRepeated(reader: Reader, subjects: readonly string[]): Promise<string[]> {
  const isOneList = chunksOf(subjects).length <= 1
  const named: NamedQuery = {
    name: 'repeated-messages-of-subjects',
    splitBy: 'subjects',
    sql: `SELECT message_id, count() FROM events WHERE ${ofSubjects} GROUP BY message_id${isOneList ? ' HAVING count() > 1' : ''}`,
  }
  const counts = new Map<string, number>()
  for (const [messageId, count] of await queryRows<[string, number]>(reader, named, { subjects }))
    counts.set(messageId, (counts.get(messageId) ?? 0) + count)
  return [...counts].filter(([, count]) => count > 1).map(([messageId]) => messageId)
}

/** Every copy of these messages that these subjects have. */
export async function readRowsOf(
  reader: Reader,
  { subjects, receivedUntil }: Pick<RowsWanted, 'subjects' | 'receivedUntil'>,
  messageIds: readonly string[],
): Promise<Row[]> {
  if (messageIds.length === 0) return []
  const { sql, params } = conditionsOf({ receivedUntil })
  const lists = chunksOf(messageIds)
  const wanted = new Set(messageIds)
  // Where both lists are long, a query for each pair of parts would be hundreds: then a sieve selects the messages.
  const [only] = lists
  const [condition, param] =
    lists.length === 1
      ? (['message_id IN {messages: Array(String)}', only] as const)
      : ([throughSieve, sieveOf(messageIds)] as const)
  const named: NamedQuery = {
    name: 'copies-of-messages',
    sql: `SELECT ${narrowSql} FROM events WHERE ${ofSubjects}${sql} AND ${condition}`,
  }
  const rows: Row[] = []
  for (const some of chunksOf(subjects))
    for (const values of await queryRows(reader, named, { ...params, subjects: some, messages: param })) {
      const row = toObject(narrowNames, values) as Row
      if (wanted.has(row.messageId)) rows.push(row)
    }
  return rows
}

/**
 * A bitmap that says of each message id, by two parts of its CRC32, whether it may be one of many: of 100,000 ids a hundredth
 * of the others pass, and are left out afterwards. In base64 it is short enough for one parameter.
 */
const sieveBits = 19
const sieveBytes = 2 ** sieveBits / 8

function sieveOf(messageIds: readonly string[]): string {
  const sieve = Buffer.alloc(sieveBytes)
  const mark = (place: number) =>
    sieve.writeUInt8(sieve.readUInt8(place >>> 3) | (1 << (place & 7)), place >>> 3)
  for (const id of messageIds) {
    const hash = crc32(id)
    mark(hash % 2 ** sieveBits)
    mark(hash >>> (32 - sieveBits))
  }
  return sieve.toString('base64')
}

const isMarked = (place: string) =>
  `bitTest(reinterpretAsUInt8(substring(base64Decode({messages: String}), toUInt32(intDiv(${place}, 8) + 1), 1)), ${place} % 8)`
const throughSieve = [
  isMarked(`(CRC32(message_id) % ${2 ** sieveBits})`),
  isMarked(`bitShiftRight(CRC32(message_id), ${32 - sieveBits})`),
].join(' AND ')

/** The conditions of `wanted` besides its subjects, as ` AND …`. */
export function conditionsOf({ receivedUntil, withBots, from, to }: Partial<RowsWanted>) {
  const conditions = ['']
  const params: Record<string, unknown> = {}
  const condition = (name: string, sql: string, value: number | undefined) => {
    if (value === undefined || !Number.isFinite(value)) return
    conditions.push(sql)
    params[name] = new Date(value)
  }
  condition('from', "occurred_at >= {from: DateTime64(3, 'UTC')}", from)
  condition('to', "occurred_at < {to: DateTime64(3, 'UTC')}", to)
  condition('receivedUntil', "received_at <= {receivedUntil: DateTime64(3, 'UTC')}", receivedUntil)
  if (withBots === false) conditions.push('NOT is_bot')
  return { sql: conditions.join(' AND '), params }
}

const byKeyQuery: NamedQuery = {
  name: 'events-by-key',
  sql: `
SELECT ${wideSql}
FROM events
WHERE project = {project: String} AND subject IN {subjects: Array(String)}
  AND client_time IN {times: Array(DateTime64(3, 'UTC'))} AND message_id IN {messages: Array(String)}`,
}

/** The wide columns of these rows, by `rowKey`. */
export async function readWide(reader: Reader, rows: readonly Row[]): Promise<Map<string, WideRow>> {
  const found: WideRow[] = []
  for (const some of chunksBy(rows, (row) => [row.subject, row.clientTime, row.messageId])) {
    const answer = await queryRows(reader, byKeyQuery, {
      subjects: [...new Set(some.map((row) => row.subject))],
      times: [...new Set(some.map((row) => row.clientTime))],
      messages: [...new Set(some.map((row) => row.messageId))],
    })
    for (const values of answer) found.push(toObject(wideNames, values) as WideRow)
  }
  return byRowKey(found)
}

export function byRowKey<Found extends Row>(rows: readonly Found[]): Map<string, Found> {
  const kept = firstCopies(rows, rowKey, (row) => row)
  return new Map(kept.map((row) => [rowKey(row), row]))
}

const fullNames = [...wideNames, 'context', 'previousId']
const byMessageQuery: NamedQuery = {
  name: 'event-by-id',
  sql: `
SELECT ${wideSql}, context, previous_id
FROM events
WHERE project = {project: String} AND message_id = {messageId: String}
ORDER BY events.received_at, events.batch_index
LIMIT 1`,
}

/** By the index on message_id; the first received where two subjects sent the same id. */
export async function readById(reader: Reader, messageId: string): Promise<FullRow | undefined> {
  const [values] = await queryRows(reader, byMessageQuery, { messageId })
  return values && (toObject(fullNames, values) as FullRow)
}
