/** Conversions and their paths → credit and money per row, which sum exactly to the conversions and their value. Pure. */
import { apportion, fromUnits, placesFor, toUnits } from '../numbers/apportion.js'
import { median, ratio } from '../numbers/statistics.js'
import type { Path } from './credit.js'
import { dayMs } from '../../units.js'

export interface Conversion extends Path {
  subject: string
  /** Null where the conversion names no amount. */
  value: number | null
  /** Empty where it names no currency. */
  currency: string
  /** A secret key or a userToken vouches for it; of a goal that is no touch, absent. */
  isVerified?: boolean
}

export interface Money {
  currency: string | null
  amount: number
}

export interface AttributionRow {
  key: string
  conversions: number
  value: Money[]
  share: number | null
  /** Number of subjects in whose conversions the row has a part. */
  subjects: number
  /** From the first touch of a path that belongs to the row to the conversion. */
  medianDays: number | null
}

export interface Shared {
  rows: AttributionRow[]
  total: { conversions: number; value: Money[] }
  attributed: { conversions: number; value: Money[] }
  unattributed: { conversions: number; value: Money[] }
}

/**
 * A conversion in units. Divisible by every number up to 30, so that credits of usual paths are exact before they are
 * rounded for the answer, and fine enough that what is left over elsewhere cannot be seen.
 */
export const wholeCredit = 2_329_089_562_800n * 1_000_000n

/** Places after the point of an amount: a part of a cent is kept, so that rows sum to the cent whoever rounds them. */
export const moneyPlaces = 6

/** The sums of a row, in units. */
interface Tally {
  credit: bigint
  money: Map<string, bigint>
  subjects: Set<string>
  days: number[]
}

const emptyTally = (): Tally => ({ credit: 0n, money: new Map(), subjects: new Set(), days: [] })

/**
 * `weightsOf(conversion)` weighs each touch of the path; where all weights are zero, or there is no touch, the conversion
 * is unattributed. A row counts the subjects of whose conversions it has a part.
 */
export function shareConversions(
  conversions: readonly Conversion[],
  weightsOf: (conversion: Conversion) => readonly bigint[],
): Shared {
  const tallies = new Map<string, Tally>()
  const unattributed = emptyTally()
  for (const one of conversions) {
    const weights = byKey(one, weightsOf(one))
    if (weights.size === 0) {
      give(unattributed, one, { credit: wholeCredit, money: unitsOf(one) })
      continue
    }
    const keys = [...weights.keys()]
    const credits = apportion(wholeCredit, [...weights.values()])
    const money = apportion(unitsOf(one), [...weights.values()])
    keys.forEach((key, index) => {
      const tally = tallies.get(key) ?? emptyTally()
      tallies.set(key, tally)
      give(tally, one, { credit: credits[index] ?? 0n, money: money[index] ?? 0n }, key)
    })
  }
  return answerOf(tallies, unattributed, conversions)
}

/**
 * For models that weigh keys as a whole: all conversions with a path are shared by these weights, whichever conversions
 * a key has a part in. Weights are not negative; without any above zero nothing is attributed.
 */
export function shareTotals(
  conversions: readonly Conversion[],
  weights: ReadonlyMap<string, number>,
): Shared {
  const tallies = new Map([...weights.keys()].map((key) => [key, emptyTally()]))
  const unattributed = emptyTally()
  const keys = [...weights.keys()]
  const parts = [...weights.values()].map((weight) => BigInt(Math.round(weight * 2 ** 52)))
  const isShared = parts.some((part) => part > 0n)
  const [withPath, without] = [
    conversions.filter(({ touches }) => isShared && touches.length > 0),
    conversions.filter(({ touches }) => !isShared || touches.length === 0),
  ]
  for (const one of without) give(unattributed, one, { credit: wholeCredit, money: unitsOf(one) })
  for (const one of withPath)
    for (const key of new Set(one.touches.map((touch) => touch.key)))
      give(tallies.get(key) ?? emptyTally(), one, { credit: 0n, money: 0n }, key)
  const credits = apportion(BigInt(withPath.length) * wholeCredit, parts)
  keys.forEach((key, index) => {
    const tally = tallies.get(key)
    if (tally) tally.credit = credits[index] ?? 0n
  })
  for (const currency of new Set(withPath.filter(({ value }) => value !== null).map((one) => one.currency))) {
    const sum = withPath.reduce(
      (total, one) => (one.currency === currency ? total + unitsOf(one) : total),
      0n,
    )
    const money = apportion(sum, parts)
    keys.forEach((key, index) => tallies.get(key)?.money.set(currency, money[index] ?? 0n))
  }
  return answerOf(tallies, unattributed, conversions)
}

const unitsOf = ({ value }: Conversion) => (value === null ? 0n : toUnits(value, moneyPlaces))

