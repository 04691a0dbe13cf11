/** Every aggregated row opens: who is behind it is as many as it says, of every question and every row. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import type * as api from '@touchline/schemas/api'
import { startCompanyApi, type CompanyApi } from '../../../../test-support/worlds/company-api.js'
import type { TimelineApi } from '../../../../test-support/timeline-api.js'

let company: CompanyApi
let server: TimelineApi

beforeAll(async () => {
  company = await startCompanyApi()
  server = company.server
})
afterAll(() => company.close())

type Opened = z.infer<typeof api.subjectsAnswer>

async function ask<Body>(url: string, body?: object): Promise<Body> {
  const answer = body === undefined ? await server.get<Body>(url) : await server.post<Body>(url, body)
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  return answer.body
}

/** As many different ones as the row says, and as `total`. */
async function expectOpened(url: string, subjects: number, body?: object): Promise<void> {
  const opened = await ask<Opened>(url, body)
  expect(opened.total, url).toBe(subjects)
  expect(new Set(opened.rows.map(({ subject }) => subject)).size, url).toBe(subjects)
}
const row = (value: string) => `row=${encodeURIComponent(value)}`

test.each([
  ...['first', 'last', 'last-non-direct', 'linear', 'linear-channels', 'u', 'w', 'full-path', 'time-decay'],
  ...['equal-split', 'markov'],
])('an attribution by %s, of every dimension', async (model) => {
  for (const by of ['channel', 'source', 'campaign', 'name', 'landing page']) {
    const asked = `goal=won&model=${model}&by=${encodeURIComponent(by)}`
    const { rows, unattributed } = await ask<z.infer<typeof api.attributionAnswer>>(
      `/v1/attribution?${asked}`,
    )
    for (const { key, subjects } of rows)
      await expectOpened(`/v1/attribution/subjects?${asked}&${row(key)}`, subjects)
    await expectOpened(`/v1/attribution/subjects?${asked}&row=Unattributed`, unattributed.conversions)
  }
})

test('paths and edges, with and without a goal', async () => {
  for (const asked of [
    'goal=won',
    'goal=won&depth=1',
    'depth=2&by=name',
    'goal=won&subject=person&collapse=false',
  ]) {
    const { paths, edges } = await ask<z.infer<typeof api.pathsAnswer>>(`/v1/paths?limit=500&${asked}`)
    expect(paths.length).toBeGreaterThan(0)
    for (const { steps, subjects } of paths)
      await expectOpened(`/v1/paths/subjects?${asked}&${row(JSON.stringify(steps))}`, subjects)
    for (const { from, to, subjects } of edges)
      await expectOpened(`/v1/paths/subjects?${asked}&${row(`edge:${JSON.stringify([from, to])}`)}`, subjects)
  }
})

test.each(['ordered', 'strict', 'any'])(
  'the steps of a funnel in the mode %s, whole and broken down',
  async (mode) => {
    const steps = [
      { name: 'Visit', touch: { kind: 'visit' } },
      { name: 'Again', touch: { kind: 'visit' } },
      { name: 'Won', touch: { name: 'Deal Won' } },
    ]
    for (const breakdown of ['channel', { trait: 'industry' }]) {
      const body = { subject: 'account', window: '365d', mode, steps, breakdown }
      const whole = await ask<z.infer<typeof api.funnelAnswer>>('/v1/funnels/query', body)
      for (const { name, subjects } of whole.steps)
        await expectOpened(`/v1/funnels/query/subjects?${row(name)}`, subjects, body)
      for (const part of whole.breakdown ?? [])
        for (const { name, subjects } of part.steps)
          await expectOpened(
            `/v1/funnels/query/subjects?${row(name)}&part=${encodeURIComponent(part.key)}`,
            subjects,
            body,
          )
    }
  },
)

test.each(['won', 'lost', 'open'])('the journeys that are %s', async (outcome) => {
  const { n } = await ask<z.infer<typeof api.summaryAnswer>>(`/v1/journeys/summary?outcome=${outcome}`)
  await expectOpened(`/v1/journeys/summary/subjects?outcome=${outcome}`, n)
})

describe('profiles', () => {
  test.each(['close', 'now'])('findings about traits as of %s', async (traits) => {
    const { findings } = await ask<z.infer<typeof api.icpAnswer>>(`/v1/icp?traits=${traits}`)
    expect(findings.length).toBeGreaterThan(0)
    for (const { trait, value, n } of findings)
      await expectOpened(`/v1/icp/subjects?traits=${traits}&${row(`${trait}=${value}`)}`, n)
  })

  test('personas', async () => {
    const { personas } = await ask<z.infer<typeof api.personasAnswer>>('/v1/personas')
    expect(personas.length).toBeGreaterThan(0)
    for (const { persona, people } of personas)
      await expectOpened(`/v1/personas/subjects?${row(persona)}`, people)
  })
})

