/** What won deals have in common: how often each value of a trait won, and whether that can be chance. Pure. */
import { meant } from '../../definitions/nearest.js'
import {
  benjaminiHochberg,
  fisherTwoSided,
  quantileExactInclusive,
  ratio,
  wilson95,
} from '../numbers/statistics.js'

/** A closed deal, or whatever is counted. A trait may have several values (a list). */
export interface Closed {
  subject: string
  isWon: boolean
  traits: ReadonlyMap<string, readonly Value[]>
}
export type Value = string | number | boolean

export interface Finding {
  trait: string
  value: string
  n: number
  won: number
  rate: number
  lift: number | null
  wilson95: [number, number] | null
  p: number
  q: number
  isSignificant: boolean
}

export interface Profile {
  closed: number
  won: number
  baseRate: number | null
  /** The significant first, then by q. */
  findings: Finding[]
  /** Traits with a different value for each deal, such as names. */
  notTested: string[]
}

/** Shown as a finding only beyond all of these. */
const thresholds = { q: 0.05, n: 5, highLift: 1.2, lowLift: 0.8 } as const

/** `bands` are the bounds of a numeric trait's bands, rising; where none are given its quartiles. */
export function profileOf(
  closed: readonly Closed[],
  bands: Readonly<Record<string, readonly number[]>> = {},
): Profile {
  const won = closed.filter(({ isWon }) => isWon).length
  const names = traitsOf(closed)
  const notTested: string[] = []
  const tested = names.flatMap((trait) => {
    const groups = groupsOf(closed, trait, bands[trait])
    const isName = groups.size > 1 && [...groups.values()].every(({ length }) => length === 1)
    if (isName) notTested.push(trait)
    return isName ? [] : [...groups].map(([value, members]) => countOf(trait, value, members))
  })
  const ps = tested.map(({ n, won: ours }) =>
    fisherTwoSided(ours, n - ours, won - ours, closed.length - won - (n - ours)),
  )
  const qs = benjaminiHochberg(ps)
  const baseRate = ratio(won, closed.length)
  const findings = tested.map((one, index) => judged(one, { baseRate, p: ps[index] ?? 1, q: qs[index] ?? 1 }))
  return {
    closed: closed.length,
    won,
    baseRate,
    findings: findings.sort(
      (a, b) =>
        Number(b.isSignificant) - Number(a.isSignificant) ||
        a.q - b.q ||
        a.p - b.p ||
        b.n - a.n ||
        compare(a.trait, b.trait) ||
        compare(a.value, b.value),
    ),
    notTested,
  }
}

/** Names of all their traits, sorted. */
export const traitsOf = (closed: readonly Closed[]): string[] =>
  [...new Set(closed.flatMap(({ traits }) => [...traits.keys()]))].sort()

/**
 * The problem with bands for a trait that none of these has with numbers; undefined where there is none, or where
 * nobody has any trait.
 */
export function problemOfBands(
  closed: readonly Closed[],
  bands: Readonly<Record<string, readonly number[]>>,
): string | undefined {
  const traits = traitsOf(closed)
  if (traits.length === 0) return undefined
  const isNumeric = (trait: string) =>
    closed.some((one) => one.traits.get(trait)?.some((value) => typeof value === 'number'))
  const trait = Object.keys(bands).find((one) => !isNumeric(one))
  if (trait === undefined) return undefined
  if (traits.includes(trait)) return `no value of ${trait} is a number; bands are of numbers.`
  const numeric = traits.filter(isNumeric)
  const others = numeric.length === 0 ? '; none of the traits here is a number.' : meant(trait, numeric)
  return `there is no trait ${trait} here${others}`
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

interface Counted {
  trait: string
  value: string
  n: number
  won: number
}

const countOf = (trait: string, value: string, members: readonly Closed[]): Counted => ({
  trait,
  value,
  n: members.length,
  won: members.filter(({ isWon }) => isWon).length,
})

function judged(
  { trait, value, n, won }: Counted,
  { baseRate, p, q }: { baseRate: number | null; p: number; q: number },
): Finding {
  const rate = won / n
  const lift = baseRate === null ? null : ratio(rate, baseRate)
  const isSignificant =
    q < thresholds.q &&
    n >= thresholds.n &&
    lift !== null &&
    (lift >= thresholds.highLift || lift <= thresholds.lowLift)
  return { trait, value, n, won, rate, lift, wilson95: wilson95(won, n), p, q, isSignificant }
}

/** Value of a trait (of numbers the band) → those who have it, each once. */
export function groupsOf(
  closed: readonly Closed[],
  trait: string,
  bounds: readonly number[] | undefined,
): Map<string, Closed[]> {
  const bandOf = bandsOf(
    closed.flatMap(({ traits }) => traits.get(trait) ?? []),
    bounds,
  )
  const groups = new Map<string, Closed[]>()
  for (const one of closed)
    for (const value of new Set((one.traits.get(trait) ?? []).map(bandOf)))
      groups.set(value, [...(groups.get(value) ?? []), one])
  return groups
}

/** More values than bands, all numbers: those are measured, the rest is named. In bands that were fixed each number is, whatever else stands there. */
const fewestMeasured = 5

function bandsOf(values: readonly Value[], bounds: readonly number[] | undefined): (value: Value) => string {
  const numbers = values.filter((value) => typeof value === 'number')
  const isMeasured =
    bounds === undefined
      ? numbers.length === values.length && new Set(numbers).size >= fewestMeasured
      : numbers.length > 0
  if (!isMeasured) return String
  const quartiles = [0.25, 0.5, 0.75].map((level) => quantileExactInclusive(numbers, level) ?? 0)
  const cuts = [...new Set(bounds ?? quartiles)].sort((a, b) => a - b)
  const names = cuts.map((cut, index) => (index === 0 ? `< ${cut}` : `${cuts[index - 1]} – < ${cut}`))
  return (value) => {
    if (typeof value !== 'number') return String(value)
    const place = cuts.findIndex((cut) => value < cut)
    return place === -1 ? `≥ ${cuts.at(-1)}` : (names[place] ?? '')
  }
}
