/**
 * Timelines: how long a page takes, beside `SELECT 1` on the same connection (the floor) and beside the same
 * question on a table whose key is (project, day, event name, person hash), as PostHog's is.
 *
 *     npm run bench -- timeline            10,000,000 events: 500,000 people with two identifiers each over 12
 *     npm run bench -- timeline 1000000    months, one person with a tenth as many again, accounts of 5 and 500
 *
 * A tenth of the events is measured first, for the growth. Goals: a person's last 100 at most the floor + 5 ms,
 * 20 × faster than the other key, growth at most 1.3 ×; a page of the heavy person at most 10 × the floor.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { startTestClickHouse } from '../test-support/clickhouse.js'
import { readAccount } from '../ingest-server/src/identity/account-people.js'
import { query, type NamedQuery, type Reader } from '../ingest-server/src/clickhouse/query.js'
import {
  plainEvents,
  touchpoints,
  type Listing,
  type TimelineQuery,
} from '../ingest-server/src/timeline/listing.js'
import { readEarly, readPage } from '../ingest-server/src/timeline/page.js'
import { findPerson, lonePerson } from '../ingest-server/src/identity/people.js'
import { databaseTime, writeProgress } from '../ingest-server/src/projections/lease-table.js'
import { openVersions } from '../ingest-server/src/projections/versions.js'
import { usualSlots } from '../ingest-server/src/touchpoints/upkeep/rebuild.js'
import { reformPeople } from '../ingest-server/src/touchpoints/upkeep/reform.js'
import { readWideRows } from '../ingest-server/src/touchpoints/rows.js'
import { accountScope, personScope, type Scope } from '../ingest-server/src/touchpoints/scope.js'
import { sweepStart } from '../ingest-server/src/touchpoints/upkeep/sweep.js'
import { readTraits } from '../ingest-server/src/timeline/traits.js'
import { printTable, rounded, type Row } from './report.js'

type TestClickHouse = Awaited<ReturnType<typeof startTestClickHouse>>

const eventsPerPerson = 20
const chunkEvents = 1_000_000

/** Events `{first}` to `{last}` of ordinary people: five sessions of three pages and a track, two of them anonymous. */
const eventsSql = `
INSERT INTO events (project, subject, client_time, message_id, type, name, occurred_at, received_at, anonymous_id, user_id,
  session_id, origin, channel, channel_rule, source, url, path, title, referrer, device, browser, os, properties, context)
WITH
  intDiv(number, ${eventsPerPerson}) AS person, number % ${eventsPerPerson} AS nth, nth < 8 AS before, intDiv(nth, 4) AS session,
  toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + toIntervalSecond(cityHash64(person) % 4000000 + session * 6000000 + (nth % 4) * 97) AS at
SELECT 'default', if(before, concat('anon:', toString(sipHash64(person)), '-device'), concat('user:u', toString(person))), at,
  concat('msg-', toString(sipHash64(number, 1)), '-', toString(number)), if(nth % 4 = 3, 'track', 'page'),
  if(nth % 4 = 3, ['Demo Requested', 'Signed Up', 'Report Exported', 'Invited Colleague'][1 + number % 4], ''), at, at + 1,
  concat(toString(sipHash64(person)), '-device'), if(before, '', concat('u', toString(person))),
  concat('s-', toString(sipHash64(person, session))), 'web',
  if(nth % 4 = 0, ['Paid Search', 'Organic Search', 'Direct', 'Email'][1 + number % 4], 'Direct'), 'rule:utm', 'google',
  concat('https://www.example.com/', toString(cityHash64(number) % 500), '/page?utm_source=google'), concat('/', toString(cityHash64(number) % 500), '/page'),
  concat('Page ', toString(cityHash64(number) % 500)), 'https://www.google.com/', 'desktop', 'Chrome', 'macOS',
  concat('{"plan":"pro","value":', toString(number % 1000), ',"path":"/', toString(cityHash64(number) % 500), '/page"}'),
  '{"library":{"name":"touchline","version":"1.0.0"},"page":{"url":"https://www.example.com/","title":"Page"},"locale":"en-GB"}'
FROM numbers({first: UInt64}, {count: UInt64})`

