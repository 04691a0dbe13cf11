import { describe, expect, test } from 'vitest'
import { cleanCut } from './cut.js'
import { firstCopies } from '../first-copies.js'
import type { Row } from '../rows.js'
import { toTouchpointRow } from '../stored-row.js'
import type { PlacedRow } from '../touchpoint.js'
import { comesOnce, firstKey, touchpointsFrom } from '../touchpoints.js'

const minute = 60_000
let made = 0

/** An event at so many minutes. */
function row(minutes: number, fields: Partial<Row> = {}): Row {
  made += 1
  const at = minutes * minute
  return {
    subject: 'anon:a',
    at,
    clientTime: String(at),
    messageId: `m${String(made).padStart(6, '0')}`,
    receivedAt: at + 1_000,
    batchIndex: 0,
    type: 'page',
    name: '',
    kind: '',
    sourceKind: 'web',
    library: '',
    anonymousId: 'a',
    userId: '',
    email: '',
    groupId: '',
    hasLeft: false,
    sessionId: '',
    channel: '',
    channelRule: '',
    source: '',
    medium: '',
    campaign: '',
    clickIdKind: '',
    clickId: '',
    direction: '',
    isBot: false,
    verified: false,
    referrer: '',
    url: '',
    path: '',
    title: '',
    ...fields,
  }
}
const track = (minutes: number, name: string, fields: Partial<Row> = {}) =>
  row(minutes, { type: 'track', name, ...fields })

/** In minutes; everything was read from minute 0 on. */
function cutOf(rows: readonly Row[], changedFrom: number): number | undefined {
  const cut = cleanCut(rows, { changedFrom: changedFrom * minute, readFrom: 0 })
  return cut === undefined ? undefined : cut / minute
}

describe('the cut lies', () => {
  test('before the visit in which something changed, not before what another device did', () => {
    expect(cutOf([row(40), row(100), row(125), row(150)], 140)).toBe(100)
    expect(cutOf([row(100), row(120, { anonymousId: 'b' }), row(151)], 151)).toBe(151)
  })

  test('before the first event of the session in which something changed, however far apart', () => {
    const session = { sessionId: 's' }
    expect(cutOf([row(100, session), row(400), row(900, session)], 900)).toBe(100)
  })

  test('before every copy of a message', () => {
    const copied = row(200)
    expect(cutOf([row(60), copied, row(700, { messageId: copied.messageId })], 700)).toBe(200)
  })

  test('before what another source may have told of the same', () => {
    const rows = [
      track(100, 'Signed Up', { sourceKind: 'server' }),
      track(104, 'signed_up', { sourceKind: 'crm' }),
    ]
    expect(cutOf(rows, 104)).toBe(100)
    // What one source tells again and again is no touchpoint of another one.
    const robot = Array.from({ length: 90 }, (_, index) =>
      track(100 + index, 'Called', { sourceKind: 'server' }),
    )
    expect(cutOf(robot, 180)).toBe(180)
  })

  test('where the change is, if nothing is there any longer', () => {
    expect(cutOf([row(40)], 100)).toBe(100)
    expect(cutOf([], 100)).toBe(100)
  })

  test('nowhere, if what was not read may belong to it', () => {
    expect(cutOf([row(5), row(29), row(50)], 50)).toBeUndefined()
    expect(cutOf([row(29)], 29)).toBeUndefined()
    expect(cutOf([], 29)).toBeUndefined()
  })
})

/** The same numbers at every run. */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const gaps = [0, 0.5, 1, 3, 5, 5.01, 12, 29, 30, 30.01, 45, 90]

function randomRows(random: (below: number) => number): Row[] {
  const one = <Item>(...from: Item[]): Item => from[random(from.length)] as Item
  let at = 60
  const rows = Array.from({ length: 5 + random(40) }, (_, index) => {
    at += one(...gaps)
    const type = one('page', 'page', 'track', 'track', 'track', 'identify', 'group')
    const channel = one('', '', 'Direct', 'Paid Search')
    return row(at, {
      type,
      name: type === 'track' ? one('Demo Requested', 'demo_requested', 'Signed Up', 'Page Left') : '',
      kind: type === 'track' ? one('', '', '', 'crm') : '',
      anonymousId: one('a', 'b', ''),
      userId: type === 'identify' ? one('u', 'v') : '',
      groupId: type === 'group' ? one('g', 'h') : '',
      sourceKind: one('web', 'web', 'server', 'crm'),
      sessionId: one('', '', '', `s${Math.floor(index / 8)}`),
      channel,
      campaign: channel === '' ? '' : one('', 'spring'),
      path: one('', '/a', '/b'),
      isBot: random(15) === 0,
    })
  })
  const copies = rows
    .filter(() => random(12) === 0)
    .map((copied) => {
      const moved = copied.at + one(...gaps) * minute
      return {
        ...copied,
        at: moved,
        clientTime: String(moved),
        receivedAt: copied.receivedAt + one(-500, 500),
      }
    })
  return [...rows, ...copies]
}

const placed = (rows: readonly Row[]): PlacedRow[] =>
  firstCopies(
    rows,
    ({ messageId }) => messageId,
    (copy) => copy,
  )
    .filter(({ isBot }) => !isBot)
    .map((one) => ({ row: one, person: 'user:u', accounts: [], because: '' }))

/** What comes once each is the caller's to look up. */
function keysOf(rows: readonly Row[], known = new Set<string>()) {
  return touchpointsFrom(placed(rows))
    .filter(({ kind, lead }) => !comesOnce(kind) || !known.has(firstKey(lead)))
    .map(toTouchpointRow)
    .map(({ at, touch, digest }) => `${at} ${touch} ${digest}`)
}

test('what is formed before and after any cut is what is formed of all', () => {
  const random = seeded(71)
  let cuts = 0
  for (let round = 0; round < 1_500; round += 1) {
    const rows = randomRows(random)
    const changedFrom = (rows[random(rows.length)]?.at ?? 0) + (random(3) - 1) * minute
    const cut = cleanCut(rows, { changedFrom, readFrom: 0 })
    expect(cut, 'nothing is near the beginning').toBeDefined()
    if (cut === undefined) continue
    expect(cut).toBeLessThanOrEqual(changedFrom)
    const before = rows.filter(({ at }) => at < cut)
    const after = rows.filter(({ at }) => at >= cut)
    if (before.length > 0 && after.length > 0) cuts += 1
    const once = new Set(
      touchpointsFrom(placed(before))
        .filter(({ kind }) => comesOnce(kind))
        .map(({ lead }) => firstKey(lead)),
    )
    expect([...keysOf(before), ...keysOf(after, once)].sort()).toEqual(keysOf(rows).sort())
  }
  expect(cuts).toBeGreaterThan(150)
})
