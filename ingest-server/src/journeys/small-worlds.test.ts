/** Thirty small worlds, each unlike the others, and every number over them as worked out plainly (test-support/plain-journeys). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { goalBody, stagesBody, type Subject, type Touch } from '@touchline/schemas/api'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { insertWorld } from '../../../test-support/worlds/condition-worlds.js'
import {
  conversionsOf,
  creditsOf,
  funnelReach,
  gapsOf,
  journeyOf,
  kaplanMeierMedian,
  markovWeights,
  meanOf,
  quantileOf,
  visitsOf,
  walksOf,
  isBefore,
  type PlainTouch,
} from '../../../test-support/plainly/plain-journeys.js'
import type { Reader } from '../clickhouse/query.js'
import { noReferences } from '../definitions/documents/references.js'
import { attribute } from './attribution/attribution.js'
import { ruleModels } from './attribution/credit.js'
import { funnelModes } from './funnels/attempts.js'
import { askFunnel } from './funnels/funnel.js'
import { findGaps } from './gaps.js'
import { findPaths } from './paths.js'
import { readStages } from './stages.js'
import { summarize } from './summary.js'

const dayMs = 86_400_000
const asOf = Date.parse('2026-06-01T00:00:00Z')
const channels = ['Paid Search', 'Email', 'Direct', 'Organic Social', '']
const names = ['Deal Won', 'Lead', 'Opp', 'Deal Lost', 'Demo', '/pricing']

/** Numbers that look drawn, and are the same at every run. */
function drawFrom(seed: number) {
  let state = seed * 2_654_435_761 + 1
  const next = () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 374_761_393) >>> 0
    return state / 2 ** 32
  }
  return {
    below: (n: number) => Math.floor(next() * n),
    pick: <Item>(items: readonly [Item, ...Item[]]): Item =>
      items[Math.floor(next() * items.length)] ?? items[0],
  }
}

interface SmallWorld {
  touches: PlainTouch[]
  isEach: boolean
  lookbackMs: number
  order: 1 | 2 | 3
}

/**
 * Worlds differ in how many there are, how far apart they touch and how often at once. Message ids have a long common
 * beginning, as SDKs make them, and are not in the order of time.
 */
function worldOf(seed: number, subject: Subject): SmallWorld {
  const draw = drawFrom(seed)
  const subjects = 1 + draw.below(7)
  const [grain, span] = draw.pick([
    [dayMs, 120],
    [dayMs / 2, 300],
    [1, 3],
    [20 * dayMs, 6],
    [3_600_000, 50],
  ])
  const touches: PlainTouch[] = []
  for (let of = 0; of < subjects; of += 1)
    for (let n = draw.below(13); n > 0; n -= 1) {
      const name = draw.pick(['Demo', 'Demo', '/pricing', '/pricing', 'Lead', 'Opp', 'Deal Won', 'Deal Lost'])
      const isVisit = name === '/pricing'
      const person = subject === 'person' ? `user:s${of}` : `user:s${of}-${draw.below(2)}`
      touches.push({
        subject: subject === 'person' ? person : `account-${of}`,
        person,
        at: asOf - dayMs - grain * draw.below(span),
        id: `ajs-next-1718000000000-${String((touches.length * 7_919) % 1_009).padStart(4, '0')}`,
        kind: isVisit ? 'visit' : name.startsWith('Deal') ? 'crm' : draw.pick(['action', 'email']),
        name,
        channel: name.startsWith('Deal')
          ? draw.pick(['', '', 'Email'])
          : draw.pick(['Paid Search', 'Email', 'Direct', 'Organic Social', '']),
        direction: draw.pick(['inbound', 'inbound', 'outbound']),
      })
    }
  return {
    touches,
    isEach: draw.below(2) === 1,
    lookbackMs: draw.pick([90 * dayMs, 30 * dayMs, 2, 1000 * dayMs]),
    order: draw.pick([1, 2, 3]),
  }
}

const seeds = Array.from({ length: 30 }, (_none, index) => index + 1)
const subjectOf = (seed: number): Subject => (seed % 3 === 0 ? 'person' : 'account')
const worlds = new Map(seeds.map((seed) => [seed, worldOf(seed, subjectOf(seed))]))

