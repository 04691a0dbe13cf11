/**
 * What is done for erasures of one project and salt: their rows and lines removed, then looked for, and what was found
 * written down. Several are carried out together, for each pass reads the log and rewrites tables whoever it is about;
 * only where something is left each is looked for by itself.
 */
import type { ClickHouse } from '../clickhouse/clickhouse.js'
import type { Cluster } from '../clickhouse/cluster-ddl.js'
import { queryRows, type NamedQuery } from '../clickhouse/query.js'
import { groupBy } from '../group-by.js'
import type { Clock } from '../clock.js'
import type { EventLog } from '../log/log.js'
import { judgeBy } from '../log/tombstones.js'
import type { Logger } from '../logger.js'
import { rewriteLog } from './erase-log.js'
import { tombstonesOf, writeProgress, type Together } from './erasure-ledger.js'
import { openRemaining } from './remaining.js'
import { removeErased } from './remove-erased.js'

export interface CarryOutDeps {
  clickhouse: ClickHouse
  log: EventLog
  clock: Clock
  logger: Logger
  cluster?: Cluster | undefined
}

export type CarryOut = ReturnType<typeof openCarryOut>

const kafkaNote =
  "Copies in Kafka's topics end with the topics' retention, in the topic of definitions with its deletion; what a replay of them brings back is removed again."

export function openCarryOut({ clickhouse, log, clock, logger, cluster }: CarryOutDeps) {
  const { app } = clickhouse
  const store = { app, cluster }
  /** When the last pass over the tables ended, by erasure, in the database's time; forgotten with the process. */
  const passedAtMs = new Map<string, number>()
  const remaining = openRemaining({ store, log })

  async function isLeft(together: Together): Promise<boolean> {
    return !isEmpty(await remaining.rows(together[0].project, tombstonesOf(together)))
  }

  async function remove(together: Together): Promise<void> {
    const [{ project }] = together
    const tombstones = tombstonesOf(together)
    await removeErased(store, project, tombstones, await databaseTimeMs(app))
    const judge = judgeBy(tombstones)
    if (judge) await rewriteLog(log, project, judge)
    const nowMs = await databaseTimeMs(app)
    for (const { erasureId } of together) passedAtMs.set(erasureId, nowMs)
  }

  async function note(together: Together, atMs: number, found: Record<string, number>): Promise<void> {
    const state = isEmpty(found) ? 'finished' : 'running'
    const words = log.rewrite === undefined ? kafkaNote : ''
    await writeProgress(app, together, { state, atMs, remaining: found, note: words })
    if (state === 'running') return
    for (const { project, erasureId } of together) {
      remaining.forget(erasureId)
      passedAtMs.delete(erasureId)
      logger.info({ project, erasureId }, 'An erasure is finished')
    }
  }

  /**
   * Those whose tables were passed over at the same time: later passes for others replace files that are not theirs.
   * Rows are looked for in every table, and so only once nothing else is waited for.
   */
  async function check(together: Together, atMs: number, untilMs: number): Promise<void> {
    const [{ project }] = together
    const files = await remaining.files(together, untilMs)
    if (!isEmpty(files)) return note(together, atMs, files)
    const rows = await remaining.rows(project, tombstonesOf(together))
    if (isEmpty(rows)) return note(together, atMs, {})
    for (const one of together) {
      const left = together.length === 1 ? rows : await remaining.rows(project, one)
      await note([one], atMs, left)
      if (!isEmpty(left)) await remove([one])
    }
  }

  return {
    isLeft,
    /** `isFirst`: nothing is known to have been removed yet. */
    async carryOut(together: Together, isFirst: boolean): Promise<void> {
      const atMs = clock()
      if (isFirst) await remove(together)
      const nowMs = await databaseTimeMs(app)
      const byPass = groupBy(together, ({ erasureId }) => passedAtMs.get(erasureId) ?? nowMs)
      for (const [untilMs, passed] of byPass) {
        for (const { erasureId } of passed) passedAtMs.set(erasureId, untilMs)
        await check(passed, atMs, untilMs)
      }
    },
  }
}

const isEmpty = (remaining: object): boolean => Object.keys(remaining).length === 0

const timeQuery: NamedQuery = { name: 'server-time', sql: 'SELECT toUnixTimestamp64Milli(now64(3))' }

export async function databaseTimeMs(app: ClickHouse['app']): Promise<number> {
  const [row] = await queryRows<[number]>({ client: app }, timeQuery)
  return Number(row?.[0])
}
