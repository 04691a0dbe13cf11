/**
 * Questions over journeys, as HTTP answers them: p50 and p95 beside a full scan of everybody's touchpoints in the same run.
 * Half a million people in 100,000 accounts, 2,000 of which won.
 *
 *     npm run bench -- journeys            10,000,000 events
 *     npm run bench -- journeys 1000000    a tenth: from the one to the other it should cost no more than ten times
 */
import { readFileSync } from 'node:fs'
import { startTestClickHouse } from '../test-support/clickhouse.js'
import { startTimelineApi } from '../test-support/timeline-api.js'
import { rebuildTouchpoints } from '../ingest-server/src/touchpoints/rebuild.js'
import { printTable, ratio, rounded } from './report.js'
import {
  copyTouchpoints,
  eventsPerPerson,
  insertEvents,
  merge,
  type TestClickHouse,
} from './touchpoints/data.js'

const now = Date.parse('2027-01-01T00:00:00Z')
const won = 2_000

/** What everybody's touchpoints cost to read once. */
const scan = `SELECT count(), sum(cityHash64(person)) FROM touchpoints_of_people FINAL WHERE project = 'default'`

/** A conversion of some accounts in the hundred days after their touches, in both tables. */
async function insertDeals({ app }: TestClickHouse): Promise<void> {
  const columns =
    'project, at, touch, version, is_deleted, person, kind, name, channel, path, paths, value, currency, direction, same_session, anonymous'
  const deal = (touch: string) => `
SELECT project, max(at) + toIntervalDay(100) AS at, cityHash64(${touch}, 'deal') AS touch, 1 AS version, 0 AS is_deleted, any(person) AS person,
  'crm' AS kind, 'Deal Won' AS name, '' AS channel, '' AS path, [] AS paths, toFloat64(cityHash64(${touch}) % 90000 + 1000) / 7 AS value, 'EUR' AS currency,
  'outbound' AS direction, false AS same_session, false AS anonymous`
  const from = `FROM touchpoints_of_accounts WHERE account != 'big' GROUP BY project, account ORDER BY cityHash64(account) LIMIT ${won}`
  await app.command({
    query: `INSERT INTO touchpoints_of_accounts (${columns}, account, message_id) ${deal('account')}, account, concat('deal-', account) ${from}`,
  })
  await app.command({
    query: `INSERT INTO touchpoints_of_people (${columns}, accounts, message_ids) ${deal('account')}, [account], [concat('deal-', account)] ${from}`,
  })
}

const definitions: Record<string, object> = {
  'goals/won': { when: { touch: { name: 'Deal Won' } } },
  'stages/default': {
    stages: [
      { id: 'discovery', enter: { touch: { kind: 'visit' } } },
      { id: 'education', enter: { touch: { name: 'Demo Requested' } } },
      { id: 'conversion', enter: { touch: { name: 'Signed Up' } } },
      { id: 'retention', enter: { touch: { name: 'Deal Won' } } },
    ],
  },
}

interface Question {
  what: string
  url: string
  body?: object
  /** Times the scan. */
  most: number
}

const rules = ['first', 'last', 'linear', 'u', 'time-decay', 'last-non-direct']
const questions: Question[] = [
  ...rules.map((model) => ({
    what: `attribution, ${model}`,
    url: `/v1/attribution?goal=won&model=${model}`,
    most: 4,
  })),
  { what: 'attribution by campaign', url: '/v1/attribution?goal=won&by=campaign', most: 4 },
  { what: 'attribution, markov', url: '/v1/attribution?goal=won&model=markov', most: 8 },
  { what: 'journeys, won', url: '/v1/journeys/summary?goal=won', most: 4 },
  { what: 'journeys, open', url: '/v1/journeys/summary?goal=won&outcome=open', most: 4 },
  { what: 'gaps over 60 days', url: '/v1/journeys/gaps?min=60d&limit=100', most: 4 },
  { what: 'gaps by stage', url: '/v1/journeys/gaps?open=true&limit=100', most: 4 },
  { what: 'top 20 paths', url: '/v1/paths?goal=won', most: 8 },
  { what: 'channels by first touch', url: '/v1/paths?depth=1&limit=20', most: 8 },
  {
    what: 'funnel of people',
    url: '/v1/funnels/query',
    body: {
      window: '14d',
      steps: [
        { name: 'Visit', touch: { kind: 'visit' } },
        { name: 'Demo', touch: { name: 'Demo Requested' } },
        { name: 'Signed up', touch: { name: 'Signed Up' } },
      ],
    },
    most: 8,
  },
  { what: 'lifecycle by month', url: '/v1/metrics/lifecycle?by=month', most: 8 },
]

