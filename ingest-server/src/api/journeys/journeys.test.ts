/** Every question over journeys, asked of a company whose numbers are worked out by hand (test-support/invented-company). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import type * as api from '@touchline/schemas/api'
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

type Attribution = z.infer<typeof api.attributionAnswer>
type Opened = z.infer<typeof api.subjectsAnswer>
type Refused = z.infer<typeof api.errorShape>

async function ask<Body>(url: string): Promise<Body> {
  const { status, body } = await server.get<Body>(url)
  expect(status, JSON.stringify(body)).toBe(200)
  return body
}
async function headerOf(url: string): Promise<string[]> {
  const { body } = await server.app.inject({ url, headers: { authorization: 'Bearer secret' } })
  return body.split('\r\n', 1)[0]?.split(',') ?? []
}
const attribution = (query: string) => ask<Attribution>(`/v1/attribution?goal=won&${query}`)
const credits = ({ rows }: Pick<Attribution, 'rows'>) =>
  Object.fromEntries(rows.map(({ key, conversions }) => [key, conversions]))

describe('attribution', () => {
  test('by linear shares each conversion among its touches, and money apart by currency', async () => {
    const answer = await attribution('model=linear')
    expect(answer).toMatchObject({
      conversions: 3,
      value: [
        { currency: 'EUR', amount: 1500.01 },
        { currency: 'USD', amount: 300 },
      ],
      attributed: { conversions: 2, value: [{ currency: 'EUR', amount: 1500.01 }] },
      unattributed: { conversions: 1, value: [{ currency: 'USD', amount: 300 }] },
      touchFilter: 'channel is not empty',
      subject: 'account',
      definitions: [{ kind: 'goals', id: 'won', version: 1 }],
      warnings: [],
    })
    expect(answer.rows[0]).toEqual({
      key: 'Paid Search',
      conversions: 1.25,
      value: [{ currency: 'EUR', amount: 750.01 }],
      share: 1.25 / 3,
      subjects: 2,
      medianDays: 50.5,
    })
    expect(credits(answer)).toEqual({
      'Paid Search': 1.25,
      'Organic Search': 0.25,
      Email: 0.25,
      Direct: 0.25,
    })
  })

  test.each([
    ['first', { 'Paid Search': 2 }],
    ['last', { 'Paid Search': 1, Direct: 1 }],
    ['last-non-direct', { 'Paid Search': 1, Email: 1 }],
    ['linear-channels', { 'Paid Search': 1.25, 'Organic Search': 0.25, Email: 0.25, Direct: 0.25 }],
    ['equal-split', { 'Paid Search': 1.25, 'Organic Search': 0.25, Email: 0.25, Direct: 0.25 }],
    ['u', { 'Paid Search': 1.4, 'Organic Search': 0.1, Email: 0.1, Direct: 0.4 }],
  ])('by %s', async (model, expected) => {
    expect(credits(await attribution(`model=${model}`))).toEqual(expected)
  })

  test('counts no deal that was taken back or renamed since', async () => {
    const before = await attribution('model=first')
    const table = 'touchpoints_of_accounts'
    const deal = { project: 'default', account: 'hooli', person: 'user:hal', kind: 'crm', name: 'Deal Won' }
    const at = '2026-05-25 12:00:00.000'
    const write = (version: object) =>
      clickhouse.app.insert({ table, format: 'JSONEachRow', values: [version] })
    const takenBack = { ...deal, at, touch: '1', message_id: 'taken-back' }
    const renamed = { ...deal, at, touch: '2', message_id: 'renamed' }
    await write({ ...takenBack, version: 1 })
    await write({ ...takenBack, version: 2, is_deleted: 1 })
    await write({ ...renamed, version: 1 })
    await write({ ...renamed, version: 2, name: 'Deal Open' })
    const { rows, conversions } = await attribution('model=first')
    expect({ rows, conversions }).toEqual({ rows: before.rows, conversions: before.conversions })
    expect(await ask('/v1/paths?goal=won')).toMatchObject({ converted: 3 })
    await write({ ...renamed, version: 3, is_deleted: 1 })
  })

  test('by time decay halves with the half-life that is asked', async () => {
    // Before acme's conversion: 59, 49, 19 and 9 days.
    const weights = [59, 49, 19, 9].map((days) => 2 ** (-days / 10))
    const sum = weights.reduce((total, weight) => total + weight, 0)
    const { Direct, Email } = credits(await attribution('model=time-decay&half_life=10d'))
    expect(Direct).toBeCloseTo((weights[3] ?? 0) / sum, 9)
    expect(Email).toBeCloseTo((weights[2] ?? 0) / sum, 9)
  })

  test('by W gives the lead its share, and says how many have none', async () => {
    // acme: first Paid Search 30, lead at Organic Search 30, no opportunity, the two others share 10: of 70.
    const answer = await attribution('model=w&milestones=lc:lead')
    const { 'Organic Search': organic, Email } = credits(answer)
    expect(organic).toBeCloseTo(3 / 7, 12)
    expect(Email).toBeCloseTo(1 / 14, 12)
    expect(answer.warnings.join(' ')).toMatch(/No goal is named for oc.*/)
    expect(answer.warnings.join(' ')).toMatch(/1 of 3 conversions have no lc/)
    expect(answer.definitions).toContainEqual({ kind: 'goals', id: 'lead', version: 1 })
  })

  test('by Markov is what the chain of five paths says', async () => {
    // Start → Paid Search 3/4, Organic Social 1/4; p = 1/2; effects 1, 1/4, 1/2, 1/2, 0 of 9/4.
    const answer = await attribution('model=markov')
    expect(answer.conversionProbability).toBeCloseTo(1 / 2, 12)
    expect(answer.notConverting).toBe(2)
    const rows = Object.fromEntries(answer.rows.map((row) => [row.key, row]))
    const effects = {
      'Paid Search': 1,
      'Organic Search': 1 / 4,
      Email: 1 / 2,
      Direct: 1 / 2,
      'Organic Social': 0,
    }
    for (const [key, effect] of Object.entries(effects)) {
      expect(rows[key]?.removalEffect).toBeCloseTo(effect, 12)
      expect(rows[key]?.weight).toBeCloseTo(effect / 2.25, 12)
      expect(rows[key]?.conversions).toBeCloseTo((2 * effect) / 2.25, 11)
    }
    expect(answer.unattributed.conversions).toBe(1)
    expect(answer.warnings[0]).toMatch(/3 conversions are few/)
  })

  test.each([2, 3])('by Markov of order %i keeps all conversions', async (order) => {
    const answer = await attribution(`model=markov&order=${order}`)
    expect(answer.isAvailable).toBe(true)
    expect(answer.attributed.conversions + answer.unattributed.conversions).toBe(3)
  })

  test('by Markov where nothing converts is not available, never equal shares', async () => {
    const answer = await attribution('model=markov&from=2026-05-01')
    expect(answer).toMatchObject({ conversions: 0, isAvailable: false, rows: [] })
    expect(answer.warnings[0]).toMatch(/not available/)
  })

  test('of two models stands in one answer', async () => {
    const answer = await attribution('model=linear,markov&compare=first')
    expect(answer.model).toBe('linear')
    expect(answer.models?.map(({ model }) => model)).toEqual(['linear', 'markov', 'first'])
  })

  test('reaches back as far as is asked', async () => {
    expect((await attribution('lookback=none')).unattributed.conversions).toBe(0)
    expect(credits(await attribution('lookback=10d'))).toEqual({ Direct: 1 })
    // A touch exactly that old is outside: the window is half-open.
    expect(credits(await attribution('lookback=9d'))).toEqual({})
  })

  test.each([
    ['campaign', { '(not set)': 1.25, spring: 0.75 }],
    ['source', { '(not set)': 1.25, google: 0.75 }],
    ['landing page', { '/pricing': 1 / 3 + 0.5, '/': 2 / 3 + 0.5 }],
  ])('by %s', async (by, expected) => {
    const answer = await attribution(`by=${encodeURIComponent(by)}`)
    const shown = credits(answer)
    for (const [key, credit] of Object.entries(expected)) expect(shown[key]).toBeCloseTo(credit, 9)
    expect(Object.keys(shown)).toHaveLength(Object.keys(expected).length)
  })

  test('of a window, of a filter and of a touch filter', async () => {
    expect((await attribution('from=2026-03-10&to=2026-04-01')).conversions).toBe(1)
    const filter = encodeURIComponent(JSON.stringify({ accountTrait: 'industry', op: 'eq', value: 'retail' }))
    expect((await attribution(`filter=${filter}`)).conversions).toBe(1)
    const touch = encodeURIComponent(JSON.stringify({ kind: 'visit' }))
    expect(credits(await attribution(`touch=${touch}`))['Paid Search']).toBeCloseTo(1 + 1 / 3, 9)
    expect((await attribution('as_of=2026-03-10')).conversions).toBe(1)
  })

  test('of a goal that is no touch counts from the moment when it first held', async () => {
    // umbrella was gold on 1 March, before its first touch; acme on 1 April, initech on 1 May.
    const answer = await ask<Attribution>('/v1/attribution?goal=gold&lookback=none&model=last')
    expect(answer.conversions).toBe(3)
    expect(answer.value).toEqual([])
    expect(credits(answer)).toMatchObject({ Direct: 1, 'Organic Search': 1 })
    const { n } = await ask<{ n: number }>('/v1/journeys/summary?goal=gold')
    expect(n).toBeGreaterThanOrEqual(2)
  })

  test('of persons has their own paths', async () => {
    const answer = await attribution('subject=person')
    expect(credits(answer)['Organic Search']).toBeCloseTo(1 / 3, 9)
    expect(credits(answer)['Direct']).toBeUndefined()
  })

  test('opens each row into the subjects that it counts', async () => {
    for (const model of ['linear', 'u', 'markov']) {
      for (const row of (await attribution(`model=${model}`)).rows) {
        const query = `/v1/attribution/subjects?goal=won&model=${model}&row=${encodeURIComponent(row.key)}`
        const opened = await ask<Opened>(query)
        expect(opened.total).toBe(row.subjects)
        expect(opened.rows).toHaveLength(row.subjects)
      }
    }
    const rest = await ask<Opened>('/v1/attribution/subjects?goal=won&row=Unattributed')
    expect(rest.rows.map(({ subject }) => subject)).toEqual(['initech'])
  })

  test('as a table has a column a currency', async () => {
    const answer = await server.app.inject({
      url: '/v1/attribution?goal=won&model=last&format=csv',
      headers: { authorization: 'Bearer secret' },
    })
    expect(answer.headers['content-type']).toMatch('text/csv')
    expect(answer.body.split('\r\n').slice(0, 3)).toEqual([
      'model,key,conversions,value EUR,value USD,share,subjects,medianDays',
      'last,Direct,1,1000,,0.3333333333333333,1,9',
      'last,Paid Search,1,500.01,,0.3333333333333333,1,42',
    ])
    const several = await headerOf('/v1/attribution?goal=won&model=u,markov,last&format=csv')
    expect(several.filter((name) => name.startsWith('value'))).toEqual(['value EUR', 'value USD'])
  })

  test('asked again answers from its tag, until something is written', async () => {
    const get = (tag?: string) =>
      server.app.inject({
        url: '/v1/attribution?goal=won',
        headers: { authorization: 'Bearer secret', ...(tag !== undefined && { 'if-none-match': tag }) },
      })
    const first = await get()
    const tag = String(first.headers.etag)
    expect((await get(tag)).statusCode).toBe(304)
    await clickhouse.app.insert({
      table: 'costs',
      format: 'JSONEachRow',
      values: [
        { project: 'default', day: '2020-01-01', channel: 'Email', currency: 'EUR', amount: 1, version: 1 },
      ],
    })
    expect((await get(tag)).statusCode).toBe(200)
  })
})

