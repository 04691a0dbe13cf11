/**
 * Ten million events of half a million people, and their touchpoints. A tenth of the people's touchpoints is formed by
 * the rebuild, which is what is measured; the others' are copies of theirs under other names, made in SQL, for a run
 * must end within twenty minutes.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { startTestClickHouse } from '../../test-support/clickhouse.js'

export type TestClickHouse = Awaited<ReturnType<typeof startTestClickHouse>>

export const eventsPerPerson = 20
const chunkEvents = 1_000_000
const mostCopied = 25_000

/** Events of ordinary people: five sessions of three pages and a track each, two of them before they said who they are. */
const eventsSql = `
INSERT INTO events (project, subject, client_time, message_id, type, name, occurred_at, received_at, anonymous_id, user_id,
  session_id, origin, channel, channel_rule, source, url, path, title, referrer, device, browser, os, properties, context)
WITH
  intDiv(number, ${eventsPerPerson}) AS person, number % ${eventsPerPerson} AS nth, nth < 8 AS before, intDiv(nth, 4) AS session,
  toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + toIntervalSecond(cityHash64(person) % 4000000 + session * 6000000 + (nth % 4) * 97) AS at
SELECT 'default', if(before, concat('anon:', toString(sipHash64(person)), '-device'), concat('user:u', toString(person))), at,
  concat('msg-', toString(sipHash64(number, 1)), '-', toString(number)), if(nth % 4 = 3, 'track', 'page'),
  if(nth % 4 = 3, ['Demo Requested', 'Signed Up', 'Report Exported', 'Invited Colleague'][1 + cityHash64(person, session) % 4], ''), at, at + 1,
  concat(toString(sipHash64(person)), '-device'), if(before, '', concat('u', toString(person))),
  concat('s-', toString(sipHash64(person, session))), 'web',
  if(nth % 4 = 0, ['Paid Search', 'Organic Search', 'Direct', 'Email'][1 + cityHash64(person, session, 2) % 4], ''), 'rule:utm', 'google',
  concat('https://www.example.com/', toString(cityHash64(number) % 500), '/page?utm_source=google'), concat('/', toString(cityHash64(number) % 500), '/page'),
  concat('Page ', toString(cityHash64(number) % 500)), 'https://www.google.com/', 'desktop', 'Chrome', 'macOS',
  concat('{"plan":"pro","seats":', toString(number % 1000), ',"path":"/', toString(cityHash64(number) % 500), '/page"}'),
  '{"library":{"name":"touchline","version":"1.0.0"},"page":{"url":"https://www.example.com/","title":"Page"},"locale":"en-GB"}'
FROM numbers({first: UInt64}, {count: UInt64})`

const device = `concat('anon:', toString(sipHash64(number)), '-device')`
const user = `concat('user:u', toString(number))`
const held = (identifier: string) => `(${identifier}, NULL, NULL, 'msg', 'R1', false)`
// People 0 to 4 are the account small, 5 to 504 the account big, everybody else has one of forty thousand others.
const accountOf = (person: string) =>
  `multiIf(${person} < 5, 'small', ${person} < 505, 'big', concat('account-', toString(${person} % 40000)))`
const peopleSql = [
  `INSERT INTO identity_map (project, identifier, owners, version)
   SELECT 'default', arrayJoin([${user}, ${device}]), [(${user}, NULL, NULL, 'msg', 'R1', false)], 1 FROM numbers({first: UInt64}, {count: UInt64})`,
  `INSERT INTO people (project, person, identifiers, accounts, version)
   SELECT 'default', ${user}, [${held(user)}, ${held(device)}], [(${accountOf('number')}, 'group', NULL, NULL, 'msg', true)], 1
   FROM numbers({first: UInt64}, {count: UInt64})`,
  `INSERT INTO account_people (project, account, person, how, periods, version)
   SELECT 'default', ${accountOf('number')}, ${user}, 'group', [(NULL, NULL, 'msg')], 1 FROM numbers({first: UInt64}, {count: UInt64})`,
]

