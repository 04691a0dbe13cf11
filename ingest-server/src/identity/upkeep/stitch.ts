/**
 * The stitch loop: facts in ClickHouse → who is who in ClickHouse. Level-triggered: it looks at what changed,
 * reads what the facts say about it now, and writes what is different. Running it twice, late, several at once
 * or from an empty identity_map gives the same rows, and a crash at any point is mended by the next pass. No
 * event is ever rewritten.
 *
 * Several processes divide the projects among them (projections/leases.ts), for speed alone: two processes that work on
 * the same project, as after one was frozen, do no harm.
 */
import type { ClickHouse } from '../../clickhouse/clickhouse.js'
import type { Logger } from '../../logger.js'
import type { Loop } from '../../loop.js'
import type { Metrics } from '../../metrics.js'
import type { Project } from '../../projects/project.js'
import { openFeed } from '../../projections/feed.js'
import { startKeptLoop } from '../../projections/kept-loop.js'
import { openLeases, slotOf } from '../../projections/leases.js'
import { openShare } from '../../projections/share.js'
import { sweepStart, type SweepPosition } from '../../projections/sweep.js'
import { changeColumns, toChange, type Change } from './change.js'
import { createStitcher } from './stitcher.js'

export interface StitchDeps {
  clickhouse: Pick<ClickHouse, 'app'>
  metrics: Pick<Metrics, 'stitchLagSeconds'>
  logger: Logger
  /** Which projects count signed claims only; without it none does. */
  projects?: { all: () => readonly Pick<Project, 'id' | 'identify' | 'domains'>[] } | undefined
  /** No other process can work on this database. */
  isAlone?: boolean | undefined
  slots?: number
  leaseMs?: number
  /** Between two looks. A claim is visible after this and one pass. */
  intervalMs?: number
  /** How far each look goes back, for rows that became visible after their own time. */
  overlapMs?: number
  /** Between two pages of the rolling pass over everything, and how many identifiers one has. */
  sweepIntervalMs?: number
  sweepPageSize?: number
}

/** `passOnce`: one look and its work, or one page of the rolling pass when nothing changed. For tests and tools. */
export type Stitch = Loop<PassResult>

export interface PassResult {
  /** Changes that were looked at, repeats included. */
  changes: number
}

/** Number of parts into which projects are divided; no more processes than that find work. */
const usualSlots = 16

export function startStitch(deps: StitchDeps): Stitch {
  const { intervalMs = 150 } = deps
  return startKeptLoop(openWorker(deps), {
    waitMs: () => intervalMs,
    logger: deps.logger,
    words: { failed: 'Stitching failed and is tried again', again: 'Stitching goes on' },
  })
}

function openWorker(deps: StitchDeps) {
  const { overlapMs = 3_000, sweepIntervalMs = 5_000, sweepPageSize = 100, slots = usualSlots } = deps
  const client = deps.clickhouse.app
  const stitcher = createStitcher({ client, projects: deps.projects })
  const leases = openLeases({
    client,
    projection: 'identity',
    slots,
    isAlone: deps.isAlone === true,
    leaseMs: deps.leaseMs,
  })
  const feed = openFeed<Change>({
    client,
    table: 'identity_changes_seen',
    columns: changeColumns,
    toRow: toChange,
    overlapMs,
  })
  const share = openShare<SweepPosition>({
    leases,
    feed,
    sweepStart,
    onGained(held) {
      // Another process may have worked on these projects meanwhile.
      stitcher.forget()
      deps.logger.info(held, 'Takes part in saying who is who')
    },
  })
  const isMine = (project: string) => share.isMine(slotOf(project, slots))
  let sweepDueAt = performance.now() + sweepIntervalMs

  async function sweepIfDue(): Promise<void> {
    if (performance.now() < sweepDueAt) return
    const { position, rounds } = share.sweep
    const { next } = await stitcher.sweepPage(position, { size: sweepPageSize, isMine })
    share.sweep = { position: next ?? sweepStart, rounds: rounds + (next ? 0 : 1) }
    sweepDueAt = performance.now() + sweepIntervalMs
  }

  async function pass(): Promise<PassResult> {
    await share.keep()
    if (!share.holdsAny()) return { changes: 0 }
    const look = await share.look()
    deps.metrics.stitchLagSeconds.set(look.lagSeconds)
    let changes = 0
    try {
      for await (const page of feed.pages(look.fresh)) {
        await share.keep()
        const mine = page.filter(({ project }) => isMine(project))
        changes += mine.length
        await stitcher.reconcileChanges(mine)
      }
    } catch (error) {
      // After a failure the memory may hold what was never written.
      stitcher.forget()
      throw error
    }
    share.settle(look, look.fresh)
    await sweepIfDue()
    return { changes }
  }

  return { pass, renew: () => share.renew(), release: () => share.release() }
}

/** Works in everything there is, as fast as it can; the rows come out as if they had been there all along. */
export async function rebuildIdentity(
  deps: Pick<StitchDeps, 'clickhouse' | 'projects'>,
  onPage?: (identifiers: number) => void,
): Promise<void> {
  const stitcher = createStitcher({ client: deps.clickhouse.app, projects: deps.projects })
  for (let position: SweepPosition | undefined = sweepStart; position;) {
    const page = await stitcher.sweepPage(position, { size: rebuildPageSize })
    onPage?.(page.identifiers)
    position = page.next
  }
}
const rebuildPageSize = 2_000
