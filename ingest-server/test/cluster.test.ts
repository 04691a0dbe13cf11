/** A cluster answers what one server answers: the same events, stitched on one node, read on the other. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMetrics } from '../src/metrics.js'
import { startStitch, type Stitch } from '../src/identity/upkeep/stitch.js'
import { rebuildTouchpoints } from '../src/touchpoints/upkeep/rebuild.js'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../../test-support/clickhouse.js'
import { recordingLog } from '../../test-support/collect.js'
import { startTestCluster, testCluster } from '../../test-support/cluster.js'
import { eventRow, insertRowsOf } from '../../test-support/event-rows.js'
import { until } from '../../test-support/server.js'
import { startTimelineApi, type TimelineApi } from '../../test-support/timeline-api.js'

let single: TestClickHouse
let nodes: TestClickHouse[] = []
const stitches: Stitch[] = []
let plain: TimelineApi
let spread: TimelineApi

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 10, minute)).toISOString()

/** Twenty people on two devices each, four accounts: enough that both shards have some of everything. */
const rows = Array.from({ length: 20 }, (_, n) => {
  const account = `acme-${n % 4}`
  const ids = { anonymous_id: `a${n}`, user_id: `u${n}`, email: `u${n}@acme-${n % 4}.com` }
  const member = { identifier: `user:u${n}`, account, left: false }
  return [
    eventRow({ at: at(n), type: 'page', anonymous_id: `a${n}`, session_id: `s${n}`, channel: 'Paid Search' }),
    eventRow({ at: at(n + 1), type: 'identify', ...ids }),
    eventRow({ at: at(n + 2), name: 'Demo Requested', anonymous_id: `b${n}` }),
    eventRow({ at: at(n + 3), type: 'identify', anonymous_id: `b${n}`, user_id: `u${n}` }),
    eventRow({ at: at(n + 4), type: 'group', user_id: `u${n}`, group_id: account, memberships: [member] }),
  ]
}).flat()

beforeAll(async () => {
  ;[single, nodes] = await Promise.all([startTestClickHouse(), startTestCluster()])
  const [first, second] = nodes
  if (first === undefined || second === undefined) throw new Error('a node is missing')
  await insertRowsOf(single.app, rows)
  await insertRowsOf(first.app, rows)
  for (const clickhouse of [single, second])
    stitches.push(startStitch({ clickhouse, metrics: createMetrics(), logger: silentLogger }))
  // One pass may be under way that began before the rows were there; the next sees all of them.
  for (const stitch of stitches) for (let pass = 0; pass < 2; pass += 1) await stitch.passOnce()
  plain = await startTimelineApi({ clickhouse: single, log: recordingLog() })
  spread = await startTimelineApi({ clickhouse: first, log: recordingLog(), cluster: testCluster })
}, 120_000)

afterAll(async () => {
  await Promise.all(stitches.map((stitch) => stitch.stop()))
  await Promise.all([plain?.close(), spread?.close()])
  await Promise.all([single, ...nodes].map((one) => one?.close()))
})

const paths = [
  ...[0, 1, 7, 19].flatMap((n) => [
    `/v1/users/user%3Au${n}/timeline`,
    `/v1/users/user%3Au${n}/timeline?detail=events`,
    `/v1/people/user%3Au${n}`,
    `/v1/people/user%3Au${n}/why`,
  ]),
  ...[0, 3].flatMap((n) => [`/v1/accounts/acme-${n}`, `/v1/accounts/acme-${n}/timeline`]),
  '/v1/people?q=u1',
  '/v1/accounts?q=acme',
  '/v1/events/m000001',
]

test.each(paths)('%s is the same from two shards as from one server', async (path) => {
  const expected = await settled(plain, path)
  expect(expected.status).toBe(200)
  await until(
    async () => (JSON.stringify(await spread.get(path)) === JSON.stringify(expected) ? true : undefined),
    {
      everyMs: 200,
    },
  ).catch(() => undefined)
  expect(await spread.get(path)).toEqual(expected)
})

test('the views for analysts are the same', async () => {
  const [, second] = nodes
  for (const clickhouse of [single, second]) if (clickhouse) await rebuildTouchpoints({ clickhouse })
  for (const view of [
    "user_timeline(project = 'default', id = 'u7')",
    "account_timeline(project = 'default', id = 'acme-3')",
  ]) {
    const query = `SELECT * FROM ${view} ORDER BY ALL`
    const [one, ...both] = await Promise.all(
      [single, ...nodes].map(async ({ reader }) =>
        (await reader.query({ query, format: 'JSONEachRow' })).json(),
      ),
    )
    expect(one?.length).toBeGreaterThan(0)
    for (const other of both) expect(other).toEqual(one)
  }
})

/** An answer once the person has both devices and two looks agree. */
async function settled(api: TimelineApi, path: string) {
  let last = ''
  return until(
    async () => {
      const answer = await api.get(path)
      const seen = JSON.stringify(answer)
      const isSame = seen === last
      last = seen
      return isSame && answer.status === 200 ? answer : undefined
    },
    { everyMs: 700, what: `a settled ${path}`, seen: () => last.slice(0, 500) },
  )
}
