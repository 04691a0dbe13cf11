/** A sync that sends "N/A" for a trait changes no funnel, no profile and no persona. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  silentLogger,
  startTestClickHouse,
  type TestClickHouse,
} from '../../../../test-support/clickhouse.js'
import { companyDefinitions, storeCompany } from '../../../../test-support/worlds/invented-company.js'
import { startTimelineApi, type TimelineApi } from '../../../../test-support/timeline-api.js'
import { openEmbeddedLog, type EmbeddedLog } from '../../log/embedded/embedded-log.js'
import { rebuildTouchpoints } from '../../touchpoints/upkeep/rebuild.js'

let clickhouse: TestClickHouse
let log: EmbeddedLog
let server: TimelineApi
const dir = mkdtempSync(join(tmpdir(), 'touchline-said-nothing-'))

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  log = await openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger })
  server = await startTimelineApi({ clickhouse, log })
  await storeCompany(clickhouse.app)
  await rebuildTouchpoints({ clickhouse })
  for (const [path, payload] of Object.entries(companyDefinitions))
    await server.app.inject({
      method: 'PUT',
      url: `/v1/definitions/${path}`,
      headers: { authorization: 'Bearer secret' },
      payload,
    })
})
afterAll(async () => {
  await server.close()
  await log.close()
  await clickhouse.close()
  rmSync(dir, { recursive: true, force: true })
})

const steps = [
  { name: 'Visit', touch: { kind: 'visit' } },
  { name: 'Won', touch: { name: 'Deal Won' } },
]
const questions: readonly (readonly [url: string, body?: object])[] = [
  ...['account', 'person'].flatMap((subject) =>
    ['industry', 'plan', 'title', 'name'].map(
      (trait) => ['/v1/funnels/query', { subject, window: '365d', steps, breakdown: { trait } }] as const,
    ),
  ),
  ['/v1/icp?goal=won&lost=lost'],
  ['/v1/icp?goal=won&lost=lost&traits=now'],
  ['/v1/personas?goal=won&lost=lost'],
]

const answers = () =>
  Promise.all(
    questions.map(async ([url, body]) => {
      const { status, body: answer } = await (body === undefined
        ? server.get<object>(url)
        : server.post<object>(url, body))
      expect(status, JSON.stringify(answer)).toBe(200)
      return answer
    }),
  )

test('a trait that somebody later says nothing of stays what it was, in every question by traits', async () => {
  const before = await answers()
  expect(JSON.stringify(before)).toContain('software')
  const words = ['"N/A"', '" null "', '""', '"undefined"', '"-"', 'null', '"None"']
  for (const [table, holder] of [
    ['traits', 'identifier'],
    ['account_traits', 'account'],
  ])
    for (const [at, message] of [
      ['addMilliseconds(at, 1)', 'soon'],
      ["least(at + toIntervalDay(400), now64(3, 'UTC'))", 'late'],
    ])
      await clickhouse.app.command({
        query: `INSERT INTO ${table} (project, ${holder}, name, value, verified, at, message_id, received_at)
SELECT project, ${holder}, name, arrayElement({words: Array(String)}, 1 + cityHash64(${holder}, name) % 7), verified, ${at}, concat('${message}-', message_id), received_at FROM ${table}`,
        query_params: { words },
      })
  expect(await answers()).toEqual(before)
}, 60_000)
