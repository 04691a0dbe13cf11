/**
 * Forms what is new of some people without reading all they ever did: from a time on of which no event belongs together
 * with one before (cut.ts). Touchpoints before that time stay as they are, for no change since can concern them; people
 * without such a time are returned, to be formed whole (reform.ts). The table is read for the comparison only.
 */
import { createBreather, type Breather } from '../../breathe.js'
import { chunksBy } from '../../clickhouse/query.js'
import { groupBy } from '../../group-by.js'
import { cleanCut } from './cut.js'
import { readCopies, readEarlierOnceEach, readEarlierTies, type CopyRow, type EarlierTie } from './copies.js'
import { add, mostEventsAtOnce, nothing, sum, toRows, type Reformed, type ReformDeps } from './reform.js'
import { personScope, type Scope } from '../scope.js'
import { differences, readPresent, writeAccounts, writePeople, type Changed } from './tables.js'
import { comesOnce, firstKey, isOnceEach, touchpointsFrom } from '../touchpoints.js'
import { readWholePeople } from './whose.js'
import { hourMs } from '../../units.js'

export interface RecentPerson {
  person: string
  /** What changed happened then or later, in milliseconds. */
  changedFrom: number
}

/**
 * What changed so lately is looked for in that much of the past. Nearly all is in the first; a session of hours, a phone
 * that was offline and what comes of one who is formed again are in the second.
 */
const windows = [
  { changedMs: hourMs, readMs: 2.5 * hourMs },
  { changedMs: 30 * hourMs, readMs: 48 * hourMs },
]

export interface ReformedRecent extends Reformed {
  /** People who have to be formed whole. */
  rest: string[]
}

/** `now` by ClickHouse's clock, in milliseconds. */
export async function reformRecent(
  deps: ReformDeps,
  people: readonly RecentPerson[],
  now: number,
): Promise<ReformedRecent> {
  let total = nothing
  let left = people
  for (const { changedMs, readMs } of windows) {
    const isWithin = ({ changedFrom }: RecentPerson) => changedFrom >= now - changedMs
    const some = left.filter(isWithin)
    left = left.filter((one) => !isWithin(one))
    if (some.length === 0) continue
    const { reformed, uncut } = await reformFrom(deps, some, now - readMs)
    total = sum(total, reformed)
    left = [...left, ...uncut]
  }
  return { ...total, rest: left.map(({ person }) => person) }
}

interface Candidate extends RecentPerson {
  scope: Scope
  /** Events of all their subjects, as far as they belong to the person. */
  rows: CopyRow[]
}

interface Cut extends Candidate {
  cut: number
}

interface Outcome {
  reformed: Reformed
  /** People without a cut in this window. */
  uncut: RecentPerson[]
}

async function reformFrom(deps: ReformDeps, people: readonly RecentPerson[], from: number): Promise<Outcome> {
  const { source, versions, eventsAtOnce = mostEventsAtOnce } = deps
  const version = await versions.next()
  const ids = people.map(({ person }) => person)
  const [known, present] = await Promise.all([
    readWholePeople(source, ids, deps.owners),
    readPresent(source, ids, from),
  ])
  const scopes = new Map(known.map((person) => [person.id, personScope(person)]))
  const subjects = [...scopes.values()].flatMap((scope) => scope.subjects)
  const rows = await readCopies(source, { subjects, from, limit: eventsAtOnce + 1 })
  if (rows.length > eventsAtOnce) return inHalves(deps, people, from)

  const breather = createBreather()
  const { cuts, uncut } = await cutAll(people, { scopes, rows, from }, breather)
  const tied = await readTied(deps, cuts, from)
  const untied = cuts.filter((one) => !tied.has(one.person))
  const before = await readOnceEachBefore(deps, untied, from)
  const changed: Changed = { people: [], accounts: [] }
  for (const one of untied) {
    if (breather.isDue()) await breather.rest()
    const known = before(one)
    if (known === undefined) uncut.push({ person: one.person, changedFrom: -Infinity })
    if (known === undefined || !deps.mayWrite(one.person)) continue
    const formed = await toRows(formedFrom(one, known), breather)
    const stands = (present.get(one.person) ?? []).filter(({ at }) => at >= one.cut)
    add(changed, differences({ project: source.project, version, formed, present: stands }))
  }
  await writeAccounts(source.client, changed)
  await writePeople(source.client, changed)
  const reformed = { people: untied.length, events: rows.length, written: changed.people.length, heavy: [] }
  const reached = [...tied].map(([person, changedFrom]) => ({ person, changedFrom }))
  return { reformed, uncut: [...uncut, ...reached] }
}

async function inHalves(deps: ReformDeps, people: readonly RecentPerson[], from: number): Promise<Outcome> {
  if (people.length === 1) return { reformed: nothing, uncut: [...people] }
  const middle = Math.ceil(people.length / 2)
  const a = await reformFrom(deps, people.slice(0, middle), from)
  const b = await reformFrom(deps, people.slice(middle), from)
  return { reformed: sum(a.reformed, b.reformed), uncut: [...a.uncut, ...b.uncut] }
}