test.each([
  ['/v1/attribution?goal=wom', /wom.*did you mean won/],
  ['/v1/attribution?goal=won&model=liner', /liner.*did you mean linear/],
  ['/v1/attribution?goal=won&by=chanel', /chanel.*did you mean channel/],
  ['/v1/attribution?goal=won&lookback=90x', /lookback.*unit x/],
  ['/v1/attribution?goal=won&lookback=0d', /lookback.*longer than 0/],
  ['/v1/attribution?goal=won&order=4', /order.*1, 2 or 3/],
  ['/v1/attribution?goal=won&modle=linear', /modle.*did you mean model/],
  ['/v1/attribution?goal=won&milestones=lc:laed', /laed.*did you mean lead/],
  ['/v1/attribution?goal=won&subject=acount', /acount.*did you mean account/],
  ['/v1/attribution?goal=won&filter={"trai":1}', /filter/],
  ['/v1/attribution?goal=won&from=2026-02-01&to=2026-01-01', /from must be before to/],
  ['/v1/journeys/summary?outcome=woon', /woon.*did you mean won/],
  ['/v1/journeys/gaps?direction=inbond', /inbond.*did you mean inbound/],
  ['/v1/paths?by=nam', /nam.*did you mean name/],
  ['/v1/icp?lost=lots', /lots.*did you mean lost/],
  ['/v1/metrics/lifecycle?by=mont', /mont.*did you mean month/],
  ['/v1/metrics/lifecycle?split=chanel', /split.*chanel.*did you mean channel/],
  ['/v1/stages/content?rules=defualt', /defualt/],
  ['/v1/metrics/lifecycle?timezone=Mars/Olympus', /timezone.*Mars/],
  ['/v1/costs?timezone=Mars/Olympus&from=2026-01-01', /timezone.*Mars/],
  ['/v1/costs?from=2026-02-01&to=2026-02-01', /from must be before to/],
  // The day begins at five in Greenwich.
  ['/v1/costs?timezone=America/New_York&from=2026-02-02&to=2026-02-02T04:00:00Z', /from must be before to/],
])('%s is refused by name, with the nearest', async (url, message) => {
  const { status, body } = await server.get<Refused>(url)
  expect(status).toBe(400)
  expect(body.message).toMatch(message)
})

