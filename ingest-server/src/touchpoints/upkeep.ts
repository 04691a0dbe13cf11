/**
 * Keeps the tables of touchpoints up to date: events and who-is-who in ClickHouse → touchpoints in ClickHouse. It
 * looks at what changed, forms the touchpoints of whom that concerns anew, and writes what is different. Late, twice,
 * after a crash at any point or from empty tables it gives the same rows. Any number of processes divide the people
 * among them; each person has one writer at a time (projections/leases.ts).
 */
import type { ClickHouse } from '../clickhouse/clickhouse.js'
import type { Reader } from '../clickhouse/query.js'
import { readOwners } from '../identity/people.js'
import type { Logger } from '../logger.js'
import { startLoop, type Loop } from '../loop.js'
import type { Metrics } from '../metrics.js'
import { openFeed, type Look } from '../projections/feed.js'
import { databaseTime, openLeases, slotOf, writeProgress, type Progress } from '../projections/leases.js'
import { openVersions } from '../projections/versions.js'
import { createHeavyPeople } from './heavy-people.js'
import { nothing, reformPeople, sum, type ReformDeps, type Reformed } from './reform.js'
import { readSweepPage, sweepStart, type SweepPosition } from './sweep.js'
import { changeColumns, personsOf, toChange, type TouchpointChange } from './whose.js'

export interface UpkeepDeps {
  clickhouse: Pick<ClickHouse, 'app'>
  metrics: Pick<Metrics, 'touchpoints'>
  logger: Logger
  /** No other process can work on this database. */
  isAlone?: boolean | undefined
  slots?: number
  leaseMs?: number
  /** Between two looks. A touchpoint is visible after this and one pass. */
  intervalMs?: number
  /** How far each look goes back, for rows that became visible after their own time. */
  overlapMs?: number
  /** Between two pages of the rolling pass over everybody, and how many people one has. */
  sweepIntervalMs?: number
  sweepPageSize?: number
}

/** `passOnce`: one look and its work, then a page of the pass over everybody if it is due. For tests and tools. */
export type Upkeep = Loop<PassResult>

export interface PassResult {
  /** Changes that were looked at, repeats included. */
  changes: number
  written: number
}

const defaultSlots = 16

export function startTouchpoints(deps: UpkeepDeps): Upkeep {
  const { intervalMs = 150 } = deps
  const worker = openWorker(deps)
  const loop = startLoop({
    pass: () => worker.pass(),
    // While the tables are being filled nothing is waited for.
    waitMs: () => (worker.isFilling() ? 0 : intervalMs),
    logger: deps.logger,
    words: {
      failed: 'Touchpoints could not be formed and are tried again',
      again: 'Touchpoints are kept up to date again',
    },
  })
  const renewing = setInterval(() => void worker.renew().catch(() => undefined), 1_000).unref()
  return {
    passOnce: () => loop.passOnce(),
    async stop() {
      clearInterval(renewing)
      await loop.stop()
      await worker.release().catch(() => undefined)
    },
  }
}

/** Where the pass over everybody is: the table is filled once it has come round. */
interface SweepState {
  position: SweepPosition
  rounds: number
}
const sweepBeginning: SweepState = { position: sweepStart, rounds: 0 }

