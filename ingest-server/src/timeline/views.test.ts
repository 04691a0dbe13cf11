/** The SQL views and touchpoints/touchpoints.ts tell the same touchpoints, of everybody in a made-up company. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { eventRow, insertPeople, insertRowsOf } from '../../../test-support/event-rows.js'
import type { EventRow } from '../log/event-row.js'
import { readAccount } from '../identity/account-people.js'
import type { Reader } from '../clickhouse/query.js'
import { identifiersOf } from './identifiers.js'
import { touchpoints } from './listing.js'
import { readPage } from './page.js'
import { findPerson } from '../identity/people.js'
import { accountScope, personScope, type Scope } from '../touchpoints/scope.js'
import type { Touchpoint } from '../touchpoints/touchpoint.js'
import { rebuildTouchpoints } from '../touchpoints/upkeep/rebuild.js'

const start = Date.parse('2026-03-01T00:00:00Z')
const hour = 3_600_000

/** The same numbers at every run. */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const pick = <T>(from: readonly T[], random: (below: number) => number): T => {
  const found = from[random(from.length)]
  if (found === undefined) throw new Error('nothing to pick from')
  return found
}

const names = ['Demo Requested', 'demo_requested', 'demoRequested', 'Signed Up', 'Élan Vital', '???']
const trackNames = [...names, 'Page Left', 'Plan A+', 'plan a']
const channels = ['', '', 'Direct', 'Paid Search', 'Email']

/** Bursts of events, so that gaps around 5 and 30 minutes, ties and two sources all happen. */
function history(random: (below: number) => number): EventRow[] {
  const rows: EventRow[] = []
  let at = start
  for (let index = 0; index < 1_500; index += 1) {
    at += pick([0, 1, 20_000, 150_000, 300_000, 300_001, 1_800_000, 1_800_001, hour, 30 * hour], random)
    const device = `a${random(4) === 0 ? random(5) : Math.floor(index / 6) % 5}`
    const user = random(3) === 0 ? `u${random(4)}` : ''
    const type = pick(['page', 'page', 'screen', 'track', 'track', 'track', 'identify', 'group'], random)
    const channel = pick(channels, random)
    rows.push(
      eventRow({
        at: new Date(at).toISOString(),
        type,
        name: type === 'track' ? pick(trackNames, random) : pick(['', 'Home'], random),
        anonymous_id: random(4) === 0 && user !== '' ? '' : device,
        user_id: user,
        email: random(5) === 0 ? `e${random(4)}@x.test` : '',
        origin: pick(['web', 'web', 'server', 'crm'], random),
        kind: type === 'track' && random(6) === 0 ? pick(['offline', 'email', 'ad', 'crm'], random) : '',
        session_id: random(3) === 0 ? `s${Math.floor(index / 7)}` : random(5) === 0 ? '-1' : '',
        library: pick(['', 'analytics.js', 'analytics-ios'], random),
        batch_index: 5 - (index % 6),
        channel,
        channel_rule: channel === '' ? '' : `${channel}:utm`,
        source: channel === '' ? '' : `Source ${random(9)}`,
        url: random(3) === 0 ? '' : `https://x.test/${random(9)}`,
        path: random(3) === 0 ? '' : `/${random(9)}`,
        title: random(3) === 0 ? '' : `Title ${random(9)}`,
        referrer: random(2) === 0 ? '' : 'https://google.com/',
        is_bot: random(20) === 0,
        group_id: type === 'group' || random(10) === 0 ? pick(['acme', 'globex'], random) : '',
        memberships:
          type === 'group' ? [{ identifier: 'user:u0', account: 'acme', left: random(3) === 0 }] : [],
      }),
    )
  }
  return rows
}