describe('the journey row', () => {
  type Summary = z.infer<typeof api.summaryAnswer>
  const summary = (query: string) => ask<Summary>(`/v1/journeys/summary?goal=won&${query}`)

  test('of the won has the means of what each took', async () => {
    const won = await summary('outcome=won')
    expect(won.n).toBe(3)
    expect(won.touches.mean).toBeCloseTo(10 / 3, 12)
    expect(won.channels).toMatchObject({ mean: 2, median: 1 })
    expect(won.people.mean).toBeCloseTo(4 / 3, 12)
    expect(won.sessions).toMatchObject({ mean: 2, median: 2 })
    expect(won.days).toMatchObject({ median: 59, p25: 50.5, p75: 83 })
    expect(won.days.mean).toBeCloseTo(208 / 3, 12)
    expect(won.longestGapDays).toMatchObject({ median: 30 })
    expect(won.anonymousShare).toBe(0)
    expect(won.touchFilter).toBe('every touch')
  })

  test('of the lost and the open has theirs, and of nobody nulls', async () => {
    expect(await summary('outcome=lost')).toMatchObject({ n: 1, touches: { mean: 3 }, days: { mean: 21 } })
    expect(await summary('outcome=open')).toMatchObject({ n: 1, touches: { mean: 2 }, days: { mean: 19 } })
    expect(await summary('to=2020-01-01')).toMatchObject({
      n: 0,
      touches: { mean: null },
      anonymousShare: null,
    })
  })

  test('opens into its journeys', async () => {
    const opened = await ask<Opened>('/v1/journeys/summary/subjects?goal=won&outcome=won')
    expect(opened.total).toBe(3)
    expect(opened.rows.map(({ subject, touches, days }) => [subject, touches, days])).toEqual([
      ['initech', 2, 107],
      ['acme', 5, 59],
      ['globex', 3, 42],
    ])
  })
})