let clickhouse: TestClickHouse
beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  for (const [seed, { touches }] of worlds)
    await insertWorld(
      clickhouse.app,
      {
        touches: touches.map(({ subject, id, ...touch }) => ({
          ...touch,
          accounts: subject.startsWith('account') ? [subject] : [],
          messageId: id,
          source: '',
          medium: '',
          campaign: '',
          host: 'a.example',
          path: '/',
          paths: touch.kind === 'visit' ? ['/'] : [],
          referrerHost: '',
          properties: {},
          verified: false,
        })),
        traits: [],
        accountTraits: [],
        members: new Map(),
        segments: {},
      },
      `world-${seed}`,
    )
}, 120_000)
afterAll(() => clickhouse.close())

function inWorld(seed: number) {
  const world = worlds.get(seed) ?? worldOf(seed, 'account')
  const reader: Reader = { client: clickhouse.reader, project: `world-${seed}`, signedOnly: false }
  const goal = (name: string) => ({
    id: name,
    version: 1,
    body: goalBody.parse({ when: { touch: { name } }, count: world.isEach ? 'each' : 'first' }),
  })
  const question = { subject: subjectOf(seed), asOf }
  return { ...world, walks: walksOf(world.touches), reader, goal, question }
}

test('the worlds are unlike each other, with ties, converting and not', () => {
  const sizes = [...worlds.values()].map(({ touches }) => touches.length)
  expect(new Set(sizes).size).toBeGreaterThan(12)
  const ties = [...worlds.values()].filter(
    ({ touches }) => new Set(touches.map((one) => `${one.subject} ${one.at}`)).size < touches.length,
  )
  expect(ties.length).toBeGreaterThan(5)
  const converting = [...worlds.values()].filter(({ touches }) =>
    touches.some(({ name }) => name === 'Deal Won'),
  )
  expect(converting.length).toBeGreaterThan(15)
  expect(channels.length * names.length).toBeGreaterThan(0)
})