interface Read {
  scopes: ReadonlyMap<string, Scope>
  rows: readonly CopyRow[]
  from: number
}

/** All of them are parameters of one query (clickhouse/query.ts limits the length of a list). */
const mostBytesOfSubjects = 40_000

async function cutAll(people: readonly RecentPerson[], { scopes, rows, from }: Read, breather: Breather) {
  const bySubject = groupBy(rows, ({ subject }) => subject)
  const cuts: Cut[] = []
  const uncut: RecentPerson[] = []
  for (const one of people) {
    if (breather.isDue()) await breather.rest()
    const scope = scopes.get(one.person)
    if (!scope) continue
    const theirs = scope.subjects
      .flatMap((subject) => bySubject.get(subject) ?? [])
      .filter((row) => scope.place(row) !== undefined)
    const isTooWide = Buffer.byteLength(scope.subjects.join()) > mostBytesOfSubjects
    const cut = isTooWide ? undefined : cleanCut(theirs, { changedFrom: one.changedFrom, readFrom: from })
    if (isTooWide) uncut.push({ person: one.person, changedFrom: -Infinity })
    else if (cut === undefined) uncut.push(one)
    else cuts.push({ ...one, scope, rows: theirs, cut })
  }
  return { cuts, uncut }
}

/** Who has something after their cut that belongs together with an event from before the window, and when that was. */
async function readTied(deps: ReformDeps, cuts: readonly Cut[], from: number): Promise<Map<string, number>> {
  const tied = new Map<string, number>()
  const withRows = cuts.filter(({ rows }) => rows.length > 0)
  // Copies of one message may be of any two subjects of a person, so all of these go into one query.
  for (const some of chunksBy(withRows, ({ scope }) => [scope.subjects.join('","')])) {
    const subjects = some.flatMap(({ scope }) => scope.subjects)
    const found = await readEarlierTies(deps.source, { subjects, from, limit: mostTies })
    const bySubject = new Map<string, EarlierTie[]>()
    for (const tie of found) bySubject.set(tie.subject, [...(bySubject.get(tie.subject) ?? []), tie])
    for (const one of some) {
      const at = found.length === mostTies ? -Infinity : earliestTie(one, bySubject)
      if (at !== undefined) tied.set(one.person, Math.min(one.changedFrom, at))
    }
  }
  return tied
}
/** Only ids that mean nothing have more; then nobody in the query is cut. */
const mostTies = 50_000

function earliestTie({ rows, cut, scope }: Cut, ties: ReadonlyMap<string, EarlierTie[]>): number | undefined {
  const theirs = scope.subjects.flatMap((subject) => ties.get(subject) ?? [])
  if (theirs.length === 0) return undefined
  const after = rows.filter(({ at }) => at >= cut)
  const messages = new Set(after.map(({ messageId }) => messageId))
  const sessions = new Set(after.map(({ sessionId }) => sessionId))
  const real = theirs.filter(
    ({ messageId, sessionId }) =>
      (messageId !== '' && messages.has(messageId)) || (sessionId !== '' && sessions.has(sessionId)),
  )
  return real.length === 0 ? undefined : Math.min(...real.map(({ at }) => at))
}

/** Of each person what they identified themselves by and joined before their cut; undefined where that is too much. */
async function readOnceEachBefore(deps: ReformDeps, cuts: readonly Cut[], from: number) {
  const wanted = cuts.filter(({ rows, cut }) => rows.some((row) => row.at >= cut && isOnceEach(row)))
  const subjects = wanted.flatMap(({ scope }) => scope.subjects)
  const earlier = await readEarlierOnceEach(deps.source, { subjects, from, limit: mostEventsAtOnce })
  const isTooMuch = earlier.length >= mostEventsAtOnce
  const concerned = new Set(wanted)
  const bySubject = groupBy(earlier, ({ subject }) => subject)
  return (one: Cut): ReadonlySet<string> | undefined => {
    if (!concerned.has(one)) return nobody
    if (isTooMuch) return undefined
    const { scope, rows, cut } = one
    const before = scope.subjects.flatMap((subject) => bySubject.get(subject) ?? [])
    const events = scope.placed([...before, ...rows.filter(({ at }) => at < cut)])
    return new Set(events.filter(({ row }) => !row.isBot && isOnceEach(row)).map(({ row }) => firstKey(row)))
  }
}

const nobody: ReadonlySet<string> = new Set()

function formedFrom({ scope, rows, cut }: Cut, known: ReadonlySet<string>) {
  const events = scope.placed(rows.filter(({ at }) => at >= cut)).filter(({ row }) => !row.isBot)
  return touchpointsFrom(events).filter(({ kind, lead }) => !comesOnce(kind) || !known.has(firstKey(lead)))
}