/** The weight of each key that has one. */
function byKey({ touches }: Conversion, weights: readonly bigint[]): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  touches.forEach(({ key }, index) => {
    const weight = weights[index] ?? 0n
    if (weight > 0n) sums.set(key, (sums.get(key) ?? 0n) + weight)
  })
  return sums
}

function give(tally: Tally, one: Conversion, part: { credit: bigint; money: bigint }, key?: string): void {
  tally.credit += part.credit
  if (one.value !== null) tally.money.set(one.currency, (tally.money.get(one.currency) ?? 0n) + part.money)
  tally.subjects.add(one.subject)
  const first = one.touches.find((touch) => touch.key === key)
  if (first !== undefined) tally.days.push((one.conversionAt - first.at) / dayMs)
}

function answerOf(
  tallies: ReadonlyMap<string, Tally>,
  unattributed: Tally,
  conversions: readonly Conversion[],
): Shared {
  const places = placesFor(BigInt(conversions.length))
  const entries = [...tallies].sort(([a, { credit: x }], [b, { credit: y }]) =>
    x === y ? (a < b ? -1 : 1) : x > y ? -1 : 1,
  )
  // Rounded together, so that what is shown sums to the number of conversions too.
  const shown = apportion(BigInt(conversions.length) * 10n ** BigInt(places), [
    ...entries.map(([, { credit }]) => credit),
    unattributed.credit,
  ])
  const creditOf = (index: number) => shown[index] ?? 0n
  const attributed = entries.reduce((sum, _entry, index) => sum + creditOf(index), 0n)
  const rows = entries.map(([key, tally], index) => ({
    key,
    conversions: fromUnits(creditOf(index), places),
    value: moneyOf(tally.money),
    share: ratio(fromUnits(creditOf(index), places), conversions.length),
    subjects: tally.subjects.size,
    medianDays: median(tally.days),
  }))
  const given = sumOf(entries.map(([, { money }]) => money))
  return {
    rows,
    total: { conversions: conversions.length, value: moneyOf(sumOf([given, unattributed.money])) },
    attributed: { conversions: fromUnits(attributed, places), value: moneyOf(given) },
    unattributed: {
      conversions: fromUnits(creditOf(entries.length), places),
      value: moneyOf(unattributed.money),
    },
  }
}

function sumOf(bags: readonly ReadonlyMap<string, bigint>[]): Map<string, bigint> {
  const sum = new Map<string, bigint>()
  for (const bag of bags)
    for (const [currency, units] of bag) sum.set(currency, (sum.get(currency) ?? 0n) + units)
  return sum
}

export const moneyOf = (units: ReadonlyMap<string, bigint>): Money[] =>
  [...units]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, amount]) => ({
      currency: currency === '' ? null : currency,
      amount: fromUnits(amount, moneyPlaces),
    }))

/** How many, and what they are worth together. */
export function totalOf(conversions: readonly Conversion[]): Shared['total'] {
  const bags = conversions
    .filter(({ value }) => value !== null)
    .map((one) => new Map([[one.currency, unitsOf(one)]]))
  return { conversions: conversions.length, value: moneyOf(sumOf(bags)) }
}

/** One subject behind a row. */
export interface OpenedRow {
  subject: string
  /** The part of the row's credit; null where the model shares the whole and not each conversion. */
  conversions: number | null
  value: Money[] | null
  /** Of the first of its conversions, ISO 8601. */
  at: string
}

/** The subjects of the row `key` (undefined: of the unattributed conversions), by time of the first conversion. */
export function openRow(
  conversions: readonly Conversion[],
  key: string | undefined,
  weightsOf: (conversion: Conversion) => readonly bigint[],
): OpenedRow[] {
  const found = new Map<string, { at: number; tally: Tally }>()
  for (const one of conversions) {
    const weights = byKey(one, weightsOf(one))
    const part = partOf(one, weights, key)
    if (part === undefined) continue
    const entry = found.get(one.subject) ?? { at: one.conversionAt, tally: emptyTally() }
    found.set(one.subject, entry)
    give(entry.tally, one, part)
  }
  const places = placesFor(BigInt(conversions.length))
  const rounded = (credit: bigint) => (credit * 10n ** BigInt(places) + wholeCredit / 2n) / wholeCredit
  return [...found].map(([subject, { at, tally }]) => ({
    subject,
    conversions: fromUnits(rounded(tally.credit), places),
    value: moneyOf(tally.money),
    at: new Date(at).toISOString(),
  }))
}

function partOf(one: Conversion, weights: ReadonlyMap<string, bigint>, key: string | undefined) {
  if (key === undefined) return weights.size === 0 ? { credit: wholeCredit, money: unitsOf(one) } : undefined
  const place = [...weights.keys()].indexOf(key)
  if (place === -1) return undefined
  const all = [...weights.values()]
  return {
    credit: apportion(wholeCredit, all)[place] ?? 0n,
    money: apportion(unitsOf(one), all)[place] ?? 0n,
  }
}