describe('silent gaps', () => {
  type Gaps = z.infer<typeof api.gapsAnswer>
  const gaps = async (query: string) => {
    const { rows, total } = await ask<Gaps>(`/v1/journeys/gaps?${query}`)
    expect(total).toBe(rows.length)
    return rows.map(({ subject, days, isOpen, stage }) => [subject, days, isOpen, stage])
  }

  test('are longer than the least, strictly, and open until now', async () => {
    expect(await gaps('min=30d')).toEqual([
      ['initech', 107, false, 'discovery'],
      ['acme', 91.5, true, 'retention'],
      ['globex', 77.5, true, 'retention'],
      ['initech', 60.5, true, 'retention'],
      ['umbrella', 51.5, true, 'discovery'],
    ])
  })

  test('are as long as the stage says where nobody says how long', async () => {
    expect(await gaps('')).toEqual([
      ['initech', 107, false, 'discovery'],
      ['acme', 91.5, true, 'retention'],
      ['umbrella', 51.5, true, 'discovery'],
      ['acme', 30, false, 'discovery'],
      ['globex', 28, false, 'discovery'],
    ])
  })

  test('of theirs alone are not ended by our own outreach', async () => {
    expect(await gaps('min=35d&direction=inbound&open=false')).toEqual([['acme', 40, false, 'discovery']])
    const open = await gaps('min=90d&direction=inbound&open=true')
    expect(open.map(([subject]) => subject)).toEqual(['initech', 'acme', 'globex'])
    const columns = await headerOf('/v1/journeys/gaps?min=35d&direction=inbound&format=csv')
    expect(columns.filter((name) => name.startsWith('silent'))).toEqual([
      'silentDays any',
      'silentDays inbound',
    ])
  })
})

describe('paths', () => {
  type Paths = z.infer<typeof api.pathsAnswer>
  test('are told with their rate, and every node lets out what came in', async () => {
    const { paths, edges, subjects, converted } = await ask<Paths>('/v1/paths?goal=won&subject=account')
    expect({ subjects, converted }).toEqual({ subjects: 5, converted: 3 })
    expect(paths).toContainEqual({
      steps: ['Paid Search'],
      subjects: 1,
      converted: 1,
      rate: 1,
      medianDays: 42,
    })
    expect(paths).toContainEqual({
      steps: ['Paid Search', 'Email'],
      subjects: 1,
      converted: 0,
      rate: 0,
      medianDays: null,
    })
    const { paths: ofNoGoal } = await ask<Paths>('/v1/paths?subject=account')
    expect(new Set(ofNoGoal.map(({ rate }) => rate))).toEqual(new Set([null]))
    const nodes = new Set(edges.flatMap(({ from, to }) => [from, to]))
    for (const node of nodes) {
      if (/^\((start|end|conversion|further)\)$/.test(node)) continue
      const sum = (side: 'from' | 'to') =>
        edges.filter((edge) => edge[side] === node).reduce((total, { count }) => total + count, 0)
      expect(sum('from'), node).toBe(sum('to'))
    }
    expect(edges.filter(({ from }) => from === '(start)').reduce((sum, { count }) => sum + count, 0)).toBe(5)
  })

  test('are cut at the depth, and repeats stay where they are asked for', async () => {
    const cut = await ask<Paths>('/v1/paths?goal=won&depth=2&collapse=false&limit=1')
    expect(cut.other).toEqual({ paths: 4, subjects: 4, converted: expect.any(Number) as number })
    expect(cut.edges).toContainEqual({ from: 'Organic Search', to: '(further)', count: 1, subjects: 1 })
    expect(cut.edges).toContainEqual({ from: 'Paid Search', to: 'Paid Search', count: 1, subjects: 1 })
  })

  test('open into who walked them', async () => {
    const { paths, edges } = await ask<Paths>('/v1/paths?goal=won')
    for (const { steps, subjects } of paths) {
      const row = encodeURIComponent(JSON.stringify(steps))
      expect((await ask<Opened>(`/v1/paths/subjects?goal=won&row=${row}`)).total).toBe(subjects)
    }
    for (const { from, to, subjects } of edges) {
      const row = encodeURIComponent(`edge:${from} → ${to}`)
      expect((await ask<Opened>(`/v1/paths/subjects?goal=won&row=${row}`)).total).toBe(subjects)
    }
  })
})