const runs = 7

/** Of the ClickHouse process; a tick of /proc/<pid>/stat on Linux is 10 ms. */
function cpuMsOf({ embedded }: TestClickHouse): number {
  const stat = readFileSync(`/proc/${embedded?.pid()}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
const quantile = (sorted: readonly number[], level: number) =>
  sorted[Math.ceil(sorted.length * level) - 1] ?? NaN

async function timesOf(
  clickhouse: TestClickHouse,
  run: () => Promise<void>,
): Promise<{ p50: number; p95: number; cpuMs: number }> {
  await run()
  const before = cpuMsOf(clickhouse)
  const times: number[] = []
  for (let count = 0; count < runs; count += 1) {
    const startedAt = performance.now()
    await run()
    times.push(performance.now() - startedAt)
  }
  const cpuMs = (cpuMsOf(clickhouse) - before) / runs
  times.sort((a, b) => a - b)
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95), cpuMs }
}

async function measure(events: number): Promise<void> {
  const clickhouse = await startTestClickHouse()
  const log = { lag: async () => ({ records: 0, bytes: 0, oldestMs: 0 }), append: async () => undefined }
  const server = await startTimelineApi({ clickhouse, log: log as never, clock: () => now })
  const headers = { authorization: 'Bearer secret' }
  try {
    const sample = Math.max(events / 10, 100_000)
    await insertEvents(clickhouse, 0, sample)
    await rebuildTouchpoints({ clickhouse })
    await insertEvents(clickhouse, sample, events)
    await copyTouchpoints(clickhouse, sample / eventsPerPerson, events / eventsPerPerson)
    await insertDeals(clickhouse)
    for (const table of ['touchpoints_of_people', 'touchpoints_of_accounts']) await merge(clickhouse, table)
    for (const [path, payload] of Object.entries(definitions))
      await server.app.inject({ method: 'PUT', url: `/v1/definitions/${path}`, headers, payload })
    const yardstick = await timesOf(clickhouse, async () => {
      await (await clickhouse.reader.query({ query: scan, format: 'JSONCompactEachRow' })).text()
    })
    const rows = []
    for (const { what, url, body, most } of questions) {
      const method = body === undefined ? ('GET' as const) : ('POST' as const)
      let failed = ''
      let tag = ''
      const ask = async (more: Record<string, string> = {}) => {
        const sent = { method, url, headers: { ...headers, ...more } }
        const answer = await server.app.inject(body === undefined ? sent : { ...sent, payload: body })
        tag = String(answer.headers.etag)
        if (answer.statusCode >= 400)
          failed = `${answer.statusCode} ${answer.json<{ message: string }>().message}`
      }
      const { p50, p95, cpuMs } = await timesOf(clickhouse, () => ask())
      const again = await timesOf(clickhouse, () => ask({ 'if-none-match': tag }))
      const isMet = failed === '' && p50 <= most * yardstick.p50 && (most > 4 || p95 <= 1_500)
      rows.push({
        question: what,
        'p50 ms': p50.toFixed(0),
        'p95 ms': p95.toFixed(0),
        '÷ scan': ratio(p50, yardstick.p50),
        'ClickHouse CPU ms': cpuMs.toFixed(0),
        'CPU ÷ scan': ratio(cpuMs, yardstick.cpuMs),
        target: `≤ ${most}`,
        met: isMet ? 'yes' : `NO ${failed}`,
        'again, by its tag': again.p50.toFixed(0),
      })
    }
    printTable(`journeys: ${rounded(events)} events`, [
      {
        question: 'scan: everybody’s touchpoints',
        'p50 ms': yardstick.p50.toFixed(0),
        'p95 ms': yardstick.p95.toFixed(0),
        'ClickHouse CPU ms': yardstick.cpuMs.toFixed(0),
      },
      ...rows,
    ])
  } finally {
    await server.close()
    await clickhouse.close()
  }
}

await measure(Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? 10_000_000))
