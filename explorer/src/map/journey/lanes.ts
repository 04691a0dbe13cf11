/** Who stands in which lane: the most involved one each, everybody else in one merged lane, or groups of people. */
import { dayMs } from '../../units.js'
import type { Journey } from './journey.js'

export const orders = ['story', 'activity', 'role'] as const
export type Order = (typeof orders)[number]
export const groupings = ['none', 'stage', 'group', 'channel'] as const
export type Grouping = (typeof groupings)[number]

export interface LaneChoice {
  order: Order
  grouping: Grouping
  /** Everybody has a lane; else the most involved, and one for the rest. */
  isExpanded: boolean
  /** Groups whose people are shown below them. */
  openGroups: readonly string[]
}

export interface Lane {
  kind: 'person' | 'others' | 'group'
  /** Of a person its id, of a group its key. */
  id: string
  /** Of a group what it is of; empty: nothing is known. */
  name: string
  title: string
  /** Indices into the journey's people; one of a person's lane. */
  people: readonly number[]
  touches: number
  height: number
  isOpen?: boolean
}

export const mostLanes = 12
/** From here on groups come first. */
export const manyLanes = 60

export function lanesOf(journey: Journey, choice: LaneChoice): Lane[] {
  const inOrder = ordered(journey, choice.order)
  const lanes =
    choice.grouping === 'none'
      ? topLanes(journey, inOrder, choice.isExpanded)
      : groupLanes(journey, inOrder, choice)
  const height = heightFor(lanes.length)
  return lanes.map((lane) => ({ ...lane, height: lane.kind === 'person' ? height : Math.max(height, 28) }))
}

/** The map is as high as its lanes: few people have room for words, five hundred are a texture of 3 px each. */
export function heightFor(lanes: number): number {
  if (lanes <= 8) return 44
  if (lanes <= mostLanes + 1) return 36
  if (lanes <= 24) return 28
  if (lanes <= 40) return 20
  if (lanes <= manyLanes) return 16
  return lanes <= 120 ? 8 : 3
}

type Unsized = Omit<Lane, 'height'>

function topLanes(journey: Journey, inOrder: readonly number[], isExpanded: boolean): Unsized[] {
  const most = new Set(
    [...inOrder]
      .sort((a, b) => touchesOf(journey, b) - touchesOf(journey, a) || a - b)
      .slice(0, isExpanded ? inOrder.length : mostLanes),
  )
  // One who would stand alone in the merged lane has a lane of their own instead.
  if (inOrder.length === mostLanes + 1) for (const person of inOrder) most.add(person)
  const rest = inOrder.filter((person) => !most.has(person))
  const lanes = inOrder.filter((person) => most.has(person)).map((person) => personLane(journey, person))
  if (rest.length === 0) return lanes
  return [...lanes, { ...merged(journey, rest), kind: 'others', id: 'others', name: '' }]
}

function groupLanes(
  journey: Journey,
  inOrder: readonly number[],
  { grouping, openGroups }: LaneChoice,
): Unsized[] {
  const keyOf = keysFor(journey, grouping)
  const groups = new Map<string, number[]>()
  for (const person of inOrder) {
    const key = keyOf(person)
    const there = groups.get(key)
    if (there === undefined) groups.set(key, [person])
    else there.push(person)
  }
  // Who is in no group comes last.
  const sorted = [...groups].sort(([a], [b]) => Number(a === '') - Number(b === ''))
  return sorted.flatMap(([key, people]): Unsized[] => {
    const isOpen = openGroups.includes(key)
    const group: Unsized = { ...merged(journey, people), kind: 'group', id: key, name: key, isOpen }
    return isOpen ? [group, ...people.map((person) => personLane(journey, person))] : [group]
  })
}

function keysFor(journey: Journey, grouping: Grouping): (person: number) => string {
  if (grouping === 'group') return (person) => journey.people[person]?.group ?? ''
  if (grouping === 'stage') {
    const names = new Map(journey.stages.map(({ id, name }) => [id, name]))
    return (person) => {
      const id = journey.people[person]?.stages.at(-1)?.[0]
      return id === undefined ? '' : (names.get(id) ?? id)
    }
  }
  const counts = journey.people.map(() => new Map<number, number>())
  for (let i = 0; i < journey.at.length; i += 1) {
    const of = counts[journey.person[i] ?? 0]
    const channel = journey.channel[i] ?? 0
    of?.set(channel, (of.get(channel) ?? 0) + (journey.n[i] ?? 0))
  }
  return (person) => {
    const most = [...(counts[person] ?? [])].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]
    return most === undefined ? '' : (journey.channels[most[0]] ?? '')
  }
}

function ordered(journey: Journey, order: Order): number[] {
  const { people } = journey
  const first = (person: number) => people[person]?.first ?? Number.POSITIVE_INFINITY
  const byStory = (a: number, b: number) => first(a) - first(b) || a - b
  const all = people.map((_, person) => person)
  if (order === 'activity')
    return all.sort((a, b) => touchesOf(journey, b) - touchesOf(journey, a) || byStory(a, b))
  if (order === 'role') {
    const role = (person: number) => people[person]?.title ?? ''
    return all.sort(
      (a, b) => Number(role(a) === '') - Number(role(b) === '') || compare(role(a), role(b)) || byStory(a, b),
    )
  }
  return all.sort(byStory)
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const touchesOf = (journey: Journey, person: number) => journey.people[person]?.touches ?? 0

function personLane(journey: Journey, person: number): Unsized {
  const one = journey.people[person]
  return {
    kind: 'person',
    id: one?.id ?? '',
    name: one?.name ?? '',
    title: one?.title ?? '',
    people: [person],
    touches: one?.touches ?? 0,
  }
}

function merged(journey: Journey, people: number[]) {
  return { title: '', people, touches: people.reduce((sum, one) => sum + touchesOf(journey, one), 0) }
}

/** A week, as group lanes are cut. */
export const weekMs = 7 * dayMs