/** One user id with so many events over the same year, a visit every fifty. */
const heavySql = `
INSERT INTO events (project, subject, client_time, message_id, type, name, occurred_at, received_at, user_id, session_id, origin,
  channel, url, path, title, properties, context)
WITH toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + toIntervalMillisecond(number * intDiv(31536000000, {count: UInt64})) AS at
SELECT 'default', 'user:heavy', at, concat('heavy-', toString(number)), if(number % 4 = 3, 'track', 'page'),
  if(number % 4 = 3, 'Report Exported', ''), at, at + 1, 'heavy', concat('h-', toString(intDiv(number, 50))), 'web',
  if(number % 50 = 0, 'Email', 'Direct'), 'https://www.example.com/reports', '/reports', 'Reports',
  concat('{"value":', toString(number % 1000), '}'), '{"library":{"name":"touchline","version":"1.0.0"}}'
FROM numbers({count: UInt64})`

const held = (identifier: string) => `(${identifier}, NULL, NULL, 'msg', 'R1', false)`
const device = `concat('anon:', toString(sipHash64(number)), '-device')`
const user = `concat('user:u', toString(number))`
// People 0 to 4 are the account small, 5 to 504 the account big, everybody else has one of a hundred others.
const account = `multiIf(number < 5, 'small', number < 505, 'big', concat('account-', toString(number % 100000)))`
const peopleSql = [
  `INSERT INTO identity_map (project, identifier, owners, version)
   SELECT 'default', arrayJoin([${user}, ${device}]), [(${user}, NULL, NULL, 'msg', 'R1', false)], 1 FROM numbers({people: UInt64})`,
  `INSERT INTO people (project, person, identifiers, accounts, version)
   SELECT 'default', ${user}, [${held(user)}, ${held(device)}], [(${account}, 'group', NULL, NULL, 'msg')], 1 FROM numbers({people: UInt64})`,
  `INSERT INTO account_people (project, account, person, how, periods, version)
   SELECT 'default', ${account}, ${user}, 'group', [(NULL, NULL, 'msg')], 1 FROM numbers({people: UInt64})`,
  `INSERT INTO traits (project, identifier, name, at, message_id, value, verified, received_at, version)
   SELECT 'default', ${user}, arrayJoin(['email', 'name', 'plan', 'company']), '2026-02-01', 'msg', '"value"', false, '2026-02-01', 1
   FROM numbers({people: UInt64})`,
]

const otherKeySql = [
  'DROP TABLE IF EXISTS other_key',
  `CREATE TABLE other_key AS events ENGINE = ReplacingMergeTree(version) PARTITION BY toYYYYMM(client_time)
   ORDER BY (project, toDate(client_time), name, cityHash64(subject), cityHash64(message_id))`,
]
const otherKeyQuestion: NamedQuery = {
  name: 'other-key',
  sql: `
SELECT subject, occurred_at, message_id, type, name, channel, source, url, title, properties
FROM other_key FINAL
WHERE project = {project: String} AND subject IN {subjects: Array(String)}
ORDER BY occurred_at DESC
LIMIT 100`,
}

async function build(clickhouse: TestClickHouse, from: number, events: number): Promise<void> {
  const run = (query: string, params: Record<string, unknown> = {}) =>
    clickhouse.app.command({ query, query_params: params, clickhouse_settings: { max_insert_threads: '2' } })
  for (let first = from; first < events; first += chunkEvents)
    await run(eventsSql, { first, count: Math.min(chunkEvents, events - first) })
  await run("ALTER TABLE events DELETE WHERE subject = 'user:heavy' SETTINGS mutations_sync = 1")
  await run(heavySql, { count: Math.floor(events / 10) })
  for (const sql of peopleSql) await run(sql, { people: Math.floor(events / eventsPerPerson) })
  for (const sql of otherKeySql) await run(sql)
  const parts = Math.ceil(events / chunkEvents)
  for (let part = 0; part < parts; part += 1)
    await run(
      'INSERT INTO other_key SELECT * FROM events WHERE cityHash64(subject, client_time) % {parts: UInt32} = {part: UInt32}',
      { parts, part },
    )
  await formAccounts(clickhouse)
  // As it is some hours later: what was inserted is merged.
  for (const table of ['events', 'other_key', 'identity_map', 'people', 'account_people', 'traits'])
    await merge(clickhouse, table)
}

