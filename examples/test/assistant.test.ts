/** An assistant's session on the demo's company: "which accounts went silent in a late stage, and what brought them?" */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { assistantOver, type Assistant, type ToolResult } from '../../test-support/assistant.js'
import type { TestServer } from '../../test-support/server.js'
import { playedServer } from './played.js'

let server: TestServer
let assistant: Assistant
beforeAll(async () => {
  server = await playedServer()
  assistant = await assistantOver(server.url, server.secretKey)
}, 300_000)
afterAll(async () => {
  await assistant?.close()
  await server?.stop()
})

const rowsOf = <Row>({ data }: ToolResult) => (data?.rows ?? []) as Row[]

async function ask<Body>(path: string): Promise<Body> {
  const { status, body } = await server.get<Body>(path)
  expect(status, path).toBe(200)
  return body
}

interface Silent {
  account: string
  silentSince: string
  stage: string
  touches: number
  people: number
  broughtBy: { at: string; channel: string; name: string }
}
interface Gaps {
  total: number
  rows: { subject: string; from: string; stage: string | null }[]
}
interface Timeline {
  summary: { touchpoints: number; people: number }
  touchpoints: { at: string; channel: string; name: string }[]
}

test('which accounts went silent in a late stage, and what brought them? Told by tools, as HTTP tells it', async () => {
  // Which stages are late: the last before they buy.
  const stages = rowsOf<{ id: string; current: number }>(await assistant.call('stages'))
  expect(stages.map(({ id }) => id)).toEqual(['discovery', 'education', 'conversion', 'retention'])
  const late = stages.at(-2)?.id ?? ''

  const silent = await assistant.call('silent_accounts', { stage: late, limit: 20 })
  const filter = encodeURIComponent(JSON.stringify({ stage: late, op: 'is' }))
  const gaps = await ask<Gaps>(
    `/v1/journeys/gaps?subject=account&open=true&direction=inbound&limit=20&filter=${filter}`,
  )
  expect(gaps.total).toBeGreaterThan(3)
  expect(silent.said).toContain(`${gaps.total} accounts are silent in that stage`)
  const told = rowsOf<Silent>(silent)
  expect(told.map(({ account, silentSince, stage }) => [account, silentSince, stage])).toEqual(
    gaps.rows.map(({ subject, from, stage }) => [subject, from, stage]),
  )
  // What brought each of them.
  for (const { account, broughtBy, touches, people } of told) {
    const { summary, touchpoints } = await ask<Timeline>(
      `/v1/accounts/${encodeURIComponent(account)}/timeline?order=asc&limit=1`,
    )
    const [first] = touchpoints
    expect(broughtBy, account).toMatchObject({ at: first?.at, channel: first?.channel, name: first?.name })
    expect([touches, people]).toEqual([summary.touchpoints, summary.people])
    expect(broughtBy.channel).not.toBe('')
  }

  // One of them in whole.
  const [longest] = told
  const journey = await assistant.call('account_journey', { id: longest?.account ?? '' })
  const map = await ask<{ account: { touches: number; people: number; stage: string | null } }>(
    `/v1/accounts/${encodeURIComponent(longest?.account ?? '')}/map`,
  )
  const { touches, people, stage } = map.account
  expect(journey.data).toMatchObject({ account: { touches, people, stage } })
  expect((journey.data?.broughtBy as unknown[])[0]).toEqual(longest?.broughtBy)

  // And what brings those who do buy.
  const credit = await assistant.call('attribution', { goal: 'won', model: 'first' })
  const attribution = await ask<{ conversions: number; rows: { key: string; conversions: number }[] }>(
    '/v1/attribution?goal=won&model=first',
  )
  expect(attribution.conversions).toBe(20)
  expect(rowsOf<{ key: string; conversions: number }>(credit)).toMatchObject(
    attribution.rows.slice(0, 20).map(({ key, conversions }) => ({ key, conversions })),
  )
}, 120_000)

test('every answer stays small on a company of sixty accounts', async () => {
  for (const [name, args] of [
    ['silent_accounts', { limit: 20 }],
    ['account_journey', { id: 'lovelace-works' }],
    ['account_timeline', { id: 'lovelace-works', limit: 50 }],
    ['channels', { goal: 'won', limit: 50 }],
    ['attribution', { by: 'landing page', limit: 50, compare: 'last,markov' }],
    ['stages', { stage: 'discovery', state: 'reached', limit: 50 }],
    ['find', { q: 'a', limit: 50 }],
    ['query_sql', { sql: 'SELECT * FROM events LIMIT 200', limit: 200 }],
  ] as const) {
    const { text, isError } = await assistant.call(name, args)
    expect(isError, text).toBe(false)
    expect(text.length, name).toBeLessThan(21_000)
  }
})

test('tools, HTTP and SQL tell the same', async () => {
  const { data } = await assistant.call('account_timeline', { id: 'lovelace-works', limit: 1 })
  expect(data?.summary).toMatchObject({ touchpoints: 31, days: 192, people: 3 })
  const sql =
    "SELECT count() AS touches, uniqExact(person) AS people FROM account_timeline(project = 'default', id = 'lovelace-works')"
  expect(rowsOf(await assistant.call('query_sql', { sql }))).toEqual([[31, 3]])
  const channels = await assistant.call('channels', { goal: 'won' })
  const paths = await ask<{ subjects: number; converted: number }>('/v1/paths?by=channel&depth=1&goal=won')
  expect(channels.data).toMatchObject({ subjects: paths.subjects, converted: paths.converted })
  const costs = await ask<{ rows: object[] }>('/v1/costs?by=channel')
  expect(channels.data?.costs).toEqual(costs.rows)
  expect(costs.rows.length).toBeGreaterThan(0)
})
