/** What is wrong in a question over journeys is refused by name, with the nearest right one: every parameter of every route. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  silentLogger,
  startTestClickHouse,
  type TestClickHouse,
} from '../../../../test-support/clickhouse.js'
import { companyDefinitions, storeCompany } from '../../../../test-support/worlds/invented-company.js'
import { companyTouchRules, journeyQuestions } from '../../../../test-support/worlds/journey-questions.js'
import { startTimelineApi, type TimelineApi } from '../../../../test-support/timeline-api.js'
import { openEmbeddedLog, type EmbeddedLog } from '../../log/embedded/embedded-log.js'

let clickhouse: TestClickHouse
let log: EmbeddedLog
let server: TimelineApi
const dir = mkdtempSync(join(tmpdir(), 'touchline-bad-input-'))
const headers = { authorization: 'Bearer secret' }

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  log = await openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger })
  server = await startTimelineApi({ clickhouse, log })
  await storeCompany(clickhouse.app)
  const definitions = { ...companyDefinitions, 'touch-rules/default': companyTouchRules }
  for (const [path, payload] of Object.entries(definitions))
    await server.app.inject({ method: 'PUT', url: `/v1/definitions/${path}`, headers, payload })
})
afterAll(async () => {
  await server.close()
  await log.close()
  await clickhouse.close()
  rmSync(dir, { recursive: true, force: true })
})

const json = (value: object) => JSON.stringify(value)
/** So many `not` in one another. */
const nested = (levels: number): object => (levels === 0 ? { touch: {} } : { not: nested(levels - 1) })
const time = ['2026-13-45', /must be a time/] as const
const zero = ['0', /limit|depth|order|version|years|margin/] as const
const near = (known: string) => new RegExp(`did you mean ${known}\\?`)

/** Parameter → values that are refused, and with which words. */
const wrong: Readonly<Record<string, readonly (readonly [value: string, message: RegExp])[]>> = {
  subject: [['acount', near('account')]],
  from: [time],
  to: [time],
  as_of: [time],
  filter: [
    ['{x', /filter is not JSON/],
    [json({ trai: 'plan', op: 'exists' }), near('trait')],
    [json({ trait: 'plan', op: 'equals', value: 1 }), /filter\.op/],
    [json({ trait: 'plan', op: 'matches', value: '(' }), /filter\.value: is no regular expression/],
    [json({ touch: { knd: 'visit' } }), near('kind')],
    [json({ touch: {}, within: '0d' }), /within/],
    [json(nested(21)), /^filter(\.not){21}: .*20 deep at most/],
    [json({ segment: 'nobody' }), /segment nobody/],
    [json({ stage: 'discovry', op: 'is' }), near('discovery')],
    [json({ score: 'fit', op: 'gte', n: 1 }), /score fit/],
  ],
  touch: [
    [json({ knd: 'visit' }), near('kind')],
    [json({ kind: 'vist' }), near('visit')],
    [
      json({ where: [{ property: 'plan', op: 'matches', value: '[' }] }),
      /touch\.where\[0\]\.value: is no regular/,
    ],
  ],
  format: [['cvs', /format: .*(json.*csv|csv)/]],
  goal: [['wom', near('won')]],
  lost: [['lots', near('lost')]],
  customer: [['wom', near('won')]],
  lead: [['laed', near('lead')]],
  outcome: [['woon', near('won')]],
  model: [['liner', near('linear')]],
  compare: [['markow', near('markov')]],
  by: [['chanell', /did you mean|there are/]],
  lookback: [
    ['0d', /lookback must be longer than 0/],
    ['90x', /no unit x/],
    ['soon', /lookback: soon: it is no time\. A time is/],
    ['4000000000000w', /lookback: 4000000000000w must be 36525d \(100 years\) at most/],
    ['36526d', /36525d/],
  ],
  since: [['lastconversion', near('lastConversion')]],
  half_life: [['0d', /half_life must be longer than 0/]],
  order: [['9x', /order|9x: there is no such definition/]],
  milestones: [
    ['lx:lead', /milestones: there is no lx/],
    ['lc:', /names no goal/],
    ['lc:laed', near('lead')],
  ],
  min: [['0d', /min must be longer than 0/]],
  direction: [['inbond', near('inbound')]],
  open: [['ture', near('true')]],
  stages: [['defualt', near('default')]],
  rules: [['defualt', near('default')]],
  list: [['defualt', near('default')]],
  personas: [['defualt', near('default')]],
  limit: [zero, ['many', /limit/]],
  depth: [zero],
  version: [zero],
  years: [zero],
  margin: [zero, ['2', /margin/]],
  collapse: [['ture', near('true')]],
  firstTouch: [['ture', near('true')]],
  traits: [['closed', near('close')]],
  bands: [['employees', /bands: employees: write/]],
  timezone: [['Mars/Olympus', /timezone: Mars/]],
  split: [['chanel', near('channel')]],
  stage: [['discovry', near('discovery')]],
  state: [['curent', near('current')]],
  sort: [['lasttuch', near('lastTouch')]],
  segment: [['nobody', /segment nobody/]],
  score: [['nobody', /score nobody/]],
  condition: [
    [json(nested(300)), /^condition(\.not){21}: .*20 deep at most/],
    ['{x', /condition: is not JSON/],
    [json({ trait: 'plan', op: 'matches', value: '(' }), /condition\.value: is no regular expression/],
  ],
  cursor: [['x', /cursor/]],
}
/** Parameters that take any word: it may be the name of something. */
const free = ['channel', 'row', 'part', 'q', 'id']

