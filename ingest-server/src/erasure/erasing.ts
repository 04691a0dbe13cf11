/**
 * Carries out erasures: a loop that looks at the ledger, and for each entry that is not finished removes, checks
 * and writes down what it found, until a check finds nothing. Level-triggered: after a crash, or with two
 * processes doing it at once, the next look goes on from what is there.
 */
import type { ClickHouse } from '../clickhouse/clickhouse.js'
import { queryRows, type NamedQuery } from '../clickhouse/query.js'
import type { Cluster } from '../clickhouse/cluster-ddl.js'
import type { Clock } from '../clock.js'
import type { EventLog } from '../log/log.js'
import type { Logger } from '../logger.js'
import { createAlone } from './alone.js'
import { countInLog, rewriteLog } from './erase-log.js'
import {
  bySalt,
  insertErasure,
  newErasure,
  readErasures,
  readProgress,
  toRecord,
  writeProgress,
  type Erasure,
  type Held,
  type Progress,
} from './erasure-ledger.js'
import { isStopped as couldNotGoOn, openErasures, reasonOf, type OpenErasures } from './waiting.js'
import { cameBack, countOldParts, findErased, removeErased } from './remove-erased.js'
import { hashIdentifier, judgeBy, type Judge } from '../log/tombstones.js'

export interface ErasingDeps {
  clickhouse: ClickHouse
  log: EventLog
  clock: Clock
  logger: Logger
  cluster?: Cluster | undefined
  lookEveryMs?: number
  sweepEveryMs?: number
}

/** The proof: what was asked for, and what the last check found. */
export interface Proof extends Progress {
  erasureId: string
  requestedAtMs: number
  /** How many identifiers of the person it covers. */
  identifiers: number
}

export interface Erasing {
  /** Whose events are to be refused; undefined where nobody of the project was erased. */
  judgeOf(project: string): Judge | undefined
  /** Resolves when the entry is durable, in the log and in the ledger; the removal follows. */
  erase(project: string, person: { id: string; identifiers: readonly Held[] }): Promise<Erasure>
  proofOf(project: string, erasureId: string): Promise<Proof | undefined>
  /** Erasures of the person that bore this identifier as its canonical one, newest first. */
  proofsOf(project: string, person: string | undefined): Promise<Proof[]>
  /** What is not finished, and what each waits for, as the last look left it. */
  open(): OpenErasures
  stop(): Promise<void>
}

const kafkaNote =
  "Copies in Kafka's topics end with the topics' retention, in the topic of definitions with its deletion; what a replay of them brings back is removed again."
const defaultLookEveryMs = 2_000
/** A replay of the log brings back what was erased; it goes again within this time. */
const defaultSweepEveryMs = 60_000
/**
 * What is derived from events lags behind them: whoever had read what is erased may write a row of it after the last check.
 * So whoever is finished is looked for again for so long.
 */
const lookAgainForMs = 600_000
/** The sweep looks a little further back than the last one, for rows whose insert took long. */
const sweepOverlapMs = 60_000