test.each([
  ['by=quarter', ''],
  ['by=month', 'from=2026-01-20T07:30:00Z&to=2026-04-11'],
  ['by=quarter&timezone=America/New_York', 'from=2026-02-03&to=2026-03-18'],
  ['by=week&timezone=Asia/Tokyo', 'from=2026-03-04T10:00:00%2B02:00&to=2026-03-20'],
])(
  'every number of people %s, of all and of each channel; %s',
  async (by, bounds) => {
    const asked = `customer=won&lead=lead&order=won&${by}`
    const { periods, channels = [] } = await ask<z.infer<typeof api.lifecycleAnswer>>(
      `/v1/metrics/lifecycle?${asked}&${bounds}&split=channel`,
    )
    expect(periods.length).toBeGreaterThan(0)
    const all = [{ channel: undefined, periods }, ...channels]
    for (const { channel, periods: own } of all)
      for (const { from, to, newCustomers, leads, conversion, frequency } of own) {
        const counts = { newCustomers, leads, active: conversion.subjects }
        const of = channel === undefined ? '' : `&channel=${encodeURIComponent(channel)}`
        for (const [name, n] of Object.entries({
          ...counts,
          converting: conversion.converting,
          orders: frequency.customers,
        }))
          await expectOpened(
            `/v1/metrics/lifecycle/subjects?${asked}&${periods.length === 1 ? bounds : `from=${from}&to=${to}`}${of}&row=${name}`,
            n,
          )
      }
  },
  120_000,
)

describe('what is not there is refused, with the nearest that is', () => {
  const funnel = {
    steps: [{ name: 'Visit', touch: { kind: 'visit' } }],
    window: '365d',
    breakdown: 'channel',
  }
  test.each([
    [
      'attribution/subjects?goal=won',
      'paid search',
      /row: there is no paid search; did you mean Paid Search\?/,
    ],
    ['attribution/subjects?goal=won', 'unatributed', /did you mean Unattributed\?/],
    ['attribution/subjects?goal=won&model=markov', 'Emial', /did you mean Email\?/],
    ['attribution/subjects?goal=won&by=name', 'Newsleter', /did you mean Newsletter\?/],
    [
      'icp/subjects?goal=won&lost=lost',
      'industy=Retail',
      /row: there is no industy; did you mean industry\?/,
    ],
    [
      'icp/subjects?goal=won&lost=lost',
      'industry=Nobody',
      /row: there is no industry=Nobody; there are industry=/,
    ],
    ['personas/subjects?goal=won&lost=lost', 'nobody', /row: there is no nobody; there (is|are) /],
    ['paths/subjects?goal=won', 'Emial → Sales', /row: there is no Emial; did you mean Email\?/],
    ['paths/subjects', 'edge:["(strt)","Email"]', /did you mean \(start\)\?/],
  ])('%s of %s', async (path, name, message) => {
    const join = path.includes('?') ? '&' : '?'
    const { status, body } = await server.get<{ message: string }>(`/v1/${path}${join}${row(name)}`)
    expect(body.message).toMatch(message)
    expect(status).toBe(400)
  })

  test.each([
    ['employes:10,20', /^bands: there is no trait employes here; none of the traits here is a number\./],
    ['industry:1', /^bands: no value of industry is a number/],
  ])('bands of %s', async (bands, message) => {
    for (const path of ['icp', 'icp/subjects']) {
      const url = `/v1/${path}?goal=won&lost=lost&bands=${bands}${path === 'icp' ? '' : `&${row('industry=x')}`}`
      const { status, body } = await server.get<{ message: string }>(url)
      expect(body.message).toMatch(message)
      expect(status).toBe(400)
    }
  })

  test('a touch that nobody converts after is no wrong name', async () => {
    const { body } = await server.get<Opened>(
      `/v1/attribution/subjects?goal=won&lookback=1s&${row('Paid Search')}`,
    )
    expect(body.total).toBe(0)
  })

  test('a key of a breakdown, and any where there is none', async () => {
    const open = (part: string, body: object) =>
      server.post<{ message: string }>(
        `/v1/funnels/query/subjects?${row('Visit')}&part=${encodeURIComponent(part)}`,
        body,
      )
    expect((await open('Paid Search', funnel)).status).toBe(200)
    const misspelt = await open('Paid Serach', funnel)
    expect(misspelt.status).toBe(400)
    expect(misspelt.body.message).toBe('part: there is no Paid Serach; did you mean Paid Search?')
    const alone = await open('Paid Search', { ...funnel, breakdown: undefined })
    expect(alone.status).toBe(400)
    expect(alone.body.message).toMatch(/^part: .*the funnel has none/)
  })
})