/** The touchpoints of the two accounts that are asked for, as the upkeep would have formed them; everybody's would take minutes. */
async function formAccounts({ app }: TestClickHouse): Promise<void> {
  const source: Reader = { client: app, project: 'default', signedOnly: false }
  const people = Array.from({ length: 505 }, (_, number) => `user:u${number}`)
  const versions = openVersions(app, 'touchpoints_of_people')
  await reformPeople({ source, versions, mayWrite: () => true }, people)
  const sweep = JSON.stringify({ position: sweepStart, rounds: 1 })
  await writeProgress(app, 'touchpoints', { slots: usualSlots, settledUntil: await databaseTime(app), sweep })
}

/** A merge of everything may take longer than a request is waited for; it goes on without it. */
async function merge({ app }: TestClickHouse, table: string): Promise<void> {
  await app.command({ query: `OPTIMIZE TABLE ${table} FINAL` }).catch(() => undefined)
  for (;;) {
    const query = 'SELECT count() AS merges FROM system.merges WHERE table = {table: String}'
    const answer = await app.query({ query, query_params: { table }, format: 'JSONEachRow' })
    const [row] = await answer.json<{ merges: string }>()
    if (Number(row?.merges ?? 0) === 0) return
    await delay(500)
  }
}

const lastHundred: TimelineQuery = { withBots: false, order: 'desc', limit: 100 }

interface Asked {
  reader: Reader
  /** The other key may take longer than a reader is allowed to. */
  uncapped: Reader
  people: number
}

interface Question {
  what: string
  times: number
  /** Answers what is to be timed. Everybody asked for is somebody else, so nothing is warm but what always is. */
  prepare: (nth: number) => Promise<() => Promise<unknown>>
}

function questionsOf({ reader, uncapped, people }: Asked): Question[] {
  const userOf = (nth: number) => `user:u${1_000 + ((nth * 7_919) % (people - 1_000))}`
  const page = (scope: Scope) => readPage(reader, scope, lastHundred, touchpoints)
  const personPage = async (id: string) => {
    const early = readEarly(reader, [id], lastHundred)
    return readPage(reader, personScope(await findPerson(reader, [id])), lastHundred, touchpoints, { early })
  }
  const accountPage = async (id: string) => page(accountScope(await readAccount(reader, id)))
  const heavy = personScope(lonePerson('user:heavy'))
  /** Walks on, page after page, as a person who scrolls. */
  const walker = <Item>(listing: Listing<Item>) => {
    let after: TimelineQuery['after']
    return async () => {
      if (!after) after = (await readPage(reader, heavy, lastHundred, listing)).next
      return async () => {
        after = (await readPage(reader, heavy, { ...lastHundred, after }, listing)).next
      }
    }
  }
  const subjectsOf = async (nth: number) => personScope(await findPerson(reader, [userOf(nth)])).subjects
  return [
    {
      what: 'SELECT 1 (the floor)',
      times: 300,
      prepare: async () => () => query(reader, { name: 'floor', sql: 'SELECT 1' }),
    },
    {
      what: personQuestion,
      times: 300,
      prepare: async (nth) => {
        const subjects = await subjectsOf(nth)
        return () => readWideRows(reader, { subjects, limit: 2_001 })
      },
    },
    {
      what: 'person: last 100 and summary',
      times: 300,
      prepare: async (nth) => () => personPage(userOf(nth)),
    },
    {
      what: 'person: profile',
      times: 200,
      prepare: async (nth) => async () => readTraits(reader, await findPerson(reader, [userOf(nth)])),
    },
    {
      what: 'account of 5: last 100 and summary',
      times: 100,
      prepare: async () => () => accountPage('small'),
    },
    { what: 'account of 1,000 subjects: the same', times: 20, prepare: async () => () => accountPage('big') },
    { what: 'heavy person: first page, rough summary', times: 20, prepare: async () => () => page(heavy) },
    { what: 'heavy person: a later page', times: 50, prepare: walker(touchpoints) },
    {
      what: 'heavy person: a later page of events',
      times: 50,
      prepare: walker(plainEvents),
    },
    {
      what: 'SQL view user_timeline: last 100',
      times: 20,
      prepare: async (nth) => () => query(reader, viewQuestion, { id: userOf(nth) }),
    },
    {
      what: otherKeyName,
      times: 10,
      prepare: async (nth) => {
        const subjects = await subjectsOf(nth)
        return () => query(uncapped, otherKeyQuestion, { subjects })
      },
    },
  ]
}
const personQuestion = 'person: last 100, the one question on events'
const otherKeyName = 'person: last 100, on the other key'
const viewQuestion: NamedQuery = {
  name: 'user-timeline-view',
  sql: `
SELECT * FROM user_timeline(project = {project: String}, id = {id: String}) ORDER BY at DESC LIMIT 100`,
}