describe('a funnel', () => {
  type Funnel = z.infer<typeof api.funnelAnswer>
  const steps = [
    { name: 'Visit', touch: { kind: 'visit' } },
    { name: 'Won', touch: { name: 'Deal Won' } },
  ]
  const funnel = async (more: object) => {
    const { status, body } = await server.post<Funnel>('/v1/funnels/query', { steps, window: '90d', ...more })
    expect(status, JSON.stringify(body)).toBe(200)
    return body
  }

  test('counts each once, by the attempt that got furthest', async () => {
    const { steps: told, pending } = await funnel({ subject: 'person' })
    expect(told).toEqual([
      {
        name: 'Visit',
        subjects: 6,
        ofFirst: 1,
        ofPrevious: 1,
        medianSecondsFromFirst: null,
        medianSecondsFromPrevious: null,
      },
      {
        name: 'Won',
        subjects: 2,
        ofFirst: 2 / 6,
        ofPrevious: 2 / 6,
        medianSecondsFromFirst: 50.5 * 86_400,
        medianSecondsFromPrevious: 50.5 * 86_400,
      },
    ])
    // uma and hal came less than 90 days ago.
    expect(pending).toBe(2)
  })

  test('directly one after the other, and in any order', async () => {
    const strict = await funnel({ subject: 'account', mode: 'strict' })
    expect(strict.steps.map(({ subjects }) => subjects)).toEqual([5, 2])
    const swapped = { subject: 'account', steps: [...steps].reverse() }
    expect((await funnel(swapped)).steps.map(({ subjects }) => subjects)).toEqual([3, 0])
    expect((await funnel({ ...swapped, mode: 'any' })).steps.map(({ subjects }) => subjects)).toEqual([5, 2])
  })

  test('broken down by the channel that they first came from, or a trait', async () => {
    const { breakdown } = await funnel({ subject: 'account', breakdown: 'channel' })
    expect(breakdown?.map(({ key, steps: own }) => [key, ...own.map(({ subjects }) => subjects)])).toEqual([
      ['Paid Search', 3, 2],
      ['Organic Search', 1, 0],
      ['Organic Social', 1, 0],
    ])
    const byTrait = await funnel({ subject: 'account', breakdown: { trait: 'industry' } })
    expect(
      byTrait.breakdown?.map(({ key, steps: own }) => [key, own[0]?.subjects, own[1]?.subjects]),
    ).toEqual([
      ['retail', 2, 0],
      ['software', 2, 2],
      ['(not set)', 1, 0],
    ])
  })

  test('begins in the window, and may end after it', async () => {
    const { steps: told } = await funnel({ subject: 'account', from: '2026-01-01', to: '2026-02-15' })
    expect(told.map(({ subjects }) => subjects)).toEqual([2, 2])
  })

  test('opens into who reached a step', async () => {
    for (const { name, subjects } of (await funnel({ subject: 'account' })).steps) {
      const { body } = await server.post<Opened>(`/v1/funnels/query/subjects?row=${name}`, {
        steps,
        window: '90d',
        subject: 'account',
      })
      expect(body.total).toBe(subjects)
      expect(new Set(body.rows.map(({ subject }) => subject)).size).toBe(subjects)
    }
  })

  test('of wrong fields is refused by name', async () => {
    const { status, body } = await server.post<Refused>('/v1/funnels/query', { stepz: steps })
    expect(status).toBe(400)
    expect(body.message).toMatch(/step/)
    const window = await server.post<Refused>('/v1/funnels/query', { steps, window: '0d' })
    expect(window.body.message).toMatch(/window.*longer than 0/)
  })
})

describe('the ideal customer', () => {
  type Icp = z.infer<typeof api.icpAnswer>
  test('is told by what was known when it closed', async () => {
    const icp = await ask<Icp>('/v1/icp?goal=won&lost=lost')
    expect(icp).toMatchObject({ closed: 4, won: 3, baseRate: 0.75, notTested: ['name'] })
    const of = (trait: string, answer = icp) =>
      answer.findings
        .filter((one) => one.trait === trait)
        .map(({ value, n, won }) => [value, n, won])
        .sort()
    expect(of('industry')).toEqual([
      ['retail', 2, 1],
      ['software', 2, 2],
    ])
    expect(of('plan')).toEqual([['gold', 1, 0]])
    expect(of('plan', await ask<Icp>('/v1/icp?traits=now'))).toEqual([['gold', 3, 2]])
    const software = icp.findings.find(({ value }) => value === 'software')
    expect(software).toMatchObject({ rate: 1, lift: 4 / 3, p: 1, isSignificant: false })
    const opened = await ask<Opened>('/v1/icp/subjects?row=industry%3Dsoftware')
    expect(opened.rows.map(({ subject }) => subject)).toEqual(['acme', 'globex'])
  })

  test('has people, in groups of what they are', async () => {
    type Personas = z.infer<typeof api.personasAnswer>
    const answer = await ask<Personas>('/v1/personas?goal=won&lost=lost')
    expect(answer).toMatchObject({ closed: 4, won: 3, unknown: 1 })
    expect(answer.personas.find(({ persona }) => persona === 'technical')).toMatchObject({
      n: 2,
      won: 2,
      lost: 0,
      people: 2,
      medianDay: 0,
      stage: 'discovery',
    })
    expect(answer.personas.find(({ persona }) => persona === 'Buyer')).toMatchObject({
      n: 2,
      won: 1,
      people: 2,
      medianDay: 25,
    })
    expect(answer.perWonJourney.mean).toBe(1)
    for (const { persona, people } of answer.personas)
      expect((await ask<Opened>(`/v1/personas/subjects?row=${persona}`)).total).toBe(people)
  })
})

