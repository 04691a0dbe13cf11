/** Who begins: what changed since the last look → moments → entries, each kept before the change counts as worked in. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { Clock } from '../../../clock.js'
import { query, type NamedQuery, type Reader } from '../../../clickhouse/query.js'
import type { EventLog } from '../../../log/log.js'
import type { Logger } from '../../../logger.js'
import type { Projects } from '../../../projects/project.js'
import { openFeed, type Feed, type Look } from '../../../projections/feed.js'
import { enterAll, refusalOfMoment, type Moment } from './enter.js'
import { keep } from '../../keep.js'
import { runColumns } from '../facts.js'
import { momentsAmong, momentsOfTime, momentsOfTransitions, type Transition } from './moments.js'
import type { Program } from '../programs.js'
import { factsRecord, type Run } from '../run.js'
import type { Changed } from '../watch.js'
import { openPutOff, readUnsettled } from '../settling.js'
import { openTransitions } from './transitions.js'
import { readPeopleOf } from '../../who/who.js'

export interface EntrancesDeps {
  app: ClickHouseClient
  log: EventLog
  clock: Clock
  logger: Logger
  programsOf: (project: string) => Promise<ReadonlyMap<string, Program>>
  projects: Pick<Projects, 'all'>
  readerOf: (project: string) => Reader
  zoneOf: (project: string) => string
  version: () => bigint
  works: (slot: number) => boolean
  adopt: (run: Run) => void
  count: (what: 'steps' | 'acts' | 'ended' | 'held', project: string, n: number) => void
}

export interface Entrances {
  /** Begins the runs that may begin; resolves with the subjects whose runs have to be looked at. */
  pass: () => Promise<{ changed: Changed[] }>
  /** Where others were; null: nobody ever was, and what happened before now starts nothing. */
  goBackTo: (times: readonly (string | null)[]) => void
  settledUntil: () => string | null
  /** Runs that were begun by hand and are not stepped yet. */
  readByHand: (slots: readonly number[]) => Promise<Run[]>
}

/** With a margin for what is stored while the first process starts. */
const firstLookMs = 600_000
/** An insert on a busy ClickHouse may be seen so long after its own time; no pass over everybody makes a lost touch good. */
const overlapMs = 30_000
/** How many are asked about in one query. */
const together = 1_000
const leastRoundMs = 20_000
/** Looking for them may take a twentieth of the time at most. */
const share = 20

type Change = Omit<Changed, 'kind'> & { kind: string }

export function openEntrances(deps: EntrancesDeps): Entrances {
  const { app } = deps
  const transitions = openTransitions(app, overlapMs)
  const changes = openFeed<Change>({
    ...{ client: app, table: 'changes_seen', overlapMs },
    columns: ['project', 'subject_kind', 'subject'],
    toRow: ([project, kind, id]) => ({ project: String(project), kind: String(kind), id: String(id) }),
  })
  const putOff = openPutOff()
  const ofTime = openRounds(() => letInOfTime(deps))
  // Asked until the table is there: the server that makes it may start later.
  let hasSegments = false
  const letIn = (rows: readonly Change[]) =>
    letInOfChanges(deps, { rows, putOff, until: changes.settledUntil() })

  return {
    async pass() {
      hasSegments ||= await isThere(app, 'segment_transition_feed')
      if (hasSegments) await follow(transitions, (rows) => letInOfTransitions(deps, rows))
      await ofTime()
      const again = putOff.all().map(({ project, id }) => ({ project, kind: 'person', id }))
      const changed = await letIn(again)
      await follow(changes, async (rows) => void changed.push(...(await letIn(rows))))
      return { changed }
    },
    goBackTo(times) {
      const start = new Date(Date.now() - firstLookMs).toISOString()
      for (const time of times) for (const feed of [transitions, changes]) feed.goBackTo(time ?? start)
    },
    settledUntil() {
      const feeds = (hasSegments ? [transitions, changes] : [changes]).map((feed) => feed.settledUntil())
      return [...feeds, putOff.oldest()].filter((time) => time !== '').sort()[0] ?? null
    },
    readByHand: (slots) => query<Run>({ client: app }, byHandQuery, { slots }),
  }
}

/** Begins a run for each of these moments that its program lets in. */
async function enter(
  deps: EntrancesDeps,
  project: string,
  moments: readonly Moment[],
  of: ReadonlyMap<string, Program>,
): Promise<void> {
  const byProgram = new Map<string, Moment[]>()
  for (const moment of moments) {
    const program = of.get(moment.program)
    if (program === undefined || refusalOfMoment(moment, program) !== undefined) continue
    byProgram.set(moment.program, [...(byProgram.get(moment.program) ?? []), moment])
  }
  for (const [id, mine] of byProgram) {
    const program = of.get(id)
    if (program === undefined) continue
    for (let from = 0; from < mine.length; from += together) {
      const entering = {
        ...{ reader: deps.readerOf(project), program, zone: deps.zoneOf(project) },
        ...{ now: deps.clock(), version: deps.version, works: deps.works },
      }
      const { facts } = await enterAll(mine.slice(from, from + together), entering)
      if (facts.length === 0) continue
      await keep(deps, [factsRecord(facts)])
      deps.count('steps', project, facts.length)
      for (const fact of facts) if (fact.state === 'waiting') deps.adopt(fact)
    }
  }
}