interface Timing {
  p50: number
  p95: number
}

async function measure(questions: readonly Question[]): Promise<Map<string, Timing>> {
  const timings = new Map<string, Timing>()
  for (const { what, times, prepare } of questions) {
    const taken: number[] = []
    const warmUp = Math.ceil(times / 5)
    for (let nth = 0; nth < times + warmUp; nth += 1) {
      const run = await prepare(nth)
      const startedAt = performance.now()
      await run()
      if (nth >= warmUp) taken.push(performance.now() - startedAt)
    }
    taken.sort((a, b) => a - b)
    const at = (share: number) => taken[Math.min(taken.length - 1, Math.floor(taken.length * share))] ?? 0
    timings.set(what, { p50: at(0.5), p95: at(0.95) })
  }
  return timings
}

export interface TimelineResult {
  events: number
  small: Map<string, Timing>
  large: Map<string, Timing>
}

export async function run({ events = 10_000_000 } = {}): Promise<TimelineResult> {
  const clickhouse = await startTestClickHouse()
  try {
    const reader: Reader = { client: clickhouse.reader, project: 'default', signedOnly: false }
    const uncapped: Reader = { ...reader, client: clickhouse.app }
    const tenth = Math.floor(events / 10)
    await build(clickhouse, 0, tenth)
    const small = await measure(questionsOf({ reader, uncapped, people: tenth / eventsPerPerson }))
    await build(clickhouse, tenth, events)
    const large = await measure(questionsOf({ reader, uncapped, people: events / eventsPerPerson }))
    return { events, small, large }
  } finally {
    await clickhouse.close()
  }
}

export function tableOf({ small, large }: TimelineResult): Row[] {
  const floor = large.get('SELECT 1 (the floor)')?.p50 ?? 1
  return [...large].map(([what, { p50, p95 }]) => ({
    question: what,
    'p50 ms': p50.toFixed(1),
    'p95 ms': p95.toFixed(1),
    'floor +': (p50 - floor).toFixed(1),
    '× floor': (p50 / floor).toFixed(1),
    'to a tenth of the events': (p50 / (small.get(what)?.p50 ?? p50)).toFixed(2),
    'other key ÷ this': ((large.get(otherKeyName)?.p50 ?? 0) / p50).toFixed(0),
  }))
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const asked = Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? 10_000_000)
  const result = await run({ events: asked })
  printTable(`timeline: ${rounded(asked)} events and a tenth as many of one person`, tableOf(result))
}
