/** A sync that sends "N/A" for a trait changes no funnel, no profile and no persona. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestClickHouse } from '../../../../test-support/clickhouse.js'
import { startCompanyApi, type CompanyApi } from '../../../../test-support/worlds/company-api.js'
import type { TimelineApi } from '../../../../test-support/timeline-api.js'

let company: CompanyApi
let clickhouse: TestClickHouse
let server: TimelineApi

beforeAll(async () => {
  company = await startCompanyApi()
  server = company.server
  clickhouse = company.clickhouse
})
afterAll(() => company.close())

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
