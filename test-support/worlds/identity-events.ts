/** Events that say who is who, as collect would store them, and what the derived tables should then hold. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { EventRow } from '../../ingest-server/src/log/event-row.js'
import { linksFrom } from '../../ingest-server/src/identity/rules/links.js'
import { resolve, type Link } from '../../ingest-server/src/identity/rules/resolve.js'
import { eventRow } from '../event-rows.js'

export interface Said {
  project: string
  messageId: string
  at: string
  type?: string
  receivedAt?: string
  userId?: string
  anonymousId?: string
  email?: string
  previousId?: string
  verified?: boolean
  pair?: readonly [string, string]
  group?: { id: string; left?: boolean; domain?: string }
}

export function identityRow(said: Said): EventRow {
  const { project, messageId, at, type = 'identify', verified = false, group } = said
  const receivedAt = said.receivedAt ?? at
  const row = eventRow({
    at,
    project,
    message_id: messageId,
    type,
    received_at: receivedAt,
    user_id: said.userId ?? '',
    anonymous_id: said.anonymousId ?? '',
    email: said.email ?? '',
    group_id: group?.id ?? '',
    verified,
    links: linksFrom({
      ...said,
      type,
      verified,
      occurredAt: Date.parse(at),
      receivedAt: Date.parse(receivedAt),
    }),
  })
  if (!group) return row
  return {
    ...row,
    memberships: [{ identifier: row.subject, account: group.id, left: group.left ?? false }],
    group_traits: group.domain === undefined ? [] : [{ name: 'domain', value: JSON.stringify(group.domain) }],
  }
}

/** What resolve says of everything that was stored, as the tables would tell it. */
export function expectedOwners(rows: readonly EventRow[]): Record<string, unknown> {
  const links = rows.flatMap((row) =>
    row.links.map((fact): Link => ({ ...fact, messageId: row.message_id, receivedAt: row.received_at })),
  )
  return sorted([...resolve(links).owners])
}

export async function storedOwners(app: ClickHouseClient, project: string): Promise<Record<string, unknown>> {
  const rows = await query<{ identifier: string; owners: object[] }>(
    app,
    'SELECT identifier, owners FROM identity_map FINAL WHERE project = {project: String} AND notEmpty(owners)',
    { project },
  )
  return sorted(rows.map(({ identifier, owners }) => [identifier, owners]))
}

/** People as identity_map implies them must be what people holds. */
export async function storedPeople(app: ClickHouseClient, project: string): Promise<Record<string, unknown>> {
  const rows = await query<{ person: string; identifiers: object[] }>(
    app,
    'SELECT person, identifiers FROM people FINAL WHERE project = {project: String}',
    { project },
  )
  return sorted(rows.map(({ person, identifiers }) => [person, identifiers]))
}

/** Every derived row, as it is read, to the byte. */
export async function derivedBytes(app: ClickHouseClient): Promise<string[]> {
  const tables = ['identity_map', 'people', 'account_people', 'domains']
  const dumps = tables.map(async (table) => {
    const answer = await app.query({
      query: `SELECT * REPLACE toString(version) AS version FROM ${table} FINAL ORDER BY ALL`,
      format: 'TabSeparated',
    })
    return `${table}\n${await answer.text()}`
  })
  return Promise.all(dumps)
}

export async function query<Row>(
  app: ClickHouseClient,
  sql: string,
  params: Record<string, unknown> = {},
): Promise<Row[]> {
  const answer = await app.query({
    query: sql,
    query_params: params,
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_output_format: 'iso' },
  })
  return answer.json<Row>()
}

function sorted(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

/** How many rows were ever written of who is who: it grows with every pass that changes something. */
export async function rowsWritten(client: ClickHouseClient): Promise<string | undefined> {
  const [all] = await query<{ rows: string }>(
    client,
    `SELECT toString(sum(rows)) AS rows FROM (
       SELECT count() AS rows FROM identity_map UNION ALL SELECT count() FROM people
       UNION ALL SELECT count() FROM account_people)`,
  )
  return all?.rows
}
