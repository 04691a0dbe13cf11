/**
 * Keeps the tables of touchpoints up to date: events and who-is-who in ClickHouse → touchpoints in ClickHouse. It
 * looks at what changed, forms the touchpoints of the people concerned anew, and writes what is different. Late, twice,
 * after a crash at any point or from empty tables it gives the same rows. Any number of processes divide the people
 * among them; each person has one writer at a time (projections/leases.ts).
 *
 *     new events of somebody    their last visit only (reform-recent.ts), with the look that shows them
 *     all else                  the whole person, in turn (waiting-people.ts)
 */
import type { ClickHouse } from '../../clickhouse/clickhouse.js'
import type { Logger } from '../../logger.js'
import type { Metrics } from '../../metrics.js'
import { openFeed, type Instant, type Look } from '../../projections/feed.js'
import { openLeases, slotOf } from '../../projections/leases.js'
import { openShare, type Share } from '../../projections/share.js'
import { openVersions } from '../../projections/versions.js'
import { openOrphans } from './orphans.js'
import { groupBy } from '../../group-by.js'
import { usualSlots } from './rebuild.js'
import { openReconcile } from './reconcile.js'
import type { ReformDeps } from './reform.js'
import { readSweepPage, sweepStart, type SweepPosition } from './sweep.js'
import { createWaitingPeople } from './waiting-people.js'
import { changeColumns, toChange, type TouchpointChange } from './whose.js'

export interface WorkerDeps {
  clickhouse: Pick<ClickHouse, 'app'>
  metrics: Pick<Metrics, 'touchpoints'>
  logger: Logger
  /** No other process can work on this database. */
  isAlone?: boolean | undefined
  slots?: number
  leaseMs?: number
  /** How far each look goes back, for rows that became visible after their own time. */
  overlapMs?: number
  /** Between two pages of the rolling pass over everybody, and how many people one has. */
  sweepIntervalMs?: number
  sweepPageSize?: number
  /** At most so many events are read at once. */
  eventsAtOnce?: number
  /** A person with more events is formed again after so many times as long as it took. */
  heavyPause?: number
  /** At most so many rows by account are checked in one pass for a row by person. */
  orphansAtOnce?: number
  /** What counts as now where it is to be decided what is recent, from ClickHouse's time; for tests. */
  recentNow?: (now: number) => number
}

export interface PassResult {
  /** Changes that were looked at, repeats included. */
  changes: number
  written: number
  /** People who wait for their turn to be formed whole. */
  waiting: number
}

/** A block of more changes than that comes of an import, or of many who were told apart or joined at once. */
const mostOfLive = 2_500
/** So many changes are looked at in one pass; the rest follows in the next ones. */
const mostChanges = 20_000
/** While so many people wait, no further block of many changes is taken up. */
const mostWaiting = 200_000
const fillingPageSize = 1_000

/** The work without the loop; one pass at a time. */
export function openWorker(deps: WorkerDeps) {
  const { recentNow = (now: number) => now, metrics } = deps
  const { leases, feed, waiting, share, orphans, reconcile, sweepIfDue } = openParts(deps)

  async function reconcileLook(look: Look): Promise<{ changes: number; written: number }> {
    const result = { changes: 0, written: 0 }
    const now = recentNow(Date.parse(look.now))
    const { live, others } = inTurn(look.fresh, waiting.size < mostWaiting)
    for (const [instants, isUrgent] of [
      [live, true],
      [others, false],
    ] as const) {
      for await (const page of feed.pages(instants)) {
        await share.keep()
        result.changes += page.length
        const when = { now, isUrgent, since: feed.settledUntil() }
        result.written += await reconcile.changes(page, when)
      }
    }
    share.settle(look, [...live, ...others])
    return result
  }

  return {
    isFilling: () => share.isFilling(),
    /** Whether there is more to do at once than what comes in. */
    hasMore: () => share.isFilling() || waiting.next({ urgent: 1, others: 1 }).length > 0,
    async pass(): Promise<PassResult> {
      const { slots: held, lagSeconds, filling, waiting: waits } = metrics.touchpoints
      await share.keep()
      held.set(leases.held().length)
      if (!share.holdsAny()) return { changes: 0, written: 0, waiting: 0 }
      const { changes, written } = await orphans.watch(async () => {
        const look = await share.look()
        lagSeconds.set(look.lagSeconds)
        const ofLook = await reconcileLook(look)
        const ofWaiting = await reconcile.waiting(share.hasLapsed)
        const ofSweep = await sweepIfDue()
        return { changes: ofLook.changes, written: ofLook.written + ofWaiting + ofSweep }
      })
      filling.set(share.isFilling() ? 1 : 0)
      waits.set(waiting.size)
      return { changes, written, waiting: waiting.size }
    },
    /** For a timer: a pass may take longer than a lease lasts. */
    renew: () => share.renew(),
    release: () => share.release(),
  }
}