let clickhouse: TestClickHouse
let reader: Reader

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  reader = { client: clickhouse.reader, project: 'default', signedOnly: false }
  const rows = history(seeded(7))
  await insertRowsOf(clickhouse.app, rows)
  // The same events again, as a retry sends them: received later, shown once.
  await insertRowsOf(
    clickhouse.app,
    rows
      .slice(0, 300)
      .map((row) => ({ ...row, name: `${row.name} again`, received_at: '2026-05-01T00:00:00Z' })),
  )
  await insertRowsOf(
    clickhouse.app,
    rows.slice(300, 600).map((row, index) => ({
      ...row,
      subject: index % 2 === 0 ? row.subject : 'user:u1',
      client_time: '2026-05-02T00:00:00Z',
      occurred_at: '2026-05-02T00:00:00Z',
      received_at: '2026-05-02T00:00:00Z',
    })),
  )
  const middle = new Date(Date.parse(rows[700]?.occurred_at ?? '')).toISOString()
  await insertPeople(clickhouse.app, [
    {
      person: 'user:u0',
      identifiers: [
        { identifier: 'user:u0' },
        { identifier: 'email:e0@x.test' },
        { identifier: 'anon:a0' },
        { identifier: 'anon:a1', to: middle },
      ],
      accounts: [{ account: 'acme' }, { account: 'globex', from: middle }],
    },
    {
      person: 'user:u1',
      identifiers: [
        { identifier: 'user:u1' },
        { identifier: 'anon:a1', from: middle },
        { identifier: 'user:u2' },
      ],
      accounts: [{ account: 'acme', to: middle }],
    },
    {
      person: 'email:e3@x.test',
      identifiers: [{ identifier: 'email:e3@x.test' }, { identifier: 'anon:a3' }],
    },
  ])
  await rebuildTouchpoints({ clickhouse })
})
afterAll(() => clickhouse.close())

/** The fields of a touchpoint that both the HTTP answer and the SQL view have. */
type ComparedFields = Record<string, unknown>

async function overHttp(scope: Scope): Promise<ComparedFields[]> {
  const query = { withBots: false, order: 'asc', limit: 100_000 } as const
  const { items } = await readPage(reader, scope, query, touchpoints)
  return items.map(toComparedFields).sort(byText)
}

const toComparedFields = ({ lead, acquisition, ...touchpoint }: Touchpoint): ComparedFields => ({
  at: new Date(touchpoint.at).toISOString(),
  kind: touchpoint.kind,
  name: touchpoint.name,
  label: touchpoint.label,
  channel: acquisition.channel,
  channel_rule: acquisition.channelRule,
  source: acquisition.source,
  medium: acquisition.medium,
  campaign: acquisition.campaign,
  path: lead.path,
  paths: touchpoint.pages.map(({ path }) => path).slice(0, 50),
  pages: touchpoint.pages.length,
  until: new Date(touchpoint.until).toISOString(),
  same_session: touchpoint.sameSession,
  direction: touchpoint.direction,
  person: touchpoint.person,
  accounts: touchpoint.accounts,
  shared: touchpoint.accounts.length > 1,
  anonymous: touchpoint.isAnonymous,
  message_ids: touchpoint.messageIds,
  sources: touchpoint.sources,
})

const columns = `at, kind, name, label, channel, channel_rule, source, medium, campaign, path, paths, pages, until,
  same_session, direction, person, accounts, shared, anonymous, message_ids, sources`

async function bySql(view: string, params: Record<string, string> = {}): Promise<ComparedFields[]> {
  const answer = await clickhouse.reader.query({
    query: `SELECT ${columns} FROM ${view} ORDER BY ALL`,
    query_params: params,
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_output_format: 'iso', output_format_json_quote_64bit_integers: 0 },
  })
  return (await answer.json<ComparedFields>()).sort(byText)
}

const byText = (a: ComparedFields, b: ComparedFields) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)

const timelineOf = async (id: string) => overHttp(personScope(await findPerson(reader, identifiersOf(id))))

describe('a person’s timeline is the same over HTTP and in SQL', () => {
  test.each(['u0', 'user:u2', 'anon:a2', 'e0@x.test'])('%s', async (id) => {
    const fromHttp = await timelineOf(id)
    expect(fromHttp.length).toBeGreaterThan(5)
    expect(await bySql("user_timeline(project = 'default', id = {id: String})", { id })).toEqual(fromHttp)
  })

  test('what this compares holds every kind, joined ones and visits that begin within a session', async () => {
    const fromHttp = (await Promise.all(['u0', 'u1', 'u3', 'anon:a2', 'anon:a3'].map(timelineOf))).flat()
    expect(new Set(fromHttp.map(({ kind }) => kind)).size).toBe(8)
    expect(fromHttp.some(({ sources }) => (sources as string[]).length > 1)).toBe(true)
    const visits = fromHttp.filter(({ kind }) => kind === 'visit')
    expect(new Set(visits.map(({ same_session }) => same_session))).toEqual(new Set([true, false]))
    expect(visits.some(({ pages }) => Number(pages) > 2)).toBe(true)
  })
})

