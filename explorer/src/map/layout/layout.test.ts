import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { largeMap, mapOf, smallMap, type InventedTouch } from '../../../test/support/invented-map.js'
import { hitTestOf } from './hit.js'
import { journeyOf } from '../journey/journey.js'
import { groupings, lanesOf, orders, type LaneChoice } from '../journey/lanes.js'
import { layout } from './layout.js'
import type { MapText, Scene } from './scene.js'
import { walked } from '../journey/walk.js'
import { wholeOf, zoomed } from '../journey/window.js'

const usual: LaneChoice = { order: 'story', grouping: 'none', isExpanded: false, openGroups: [] }
/** Seven pixels a letter: widths must not depend on a browser here. */
const text: MapText = {
  measure: (words) => words.length * 7,
  gap: ({ days, open }) => [open ? `silent ${days} d and counting` : `silent ${days} d`, `${days} d`],
  flag: ({ name, amount }) => (amount === null ? name : `${name} €${amount}`),
  became: ({ name }) => `became ${name}`,
  touch: (mark) => `touch ${mark}`,
}

const channels = ['Direct', 'Email', 'Paid Search', 'CRM']
const touch = (people: number): fc.Arbitrary<InventedTouch> =>
  fc.record({
    person: fc.nat(people - 1),
    // Near each other and far apart, at the same moment too.
    at: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 4e10 })).map((ms) => 1.7e12 + ms),
    channel: fc.constantFrom(...channels),
    kind: fc.constantFrom('visit', 'action', 'email'),
  })
const invented = fc.integer({ min: 1, max: 140 }).chain((people) =>
  fc.array(touch(people), { minLength: 1, maxLength: 400 }).map((touches) =>
    mapOf(
      Array.from({ length: people }, (_, index) => ({
        id: `user:u${index}`,
        group: ['a', 'b', ''][index % 3] ?? '',
      })),
      touches,
      {
        milestones: touches
          .slice(0, 9)
          .map(({ at }) => ({ goal: 'g', name: 'Goal reached', at, amount: 5, currency: 'EUR' })),
      },
    ),
  ),
)
const choice: fc.Arbitrary<LaneChoice> = fc.record({
  order: fc.constantFrom(...orders),
  grouping: fc.constantFrom(...groupings),
  isExpanded: fc.boolean(),
  openGroups: fc.subarray(['a', 'b', '', ...channels]),
})
const viewOf = fc.record({
  width: fc.integer({ min: 40, max: 2_560 }),
  zoom: fc.double({ min: 0.0001, max: 1, noNaN: true }),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
})

function sumOf({ marks, bars, heat }: Scene): number {
  let sum = marks.reduce((all, { n }) => all + n, 0)
  for (const cells of [bars, heat]) for (let i = 0; i < cells.size; i += 1) sum += cells.n[i] ?? 0
  return sum
}