async function parametersOf(): Promise<[path: string, name: string][]> {
  const { paths } = (await server.app.inject({ url: '/docs/json' })).json<{
    paths: Record<string, Record<string, { parameters?: { name: string; in: string }[] }>>
  }>()
  return Object.keys(journeyQuestions).flatMap((path) =>
    Object.values(paths[path] ?? {}).flatMap(({ parameters = [] }) =>
      parameters.filter((one) => one.in === 'query').map(({ name }): [string, string] => [path, name]),
    ),
  )
}

async function ask(path: string, more: Record<string, string>) {
  const [address = '', payload] = journeyQuestions[path] ?? []
  const url = new URL(address, 'http://server')
  for (const [name, value] of Object.entries(more)) url.searchParams.set(name, value)
  const sent = { url: `${url.pathname}${url.search}`, headers }
  const answer = await server.app.inject(
    payload ? { ...sent, method: 'POST', payload } : { ...sent, method: 'GET' },
  )
  return { status: answer.statusCode, message: String(answer.json<{ message?: string }>().message) }
}

test('every value that is wrong is refused, by its parameter and the nearest right one', async () => {
  const all = await parametersOf()
  expect(all.length).toBeGreaterThan(100)
  const withoutCase = all.filter(([, name]) => !free.includes(name) && wrong[name] === undefined)
  expect(withoutCase, 'parameters that neither `wrong` nor `free` of this file names').toEqual([])
  const taken: string[] = []
  for (const [path, name] of all)
    for (const [value, message] of wrong[name] ?? []) {
      const answer = await ask(path, { [name]: value })
      if (answer.status !== 400 || !message.test(answer.message))
        taken.push(`${path} ${name}=${value} → ${answer.status} ${answer.message}`)
    }
  expect(taken, 'not refused, or not with the message of `wrong`').toEqual([])
}, 120_000)

test('every parameter that is written wrongly is refused, and not passed over', async () => {
  const taken: string[] = []
  for (const [path, name] of await parametersOf()) {
    const answer = await ask(path, { [`${name}x`]: '1' })
    if (answer.status !== 400 || !answer.message.startsWith(`${name}x: there is no such parameter`))
      taken.push(`${path} ${name}x → ${answer.status} ${answer.message}`)
  }
  expect(taken).toEqual([])
})

