/**
 * Reads events by primary key. A narrow row is what touchpoints are made of; the wide columns (properties,
 * traits) are read along only where few rows are expected, else afterwards for what is shown.
 */
import { chunksBy, chunksOf, queryRows, type NamedQuery, type Reader } from '../clickhouse/query.js'

/** One event, narrow. Text is empty where there is none; `at` is occurred_at in milliseconds since 1970. */
export interface Row {
  subject: string
  at: number
  /** As the primary key holds it: `2026-03-01 12:00:00.000`, UTC. */
  clientTime: string
  messageId: string
  type: string
  name: string
  kind: string
  origin: string
  anonymousId: string
  userId: string
  email: string
  groupId: string
  /** A `group` that says the person left. */
  hasLeft: boolean
  sessionId: string
  channel: string
  channelRule: string
  source: string
  medium: string
  campaign: string
  referrer: string
  url: string
  path: string
  title: string
}

/** What is read for shown events only. `properties` and `traits` are JSON text as sent. */
export interface Wide {
  receivedAt: string
  properties: string
  traits: string
}

export type WideRow = Row & Wide

const narrow: Record<keyof Row, string> = {
  subject: 'subject',
  at: 'toUnixTimestamp64Milli(occurred_at)',
  clientTime: 'toString(client_time)',
  messageId: 'message_id',
  type: 'type',
  name: 'name',
  kind: 'kind',
  origin: 'origin',
  anonymousId: 'anonymous_id',
  userId: 'user_id',
  email: 'email',
  groupId: 'group_id',
  hasLeft: 'toBool(has(memberships.left, true))',
  sessionId: 'session_id',
  channel: 'channel',
  channelRule: 'channel_rule',
  source: 'source',
  medium: 'medium',
  campaign: 'campaign',
  referrer: 'referrer',
  url: 'url',
  path: 'path',
  title: 'title',
}
const wide: Record<keyof Wide, string> = {
  receivedAt: 'received_at',
  properties: 'properties',
  traits: 'traits',
}

const narrowNames = Object.keys(narrow)
const wideNames = [...narrowNames, ...Object.keys(wide)]
const narrowSql = Object.values(narrow).join(', ')
const wideSql = [...Object.values(narrow), ...Object.values(wide)].join(', ')

function toObject(names: readonly string[], values: readonly unknown[]): unknown {
  const row: Record<string, unknown> = {}
  for (let index = 0; index < names.length; index += 1) row[names[index] ?? ''] = values[index]
  return row
}

export interface RowsWanted {
  subjects: readonly string[]
  /** Only what was received until then, in milliseconds: the timeline as it could be told at that time. */
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
 * The events of whoever has one of these names as their canonical one, without asking first who that is: one
 * question instead of two. Rows of a shared device come whole; who asks places them.
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
      sql: `SELECT ${wideSql} FROM events FINAL
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
    sql: `SELECT ${columns} FROM events FINAL WHERE ${ofSubjects}${sql} LIMIT {limit: UInt32}`,
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

/** How many rows these are at most: copies of a re-sent event count each. */
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
  if (withBots !== true) conditions.push('NOT is_bot')
  return { sql: conditions.join(' AND '), params }
}

const byKeyQuery: NamedQuery = {
  name: 'events-by-key',
  sql: `
SELECT ${wideSql}
FROM events FINAL
WHERE project = {project: String} AND subject IN {subjects: Array(String)}
  AND client_time IN {times: Array(DateTime64(3, 'UTC'))} AND message_id IN {messages: Array(String)}`,
}

/** The wide columns of these rows, by message id. */
export async function readWide(reader: Reader, rows: readonly Row[]): Promise<Map<string, WideRow>> {
  const found = new Map<string, WideRow>()
  for (const some of chunksBy(rows, (row) => [row.subject, row.clientTime, row.messageId])) {
    const answer = await queryRows(reader, byKeyQuery, {
      subjects: [...new Set(some.map((row) => row.subject))],
      times: [...new Set(some.map((row) => row.clientTime))],
      messages: some.map((row) => row.messageId),
    })
    for (const values of answer) {
      const row = toObject(wideNames, values) as WideRow
      found.set(row.messageId, row)
    }
  }
  return found
}

/** With what is shown of a single event only. */
export interface FullRow extends WideRow {
  context: string
  isBot: boolean
}

const fullNames = [...wideNames, 'context', 'isBot']
const byMessageQuery: NamedQuery = {
  name: 'event-by-id',
  sql: `
SELECT ${wideSql}, context, is_bot
FROM events FINAL
WHERE project = {project: String} AND message_id = {messageId: String}
ORDER BY received_at
LIMIT 1`,
}

/** By the index on message_id; the first received where two subjects sent the same id. */
export async function readById(reader: Reader, messageId: string): Promise<FullRow | undefined> {
  const [values] = await queryRows(reader, byMessageQuery, { messageId })
  return values && (toObject(fullNames, values) as FullRow)
}

const subjectsQuery: NamedQuery = {
  name: 'subjects-with-events',
  splitBy: 'subjects',
  sql: `
SELECT DISTINCT subject FROM events
WHERE project = {project: String} AND subject IN {subjects: Array(String)}
  AND received_at <= {until: DateTime64(3, 'UTC')}`,
}

const always = Date.parse('2200-01-01T00:00:00Z')

/** Which of these subjects have events, received until then. */
export async function readSubjects(
  reader: Reader,
  subjects: readonly string[],
  receivedUntil = always,
): Promise<Set<string>> {
  const rows = await queryRows(reader, subjectsQuery, { subjects, until: new Date(receivedUntil) })
  return new Set(rows.map(([subject]) => String(subject)))
}
