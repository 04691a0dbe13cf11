/**
 * Brings the rows of some people of one project to what the facts say, of all their events; what is new of somebody
 * needs only the last of them (reform-recent.ts). Level-triggered: it does not matter why, how often or after how long it
 * is called. Only the holder of a person's lease may call it (projections/leases.ts).
 */
import { createBreather, type Breather } from '../../breathe.js'
import type { Reader } from '../../clickhouse/query.js'
import type { Versions } from '../../projections/versions.js'
import { groupBy } from '../../group-by.js'
import { readAllCopies, readCopies } from './copies.js'
import { toTouchpointRow, type TouchpointRow } from '../stored-row.js'
import type { Touchpoint } from '../touchpoint.js'
import { personScope } from '../scope.js'
import { differences, readPresent, writeAccounts, writePeople, type Changed } from './tables.js'
import { touchpointsFrom } from '../touchpoints.js'
import { readWholePeople, type KnownOwners } from './whose.js'

export interface ReformDeps {
  /** One project, as the ClickHouse user that writes. */
  source: Reader
  versions: Versions
  /** False once the person's lease is lost: then another process writes their rows. */
  mayWrite: (person: string) => boolean
  /** Owners that were read already. */
  owners?: KnownOwners
  /** At most so many events are read at once; a person with more of them is read in pages. */
  eventsAtOnce?: number | undefined
}

export interface Reformed {
  people: number
  events: number
  /** Rows written, tombstones too. */
  written: number
  /** People with more events than are read at once, and how long each took. */
  heavy: { person: string; ms: number }[]
}

/** So many people are worth one reading and writing; more only cost memory. */
const peopleAtOnce = 400
/** The memory of one reading: narrow rows take about a kilobyte each. */
export const mostEventsAtOnce = 60_000

export async function reformPeople(deps: ReformDeps, people: readonly string[]): Promise<Reformed> {
  let total = nothing
  for (let start = 0; start < people.length; start += peopleAtOnce)
    total = sum(total, await reformSome(deps, people.slice(start, start + peopleAtOnce)))
  return total
}

export const nothing: Reformed = { people: 0, events: 0, written: 0, heavy: [] }
export const sum = (a: Reformed, b: Reformed): Reformed => ({
  people: a.people + b.people,
  events: a.events + b.events,
  written: a.written + b.written,
  heavy: [...a.heavy, ...b.heavy],
})

async function reformSome(deps: ReformDeps, people: readonly string[]): Promise<Reformed> {
  const { source, versions, eventsAtOnce = mostEventsAtOnce } = deps
  const version = await versions.next()
  const [known, present] = await Promise.all([
    readWholePeople(source, people, deps.owners),
    readPresent(source, people),
  ])
  const scopes = known.map((person) => ({ person: person.id, scope: personScope(person) }))
  const subjects = scopes.flatMap(({ scope }) => scope.subjects)
  const startedAt = performance.now()
  const some = await readCopies(source, { subjects, limit: eventsAtOnce + 1 })
  const isTooMuch = some.length > eventsAtOnce
  if (isTooMuch && people.length > 1) {
    const middle = Math.ceil(people.length / 2)
    return sum(await reformSome(deps, people.slice(0, middle)), await reformSome(deps, people.slice(middle)))
  }
  const rows = isTooMuch ? await readAllCopies(source, { subjects, limit: eventsAtOnce }) : some
  const bySubject = groupBy(rows, ({ subject }) => subject)
  const changed: Changed = { people: [], accounts: [] }
  const breather = createBreather()
  for (const { person, scope } of scopes) {
    if (breather.isDue()) await breather.rest()
    if (!deps.mayWrite(person)) continue
    const events = scope.placed(scope.subjects.flatMap((subject) => bySubject.get(subject) ?? []))
    const one = differences({
      project: source.project,
      version,
      formed: await toRows(touchpointsFrom(events.filter(({ row }) => !row.isBot)), breather),
      present: present.get(person) ?? [],
    })
    add(changed, one)
  }
  await writeAccounts(source.client, changed)
  await writePeople(source.client, changed)
  const ms = performance.now() - startedAt
  const heavy = isTooMuch ? people.map((person) => ({ person, ms })) : []
  return { people: people.length, events: rows.length, written: changed.people.length, heavy }
}

/** As the tables hold them. Somebody may have a hundred thousand, and this thread answers requests. */
export async function toRows(
  touchpoints: readonly Touchpoint[],
  breather: Breather,
): Promise<TouchpointRow[]> {
  const rows: TouchpointRow[] = []
  for (const touchpoint of touchpoints) {
    rows.push(toTouchpointRow(touchpoint))
    if (breather.isDue()) await breather.rest()
  }
  return rows
}

export function add(changed: Changed, more: Changed): void {
  for (const line of more.people) changed.people.push(line)
  for (const line of more.accounts) changed.accounts.push(line)
}
