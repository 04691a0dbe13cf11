/**
 * Keeps the entries into stages as rows, for SQL (`stage_entries`, and the stage in `persons` and `accounts`). Level-
 * triggered: each look compares the present stamp (last-written.ts) with that of the rows, and works out the lists that differ.
 * Late, twice or by two processes at once it gives the same rows; a filling shows when all of it is there.
 */
import { randomBytes } from 'node:crypto'
import type { StagesBody, Subject } from '@touchline/schemas/api'
import type { ClickHouse } from '../clickhouse/clickhouse.js'
import { mutableTable, type Cluster } from '../clickhouse/cluster-ddl.js'
import { query, type NamedQuery, type Reader } from '../clickhouse/query.js'
import type { Clock } from '../clock.js'
import type { Definition } from '../definitions/documents/definition.js'
import { listDefinitions } from '../definitions/documents/read.js'
import { touchSettings } from '../definitions/sql/touches.js'
import { conditionsOfBody, leavesOf } from '../definitions/walk.js'
import { TouchlineError } from '../errors.js'
import type { Logger } from '../logger.js'
import { startLoop, type Loop } from '../loop.js'
import { fillingSql } from './stage-filling.js'
import { readStageList } from './stage-list.js'
import { readWritten } from './last-written.js'

export interface KeeperDeps {
  clickhouse: Pick<ClickHouse, 'app' | 'reader'>
  clock: Clock
  logger: Logger
  cluster?: Cluster | undefined
  /** Between two looks; a list that takes long waits for twenty times as long as it took. */
  everyMs?: number
}

/** Conditions about elapsed time come true by waiting; their lists are worked out anew this often. */
const againAfterMs = 600_000
/** A filling that is younger may be under way in another process; its query ends within this time. */
const stillFillingMs = 300_000
const pausePerWork = 20

interface Filling {
  list: string
  subject: Subject
  filling: string
  asOfMs: number
  version: number
  madeOf: string
}

/** One list over one subject; the list called `default` is asked about both (stage-list.ts). */
interface Target {
  list: string
  subject: Subject
  version: number
  isTimed: boolean
}

const projectsQuery: NamedQuery = {
  name: 'projects-with-stages',
  sql: `
SELECT project FROM definitions WHERE kind = 'stages'
UNION DISTINCT SELECT project FROM stage_fillings WHERE filling != 0`,
}
const fillingsQuery: NamedQuery = {
  name: 'stage-fillings',
  sql: `
SELECT list, subject_kind AS subject, toString(filling) AS filling, toUnixTimestamp64Milli(as_of) AS asOfMs, version, made_of AS madeOf
FROM stage_fillings FINAL WHERE project = {project: String}`,
}

interface Keeping extends KeeperDeps {
  /** Until when (performance.now) a list rests, by project, list and subject. */
  restUntil: Map<string, number>
}

/** The work without the loop; resolves with how many lists were worked out. */
export function openStageKeeper(deps: KeeperDeps) {
  const keeping: Keeping = { ...deps, restUntil: new Map() }
  return {
    async pass(): Promise<number> {
      const projects = await query<{ project: string }>({ client: deps.clickhouse.reader }, projectsQuery)
      let kept = 0
      for (const { project } of projects) kept += await keepProject(keeping, project)
      return kept
    },
  }
}

async function keepProject(keeping: Keeping, project: string): Promise<number> {
  const reader: Reader = { client: keeping.clickhouse.reader, project, signedOnly: false }
  // Read before anything else: what is written meanwhile makes another stamp at the next look.
  const { stamp: madeOf } = await readWritten(reader)
  const targets = targetsOf(await listDefinitions(reader, 'stages'))
  const fillings = await query<Filling>(reader, fillingsQuery)
  let kept = 0
  for (const target of targets) {
    const before = fillings.find((one) => isOf(one, target))
    kept += await keep(keeping, reader, { target, before, madeOf })
  }
  for (const old of fillings) {
    if (old.filling === '0' || targets.some((target) => isOf(old, target))) continue
    const gone = { ...old, filling: '0', asOfMs: Math.max(keeping.clock(), old.asOfMs + 1), madeOf: '' }
    await write(keeping, project, gone)
    await forget(keeping, project, gone)
  }
  return kept
}

const isOf = (filling: Filling, { list, subject }: Target) =>
  filling.list === list && filling.subject === subject

interface Work {
  target: Target
  before: Filling | undefined
  madeOf: string
}

