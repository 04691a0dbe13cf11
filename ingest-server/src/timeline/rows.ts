/**
 * Reads events by primary key. A narrow row is what touchpoints are made of; the wide columns (properties,
 * traits) are read along only where few rows are expected, else afterwards for what is shown.
 */
import { askRows, type Params, type Reader } from './ask.js'

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
  const { sql, params } = rowsQuery(wanted)
  const rows = await askRows(reader, `SELECT ${narrowSql} ${sql}`, params)
  return rows.map((values) => toObject(narrowNames, values) as Row)
}

export async function readWideRows(reader: Reader, wanted: RowsWanted): Promise<WideRow[]> {
  const { sql, params } = rowsQuery(wanted)
  const rows = await askRows(reader, `SELECT ${wideSql} ${sql}`, params)
  return rows.map((values) => toObject(wideNames, values) as WideRow)
}

function rowsQuery({ subjects, receivedUntil, withBots, from, to, limit }: RowsWanted) {
  const conditions = ['project = {project: String}', 'subject IN {subjects: Array(String)}']
  const params: Record<string, unknown> = { subjects, limit }
  const condition = (name: string, sql: string, value: number | undefined) => {
    if (value === undefined) return
    conditions.push(sql)
    params[name] = new Date(value)
  }
  condition('from', "occurred_at >= {from: DateTime64(3, 'UTC')}", from)
  condition('to', "occurred_at < {to: DateTime64(3, 'UTC')}", to)
  condition('receivedUntil', "received_at <= {receivedUntil: DateTime64(3, 'UTC')}", receivedUntil)
  if (withBots !== true) conditions.push('NOT is_bot')
  return { sql: `FROM events FINAL WHERE ${conditions.join(' AND ')} LIMIT {limit: UInt32}`, params }
}

const byKeySql = `
SELECT ${wideSql}
FROM events FINAL
WHERE project = {project: String} AND subject IN {subjects: Array(String)}
  AND client_time IN {times: Array(DateTime64(3, 'UTC'))} AND message_id IN {messages: Array(String)}`

/** The wide columns of these rows, by message id. */
export async function readWide(reader: Reader, rows: readonly Row[]): Promise<Map<string, WideRow>> {
  if (rows.length === 0) return new Map()
  const params: Params = {
    subjects: [...new Set(rows.map((row) => row.subject))],
    times: [...new Set(rows.map((row) => row.clientTime))],
    messages: rows.map((row) => row.messageId),
  }
  const found = await askRows(reader, byKeySql, params)
  return new Map(
    found.map((values) => {
      const row = toObject(wideNames, values) as WideRow
      return [row.messageId, row]
    }),
  )
}