describe('layout', () => {
  test('draws every touch of the window once, in whatever detail', () => {
    fc.assert(
      fc.property(invented, choice, viewOf, (answer, how, { width, zoom, at }) => {
        const journey = journeyOf(answer)
        const whole = wholeOf(journey)
        const window = zoomed(whole, whole.from + (whole.to - whole.from) * at, zoom, whole)
        const scene = layout({ ...window, width, lanes: lanesOf(journey, how), text }, journey)
        const there = [...journey.at].filter((time) => time >= window.from && time < window.to).length
        expect(sumOf(scene)).toBe(there)
        expect(scene.drawn).toBe(there)
      }),
      { numRuns: 300 },
    )
  })

  test('puts nothing outside of its box', () => {
    fc.assert(
      fc.property(invented, choice, viewOf, (answer, how, { width, zoom, at }) => {
        const journey = journeyOf(answer)
        const whole = wholeOf(journey)
        const window = zoomed(whole, whole.from + (whole.to - whole.from) * at, zoom, whole)
        const scene = layout({ ...window, width, lanes: lanesOf(journey, how), text }, journey)
        const isIn = (x: number, wide = 0) => x >= 0 && x + wide <= width + 0.01
        for (const mark of scene.marks) expect(isIn(mark.x, mark.is === 'pill' ? mark.width : 0)).toBe(true)
        for (const cells of [scene.bars, scene.heat])
          for (let i = 0; i < cells.size; i += 1) expect(isIn(cells.x[i] ?? -1, cells.width[i])).toBe(true)
        for (const { x, boxX, boxWidth } of scene.flags) expect(isIn(x) && isIn(boxX, boxWidth)).toBe(true)
        for (const { from, to } of scene.hairlines) expect(isIn(from, to - from)).toBe(true)
        const last = scene.lanes.at(-1)
        expect((last?.y ?? 0) + (last?.height ?? 0)).toBe(scene.height)
      }),
      { numRuns: 200 },
    )
  })

  test('says the same of the same', () => {
    fc.assert(
      fc.property(invented, choice, (answer, how) => {
        const drawn = () => {
          const journey = journeyOf(answer)
          return layout({ ...wholeOf(journey), width: 900, lanes: lanesOf(journey, how), text }, journey)
        }
        expect(drawn()).toEqual(drawn())
      }),
      { numRuns: 50 },
    )
  })

  test('lets no glyph, pill or word of a lane lie over the next', () => {
    fc.assert(
      fc.property(invented, viewOf, (answer, { width }) => {
        const journey = journeyOf(answer)
        const { marks } = layout(
          { ...wholeOf(journey), width, lanes: lanesOf(journey, usual), text },
          journey,
        )
        for (const [index, mark] of marks.entries()) {
          const next = marks[index + 1]
          if (next?.lane !== mark.lane) continue
          const right = mark.is === 'pill' ? mark.x + mark.width : mark.x + Math.max(5, mark.label.length * 7)
          expect(right).toBeLessThanOrEqual((next.is === 'pill' ? next.x : next.x - 5) + 0.01)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('a flag keeps its words clear of the other flags of its row', () => {
    const journey = journeyOf(smallMap())
    const { flags } = layout(
      { ...wholeOf(journey), width: 700, lanes: lanesOf(journey, usual), text },
      journey,
    )
    const told = flags.filter((flag) => flag.text !== '')
    expect(told.map(({ text: words }) => words)).toEqual(['Demo', 'Deal created €48000', 'Won €48000'])
    for (const one of told)
      for (const other of told)
        if (one !== other && one.row === other.row)
          expect(one.boxX + one.boxWidth <= other.boxX || other.boxX + other.boxWidth <= one.boxX).toBe(true)
  })

  test('a name stands beside its glyph only where eighty pixels are free', () => {
    const day = 86_400_000
    const answer = mapOf(
      [{ id: 'user:a' }],
      [0, 30, 31, 60].map((days) => ({ person: 0, at: 1.7e12 + days * day, channel: 'Email' })),
    )
    const journey = journeyOf(answer)
    const scene = layout(
      { from: 1.7e12 - day, to: 1.7e12 + 69 * day, width: 1_400, lanes: lanesOf(journey, usual), text },
      journey,
    )
    expect(scene.marks.map((mark) => mark.is === 'glyph' && mark.label)).toEqual([
      'touch 0',
      '',
      'touch 2',
      'touch 3',
    ])
  })

  test('a folded journey counts as many touches as the server sent, at every zoom', () => {
    const raw = largeMap({ people: 40, touches: 3_000 })
    const folded = {
      columns: 100,
      perPerson: [
        { person: 0, col: [3, 40], run: [4, 1], n: [10, 7], ch: [0, 1] },
        { person: 7, col: [99], run: [1], n: [1], ch: [2] },
      ],
    }
    const journey = journeyOf({ ...raw, touches: null, folded })
    expect(journey.touches).toBe(18)
    for (const width of [200, 900, 2_560]) {
      const scene = layout({ ...wholeOf(journey), width, lanes: lanesOf(journey, usual), text }, journey)
      expect(sumOf(scene)).toBe(18)
    }
  })
})

describe('lanes', () => {
  test('twelve of the most involved have one each, the others one together; thirteen are no others', () => {
    const lanesFor = (people: number) => lanesOf(journeyOf(largeMap({ people, touches: people * 4 })), usual)
    expect(lanesFor(500).map(({ kind }) => kind)).toEqual([...Array<string>(12).fill('person'), 'others'])
    expect(lanesFor(13).every(({ kind }) => kind === 'person')).toBe(true)
    expect(lanesFor(500).at(-1)?.people).toHaveLength(488)
  })

  test('an open group shows its people below, and nobody is counted twice', () => {
    const journey = journeyOf(smallMap())
    const lanes = lanesOf(journey, { ...usual, grouping: 'group', openGroups: ['Engineering'] })
    expect(lanes.slice(0, 3).map(({ kind, name }) => [kind, name])).toEqual([
      ['group', 'Engineering'],
      ['person', 'Aiko Tanaka'],
      ['person', '佐藤 健'],
    ])
    const scene = layout({ ...wholeOf(journey), width: 900, lanes, text }, journey)
    expect(scene.drawn).toBe(31)
  })
})

describe('the keys and the pointer find what is drawn', () => {
  const journey = journeyOf(smallMap())
  const lanes = lanesOf(journey, usual)
  const scene = layout({ ...wholeOf(journey), width: 1_100, lanes, text }, journey)
  const hit = hitTestOf(scene)

  test('each mark at its own place', () => {
    for (const mark of scene.marks) {
      const lane = scene.lanes[mark.lane]
      const x = mark.is === 'glyph' ? mark.x : mark.x + mark.width / 2
      const found = hit(x, (lane?.y ?? 0) + (lane?.height ?? 0) / 2)
      expect(found?.lane).toBe(mark.lane)
      expect(found?.n).toBe(mark.n)
    }
    expect(hit(scene.width / 2, scene.height + 5)).toBeUndefined()
  })

  test('right and left go through every touch of a lane, up and down from person to person', () => {
    let mark = walked(journey, lanes, { mark: undefined, windowFrom: 0 }, 'right')
    const seen: number[] = []
    for (; mark !== undefined; mark = walked(journey, lanes, { mark, windowFrom: 0 }, 'right'))
      seen.push(mark)
    expect(seen).toHaveLength(9)
    const down = walked(journey, lanes, { mark: seen[0], windowFrom: 0 }, 'down')
    expect(journey.person[down ?? 0]).toBe(lanes[1]?.people[0])
    expect(walked(journey, lanes, { mark: seen[0], windowFrom: 0 }, 'up')).toBeUndefined()
  })

  test('one who was a visitor first has a line that is dotted until then, and says who they became', () => {
    const maria = scene.hairlines.find(({ label }) => label !== '')
    expect(maria?.label).toBe('became Maria Silva')
    expect(maria?.known).toBeGreaterThan(maria?.from ?? Number.POSITIVE_INFINITY)
    const visitor = scene.hairlines.find(({ isKnown }) => !isKnown)
    expect(lanes[visitor?.lane ?? -1]?.name).toBe('visitor 91bc')
  })

  test('the silence that goes on reaches until now', () => {
    const open = scene.gaps.find(({ gap }) => gap.open)
    expect(open?.label).toBe('24 d')
    expect(scene.gaps.map(({ label }) => label)).toEqual(['silent 19 d', 'silent 44 d', '24 d'])
  })
})