describe('content mapping', () => {
  type Content = z.infer<typeof api.contentAnswer>
  beforeAll(async () => {
    const rules = [
      { touch: { page: '/pricing' }, stage: 'conversion' },
      { touch: { kind: 'visit', channel: 'Organic *' }, stage: 'never' },
      { touch: { kind: 'visit' }, stage: 'discovery' },
      { touch: { name: 'Newsletter' }, stage: 'conversion' },
    ]
    await server.app.inject({
      method: 'PUT',
      url: '/v1/definitions/touch-rules/default',
      headers: { authorization: 'Bearer secret' },
      payload: { rules },
    })
  })

  test('puts what a touch is content for beside the stage that its subject was in', async () => {
    const content = await ask<Content>('/v1/stages/content')
    expect(content).toMatchObject({ rules: 'default', touches: 15, subjects: 5, subject: 'account' })
    // Pricing three times, the newsletter twice; visits of any other page; deals are no content.
    expect(content.rows.map(({ stage, touches, subjects }) => [stage, touches, subjects])).toEqual([
      ['conversion', 5, 3],
      ['never', 0, 0],
      ['discovery', 6, 4],
    ])
    expect(content.unmapped).toMatchObject({ touches: 4, subjects: 4, share: 4 / 15 })
    expect(content.rows[0]?.whileIn).toEqual([{ stage: 'discovery', touches: 5 }])
    expect(content.unmapped.whileIn).toEqual([
      { stage: 'discovery', touches: 1 },
      { stage: 'retention', touches: 3 },
    ])
    expect(content.definitions).toEqual([
      { kind: 'touch-rules', id: 'default', version: 1 },
      { kind: 'stages', id: 'default', version: 1 },
    ])
  })

  test('opens each row into the subjects that it counts', async () => {
    const { rows, unmapped } = await ask<Content>('/v1/stages/content?from=2026-03-01')
    for (const row of [...rows, { stage: 'unmapped', ...unmapped }]) {
      const opened = await ask<Opened>(`/v1/stages/content/subjects?from=2026-03-01&row=${row.stage}`)
      expect(opened.total, row.stage).toBe(row.subjects)
      expect(opened.rows.reduce((sum, { touches }) => sum + Number(touches), 0)).toBe(row.touches)
    }
  })
})