async function letInOfTransitions(deps: EntrancesDeps, rows: readonly Transition[]): Promise<void> {
  for (const [project, mine] of byProject(rows)) {
    // Read after what happened was: a program that was saved before it happened is among them.
    const of = await deps.programsOf(project)
    await enter(deps, project, momentsOfTransitions(mine, of.values()), of)
  }
}

async function letInOfTime(deps: EntrancesDeps): Promise<void> {
  for (const { id: project } of deps.projects.all()) {
    const of = await deps.programsOf(project)
    for (const program of of.values())
      await enter(deps, project, await momentsOfTime(deps.readerOf(project), program, deps.clock()), of)
  }
}

/** Rounds of something that may take a twentieth of the time. */
function openRounds(work: () => Promise<void>): () => Promise<void> {
  let lookedAt = -Infinity
  let tookMs = 0
  return async () => {
    const startedAt = performance.now()
    if (startedAt - lookedAt < Math.max(leastRoundMs, share * tookMs)) return
    await work()
    lookedAt = performance.now()
    tookMs = lookedAt - startedAt
  }
}

interface LettingIn {
  rows: readonly Change[]
  putOff: ReturnType<typeof openPutOff>
  /** The changes are worked in until then. */
  until: string
}

/** Resolves with the subjects whose runs have to be looked at. */
async function letInOfChanges(deps: EntrancesDeps, { rows, putOff, until }: LettingIn): Promise<Changed[]> {
  const changed: Changed[] = []
  for (const [project, mine] of byProject(rows)) {
    const of = await deps.programsOf(project)
    // Most projects have none, and every change of theirs comes by here.
    if (of.size === 0) continue
    const reader = deps.readerOf(project)
    const { names, ...concerned } = await concernedBy(reader, mine, deps.clock())
    const unsettled = await readUnsettled(reader, [...new Set([...names.values()].flat())])
    const isUnsettled = (id: string) => names.get(id)?.some((name) => unsettled.has(name)) === true
    for (const id of concerned.person) if (isUnsettled(id)) putOff.add(project, id, until)
    const settled = { ...concerned, person: concerned.person.filter((id) => !isUnsettled(id)) }
    await enter(deps, project, await momentsOfChanged(deps, { project, of, settled }), of)
    for (const id of settled.person) putOff.end(project, id)
    for (const id of concerned.person) changed.push({ project, kind: 'person', id })
    for (const id of concerned.account) changed.push({ project, kind: 'account', id })
  }
  return changed
}

interface ChangedSubjects {
  project: string
  of: ReadonlyMap<string, Program>
  settled: Readonly<Record<'person' | 'account', readonly string[]>>
}

async function momentsOfChanged(
  { readerOf, clock }: EntrancesDeps,
  { project, of, settled }: ChangedSubjects,
): Promise<Moment[]> {
  const moments: Moment[] = []
  for (const program of of.values()) {
    if (program.latest === undefined) continue
    const ids = settled[program.latest.body.subject]
    for (let from = 0; from < ids.length; from += together) {
      const asked = { ids: ids.slice(from, from + together), now: clock() }
      moments.push(...(await momentsAmong(readerOf(project), program, asked)))
    }
  }
  return moments
}

/** One look: its rows in pages, then settled. Rows may come again. */
async function follow<Row>(feed: Feed<Row>, work: (rows: readonly Row[]) => Promise<void>): Promise<void> {
  const look: Look = await feed.look()
  if (look.fresh.length === 0) return
  for await (const rows of feed.pages(look.fresh)) await work(rows)
  feed.settle(look, look.fresh)
}

async function isThere(client: ClickHouseClient, table: string): Promise<boolean> {
  const named = {
    name: 'is-table-there',
    sql: 'SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = {table: String}',
  }
  return (await query({ client }, named, { table })).length > 0
}

function byProject<Row extends { project: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(row.project)
    if (group) group.push(row)
    else groups.set(row.project, [row])
  }
  return groups
}

async function concernedBy(reader: Reader, rows: readonly Change[], now: number) {
  const persons = [...new Set(rows.filter(({ kind }) => kind !== 'account').map(({ id }) => id))]
  const accounts = new Set(rows.filter(({ kind }) => kind === 'account').map(({ id }) => id))
  const people = await readPeopleOf(
    reader,
    persons.map((subject) => ({ subject, at: now })),
  )
  // Each under every name that they had before the change or have after it.
  const names = new Map<string, string[]>()
  for (const subject of persons) {
    const { id, identifiers } = people.of({ subject, at: now })
    const known = names.get(id) ?? [id, ...identifiers.map(({ identifier }) => identifier)]
    names.set(id, [...known, subject])
  }
  return { person: [...names.keys()], account: [...accounts], names }
}

const byHandQuery: NamedQuery = {
  name: 'program-runs-by-hand',
  sql: `
SELECT ${runColumns}
FROM program_runs_now FINAL
WHERE way = 'manual' AND n = 0 AND state = 'waiting' AND slot IN {slots: Array(UInt16)}`,
}
