/**
 * The stitch loop: facts in ClickHouse → who is who in ClickHouse. Level-triggered: it looks at what changed,
 * reads what the facts say about it now, and writes what is different. Running it twice, late, several at once
 * or from an empty identity_map gives the same rows, and a crash at any point is mended by the next pass. No
 * event is ever rewritten.
 */
import type { ClickHouse } from '../clickhouse/clickhouse.js'
import { queryRows, type NamedQuery } from '../clickhouse/query.js'
import type { Metrics } from '../metrics.js'
import type { Project } from '../projects/project.js'
import type { Logger } from '../logger.js'
import { startLoop, type Loop } from '../loop.js'
import { openChanges } from '../projections/changes.js'
import { createStitcher, type Stitcher } from './stitcher.js'
import { sweepStart, type SweepPosition } from '../projections/sweep.js'

export interface StitchDeps {
  clickhouse: Pick<ClickHouse, 'app'>
  metrics: Pick<Metrics, 'stitchLagSeconds'>
  logger: Logger
  /** Which projects count signed claims only; without it none does. */
  projects?: { all: () => readonly Pick<Project, 'id' | 'identify' | 'domains'>[] } | undefined
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

export function startStitch(deps: StitchDeps): Stitch {
  const { intervalMs = 150, overlapMs = 3_000, sweepIntervalMs = 5_000, sweepPageSize = 100 } = deps
  const client = deps.clickhouse.app
  const stitcher = createStitcher({ client, projects: deps.projects })
  const changes = openChanges(client, { overlapMs })
  const sweep = openRollingSweep(stitcher, { client, sweepIntervalMs, sweepPageSize })

  async function pass(): Promise<PassResult> {
    const look = await changes.look()
    deps.metrics.stitchLagSeconds.set(look.lagSeconds)
    if (look.fresh.length === 0) {
      await sweep.pageIfDue()
      return { changes: 0 }
    }
    let count = 0
    try {
      for await (const page of changes.pages(look.fresh)) {
        count += page.length
        await stitcher.reconcileChanges(page)
      }
    } catch (error) {
      // What was remembered may be ahead of what was written.
      stitcher.forget()
      throw error
    }
    await changes.settle(look)
    return { changes: count }
  }

  const words = { failed: 'Stitching failed and is tried again', again: 'Stitching goes on' }
  return startLoop({ pass, waitMs: () => intervalMs, logger: deps.logger, words })
}

/** Works in everything there is, as fast as it can; the rows come out as if they had been there all along. */
export async function rebuildIdentity(
  deps: Pick<StitchDeps, 'clickhouse' | 'projects'>,
  onPage?: (identifiers: number) => void,
): Promise<void> {
  const stitcher = createStitcher({ client: deps.clickhouse.app, projects: deps.projects })
  for (let position: SweepPosition | undefined = sweepStart; position;) {
    const page = await stitcher.sweepPage(position, rebuildPageSize)
    onPage?.(page.identifiers)
    position = page.next
  }
}
const rebuildPageSize = 2_000

interface RollingSweepOptions {
  client: ClickHouse['app']
  sweepIntervalMs: number
  sweepPageSize: number
}

/** Its place is kept in ClickHouse, or a server that is restarted often would only ever see the beginning. */
function openRollingSweep(
  stitcher: Stitcher,
  { client, sweepIntervalMs, sweepPageSize }: RollingSweepOptions,
) {
  let position: SweepPosition | undefined
  let dueAt = performance.now() + sweepIntervalMs
  return {
    async pageIfDue() {
      if (performance.now() < dueAt) return
      position ??= await readPosition(client)
      const { next } = await stitcher.sweepPage(position, sweepPageSize)
      position = next ?? sweepStart
      await client.insert({
        table: 'stitch_progress',
        format: 'JSONEachRow',
        values: [{ name: 'sweep', position: JSON.stringify(position), at: new Date().toISOString() }],
        clickhouse_settings: { date_time_input_format: 'best_effort', insert_deduplicate: 0 },
      })
      dueAt = performance.now() + sweepIntervalMs
    },
  }
}

const positionQuery: NamedQuery = {
  name: 'sweep-position',
  sql: `SELECT position FROM stitch_progress FINAL WHERE name = 'sweep'`,
}

async function readPosition(client: ClickHouse['app']): Promise<SweepPosition> {
  const [row] = await queryRows<[string]>({ client }, positionQuery)
  return row ? (JSON.parse(row[0]) as SweepPosition) : sweepStart
}
