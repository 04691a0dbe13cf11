/**
 * Retention: events older than a project's `retentionDays` are deleted, and with them the refused ones, which
 * hold what was sent. Who is who, profiles and memberships stay: they are what is known, not what happened.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { mutableTable, type Cluster } from '../clickhouse/cluster-ddl.js'
import { queryRows } from '../clickhouse/query.js'
import type { Clock } from '../clock.js'
import type { Project, Projects } from '../projects/project.js'
import type { Logger } from '../logger.js'
import { dayMs } from '../units.js'

interface RetentionDeps {
  app: ClickHouseClient
  projects: Projects
  clock: Clock
  logger: Logger
  cluster?: Cluster | undefined
  everyMs?: number
}

/** A mutation rewrites every part that it touches, so it is for once an hour and not for each event. */
const defaultEveryMs = 3_600_000

/** A run that still waits is needed whole, however long it does. */
const ofEndedRuns =
  "AND run NOT IN (SELECT run FROM program_runs_now FINAL WHERE project = {project: String} AND state = 'waiting')"

/** What is old by which time: a refused event has no time of its own that can be trusted. */
const aged: readonly { table: string; time: string; more?: string }[] = [
  { table: 'events', time: 'occurred_at' },
  { table: 'touchpoints_of_people', time: 'at' },
  { table: 'touchpoints_of_accounts', time: 'at' },
  { table: 'program_facts', time: 'at', more: ofEndedRuns },
  { table: 'program_runs_now', time: 'at', more: "AND state != 'waiting'" },
  { table: 'deliveries_decided', time: 'decided_at' },
  { table: 'delivery_attempts', time: 'at' },
  { table: 'delivery_states', time: 'at' },
  { table: 'change_records', time: 'at' },
  { table: 'rejected_events', time: 'received_at' },
  { table: 'dead_letters', time: 'stored_at' },
]

export function startRetention(deps: RetentionDeps) {
  const { projects, logger } = deps
  let running: Promise<void> | undefined
  const look = () => {
    running ??= deleteAll().finally(() => (running = undefined))
  }
  async function deleteAll(): Promise<void> {
    for (const project of projects.all()) {
      if (project.retentionDays === undefined) continue
      try {
        await deleteOld(deps, project)
      } catch (error) {
        // The next look tries again; meanwhile nothing is lost but space.
        logger.warn(
          { err: error, project: project.id },
          'Events past their retention could not be deleted yet',
        )
      }
    }
  }
  const timer = setInterval(look, deps.everyMs ?? defaultEveryMs).unref()
  look()
  return {
    async stop(): Promise<void> {
      clearInterval(timer)
      await running
    },
  }
}

/** Resolves when everything of the project that is past its retention is deleted; asks first, so that most looks cost one count. */
export async function deleteOld(
  { app, clock, logger, cluster }: Omit<RetentionDeps, 'projects' | 'everyMs'>,
  { id: project, retentionDays = 0 }: Pick<Project, 'id' | 'retentionDays'>,
): Promise<void> {
  const before = (clock() - retentionDays * dayMs) / 1_000
  for (const { table, time, more = '' } of aged) {
    const condition = `project = {project: String} AND ${time} < fromUnixTimestamp64Milli(toInt64({before: Float64} * 1000), 'UTC') ${more}`
    const query_params = { project, before }
    const named = { name: `old-rows-of-${table}`, sql: `SELECT count() FROM ${table} WHERE ${condition}` }
    const [[rows] = [0]] = await queryRows<[number]>({ client: app }, named, query_params)
    if (rows === 0) continue
    await app.command({
      query: `ALTER TABLE ${mutableTable(table, cluster)} DELETE WHERE ${condition}`,
      query_params,
      clickhouse_settings: { mutations_sync: '2' },
    })
    logger.info({ project, table, rows, retentionDays }, 'Deleted what was past its retention')
  }
}
