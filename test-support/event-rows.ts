/** Rows of `events` for tests: what is not said is empty, as collect would leave it. */
import type { ClickHouseClient } from '@clickhouse/client'
import { anonIdentifier, emailIdentifier, userIdentifier } from '@touchline/schemas'
import { insertLines } from '../ingest-server/src/clickhouse/insert-lines.js'
import type { EventRow } from '../ingest-server/src/log/event-row.js'
import { linksFrom } from '../ingest-server/src/identity/rules/links.js'

let made = 0

/** A row from the fields that matter. `at` is its time; it was received a second later. */
export function eventRow({ at, ...fields }: Partial<EventRow> & { at: string }): EventRow {
  made += 1
  const occurred = new Date(at).toISOString()
  const row: EventRow = {
    project: 'default',
    subject: '',
    client_time: occurred,
    message_id: `m${String(made).padStart(6, '0')}`,
    batch_index: 0,
    type: 'track',
    name: '',
    occurred_at: occurred,
    received_at: new Date(Date.parse(at) + 1_000).toISOString(),
    sent_at: null,
    time_corrected: false,
    anonymous_id: '',
    user_id: '',
    email: '',
    previous_id: '',
    group_id: '',
    verified: false,
    unverified_group: '',
    kind: '',
    direction: '',
    origin: 'web',
    session_id: '',
    channel: '',
    channel_rule: '',
    source: '',
    medium: '',
    campaign: '',
    term: '',
    content: '',
    click_id_kind: '',
    click_id: '',
    url: '',
    host: '',
    path: '',
    title: '',
    referrer: '',
    referrer_host: '',
    device: '',
    browser: '',
    os: '',
    is_bot: false,
    ip: '',
    locale: '',
    library: '',
    library_version: '',
    consent: '',
    properties: {},
    traits: {},
    context: {},
    links: [],
    person_traits: [],
    group_traits: [],
    memberships: [],
    ...fields,
  }
  return { ...row, subject: row.subject || subjectOf(row), links: fields.links ?? linksOf(row) }
}

/** The facts that collect would have found in it. */
function linksOf(row: EventRow) {
  return linksFrom({
    type: row.type,
    userId: row.user_id,
    anonymousId: row.anonymous_id,
    email: row.email,
    previousId: row.previous_id,
    occurredAt: Date.parse(row.occurred_at),
    receivedAt: Date.parse(row.received_at),
    verified: row.verified,
  })
}

function subjectOf({ user_id, anonymous_id, email }: EventRow): string {
  if (user_id !== '') return userIdentifier(user_id)
  return anonymous_id !== '' ? anonIdentifier(anonymous_id) : emailIdentifier(email)
}

/** Stores rows the way the line does, as lines of JSON. */
export async function insertRowsOf(app: ClickHouseClient, rows: readonly EventRow[]): Promise<void> {
  await insertLines(app, 'events', Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')))
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}

type Bounds = { from?: string; to?: string; because?: string }

/** What stitch would write: each person with their identifiers (and intervals), and their accounts. */
export async function insertPeople(
  app: ClickHouseClient,
  people: readonly {
    person: string
    identifiers: readonly ({ identifier: string } & Bounds)[]
    accounts?: readonly ({ account: string; how?: string } & Bounds)[]
  }[],
): Promise<void> {
  const bounds = ({ from, to, because }: Bounds) => ({
    from: from ?? null,
    to: to ?? null,
    because: because ?? 'because',
  })
  const held = (one: Bounds) => ({ ...bounds(one), rule: 'R1', verified: false })
  const stays = people.flatMap(({ person, accounts = [] }) => accounts.map((stay) => ({ person, ...stay })))
  const owners = groupBy(
    people.flatMap(({ person, identifiers }) => identifiers.map((one) => ({ person, ...one }))),
    ({ identifier }) => identifier,
  )
  const tables: Record<string, object[]> = {
    people: people.map(({ person, identifiers, accounts = [] }) => ({
      person,
      identifiers: identifiers.map((one) => ({ identifier: one.identifier, ...held(one) })),
      accounts: accounts.map((one) => ({ account: one.account, how: one.how ?? 'group', ...bounds(one) })),
    })),
    identity_map: [...owners].map(([identifier, list]) => ({
      identifier,
      owners: list.map((one) => ({ person: one.person, ...held(one) })),
      state: '',
    })),
    account_people: [...groupBy(stays, (stay) => `${stay.account}\n${stay.person}`).values()].map((list) => ({
      account: list[0]?.account,
      person: list[0]?.person,
      how: list[0]?.how ?? 'group',
      periods: list.map(bounds),
    })),
  }
  for (const [table, rows] of Object.entries(tables)) {
    const lines = rows
      .map((row) => `${JSON.stringify({ project: 'default', version: 1, ...row })}\n`)
      .join('')
    if (lines !== '') await insertLines(app, table, Buffer.from(lines))
  }
}