// Qualified throughout: a name alone may be what the copy gets under it.
const copied = `toUInt64(substring(t.person, 7)) + {shift: UInt64}`
const later = `toIntervalSecond(cityHash64(t.person, {shift: UInt64}) % 1000000)`
const numbered = (from: string, to: string) =>
  `(SELECT * FROM touchpoints_of_people WHERE toUInt64(substring(person, 7)) >= ${from} AND toUInt64(substring(person, 7)) < ${to}) AS t`
const copySql = [
  `INSERT INTO touchpoints_of_people SELECT t.* REPLACE (
     concat('user:u', toString(${copied})) AS person, cityHash64(concat('user:u', toString(${copied}))) AS person_key,
     t.at + ${later} AS at, t.until + ${later} AS until, cityHash64(t.touch, {shift: UInt64}) AS touch, [${accountOf(copied)}] AS accounts,
     arrayMap(id -> concat(id, toString({shift: UInt64})), t.message_ids) AS message_ids)
   FROM ${numbered('0', '{people: UInt64}')}`,
  `INSERT INTO touchpoints_of_accounts (project, at, touch, version, is_deleted, account, message_id, person, kind, name, channel, source, medium, campaign, host, path, paths, referrer_host, value, currency, direction, same_session, anonymous)
   SELECT project, at, touch, version, is_deleted, accounts[1], message_ids[1], person, kind, name, channel, source, medium, campaign, host, path, paths, referrer_host, value, currency, direction, same_session, anonymous
   FROM ${numbered('{shift: UInt64}', '{shift: UInt64} + {people: UInt64}')}`,
]

/** Events `from` to `to`, and who they are. */
export async function insertEvents(
  { app }: Pick<TestClickHouse, 'app'>,
  from: number,
  to: number,
): Promise<void> {
  const run = (query: string, query_params: Record<string, unknown>) =>
    app.command({ query, query_params, clickhouse_settings: { max_insert_threads: '2' } })
  for (let first = from; first < to; first += chunkEvents)
    await run(eventsSql, { first, count: Math.min(chunkEvents, to - first) })
  await insertPeople({ app }, from, to)
}

/** Who events `from` to `to` are of, without the events. */
export async function insertPeople(
  { app }: Pick<TestClickHouse, 'app'>,
  from: number,
  to: number,
): Promise<void> {
  const query_params = { first: from / eventsPerPerson, count: (to - from) / eventsPerPerson }
  for (const query of peopleSql) await app.command({ query, query_params })
}

/** The touchpoints of `people` people once more, for each further as many people up to `all`. Throws where copies are missing. */
export async function copyTouchpoints(
  { app }: Pick<TestClickHouse, 'app'>,
  people: number,
  all: number,
): Promise<void> {
  // Each time as many as there are, and no more than a request has time for.
  for (let made = people; made < all;) {
    const copied = Math.min(made, all - made, mostCopied)
    const query_params = { shift: made, people: copied }
    for (const query of copySql)
      await app.command({ query, query_params, clickhouse_settings: { max_insert_threads: '2' } })
    made += copied
  }
  const query = 'SELECT uniqExact(person_key) AS people FROM touchpoints_of_people'
  const [row] = await (await app.query({ query, format: 'JSONEachRow' })).json<{ people: string }>()
  if (Number(row?.people) < all * 0.99)
    throw new Error(`only ${row?.people} of ${all} people have touchpoints`)
}

/** A merge of everything may take longer than a request is waited for; it goes on without it. */
export async function merge({ app }: Pick<TestClickHouse, 'app'>, table: string): Promise<void> {
  await app.command({ query: `OPTIMIZE TABLE ${table} FINAL` }).catch(() => undefined)
  for (;;) {
    const query = 'SELECT count() AS merges FROM system.merges WHERE table = {table: String}'
    const answer = await app.query({ query, query_params: { table }, format: 'JSONEachRow' })
    const [row] = await answer.json<{ merges: string }>()
    if (Number(row?.merges ?? 0) === 0) return
    await delay(500)
  }
}