describe.each(seeds)('world %i', (seed) => {
  test('shares conversions as each model says', async () => {
    const { reader, goal, question, walks, lookbackMs, isEach, order } = inWorld(seed)
    const halfLifeMs = 7 * dayMs
    const conversions = conversionsOf(walks, { lookbackMs, isEach })
    const { models } = await attribute(reader, {
      ...question,
      goal: goal('Deal Won'),
      models: [...ruleModels, 'markov'],
      by: 'channel',
      lookbackMs,
      sinceLastConversion: false,
      halfLifeMs,
      order,
      milestones: { lc: goal('Lead'), oc: goal('Opp') },
    })
    const attributed = conversions.filter(({ path }) => path.length > 0)
    for (const { model, rows, total, unattributed, isAvailable } of models) {
      expect(total.conversions, model).toBe(conversions.length)
      const told = new Map(rows.map(({ key, conversions: credit }) => [key, credit]))
      const weights =
        model === 'markov' ? markovWeights(walks, conversions, { order, lookbackMs }) : undefined
      if (model === 'markov' && weights === undefined) {
        expect(isAvailable ?? false, 'markov').toBe(false)
        expect(rows).toEqual([])
        continue
      }
      const expected = weights
        ? new Map([...weights].map(([key, weight]) => [key, weight * attributed.length]))
        : creditsOf(model, conversions, halfLifeMs)
      expect(unattributed.conversions, model).toBe(conversions.length - attributed.length)
      for (const key of new Set([...told.keys(), ...expected.keys()]))
        expect(told.get(key) ?? 0, `${model}: ${key}`).toBeCloseTo(expected.get(key) ?? 0, 5)
    }
  })

  test('finds each silence', async () => {
    const { reader, question, walks } = inWorld(seed)
    for (const direction of ['any', 'inbound'] as const)
      for (const minMs of [0, 1, 5 * dayMs, 30 * dayMs]) {
        const expected = gapsOf(walks, { asOf, minMs, direction })
        const told = await findGaps(reader, {
          ...question,
          minMs,
          direction,
          isOpen: undefined,
          stages: undefined,
          limit: 500,
        })
        expect(told.total, `${direction} ${minMs}`).toBe(expected.length)
        const shown = (gap: {
          subject: string
          from: string | number
          to: string | number | null
          days: number
        }) =>
          `${gap.subject} ${new Date(gap.from).toISOString()} ${gap.to === null ? 'open' : new Date(gap.to).toISOString()} ${gap.days.toFixed(6)}`
        expect(told.rows.map(shown).sort()).toEqual(expected.map(shown).sort())
      }
  })

  test('sums up the won, the lost and the open', async () => {
    const { reader, goal, question, walks } = inWorld(seed)
    for (const outcome of ['won', 'lost', 'open'] as const) {
      const journeys = [...walks.values()].flatMap((walk) => {
        const [won, lost] = ['Deal Won', 'Deal Lost'].map((name) => walk.find((touch) => touch.name === name))
        if (outcome === 'open') return won || lost ? [] : [journeyOf(walk)]
        const end = outcome === 'won' ? won : won ? undefined : lost
        return end === undefined ? [] : [journeyOf(walk.filter((touch) => !isBefore(end, touch)))]
      })
      const told = await summarize(reader, {
        ...question,
        goal: goal('Deal Won'),
        lost: goal('Deal Lost'),
        outcome,
      })
      expect(told.n, outcome).toBe(journeys.length)
      for (const name of ['touches', 'channels', 'people', 'sessions', 'days', 'longestGapDays'] as const) {
        const values = journeys.map((journey) => journey[name])
        const expected = [meanOf(values), ...[0.5, 0.25, 0.75, 0.9].map((level) => quantileOf(values, level))]
        const { mean, median, p25, p75, p90 } = told[name]
        const shown = (list: readonly (number | null)[]) => list.map((one) => one?.toFixed(6) ?? null)
        expect(shown([mean, median, p25, p75, p90]), `${outcome} ${name}`).toEqual(shown(expected))
      }
    }
  })

  test('walks the same paths', async () => {
    const { reader, goal, question, walks } = inWorld(seed)
    for (const [by, isCollapsed] of [
      ['channel', true],
      ['channel', false],
      ['name', true],
      ['kind', false],
    ] as const) {
      const expected = new Map<string, [subjects: number, converted: number]>()
      for (const walk of walks.values()) {
        const won = walk.find(({ name }) => name === 'Deal Won')
        const steps = walk
          .filter((touch) => touch[by] !== '' && (won === undefined || !isBefore(won, touch)))
          .map((touch) => touch[by])
          .filter((step, at, all) => !isCollapsed || at === 0 || step !== all[at - 1])
        if (steps.length === 0) continue
        const key = JSON.stringify(steps.slice(0, 4))
        const [subjects, converted] = expected.get(key) ?? [0, 0]
        expected.set(key, [subjects + 1, converted + (won ? 1 : 0)])
      }
      const told = await findPaths(reader, {
        ...question,
        goal: goal('Deal Won'),
        by,
        depth: 4,
        collapse: isCollapsed,
        limit: 100,
      })
      expect(
        told.paths
          .map(({ steps, subjects, converted }) => [JSON.stringify(steps), [subjects, converted]])
          .sort(),
        `${by} ${isCollapsed}`,
      ).toEqual([...expected].sort())
    }
  })

  test('counts each once in a funnel', async () => {
    const { reader, question, walks } = inWorld(seed)
    const steps: { name: string; touch: Touch; matches: (touch: PlainTouch) => boolean }[] = [
      { name: 'Demo', touch: { name: 'Demo' }, matches: ({ name }) => name === 'Demo' },
      { name: 'In', touch: { direction: 'inbound' }, matches: ({ direction }) => direction === 'inbound' },
      { name: 'Demo again', touch: { name: 'Demo' }, matches: ({ name }) => name === 'Demo' },
    ]
    for (const mode of funnelModes)
      for (const windowMs of [0, 2, 10 * dayMs, 400 * dayMs]) {
        const reach = [...walks.values()].map((walk) =>
          funnelReach(
            walk,
            steps.map(({ matches }) => matches),
            { mode, windowMs },
          ),
        )
        const told = await askFunnel(reader, { ...question, steps, windowMs, mode })
        expect(
          told.steps.map(({ subjects }) => subjects),
          `${mode} ${windowMs}`,
        ).toEqual(steps.map((_step, index) => reach.filter((one) => one > index).length))
        const pending = [...walks.values()].filter((walk, index) => {
          const begins = walk.filter((touch) =>
            mode === 'any' ? steps.some(({ matches }) => matches(touch)) : steps[0]?.matches(touch),
          )
          const isInside = begins.some(({ at }) => at > asOf - windowMs)
          return isInside && (reach[index] ?? 0) > 0 && (reach[index] ?? 0) < steps.length
        })
        expect(told.pending, `${mode} ${windowMs}`).toBe(pending.length)
      }
  })

  test('knows how far each got, for how long, and who dropped off', async () => {
    const { reader, question, walks } = inWorld(seed)
    const enters: [id: string, touch: Touch, matches: (touch: PlainTouch) => boolean][] = [
      ['seen', { kind: 'visit' }, ({ kind }) => kind === 'visit'],
      ['asked', { name: 'Demo' }, ({ name }) => name === 'Demo'],
      ['mailed', { channel: 'Email' }, ({ channel }) => channel === 'Email'],
      ['won', { name: 'Deal Won' }, ({ name }) => name === 'Deal Won'],
    ]
    const body = stagesBody.parse({
      subject: question.subject,
      stages: enters.map(([id, touch]) => ({ id, enter: { touch }, silentAfter: '20d' })),
    })
    const definition = {
      kind: 'stages' as const,
      id: 's',
      version: 1,
      name: 's',
      body,
      author: '',
      at: 0,
      note: '',
    }
    const { stages } = await readStages(
      reader,
      { definition, body, references: noReferences, used: [] },
      asOf,
    )
    const all = [...walks.values()].flatMap((walk) => {
      const visits = visitsOf(
        walk,
        enters.map(([, , matches]) => matches),
      )
      return visits.length === 0
        ? []
        : [{ visits, last: walk.at(-1)?.at ?? 0, furthest: visits.at(-1)?.stage ?? 0 }]
    })
    enters.forEach(([id], stage) => {
      const own = all.flatMap(({ visits }) => visits.filter((visit) => visit.stage === stage))
      const here = all.filter(({ furthest }) => furthest === stage)
      const isSilent = ({ last }: { last: number }) => asOf - last > 20 * dayMs
      const onward = all.flatMap(({ visits }) => {
        const [from, to] = [stage, stage + 1].map((one) => visits.find((visit) => visit.stage === one))
        return from && to ? [to.at - from.at] : []
      })
      const days = (ms: number | null) => (ms === null ? null : Number((ms / dayMs).toFixed(6)))
      const told = stages[stage]
      expect({ ...told, time: undefined, toNext: undefined }, id).toMatchObject({
        id,
        reached: all.filter(({ furthest }) => furthest >= stage).length,
        entered: own.length,
        skipped: all.filter(
          ({ furthest, visits }) => furthest > stage && !visits.some((visit) => visit.stage === stage),
        ).length,
        current: here.length,
        open: here.filter((one) => !isSilent(one)).length,
        droppedOff: here.filter(isSilent).length,
      })
      expect(days(told ? (told.time.kaplanMeierMedianDays ?? NaN) * dayMs : null), `${id} median`).toEqual(
        days(kaplanMeierMedian(own, asOf) ?? NaN),
      )
      const completed = own.flatMap(({ at, left }) => (left === undefined ? [] : [left - at]))
      expect(told?.time).toMatchObject({ completed: completed.length, open: own.length - completed.length })
      expect(days((told?.time.completedMeanDays ?? NaN) * dayMs)).toEqual(days(meanOf(completed) ?? NaN))
      if (stage + 1 < enters.length) {
        expect(told?.toNext?.n).toBe(onward.length)
        expect(days((told?.toNext?.medianDays ?? NaN) * dayMs)).toEqual(days(quantileOf(onward, 0.5) ?? NaN))
        expect(days((told?.toNext?.p75Days ?? NaN) * dayMs)).toEqual(days(quantileOf(onward, 0.75) ?? NaN))
      }
    })
  })
})
