/** What is read of an event, column by column. Others import it from rows.ts. */
/** One event, narrow. Text is empty where there is none; `at` is occurred_at in milliseconds since 1970. */
export interface Row {
  subject: string
  at: number
  /** As the primary key holds it: `2026-03-01 12:00:00.000`, UTC. */
  clientTime: string
  messageId: string
  /** When collect read it, in milliseconds since 1970, and its place in the request. */
  receivedAt: number
  batchIndex: number
  type: string
  name: string
  kind: string
  /** web, server, or an importer's name for itself. */
  sourceKind: string
  library: string
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
  clickIdKind: string
  clickId: string
  /** inbound or outbound where an importer says so. */
  direction: string
  isBot: boolean
  /** A secret key or a userToken vouches for it. */
  verified: boolean
  referrer: string
  url: string
  path: string
  title: string
}

/** What is read for shown events only. `properties` and `traits` are JSON text as sent. */
export interface Wide {
  properties: string
  traits: string
}

export type WideRow = Row & Wide

const narrow: Record<keyof Row, string> = {
  subject: 'subject',
  at: 'toUnixTimestamp64Milli(occurred_at)',
  clientTime: 'toString(client_time)',
  messageId: 'message_id',
  receivedAt: 'toUnixTimestamp64Milli(received_at)',
  batchIndex: 'batch_index',
  type: 'type',
  name: 'name',
  kind: 'kind',
  sourceKind: 'origin',
  library: 'library',
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
  clickIdKind: 'click_id_kind',
  clickId: 'click_id',
  direction: 'direction',
  isBot: 'is_bot',
  verified: 'verified',
  referrer: 'referrer',
  url: 'url',
  path: 'path',
  title: 'title',
}
const wide: Record<keyof Wide, string> = {
  properties: 'properties',
  traits: 'traits',
}

export const narrowNames = Object.keys(narrow)
export const wideNames = [...narrowNames, ...Object.keys(wide)]
export const narrowSql = Object.values(narrow).join(', ')
export const wideSql = [...Object.values(narrow), ...Object.values(wide)].join(', ')

/** Values in the order of `names` as an object. */
export function toObject(names: readonly string[], values: readonly unknown[]): unknown {
  const row: Record<string, unknown> = {}
  for (let index = 0; index < names.length; index += 1) row[names[index] ?? ''] = values[index]
  return row
}

/** With what is shown of a single event only. */
export interface FullRow extends WideRow {
  context: string
  previousId: string
}

/** Names a row: the same messageId may be there under other subjects and times. */
export const rowKey = ({
  subject,
  clientTime,
  messageId,
}: Pick<Row, 'subject' | 'clientTime' | 'messageId'>) => `${messageId}\n${clientTime}\n${subject}`