/** What the work is done with: whose turn it is, which part is this process's, and how each person is formed. */
function openParts(deps: WorkerDeps) {
  const { overlapMs = 3_000, slots = usualSlots, logger, leaseMs } = deps
  const { app: client } = deps.clickhouse
  const versions = openVersions(client, 'touchpoints_of_people')
  const isAlone = deps.isAlone === true
  const leases = openLeases({ client, projection: 'touchpoints', slots, isAlone, leaseMs })
  const feed = openFeed<TouchpointChange>({
    ...{ client, table: 'touchpoint_changes', columns: changeColumns, toRow: toChange, overlapMs },
  })
  const waiting = createWaitingPeople({ heavyPause: deps.heavyPause })
  const share = openShare({
    leases,
    feed,
    sweepStart,
    settledUntil: (looked) => waiting.settledUntil(looked),
    onGained(held) {
      versions.forget()
      // The process that held them may have ended in the middle of a write.
      orphans.mayBeThere()
      logger.info({ ...held, isFilling: share.isFilling() }, 'Takes part in keeping touchpoints up to date')
    },
  })
  const isMine = (project: string, person: string) => share.isMine(slotOf(`${project}\n${person}`, slots))
  const orphans = openOrphans({
    client,
    isMine,
    settledUntil: () => waiting.settledUntil(feed.settledUntil()),
    rowsAtOnce: deps.orphansAtOnce,
  })
  const reformDeps = (project: string): ReformDeps => ({
    source: { client, project, signedOnly: false },
    versions,
    mayWrite: (person) => isMine(project, person),
    eventsAtOnce: deps.eventsAtOnce,
  })
  const reconcile = openReconcile({ reformDeps, isMine, waiting, metrics: deps.metrics.touchpoints })
  const sweepIfDue = openSweep(deps, { share, orphans, isMine, whole: reconcile.whole })
  return { leases, feed, waiting, share, orphans, reconcile, sweepIfDue }
}

interface SweepParts {
  share: Share<SweepPosition>
  orphans: ReturnType<typeof openOrphans>
  isMine: (project: string, person: string) => boolean
  whole: (project: string, people: readonly string[]) => Promise<number>
}

/** The rolling pass over everybody. Pages follow one another without a pause until everybody was seen once. */
function openSweep(deps: WorkerDeps, { share, orphans, isMine, whole }: SweepParts) {
  const { sweepIntervalMs = 5_000, sweepPageSize = 100 } = deps
  const logFilling = fillingLog(deps.logger)
  let dueAt = performance.now() + sweepIntervalMs

  return async (): Promise<number> => {
    const isFirstRound = share.isFilling()
    if (!share.holdsAny() || (!isFirstRound && performance.now() < dueAt)) return 0
    const { position, rounds } = share.sweep
    const limit = isFirstRound ? fillingPageSize : sweepPageSize
    const page = await readSweepPage(deps.clickhouse.app, position, limit)
    let written = await orphans.sweep(limit * 10)
    for (const [project, people] of groupBy(page.people, ({ project }) => project)) {
      const mine = people.map(({ person }) => person).filter((person) => isMine(project, person))
      written += await whole(project, mine)
    }
    share.sweep = { position: page.next ?? sweepStart, rounds: rounds + (page.next ? 0 : 1) }
    dueAt = performance.now() + sweepIntervalMs
    if (isFirstRound) logFilling(page.people.length, share.sweep)
    return written
  }
}

/**
 * The blocks of a look that are worked in now: small blocks first, whatever their order, then as many of the others as
 * fit.
 */
function inTurn(fresh: readonly Instant[], mayTakeMore: boolean) {
  const live: Instant[] = []
  const others: Instant[] = []
  let changes = 0
  for (const instant of fresh) {
    if (instant.rows > mostOfLive || changes > mostChanges) continue
    live.push(instant)
    changes += instant.rows
  }
  for (const instant of fresh) {
    if (instant.rows <= mostOfLive || changes > mostChanges || !mayTakeMore) continue
    others.push(instant)
    changes += instant.rows
  }
  return { live, others }
}

function fillingLog(logger: Logger) {
  let people = 0
  let loggedAt = 0
  return (more: number, { position, rounds }: { position: object; rounds: number }) => {
    people += more
    if (rounds > 0) logger.info({ people }, 'Everybody’s touchpoints are in their table')
    else if (performance.now() - loggedAt > 10_000) {
      loggedAt = performance.now()
      logger.info({ people, at: position }, 'Fills the table of touchpoints')
    }
  }
}