export async function startErasing(deps: ErasingDeps): Promise<Erasing> {
  const { clickhouse, log, clock, logger } = deps
  const { app } = clickhouse
  const lookEveryMs = deps.lookEveryMs ?? defaultLookEveryMs
  const store = { app, cluster: deps.cluster }
  const alone = createAlone({ app, clock, logger, lookEveryMs })
  let known: readonly Erasure[] = []
  let judges = new Map<string, Judge>()
  let sweptAtMs = 0
  let isStopped = false
  let working = Promise.resolve()

  async function readLedger(): Promise<void> {
    known = await readErasures(app)
    judges = judgesOf(known)
  }

  let open: OpenErasures = { erasures: [], problem: undefined }

  async function look(): Promise<void> {
    await readLedger()
    if (known.length === 0) return
    await carryOutOpen()
    await sweep()
    open = openErasures(known, await readProgress(app))
  }

  async function carryOutOpen(): Promise<void> {
    const progress = await readProgress(app)
    for (const erasure of known) {
      if (isStopped) return
      const before = progress.get(erasure.erasureId)
      if (before?.state === 'finished') continue
      const isFirst = before === undefined || couldNotGoOn(before)
      await alone(erasure, before, () => carryOut(erasure, isFirst))
    }
  }

  /** When the last pass over the tables ended, by erasure, in the database's time; forgotten with the process. */
  const passedAtMs = new Map<string, number>()

  /** By erasure whether the log as it was when it was first looked at, after the request, is stored. */
  const storedBefore = new Map<string, () => Promise<boolean>>()

  async function carryOut(erasure: Erasure, isFirst: boolean): Promise<void> {
    const { project, erasureId } = erasure
    const atMs = clock()
    const judge = judgeBy(erasure)
    if (isFirst || (await isLeft(erasure, judge))) {
      await removeErased(store, project, erasure, await serverTimeMs(deps))
      if (judge) await rewriteLog(log, project, judge)
      passedAtMs.set(erasureId, await serverTimeMs(deps))
    }
    const untilMs = passedAtMs.get(erasureId) ?? (await serverTimeMs(deps))
    passedAtMs.set(erasureId, untilMs)
    const remaining = await check(erasure, judge, untilMs)
    const state = Object.keys(remaining).length === 0 ? 'finished' : 'running'
    const note = log.rewrite === undefined ? kafkaNote : ''
    await writeProgress(app, erasure, { state, atMs, remaining, note })
    if (state === 'finished') storedBefore.delete(erasureId)
    if (state === 'finished') logger.info({ project, erasureId }, 'An erasure is finished')
  }

  async function isLeft({ project, ...tombstones }: Erasure, judge: Judge | undefined): Promise<boolean> {
    const found = await findErased(store, project, tombstones)
    if (Object.keys(found).length > 0) return true
    return judge !== undefined && log.rewrite !== undefined && (await countInLog(log, project, judge)) > 0
  }

  async function check(erasure: Erasure, judge: Judge | undefined, untilMs: number) {
    const { project } = erasure
    const remaining = await findErased(store, project, erasure)
    // What was appended before the request may still be on its way into the tables.
    const isStored = storedBefore.get(erasure.erasureId) ?? (await log.noteEnd())
    storedBefore.set(erasure.erasureId, isStored)
    if (!(await isStored())) remaining.records_on_their_way = Math.max(1, (await log.lag()).records)
    const oldParts = await countOldParts(store, untilMs)
    if (oldParts > 0) remaining.replaced_files = oldParts
    const inLog = judge && log.rewrite !== undefined ? await countInLog(log, project, judge) : 0
    if (inLog > 0) remaining.log_lines = inLog
    return remaining
  }

  async function sweep(): Promise<void> {
    const nowMs = await serverTimeMs(deps)
    if (nowMs - sweptAtMs < (deps.sweepEveryMs ?? defaultSweepEveryMs)) return
    for (const project of new Set(known.map((erasure) => erasure.project))) {
      const ofProject = known.filter((erasure) => erasure.project === project)
      for (const tombstones of bySalt(ofProject)) {
        if (!(await cameBack(store, project, tombstones, sweptAtMs - sweepOverlapMs))) continue
        logger.warn({ project }, 'Events of erased people came back and are removed again')
        const covering = ofProject.filter(({ salt }) => salt === tombstones.salt)
        for (const erasure of covering)
          await writeProgress(app, erasure, {
            state: 'running',
            atMs: clock(),
            remaining: {},
            note: 'Came back by a replay.',
          })
        for (const erasure of covering) await alone(erasure, undefined, () => carryOut(erasure, true))
      }
    }
    await sweepFinished()
    sweptAtMs = nowMs
  }

  async function sweepFinished(): Promise<void> {
    const progress = await readProgress(app)
    for (const erasure of known) {
      const last = progress.get(erasure.erasureId)
      if (isStopped || last?.state !== 'finished' || clock() - last.atMs > lookAgainForMs) continue
      if (!(await isLeft(erasure, judgeBy(erasure)))) continue
      logger.info({ erasureId: erasure.erasureId }, 'Rows of an erased person were written late, and go too')
      await writeProgress(app, erasure, {
        state: 'running',
        atMs: clock(),
        remaining: {},
        note: 'Written late.',
      })
      await alone(erasure, undefined, () => carryOut(erasure, true))
    }
  }

  function lookSoon(): void {
    working = working.then(async () => {
      if (isStopped) return
      try {
        await look()
      } catch (error) {
        // The ledger is durable, the next look goes on.
        logger.warn({ err: error, reason: reasonOf(error) }, 'Erasures wait, and are tried again')
        const progress = await readProgress(app).catch(() => new Map<string, Progress>())
        open = openErasures(known, progress, error)
      }
    })
  }

  // Before anything is collected: an event that arrives first must be refused too.
  await readLedger()
  const timer = setInterval(lookSoon, lookEveryMs).unref()
  lookSoon()

  const toProof = (erasure: Erasure, progress: ReadonlyMap<string, Progress>): Proof => ({
    erasureId: erasure.erasureId,
    requestedAtMs: erasure.requestedAtMs,
    identifiers: erasure.list.length,
    ...(progress.get(erasure.erasureId) ?? {
      state: 'running',
      atMs: erasure.requestedAtMs,
      remaining: {},
      note: '',
    }),
  })

  return {
    judgeOf: (project) => judges.get(project),
    async erase(project, person) {
      const salt = known.find((erasure) => erasure.project === project)?.salt
      const erasure = newErasure(project, person, { requestedAtMs: clock(), salt })
      await log.append([toRecord(erasure)])
      // Refused from this moment, before the log has carried the entry to the table.
      known = [...known, erasure]
      judges = judgesOf(known)
      await insertErasure(app, erasure)
      lookSoon()
      return erasure
    },
    async proofOf(project, erasureId) {
      const found = (await readErasures(app)).find(
        (erasure) => erasure.project === project && erasure.erasureId === erasureId,
      )
      return found && toProof(found, await readProgress(app))
    },
    async proofsOf(project, person) {
      const progress = await readProgress(app)
      const found = (await readErasures(app)).filter(
        (erasure) =>
          erasure.project === project &&
          (person === undefined || erasure.person === hashIdentifier(erasure.salt, person)),
      )
      return found.reverse().map((erasure) => toProof(erasure, progress))
    },
    open: () => open,
    async stop() {
      isStopped = true
      clearInterval(timer)
      await working
    },
  }
}

