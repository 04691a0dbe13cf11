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
// People 0 to 4 are the account small, 5 to 504 the account big, everybody else has one of a hundred thousand others.
const accountOf = (person: string) =>
  `multiIf(${person} < 5, 'small', ${person} < 505, 'big', concat('account-', toString(${person} % 100000)))`
const peopleSql = [
  `INSERT INTO identity_map (project, identifier, owners, version)
   SELECT 'default', arrayJoin([${user}, ${device}]), [(${user}, NULL, NULL, 'msg', 'R1', false)], 1 FROM numbers({first: UInt64}, {count: UInt64})`,
  `INSERT INTO people (project, person, identifiers, accounts, version)
   SELECT 'default', ${user}, [${held(user)}, ${held(device)}], [(${accountOf('number')}, 'group', NULL, NULL, 'msg', true)], 1
   FROM numbers({first: UInt64}, {count: UInt64})`,
  `INSERT INTO account_people (project, account, person, how, periods, version)
   SELECT 'default', ${accountOf('number')}, ${user}, 'group', [(NULL, NULL, 'msg')], 1 FROM numbers({first: UInt64}, {count: UInt64})`,
]

const copied = `toUInt64(substring(person, 7)) + {shift: UInt64}`
const copySql = [
  `INSERT INTO touchpoints_of_people SELECT * REPLACE (
     concat('user:u', toString(${copied})) AS person, cityHash64(concat('user:u', toString(${copied}))) AS person_key,
     at + toIntervalSecond(cityHash64(person, {shift: UInt64}) % 1000000) AS at, until + toIntervalSecond(cityHash64(person, {shift: UInt64}) % 1000000) AS until,
     cityHash64(touch, {shift: UInt64}) AS touch, [${accountOf(copied)}] AS accounts,
     arrayMap(id -> concat(id, toString({shift: UInt64})), message_ids) AS message_ids)
   FROM touchpoints_of_people WHERE toUInt64(substring(person, 7)) < {people: UInt64}`,
  `INSERT INTO touchpoints_of_accounts (project, at, touch, version, is_deleted, account, message_id, person, kind, name, channel, source, medium, campaign, host, path, paths, referrer_host, value, currency, direction, same_session, anonymous)
   SELECT project, at, touch, version, is_deleted, accounts[1], message_ids[1], person, kind, name, channel, source, medium, campaign, host, path, paths, referrer_host, value, currency, direction, same_session, anonymous
   FROM touchpoints_of_people
   WHERE toUInt64(substring(person, 7)) >= {shift: UInt64} AND toUInt64(substring(person, 7)) < {shift: UInt64} + {people: UInt64}`,
]

/** Events `from` to `to`, and who they are. */
export async function insertEvents({ app }: TestClickHouse, from: number, to: number): Promise<void> {
  const run = (query: string, query_params: Record<string, unknown>) =>
    app.command({ query, query_params, clickhouse_settings: { max_insert_threads: '2' } })
  for (let first = from; first < to; first += chunkEvents)
    await run(eventsSql, { first, count: Math.min(chunkEvents, to - first) })
  const params = { first: from / eventsPerPerson, count: (to - from) / eventsPerPerson }
  for (const sql of peopleSql) await run(sql, params)
}

/** The touchpoints of `people` people once more, for each further as many people up to `all`. */
export async function copyTouchpoints({ app }: TestClickHouse, people: number, all: number): Promise<void> {
  for (let shift = people; shift < all; shift += people)
    for (const query of copySql)
      await app.command({
        query,
        query_params: { shift, people },
        // `person` is the row's own throughout, not the name that its copy gets; else nothing is copied.
        clickhouse_settings: { max_insert_threads: '2', prefer_column_name_to_alias: 1 },
      })
}

/** A merge of everything may take longer than a request is waited for; it goes on without it. */
export async function merge({ app }: TestClickHouse, table: string): Promise<void> {
  await app.command({ query: `OPTIMIZE TABLE ${table} FINAL` }).catch(() => undefined)
  for (;;) {
    const query = 'SELECT count() AS merges FROM system.merges WHERE table = {table: String}'
    const answer = await app.query({ query, query_params: { table }, format: 'JSONEachRow' })
    const [row] = await answer.json<{ merges: string }>()
    if (Number(row?.merges ?? 0) === 0) return
    await delay(500)
  }
}
