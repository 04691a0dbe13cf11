/** From what changed to the persons whose touchpoints have to be formed again. */
import {
  loneHolding,
  readOwners,
  readPeople,
  type Holding,
  type Interval,
  type Ownership,
  type Person,
} from '../../identity/people.js'
import type { Reader } from '../../clickhouse/query.js'

/** A row of touchpoint_changes. Times in milliseconds; undefined: all events of the identifier's owners. */
export interface TouchpointChange {
  project: string
  identifier: string
  low: number | undefined
  high: number | undefined
}

export const changeColumns = ['project', 'identifier', 'low', 'high']

export function toChange([project, identifier, low, high]: readonly unknown[]): TouchpointChange {
  const time = (value: unknown) => (typeof value === 'string' ? Date.parse(value) : undefined)
  return { project: String(project), identifier: String(identifier), low: time(low), high: time(high) }
}

/** What of a person changed: events between these times, or all of it. */
export interface ChangedPerson {
  person: string
  low: number
  high: number
  isWhole: boolean
}

/**
 * The owners of these identifiers; for changed events those who owned the identifier at that time. An identifier without
 * an owner is a person of its own, and one that was a person earlier may have left touchpoints behind.
 */
export function personsOf(
  changes: readonly TouchpointChange[],
  ownersOf: (identifier: string) => readonly Ownership[],
): Map<string, ChangedPerson> {
  const found = new Map<string, ChangedPerson>()
  const add = (person: string, { low, high }: TouchpointChange) => {
    const known = found.get(person)
    const isWhole = low === undefined || high === undefined
    found.set(person, {
      person,
      low: Math.min(known?.low ?? Infinity, low ?? Infinity),
      high: Math.max(known?.high ?? -Infinity, high ?? -Infinity),
      isWhole: isWhole || known?.isWhole === true,
    })
  }
  for (const change of changes) {
    const { identifier, low = -Infinity, high = Infinity } = change
    const owners = ownersOf(identifier)
    for (const owner of owners) {
      if ((owner.from ?? -Infinity) <= high && low < (owner.to ?? Infinity)) add(owner.person, change)
    }
    if (change.low === undefined || gapsBetween(owners).length > 0) add(identifier, change)
  }
  return found
}

/** The times in which an identifier has no owner, oldest first: then it is a person of its own. */
export function gapsBetween(owners: readonly Interval[]): Interval[] {
  const gaps: Interval[] = []
  let from: number | undefined
  let isOpen = true
  for (const owner of [...owners].sort((a, b) => (a.from ?? -Infinity) - (b.from ?? -Infinity))) {
    if (owner.from !== undefined && (from === undefined || owner.from > from) && isOpen)
      gaps.push({ from, to: owner.from })
    if (owner.to === undefined) isOpen = false
    else if (from === undefined || owner.to > from) from = owner.to
  }
  if (isOpen) gaps.push({ from, to: undefined })
  return gaps
}

/** Asked identifier → its owners; an empty list where it has none. */
export type KnownOwners = ReadonlyMap<string, readonly Ownership[]>

export async function readKnownOwners(reader: Reader, identifiers: readonly string[]): Promise<KnownOwners> {
  const states = await readOwners(reader, identifiers)
  const owners = new Map<string, readonly Ownership[]>(identifiers.map((identifier) => [identifier, []]))
  for (const { identifier, owners: list } of states) owners.set(identifier, list)
  return owners
}

/** Each of them with what they hold and where they count; one who is no person (any longer) holds nothing. */
export async function readWholePeople(
  reader: Reader,
  ids: readonly string[],
  asked: KnownOwners = new Map(),
): Promise<Person[]> {
  const known = await readPeople(reader, ids)
  const stitched = new Set(known.map(({ id }) => id))
  const lone = ids.filter((id) => !stitched.has(id))
  const unasked = lone.filter((id) => !asked.has(id))
  const owners =
    unasked.length === 0 ? asked : new Map([...asked, ...(await readKnownOwners(reader, unasked))])
  return [...known, ...lone.map((id) => lonePerson(id, owners.get(id) ?? []))]
}

function lonePerson(id: string, owners: readonly Ownership[]): Person {
  const identifiers: Holding[] = gapsBetween(owners).map((gap) => ({ ...loneHolding(id), ...gap }))
  return { id, identifiers, accounts: [], isStitched: false }
}