async function keep(keeping: Keeping, reader: Reader, { target, before, madeOf }: Work): Promise<number> {
  const { restUntil, logger } = keeping
  const { project } = reader
  const key = JSON.stringify([project, target.list, target.subject])
  if (performance.now() < (restUntil.get(key) ?? 0)) return 0
  const now = keeping.clock()
  const isSame = before?.filling !== '0' && before?.madeOf === madeOf && before.version === target.version
  if (isSame && !(target.isTimed && now - before.asOfMs > againAfterMs)) {
    // Nothing was written since, so the rows also hold now.
    if (!target.isTimed && now > before.asOfMs) await write(keeping, project, { ...before, asOfMs: now })
    return 0
  }
  const startedAt = performance.now()
  try {
    await fill(keeping, reader, target, madeOf)
  } catch (error) {
    // A list that names something which no longer exists is not filled until it is corrected; its earlier rows stay.
    if (!(error instanceof TouchlineError) || error.code !== 'QUERY_INVALID') throw error
    logger.warn({ project, list: target.list, reason: error.message }, 'Stages cannot be kept')
  }
  restUntil.set(key, performance.now() + pausePerWork * (performance.now() - startedAt))
  return 1
}

async function fill(
  keeping: Keeping,
  reader: Reader,
  { list, subject, version }: Target,
  madeOf: string,
): Promise<void> {
  const { project } = reader
  const asOfMs = keeping.clock()
  const stages = await readStageList(reader, { list, subject, asOf: asOfMs })
  const { sql, params } = fillingSql(stages, asOfMs)
  const filling = randomBytes(8).readBigUInt64LE().toString()
  await keeping.clickhouse.app.command({
    query: sql,
    query_params: { ...params, project, list, filling },
    clickhouse_settings: touchSettings,
  })
  const filled = { list, subject, filling, asOfMs, version, madeOf }
  await write(keeping, project, filled)
  await forget(keeping, project, filled)
}

async function write(
  { clickhouse }: Keeping,
  project: string,
  { asOfMs, madeOf, subject, ...row }: Filling,
): Promise<void> {
  const as_of = new Date(asOfMs).toISOString()
  await clickhouse.app.insert({
    table: 'stage_fillings',
    format: 'JSONEachRow',
    values: [{ project, ...row, subject_kind: subject, as_of, made_of: madeOf }],
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
}

/** Deletes earlier fillings, except those that may be under way in another process. */
async function forget(
  { clickhouse, cluster }: Keeping,
  project: string,
  { list, subject, filling, asOfMs }: Filling,
): Promise<void> {
  await clickhouse.app.command({
    query: `ALTER TABLE ${mutableTable('kept_stage_entries', cluster)} DELETE
WHERE project = {project: String} AND list = {list: String} AND subject_kind = {subject: String} AND filling != {filling: UInt64}
  AND worked_out_at < fromUnixTimestamp64Milli({before: Int64}, 'UTC')`,
    query_params: { project, list, subject, filling, before: asOfMs - stillFillingMs },
  })
}

function targetsOf(lists: readonly Definition<'stages'>[]): Target[] {
  return lists.flatMap(({ id: list, version, body }) => {
    const own = { list, subject: body.subject, version, isTimed: isTimed(body) }
    const other: Subject = body.subject === 'account' ? 'person' : 'account'
    if (list !== 'default') return [own]
    const stand = lists.find((one) => one.body.subject === other)
    const by = stand ?? { version, body }
    return [own, { list, subject: other, version: by.version, isTimed: isTimed(by.body) }]
  })
}

/** Whether a condition may come true without anything happening. */
const isTimed = (body: StagesBody): boolean =>
  conditionsOfBody('stages', body)
    .flatMap(({ condition }) => leavesOf(condition))
    .some((leaf) => !isOfFacts(leaf))

const isOfFacts = (leaf: ReturnType<typeof leavesOf>[number]) =>
  ('touch' in leaf && leaf.within === undefined) ||
  'sequence' in leaf ||
  'trait' in leaf ||
  'accountTrait' in leaf ||
  'people' in leaf

/** Looks again and again. */
export function startStageKeeper(deps: KeeperDeps): Loop<number> {
  const keeper = openStageKeeper(deps)
  return startLoop({
    pass: () => keeper.pass(),
    waitMs: () => deps.everyMs ?? 15_000,
    logger: deps.logger,
    words: {
      failed: 'Entries into stages could not be kept and are tried again',
      again: 'Entries into stages are kept again',
    },
  })
}