test.each([
  ['["Email"', /row: .*is no path\. Write a path as \["/],
  ['[1,2]', /row: .*is no path\. Write a path/],
  ['edge:Email', /an edge goes between two steps\. Write/],
  ['edge:["a","b","c"]', /an edge goes between two steps\. Write/],
])('a path that cannot be read is told how paths are written: %s', async (row, message) => {
  const answer = await ask('/v1/paths/subjects', { row })
  expect(answer.message).toMatch(message)
  expect(answer.status).toBe(400)
})

test('a table of who is behind a row is refused: there is none', async () => {
  const opening = Object.keys(journeyQuestions).filter((path) => path.endsWith('/subjects'))
  expect(opening).toContain('/v1/stages/subjects')
  for (const path of opening) {
    const { status, message } = await ask(path, { format: 'csv' })
    expect([status, message], path).toEqual([400, expect.stringMatching(/^format: there is no such/)])
  }
})

describe('a funnel', () => {
  const visit = { name: 'Visit', touch: { kind: 'visit' } }
  test.each<[what: string, body: object, message: RegExp]>([
    ['no steps', { steps: [] }, /body\/steps: must have a step/],
    ['a field that is not there', { steps: [visit], windw: '1d' }, near('window')],
    ['a field of a step that is not there', { steps: [{ nam: 'a', touch: {} }] }, /body\/steps\/0/],
    ['a kind that is not there', { steps: [{ name: 'a', touch: { kind: 'vist' } }] }, near('visit')],
    ['a mode that is not there', { steps: [visit], mode: 'orderd' }, near('ordered')],
    ['a window of 0', { steps: [visit], window: '0d' }, /body\/window/],
    ['a time that is none', { steps: [visit], from: 'soon' }, /body\/from: must be a time/],
    [
      'an end before its beginning',
      { steps: [visit], from: '2026-02-01', to: '2026-01-01' },
      /from must be before to/,
    ],
    ['a breakdown that is not there', { steps: [visit], breakdown: 'chanel' }, /body\/breakdown/],
    ['a filter that is none', { steps: [visit], filter: { trai: 'plan' } }, near('trait')],
    [
      'a filter of a regular expression that does not compile',
      { steps: [visit], filter: { trait: 'plan', op: 'matches', value: '(' } },
      /filter\.value: is no regular/,
    ],
    [
      'a step of a regular expression that does not compile',
      { steps: [{ name: 'a', touch: { where: [{ property: 'plan', op: 'matches', value: '(' }] } }] },
      /steps\[0\]\.touch\.where\[0\]\.value: is no regular/,
    ],
    ['a filter of 900 levels', { steps: [visit], filter: nested(900) }, /^filter\.not.*20 deep at most/],
    ['people of a person', { steps: [visit], filter: { people: { op: 'gte', n: 2 } } }, /people/],
  ])('with %s is refused', async (_what, body, message) => {
    const answer = await server.app.inject({
      method: 'POST',
      url: '/v1/funnels/query',
      headers,
      payload: body,
    })
    expect(answer.statusCode, answer.body).toBe(400)
    expect(answer.json<{ message: string }>().message).toMatch(message)
  })
})

describe('a definition', () => {
  test.each<[what: string, path: string, body: object, message: RegExp]>([
    ['an empty list of stages', 'stages/empty', { stages: [] }, /stages/],
    [
      'two stages of one id',
      'stages/twice',
      {
        stages: [
          { id: 'a', enter: { touch: {} } },
          { id: 'a', enter: { touch: {} } },
        ],
      },
      /twice/,
    ],
    ['a window of 0', 'segments/zero', { when: { touch: {}, within: '0d' } }, /when\.within/],
    ['silence of 0', 'segments/silent', { when: { silentFor: '0d' } }, /when\.silentFor/],
    [
      'a regular expression that does not compile',
      'goals/bad',
      { when: { trait: 'plan', op: 'matches', value: '*' } },
      /when\.value/,
    ],
    [
      'itself in its own condition',
      'segments/self',
      { when: { segment: 'self' } },
      /circle: segments\/self → segments\/self/,
    ],
    ['900 levels', 'goals/deep', { when: nested(900) }, /^when(\.not){21}: .*20 deep at most/],
    ['no touch rule', 'touch-rules/none', { rules: [] }, /rules/],
    ['a list of nobody', 'segments/nobody', { identifiers: [] }, /identifiers/],
  ])('with %s is refused with the place', async (_what, path, body, message) => {
    const url = `/v1/definitions/${path}`
    const answer = await server.app.inject({ method: 'PUT', url, headers, payload: body })
    expect(answer.statusCode, answer.body).toBe(400)
    expect(answer.json<{ message: string }>().message).toMatch(message)
  })

  test('with a circle over several is refused with the whole of it', async () => {
    const put = (id: string, payload: object) =>
      server.app.inject({ method: 'PUT', url: `/v1/definitions/segments/${id}`, headers, payload })
    expect((await put('one', { when: { segment: 'two' } })).statusCode).toBeLessThan(300)
    expect((await put('two', { when: { not: { segment: 'three' } } })).statusCode).toBeLessThan(300)
    const answer = await put('three', { when: { all: [{ touch: {} }, { segment: 'one' }] } })
    expect(answer.statusCode).toBe(400)
    expect(answer.json<{ message: string }>().message).toMatch(
      /three → segments\/one → segments\/two → segments\/three/,
    )
  })
})