const timeQuery: NamedQuery = { name: 'server-time', sql: 'SELECT toUnixTimestamp64Milli(now64(3))' }

async function serverTimeMs({ clickhouse: { app } }: ErasingDeps): Promise<number> {
  const [row] = await queryRows<[number]>({ client: app }, timeQuery)
  return Number(row?.[0])
}

/** One judge a project, whatever salts its erasures have. */
function judgesOf(erasures: readonly Erasure[]): Map<string, Judge> {
  const byProject = new Map<string, Judge>()
  for (const project of new Set(erasures.map((erasure) => erasure.project))) {
    const ofProject = bySalt(erasures.filter((erasure) => erasure.project === project))
    const all = ofProject.map(judgeBy).filter((judge) => judge !== undefined)
    const isErased: Judge['isErased'] = (identifier, atMs, receivedAtMs) =>
      all.some((judge) => judge.isErased(identifier, atMs, receivedAtMs))
    byProject.set(project, {
      isErased,
      wasErased: (identifier) => all.some((judge) => judge.wasErased(identifier)),
      isNamed: (identifier, writtenAtMs) => all.some((judge) => judge.isNamed(identifier, writtenAtMs)),
      verdictOf(event, atMs, receivedAtMs) {
        const verdicts = all.map((judge) => judge.verdictOf(event, atMs, receivedAtMs))
        return (
          verdicts.find((verdict) => verdict === 'theirs') ??
          verdicts.find((verdict) => verdict === 'mentions') ??
          'other'
        )
      },
    })
  }
  return byProject
}