describe('an account’s timeline is the same over HTTP and in SQL', () => {
  test.each(['acme', 'globex'])('%s', async (id) => {
    const fromHttp = await overHttp(accountScope(await readAccount(reader, id)))
    expect(new Set(fromHttp.map(({ person }) => person)).size).toBeGreaterThan(2)
    expect(await bySql("account_timeline(project = 'default', id = {id: String})", { id })).toEqual(fromHttp)
  })
})

test('touchpoints has everybody’s, each person’s as their own timeline tells it', async () => {
  const all = await bySql("(SELECT * FROM touchpoints WHERE project = 'default')")
  const people = [...new Set(all.map(({ person }) => String(person)))].sort()
  expect(people).toContain('anon:a2')
  for (const person of people)
    expect(all.filter((touchpoint) => touchpoint.person === person)).toEqual(await timelineOf(person))
})

test.each([
  ["user_timeline(project = 'default', id = 'u0')", 'touchpoints_of_people'],
  ["account_timeline(project = 'default', id = 'acme')", 'touchpoints_of_people'],
])('%s reads only the primary key ranges of whom it is about', async (view, table) => {
  const explained = await clickhouse.app.query({
    query: `EXPLAIN indexes = 1 SELECT * FROM ${view}`,
    format: 'TabSeparatedRaw',
  })
  const plan = await explained.text()
  const touchpointsRead = plan.slice(plan.indexOf(`.${table})`))
  expect(touchpointsRead).toMatch(
    /PrimaryKey[\s\S]*?person_key[\s\S]*?Condition: [^\n]*person_key in \d+-element set/,
  )
})

test('every view and every column has a comment', async () => {
  const bare = await clickhouse.app.query({
    query: `SELECT table, name FROM system.columns WHERE database = 'touchline' AND comment = ''
      UNION ALL SELECT name, '' FROM system.tables WHERE database = 'touchline' AND comment = ''`,
    format: 'JSONEachRow',
  })
  expect(await bare.json()).toEqual([])
  // One with parameters has its columns in its text only.
  const answer = await clickhouse.app.query({
    query: `SELECT countSubstrings(create_table_query, ' COMMENT ') AS comments FROM system.tables
      WHERE database = 'touchline' AND name IN ('user_timeline', 'account_timeline')`,
    format: 'JSONEachRow',
  })
  const counts = (await answer.json<{ comments: string | number }>()).map(({ comments }) => Number(comments))
  // 26 columns and the view.
  expect(counts).toEqual([27, 27])
})

describe('one busy person, the same event every minute for days, exhausts no view', () => {
  const minutes = 5_000
  const everyMinute = (user: string, origin: string, afterMs: number) =>
    Array.from({ length: minutes }, (_, minute) =>
      eventRow({
        at: new Date(start + minute * 60_000 + afterMs).toISOString(),
        project: 'busy',
        subject: `user:${user}`,
        user_id: user,
        name: 'API Called',
        origin,
        properties: { path: '/v1/reports', text: 'x'.repeat(300) },
      }),
    )

  beforeAll(async () => {
    await insertRowsOf(clickhouse.app, everyMinute('alone', 'server', 0))
    await insertRowsOf(clickhouse.app, [
      ...everyMinute('twice-told', 'web', 0),
      ...everyMinute('twice-told', 'server', 10_000),
    ])
    await rebuildTouchpoints({ clickhouse })
  })

  test.each([
    ['told by one source', 'alone', ['server']],
    ['told by two sources', 'twice-told', ['web', 'server']],
  ])('%s', async (_, id, sources) => {
    const rows = await countsOf("user_timeline(project = 'busy', id = {id: String})", { id })
    expect(rows).toEqual([{ sources, touchpoints: minutes }])
  })

  test('in the view of everybody', async () => {
    const rows = await countsOf("(SELECT * FROM touchpoints WHERE project = 'busy')")
    expect(rows.map(({ touchpoints }) => touchpoints)).toEqual([minutes, minutes])
  })

  async function countsOf(view: string, params: Record<string, string> = {}) {
    const answer = await clickhouse.reader.query({
      query: `SELECT sources, toUInt32(count()) AS touchpoints FROM ${view}
        WHERE kind = 'action' GROUP BY sources ORDER BY sources`,
      query_params: params,
      format: 'JSONEachRow',
    })
    const rows = await answer.json<{ sources: string[]; touchpoints: number }>()
    return rows.map((row) => ({ sources: row.sources, touchpoints: row.touchpoints }))
  }
})