/** The work without the loop; one pass at a time. */
export function openWorker(deps: UpkeepDeps) {
  const { overlapMs = 3_000, slots = defaultSlots, sweepIntervalMs = 5_000, sweepPageSize = 100 } = deps
  const { app: client } = deps.clickhouse
  const versions = openVersions(client, 'touchpoints_of_people')
  const leases = openLeases({
    client,
    projection: 'touchpoints',
    slots,
    isAlone: deps.isAlone === true,
    leaseMs: deps.leaseMs,
  })
  const feed = openFeed<TouchpointChange>({
    client,
    table: 'touchpoint_changes',
    columns: changeColumns,
    toRow: toChange,
    overlapMs,
  })
  let sweep: SweepState = sweepBeginning
  let sweepDueAt = performance.now() + sweepIntervalMs
  let filledAt = 0

  const heavy = createHeavyPeople()
  const progress = (): Progress => ({
    settledUntil: heavy.settledUntil(feed.settledUntil()),
    sweep: JSON.stringify(sweep),
  })
  const isMine = (project: string, person: string) => leases.holds(slotOf(`${project}\n${person}`, slots))
  const isFilling = () => leases.held().length > 0 && sweep.rounds === 0

  async function keepLeases(): Promise<void> {
    const { gained, lost } = await leases.keep(progress)
    if (gained.size === 0) return
    versions.forget()
    const before = [...gained.values()].map((one) => toSweepState(one.sweep))
    const isFresh = leases.held().length === gained.size
    sweep = [...before, ...(isFresh ? [] : [sweep])].reduce(behind)
    for (const { settledUntil } of gained.values()) feed.goBackTo(settledUntil)
    deps.logger.info(
      { slots: leases.held().length, lost: lost.length, isFilling: isFilling() },
      'Takes part in keeping touchpoints up to date',
    )
  }

  const reformDeps = (project: string): ReformDeps => ({
    source: sourceOf(project),
    versions,
    mayWrite: (person) => isMine(project, person),
  })
  const sourceOf = (project: string): Reader => ({ client, project, signedOnly: false })

  async function reconcileChanges(changes: readonly TouchpointChange[]): Promise<number> {
    let written = 0
    for (const [project, ofProject] of groupByProject(changes)) {
      const identifiers = [...new Set(ofProject.map(({ identifier }) => identifier))]
      const states = await readOwners(sourceOf(project), identifiers)
      const owners = new Map(states.map((state) => [state.identifier, state.owners]))
      const persons = [...personsOf(ofProject, (identifier) => owners.get(identifier) ?? []).keys()]
      const mine = persons.filter((person) => isMine(project, person))
      const now = mine.filter((person) => !heavy.isLater(project, person, feed.settledUntil()))
      written += await reform(project, now)
    }
    return written
  }

  async function reform(project: string, people: readonly string[]): Promise<number> {
    const { people: formed, events, written, heavy: found } = await reformPeople(reformDeps(project), people)
    for (const { person, ms } of found) heavy.took(project, person, ms)
    const { metrics } = deps
    metrics.touchpoints.people.inc(formed)
    metrics.touchpoints.events.inc(events)
    metrics.touchpoints.written.inc(written)
    return written
  }

  /** Those with very many events whose turn has come again. */
  async function reconcileHeavy(): Promise<number> {
    let written = 0
    for (const { project, person } of heavy.due()) {
      if (isMine(project, person)) written += await reform(project, [person])
      heavy.done(project, person)
    }
    return written
  }

  async function reconcileLook(look: Look): Promise<PassResult> {
    const result: PassResult = { changes: 0, written: 0 }
    for await (const page of feed.pages(look.fresh)) {
      await keepLeases()
      result.changes += page.length
      result.written += await reconcileChanges(page)
    }
    feed.settle(look, look.fresh)
    return result
  }

  /** Pages follow one another without a pause until everybody was seen once. */
  async function sweepIfDue(): Promise<number> {
    const isFirstRound = isFilling()
    if (leases.held().length === 0 || (!isFirstRound && performance.now() < sweepDueAt)) return 0
    const page = await readSweepPage(client, sweep.position, isFirstRound ? fillingPageSize : sweepPageSize)
    let written = 0
    for (const [project, people] of groupByProject(page.people)) {
      const mine = people.map(({ person }) => person).filter((person) => isMine(project, person))
      written += await reform(project, mine)
    }
    const rounds = sweep.rounds + (page.next ? 0 : 1)
    sweep = { position: page.next ?? sweepStart, rounds }
    sweepDueAt = performance.now() + sweepIntervalMs
    if (isFirstRound) logFilling(page.people.length)
    return written
  }

  let filled = 0
  function logFilling(people: number): void {
    filled += people
    if (sweep.rounds > 0) deps.logger.info({ people: filled }, 'Everybody’s touchpoints are in their table')
    else if (performance.now() - filledAt > 10_000) {
      filledAt = performance.now()
      deps.logger.info({ people: filled, at: sweep.position }, 'Fills the table of touchpoints')
    }
  }

  return {
    isFilling,
    async pass(): Promise<PassResult> {
      await keepLeases()
      deps.metrics.touchpoints.slots.set(leases.held().length)
      if (leases.held().length === 0) return { changes: 0, written: 0 }
      const look = await feed.look()
      deps.metrics.touchpoints.lagSeconds.set(look.lagSeconds)
      const result = await reconcileLook(look)
      result.written += await reconcileHeavy()
      if (look.fresh.length === 0 || isFilling()) result.written += await sweepIfDue()
      deps.metrics.touchpoints.filling.set(isFilling() ? 1 : 0)
      return result
    },
    /** For a timer: a pass may take longer than a lease lasts. */
    renew: () => leases.renew(progress),
    release: () => leases.release(progress),
  }
}

const fillingPageSize = 1_000

function toSweepState(text: string): SweepState {
  return text === '' ? sweepBeginning : (JSON.parse(text) as SweepState)
}

/** Which of two is less far. */
function behind(a: SweepState, b: SweepState): SweepState {
  if (a.rounds !== b.rounds && Math.min(a.rounds, b.rounds) === 0) return a.rounds < b.rounds ? a : b
  if (a.position.source !== b.position.source) return a.position.source < b.position.source ? a : b
  return JSON.stringify(a.position.after) < JSON.stringify(b.position.after) ? a : b
}

function groupByProject<Item extends { project: string }>(items: readonly Item[]): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const list = groups.get(item.project)
    if (list) list.push(item)
    else groups.set(item.project, [item])
  }
  return groups
}

/** Forms everybody's touchpoints anew, as fast as it can; with the server stopped, for it holds no leases. */
export async function rebuildTouchpoints(
  { clickhouse: { app: client } }: Pick<UpkeepDeps, 'clickhouse'>,
  onPage?: (people: number) => void,
): Promise<Reformed> {
  const versions = openVersions(client, 'touchpoints_of_people')
  const startedAt = await databaseTime(client)
  let total = nothing
  for (let position: SweepPosition | undefined = sweepStart; position;) {
    const page = await readSweepPage(client, position, rebuildPageSize)
    for (const [project, people] of groupByProject(page.people)) {
      const source: Reader = { client, project, signedOnly: false }
      const reformed = await reformPeople(
        { source, versions, mayWrite: () => true },
        people.map(({ person }) => person),
      )
      total = sum(total, reformed)
    }
    onPage?.(total.people)
    position = page.next
  }
  // The process that keeps the table from now on need not fill it once more.
  const sweep = JSON.stringify({ position: sweepStart, rounds: 1 } satisfies SweepState)
  await writeProgress(client, 'touchpoints', { slots: defaultSlots, settledUntil: startedAt, sweep })
  return total
}
const rebuildPageSize = 2_000