describe('lifecycle', () => {
  type Lifecycle = z.infer<typeof api.lifecycleAnswer>
  test('puts spend beside customers, a currency each, and null for nothing', async () => {
    const sent = await server.post('/v1/costs', {
      rows: [
        {
          day: '2026-03-02',
          channel: 'Paid Search',
          currency: 'EUR',
          amount: 250,
          clicks: 100,
          impressions: 5000,
        },
        { day: '2026-03-20', channel: 'Paid Search', currency: 'EUR', amount: 40 },
        {
          day: '2026-03-20',
          channel: 'Paid Social',
          currency: 'USD',
          amount: 60,
          engagements: 30,
          followers: 1200,
        },
        { day: '2026-05-20', channel: 'Paid Social', currency: 'USD', amount: 10 },
      ],
    })
    expect(sent).toMatchObject({ status: 200, body: { success: true, accepted: 4 } })
    // What is sent again replaces.
    await server.post('/v1/costs', {
      rows: [{ day: '2026-03-20', channel: 'Paid Search', currency: 'EUR', amount: 50 }],
    })
    const { periods, cohorts, warnings } = await ask<Lifecycle>(
      '/v1/metrics/lifecycle?by=month&from=2026-03-01&to=2026-06-01',
    )
    const [march, april, may] = periods
    expect(march).toMatchObject({
      from: '2026-03-01T00:00:00.000Z',
      to: '2026-04-01T00:00:00.000Z',
      cac: [
        { currency: 'EUR', amount: 150, spend: 300, customers: 2 },
        { currency: 'USD', amount: 30, spend: 60, customers: 2 },
      ],
      aov: [{ currency: 'EUR', amount: 750.005, revenue: 1500.01, orders: 2 }],
      frequency: { value: 1, orders: 2, customers: 2 },
      conversion: { value: 2 / 3, converting: 2, subjects: 3 },
      costPerClick: [
        { currency: 'EUR', amount: 3, cost: 300, clicks: 100 },
        { currency: 'USD', amount: 0.6, cost: 60, clicks: 100 },
      ],
      engagement: { value: 2.5, engagements: 30, followers: 1200 },
    })
    expect(march?.clv[0]?.amount).toBeCloseTo(750.005 * (365.25 / 31), 9)
    expect(april).toMatchObject({ newCustomers: 1, cac: [], aov: [{ currency: 'USD', amount: 300 }] })
    expect(may).toMatchObject({
      newCustomers: 0,
      cac: [{ currency: 'USD', amount: null, spend: 10, customers: 0 }],
    })
    expect(may?.frequency.value).toBeNull()
    expect(cohorts.map(({ from, customers }) => [from.slice(0, 7), customers])).toEqual([
      ['2026-03', 2],
      ['2026-04', 1],
    ])
    expect(warnings).toEqual([])
  })

  test('costs are summed by channel in the days of a range, the dearest first, currencies apart', async () => {
    type Summed = z.infer<typeof api.costsSummed>
    const march = await ask<Summed>('/v1/costs?from=2026-03-01&to=2026-04-01')
    expect(march.rows).toEqual([
      { key: 'Paid Search', currency: 'EUR', amount: 300, impressions: 5000, clicks: 100 },
      { key: 'Paid Social', currency: 'USD', amount: 60, impressions: null, clicks: null },
    ])
    const day = await ask<Summed>(
      '/v1/costs?from=2026-03-19T15:00:00Z&to=2026-03-20T15:00:00Z&timezone=Asia/Tokyo',
    )
    expect(day.rows.map(({ key, amount }) => [key, amount])).toEqual([
      ['Paid Social', 60],
      ['Paid Search', 50],
    ])
    expect((await ask<Summed>('/v1/costs?by=campaign')).rows).toEqual([])
    const wrong = await server.get<Refused>('/v1/costs?by=chanel')
    expect(wrong).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('channel') as string },
    })
  })

  test('opens into who they are', async () => {
    const march = 'from=2026-03-01&to=2026-04-01'
    for (const [row, subjects] of [
      ['newCustomers', ['acme', 'globex']],
      ['orders', ['acme', 'globex']],
      ['active', ['acme', 'globex', 'umbrella']],
    ] as const) {
      const opened = await ask<Opened>(`/v1/metrics/lifecycle/subjects?${march}&row=${row}`)
      expect(opened.rows.map(({ subject }) => subject).sort()).toEqual(subjects)
      expect(opened.total).toBe(subjects.length)
    }
  })

  test('tells each channel apart in one answer, as it does where only one is asked', async () => {
    const months = 'by=month&from=2026-03-01&to=2026-06-01'
    const { channels = [], periods } = await ask<Lifecycle>(`/v1/metrics/lifecycle?${months}&split=channel`)
    expect(channels.map(({ channel }) => channel)).toEqual([
      'Organic Search',
      'Organic Social',
      'Paid Search',
      'Paid Social',
    ])
    for (const { channel, ...own } of channels) {
      const alone = await ask<Lifecycle>(
        `/v1/metrics/lifecycle?${months}&channel=${encodeURIComponent(channel)}`,
      )
      expect(own, channel).toEqual({ periods: alone.periods, cohorts: alone.cohorts })
    }
    periods.forEach((period, nth) => {
      const sum = (count: (one: (typeof periods)[number]) => number) =>
        channels.reduce((total, { periods: own }) => total + (own[nth] ? count(own[nth]) : 0), 0)
      expect(sum(({ newCustomers }) => newCustomers)).toBe(period.newCustomers)
      expect(sum(({ conversion }) => conversion.subjects)).toBe(period.conversion.subjects)
      expect(sum(({ frequency }) => frequency.orders)).toBe(period.frequency.orders)
    })
    const whole = await ask<Lifecycle>(`/v1/metrics/lifecycle?${months}`)
    expect(whole.channels).toBeUndefined()
    expect(whole.periods).toEqual(periods)
  })

  test('of people who came by no channel is told as such', async () => {
    const { channels = [] } = await ask<Lifecycle>(
      '/v1/metrics/lifecycle?split=channel&subject=person&from=2025-12-01',
    )
    const opened = await ask<Opened>(
      `/v1/metrics/lifecycle/subjects?row=active&subject=person&from=2025-12-01&channel=${encodeURIComponent('(not set)')}`,
    )
    expect(opened.total).toBe(0)
    expect(channels.map(({ channel }) => channel)).not.toContain('(not set)')
  })

  test('begins with the first touch or spend where nobody says when', async () => {
    await server.post('/v1/costs', {
      rows: [{ day: '2020-01-01', channel: 'Email', currency: 'EUR', amount: 1 }],
    })
    const { periods } = await ask<Lifecycle>('/v1/metrics/lifecycle?by=quarter')
    expect(periods[0]?.from).toBe('2020-01-01T00:00:00.000Z')
    expect(periods.at(-1)?.from).toBe('2026-04-01T00:00:00.000Z')
    const berlin = await ask<Lifecycle>(
      '/v1/metrics/lifecycle?timezone=Europe/Berlin&to=2026-03-16T00:00:00Z',
    )
    expect(berlin.periods[0]?.from).toBe('2021-02-28T23:00:00.000Z')
    expect(berlin.periods.at(-1)).toMatchObject({
      from: '2026-02-28T23:00:00.000Z',
      to: '2026-03-16T00:00:00.000Z',
    })
  })

  test('ends with a whole period where nobody says when', async () => {
    const { periods } = await ask<Lifecycle>(
      '/v1/metrics/lifecycle?by=month&from=2026-02-10T12:00:00Z&as_of=2026-04-08T10:00:00Z',
    )
    expect(periods.map(({ from, to }) => [from, to])).toEqual([
      ['2026-02-10T12:00:00.000Z', '2026-03-01T00:00:00.000Z'],
      ['2026-03-01T00:00:00.000Z', '2026-04-01T00:00:00.000Z'],
      ['2026-04-01T00:00:00.000Z', '2026-05-01T00:00:00.000Z'],
    ])
  })

  test('of a part of a period counts what is in that part, for a year of such parts', async () => {
    const { periods } = await ask<Lifecycle>('/v1/metrics/lifecycle?by=quarter&from=2026-03-03&to=2026-04-21')
    expect(periods.map(({ from, to }) => [from.slice(0, 10), to.slice(0, 10)])).toEqual([
      ['2026-03-03', '2026-04-01'],
      ['2026-04-01', '2026-04-21'],
    ])
    // What was spent on the 2nd is not in it.
    expect(periods[0]?.cac.map(({ currency, spend }) => [currency, spend])).toEqual([
      ['EUR', 50],
      ['USD', 60],
    ])
    expect(periods[0]?.costPerClick[0]).toMatchObject({ clicks: null, amount: null })
    for (const { from, to, frequency, clv } of periods)
      for (const { frequencyPerYear } of clv)
        expect(frequencyPerYear).toBeCloseTo(
          ((frequency.value ?? 0) * 365.25 * 86_400_000) / (Date.parse(to) - Date.parse(from)),
          9,
        )
  })

  test('of a later part of a period tells who ordered again until then', async () => {
    const retainedUntil = async (to: string) => {
      const { cohorts } = await ask<Lifecycle>(
        `/v1/metrics/lifecycle?by=quarter&from=2025-10-05&to=${to}&customer=lead&order=won`,
      )
      return cohorts.map(({ periods }) => periods.map(({ retained }) => retained))
    }
    const before = await retainedUntil('2026-04-01T08:00:00Z')
    expect(before.flat().every((retained) => retained === 0)).toBe(true)
    expect((await retainedUntil('2026-04-02')).flat().some((retained) => retained > 0)).toBe(true)
  })

  test.each([
    [
      'Europe/Berlin',
      '2026-03-28',
      '2026-03-30',
      ['2026-03-27T23:00', '2026-03-28T23:00', '2026-03-29T22:00'],
    ],
    ['America/Los_Angeles', '2026-02-01', '2026-02-02', ['2026-02-01T08:00', '2026-02-02T08:00']],
    ['Asia/Kolkata', '2026-02-01', '2026-02-02', ['2026-01-31T18:30', '2026-02-01T18:30']],
    // Clocks went from midnight to one.
    ['America/Santiago', '2025-09-07', '2025-09-08', ['2025-09-07T04:00', '2025-09-08T03:00']],
    // At one they went back to midnight, which was twice.
    ['America/Havana', '2025-11-02', '2025-11-03', ['2025-11-02T04:00', '2025-11-03T05:00']],
    ['America/Los_Angeles', '2026-02-01T00:00:00Z', '2026-02-01', ['2026-02-01T00:00', '2026-02-01T08:00']],
  ])('in %s days from %s to %s begin at midnight there', async (zone, from, to, bounds) => {
    const { periods } = await ask<Lifecycle>(
      `/v1/metrics/lifecycle?by=day&timezone=${zone}&from=${from}&to=${to}`,
    )
    const edges = [periods[0]?.from, ...periods.map((period) => period.to)]
    expect(edges).toEqual(bounds.map((bound) => `${bound}:00.000Z`))
  })

  test('its other times and its subjects are of the zone too', async () => {
    const { asOf } = await ask<{ asOf: string }>(
      '/v1/metrics/lifecycle?by=month&timezone=Asia/Tokyo&from=2026-01-01&as_of=2026-05-01',
    )
    expect(asOf).toBe('2026-04-30T15:00:00.000Z')
    // At noon in Greenwich it is two in the morning of the next day there.
    const opened = (days: string) =>
      ask<Opened>(`/v1/metrics/lifecycle/subjects?row=newCustomers&timezone=Pacific/Kiritimati&${days}`).then(
        ({ rows }) => rows.map(({ subject }) => subject),
      )
    expect(await opened('from=2026-03-15&to=2026-03-16')).toEqual([])
    expect(await opened('from=2026-03-16&to=2026-03-17')).toEqual(['globex'])
  })

  test('as a table has each number with what it is made of, and the same columns for a quiet month', async () => {
    const columns = await headerOf('/v1/metrics/lifecycle?by=month&from=2026-03-01&to=2026-06-01&format=csv')
    for (const name of ['cac EUR', 'cac USD', 'costPerLead EUR']) expect(columns).toContain(name)
    for (const name of ['cac EUR spend', 'cac USD customers', 'aov EUR revenue', 'aov USD orders'])
      expect(columns).toContain(name)
    for (const name of ['costPerLead EUR cost', 'costPerClick USD clicks', 'clv EUR frequencyPerYear'])
      expect(columns).toContain(name)
    for (const name of ['cac', 'aov', 'clv', 'costPerLead']) expect(columns).not.toContain(name)
    expect(new Set(columns).size).toBe(columns.length)
  })

  test('costs are of the days of the zone', async () => {
    const spent = async (query: string) => {
      const { rows } = await ask<z.infer<typeof api.costsSummed>>(`/v1/costs?${query}`)
      return rows.map(({ key, amount }) => [key, amount])
    }
    for (const zone of ['UTC', 'Pacific/Auckland', 'America/Los_Angeles']) {
      expect(await spent(`timezone=${zone}&from=2026-03-03&to=2026-03-20`), zone).toEqual([])
      expect(await spent(`timezone=${zone}&from=2026-03-02&to=2026-03-03`), zone).toEqual([
        ['Paid Search', 250],
      ])
    }
  })

  test('finds the days after one whose midnight does not exist', async () => {
    await server.post('/v1/costs', {
      rows: ['2025-09-06', '2025-09-07', '2025-09-08'].map((day, nth) => {
        return { day, channel: 'Email', currency: 'CLP', amount: nth + 1 }
      }),
    })
    for (const first of ['2025-09-06T04:00:00Z', '2025-09-07T04:00:00Z']) {
      const { periods } = await ask<Lifecycle>(
        `/v1/metrics/lifecycle?by=day&timezone=America/Santiago&from=${first}&to=2025-09-09T03:00:00Z`,
      )
      const spent = periods.map(({ cac }) => cac.find(({ currency }) => currency === 'CLP')?.spend)
      expect(spent).toEqual(first.includes('06') ? [1, 2, 3] : [2, 3])
    }
  })

  test('costs of wrong fields are refused by place', async () => {
    const { status, body } = await server.post<Refused>('/v1/costs', { rows: [{ day: '2026-13-01' }] })
    expect(status).toBe(400)
    expect(body.message).toMatch(/body\/rows\/0/)
  })
})
