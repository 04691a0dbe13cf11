/**
 * Removes a whole project: its lines of the log, then its rows of every table. It has no keys any more, so nothing new
 * comes; what is under way (an insert, a pass of a projection) is seen by the next look, until two find nothing.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { mutableTable, type Cluster } from '../clickhouse/cluster-ddl.js'
import { query } from '../clickhouse/query.js'
import { identifier } from '../clickhouse/sql-quoting.js'
import { linesOf } from '../log/join-records.js'
import type { EventLog } from '../log/log.js'
import type { Logger } from '../logger.js'
import { pause } from '../loop.js'

export interface ProjectRemovals {
  /** Begins, or goes on. Returns how far it is; `isDone` once nothing was found any more. */
  remove(project: string): Removal
}

export interface Removal {
  isDone: boolean
  /** Rows that the last look found, by table; of the log by `log`. */
  remaining: Readonly<Record<string, number>>
}

interface Deps {
  clickhouse: { app: ClickHouseClient }
  log: EventLog
  cluster?: Cluster | undefined
  logger: Logger
  /** Ends what is under way; asking again after the next start goes on. */
  signal: AbortSignal
}

/** Longer than a pass of a projection over what it has already read. */
const lookEveryMs = 3_000

export function createProjectRemovals(deps: Deps): ProjectRemovals {
  const removals = new Map<string, Removal>()

  async function run(project: string): Promise<void> {
    for (let empty = 0; empty < 2;) {
      const remaining = await removeOnce(deps, project)
      removals.set(project, { isDone: false, remaining })
      empty = Object.keys(remaining).length === 0 ? empty + 1 : 0
      await pause(lookEveryMs, deps.signal)
    }
    removals.set(project, { isDone: true, remaining: {} })
  }

  return {
    remove(project) {
      const known = removals.get(project)
      if (known !== undefined) {
        // Told once; somebody who removes a project of that name later begins anew.
        if (known.isDone) removals.delete(project)
        return known
      }
      const begun = { isDone: false, remaining: {} }
      removals.set(project, begun)
      run(project).catch((error: unknown) => {
        deps.logger.warn({ err: error, project }, 'Removing a project stopped; asking again goes on')
        removals.delete(project)
      })
      return begun
    },
  }
}

/** One look: what it finds it removes. */
async function removeOnce(
  { clickhouse: { app }, log, cluster }: Deps,
  project: string,
): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  const lines = await countLinesOf(log, project)
  if (lines > 0) {
    found.log = lines
    await log.rewrite?.((line) => projectIn(line) !== project)
  }
  for (const { of: name } of await query<{ of: string }>({ client: app }, tablesQuery)) {
    const counting = {
      name: 'rows-of-project',
      sql: `SELECT count() AS rows FROM ${identifier(name)} WHERE project = {project: String}`,
    }
    const [{ rows } = { rows: 0 }] = await query<{ rows: number | string }>({ client: app }, counting, {
      project,
    })
    if (Number(rows) === 0) continue
    found[name] = Number(rows)
    await app.command({
      query: `ALTER TABLE ${mutableTable(name, cluster)} DELETE WHERE project = {project: String}`,
      query_params: { project },
      clickhouse_settings: { mutations_sync: '2' },
    })
  }
  return found
}

/** In a cluster the table that is asked is the `Distributed` one, whose rows are deleted in `…_local`. */
const tablesQuery = {
  name: 'tables-of-projects',
  sql: `
SELECT table AS of FROM system.columns
WHERE database = currentDatabase() AND name = 'project' AND table IN (
  SELECT name FROM system.tables
  WHERE database = currentDatabase() AND (engine LIKE '%MergeTree' OR engine = 'Distributed') AND NOT endsWith(name, '_local'))
ORDER BY of`,
}

/** A log that cannot forget (Kafka) counts for nothing: its copy ends with the topics' retention. */
async function countLinesOf(log: EventLog, project: string): Promise<number> {
  if (log.rewrite === undefined) return 0
  let found = 0
  await log.replay(async (batch) => {
    for (const { lines, rows } of batch) {
      if (Object.keys(rows).length > 0 && !(project in rows)) continue
      for (const line of linesOf(lines)) if (projectIn(line) === project) found += 1
    }
  })
  return found
}

function projectIn(line: Buffer): string | undefined {
  try {
    return (JSON.parse(line.toString('utf8')) as { project?: string }).project
  } catch {
    return undefined
  }
}
