/** Order of arrival, copies and ties change nothing; what ClickHouse counts is what the pure functions say. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { goalBody } from '@touchline/schemas/api'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { eventRow, insertPeople, insertRowsOf } from '../../../test-support/event-rows.js'
import type { Reader } from '../clickhouse/query.js'
import { rebuildTouchpoints } from '../touchpoints/upkeep/rebuild.js'
import type { AttributionQuestion } from './attribution/attribution-question.js'
import { attribute, type Attribution } from './attribution/attribution.js'
import { furthestAttempt, type FunnelMode } from './funnels/attempts.js'
import { askFunnel } from './funnels/funnel.js'

let clickhouse: TestClickHouse
const asOf = Date.parse('2026-06-01T00:00:00Z')
const goal = { id: 'won', version: 1, body: goalBody.parse({ when: { touch: { name: 'Deal Won' } } }) }

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
})
afterAll(() => clickhouse.close())

const readerOf = (project: string): Reader => ({ client: clickhouse.reader, project, signedOnly: false })
const ask: AttributionQuestion = {
  subject: 'account',
  asOf,
  goal,
  models: ['first', 'last', 'linear', 'u', 'markov'],
  by: 'channel',
  lookbackMs: undefined,
  sinceLastConversion: false,
  halfLifeMs: 7 * 86_400_000,
  order: 2,
  milestones: {},
}

describe('an attribution', () => {
  // Three touches in one millisecond: their order is that of their message ids, whatever came first.
  const at = '2026-03-01T10:00:00.000Z'
  const ties = ['m-c', 'm-a', 'm-b'].map((message_id) =>
    eventRow({
      at,
      message_id,
      name: `Seen ${message_id}`,
      user_id: 'ann',
      kind: 'offline',
      origin: 'fair',
      channel: `Channel ${message_id}`,
    }),
  )
  const others = [
    eventRow({
      at: '2026-03-02T10:00:00Z',
      message_id: 'm-won',
      name: 'Deal Won',
      user_id: 'ann',
      kind: 'crm',
      origin: 'crm',
      properties: { amount: 90, currency: 'EUR' },
    }),
    eventRow({
      at: '2026-03-03T10:00:00Z',
      message_id: 'm-later',
      name: 'Call',
      user_id: 'ann',
      kind: 'offline',
      origin: 'fair',
      channel: 'Sales',
    }),
  ]

  test('is the same whatever came first, and whatever came twice; ties go by message id', async () => {
    await insertPeople(clickhouse.app, [
      { person: 'user:ann', identifiers: [{ identifier: 'user:ann' }], accounts: [{ account: 'acme' }] },
    ])
    const answers: Attribution[] = []
    for (const rows of [[...ties, ...others], [...others].reverse(), [...ties].reverse()]) {
      await insertRowsOf(clickhouse.app, rows)
      await rebuildTouchpoints({ clickhouse })
      answers.push(await attribute(readerOf('default'), ask))
    }
    expect(answers[1]).toEqual(answers[0])
    expect(answers[2]).toEqual(answers[0])
    const keysOf = (model: string) =>
      answers[0]?.models.find((one) => one.model === model)?.rows.map(({ key }) => key)
    expect(keysOf('first')).toEqual(['Channel m-a'])
    expect(keysOf('last')).toEqual(['Channel m-c'])
    expect(keysOf('linear')).toEqual(['Channel m-a', 'Channel m-b', 'Channel m-c'])
  })
})

describe('an account that orders twice', () => {
  const orders = (count: 'first' | 'each') => ({
    id: 'order',
    version: 1,
    body: goalBody.parse({ when: { touch: { name: 'Order' } }, count }),
  })
  beforeAll(async () => {
    const rows = [
      { day: '01', name: 'Seen', channel: 'Paid Search' },
      { day: '05', name: 'Order', value: 10, currency: 'EUR' },
      { day: '10', name: 'Seen', channel: 'Email' },
      { day: '20', name: 'Order', value: 20, currency: 'EUR' },
    ]
    await clickhouse.app.insert({
      table: 'touchpoints_of_accounts',
      format: 'JSONEachRow',
      values: rows.map(({ day, ...row }, index) => ({
        ...{ project: 'shop', account: 'acme', person: 'user:ann', kind: 'action', version: 1 },
        ...row,
        at: `2026-01-${day} 12:00:00`,
        touch: String(index + 1),
        message_id: `m${index}`,
      })),
    })
  })

  test.each([
    ['each', false, { 'Paid Search': [1.5, 20], Email: [0.5, 10] }],
    // The second path begins after the first order.
    ['each', true, { 'Paid Search': [1, 10], Email: [1, 20] }],
    ['first', false, { 'Paid Search': [1, 10] }],
  ] as const)('counted %s, since the last conversion %s', async (count, sinceLastConversion, expected) => {
    const { models } = await attribute(readerOf('shop'), {
      ...ask,
      goal: orders(count),
      models: ['linear'],
      sinceLastConversion,
    })
    const rows = models[0]?.rows.map(({ key, conversions, value }) => [key, [conversions, value[0]?.amount]])
    expect(Object.fromEntries(rows ?? [])).toEqual(expected)
  })
})

describe('a funnel over generated people', () => {
  const steps = ['A', 'B', 'C']
  const dayMs = 86_400_000
  const start = Date.parse('2026-01-01T00:00:00Z')
  // Many touches in few milliseconds and few days, so that ties, repeats and windows all happen.
  let seed = 7
  const chance = (n: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return (seed >>> 8) % n
  }
  const touches = Array.from({ length: 3_000 }, (_none, index) => ({
    person: `user:p${chance(300)}`,
    at: start + chance(12) * dayMs + chance(2),
    name: ['A', 'B', 'C', 'D'][chance(4)] ?? 'A',
    id: `id-${String(index).padStart(6, '0')}`,
  }))

  beforeAll(async () => {
    await clickhouse.app.insert({
      table: 'touchpoints_of_people',
      format: 'JSONEachRow',
      values: touches.map(({ person, at, name, id }, index) => ({
        project: 'made',
        person,
        at: new Date(at).toISOString().replace('Z', ''),
        touch: String(index + 1),
        version: 1,
        kind: 'action',
        name,
        message_ids: [id],
      })),
      clickhouse_settings: { date_time_input_format: 'best_effort' },
    })
  })

  test.each<[FunnelMode, number]>([
    ['ordered', 3],
    ['ordered', 0],
    ['strict', 3],
    ['any', 2],
  ])('in the mode %s within %i days is what the pure function says of each', async (mode, days) => {
    const windowMs = days === 0 ? 1 : days * dayMs
    const answer = await askFunnel(readerOf('made'), {
      subject: 'person',
      asOf,
      steps: steps.map((name) => ({ name, touch: { name } })),
      windowMs,
      mode,
    })
    const people = groupBy(touches, ({ person }) => person)
    const levels = [...people.values()].map((own) => {
      const sorted = [...own].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
      const walk = {
        codes: sorted.map(
          ({ at }, index) => at * 1024 + sorted.slice(0, index).filter((one) => one.at === at).length,
        ),
        masks: sorted.map(({ name }) => (name === 'D' ? 0 : 1 << steps.indexOf(name))),
      }
      return furthestAttempt(walk, { mode, steps: 3, windowMs }).length
    })
    const expected = steps.map((_name, step) => levels.filter((level) => level > step).length)
    expect(answer.steps.map(({ subjects }) => subjects)).toEqual(expected)
    expect(expected[2]).toBeGreaterThan(0)
  })
})

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}
