/** Programs as they run, in one process, on a real ClickHouse and a real log, with a clock that tests move. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definitionBodies, type DefinitionKind } from '@touchline/schemas/api'
import type { ProgramsDeps } from '../../ingest-server/src/engagement/programs/deps.js'
import { startEngage } from '../../ingest-server/src/engagement/engage.js'
import { startPrograms, type RunningPrograms } from '../../ingest-server/src/engagement/programs/start.js'
import { openEmbeddedLog } from '../../ingest-server/src/log/embedded/embedded-log.js'
import { stringifyExact } from '../../ingest-server/src/exact-json.js'
import type { EventLog } from '../../ingest-server/src/log/log.js'
import type { Judge } from '../../ingest-server/src/log/tombstones.js'
import { createMetrics } from '../../ingest-server/src/metrics.js'
import { programActs } from '../../ingest-server/src/program-acts.js'
import { startStitch } from '../../ingest-server/src/identity/upkeep/stitch.js'
import { startStore } from '../../ingest-server/src/store/store.js'
import { startTouchpoints } from '../../ingest-server/src/touchpoints/upkeep/upkeep.js'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../clickhouse.js'
import { receiverSecret } from '../receiver.js'
import { startTimelineApi, type TimelineApi } from '../timeline-api.js'

/** What goes wrong in the background is the reason of what a test then waits for in vain. */
const sayingLogger = {
  ...silentLogger,
  warn: (fields: { err?: unknown }, words: string) => console.error(words, fields.err ?? fields),
}

export interface ProgramWorld {
  clickhouse: TestClickHouse
  log: EventLog
  api: TimelineApi
  /** Milliseconds that the clock is ahead of the machine's. */
  offset: { ms: number }
  clock: () => number
  metrics: ReturnType<typeof createMetrics>
  judge: { of: Judge | undefined }
  start: (more?: Partial<ProgramsDeps>) => RunningPrograms
  define: (kind: DefinitionKind, id: string, body: object) => Promise<void>
  /** Events as SDKs send them. */
  tell: (...events: object[]) => Promise<void>
  sql: <Row>(statement: string) => Promise<Row[]>
  close: () => Promise<void>
}

export async function startProgramWorld(): Promise<ProgramWorld> {
  const clickhouse = await startTestClickHouse()
  const dir = mkdtempSync(join(tmpdir(), 'touchline-programs-'))
  const log = await openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger })
  const metrics = createMetrics()
  const project = { id: 'default', identify: 'open' } as const
  const projects = { all: () => [project], credentialOf: () => undefined, onChange: () => undefined }
  const offset = { ms: 0 }
  const clock = () => Date.now() + offset.ms
  const judge: ProgramWorld['judge'] = { of: undefined }
  const shared = { clickhouse, metrics, logger: sayingLogger, isAlone: true }
  const store = startStore({ log, clickhouse, metrics, logger: silentLogger })
  const stitch = startStitch({ ...shared, projects })
  const touchpoints = startTouchpoints(shared)
  const engage = startEngage({ ...shared, log, clock })
  const { acts, touchesRecord } = programActs({ app: clickhouse.app, log, clock, projects })
  const readSecret = (name: string) => (name.startsWith('MISSING') ? undefined : receiverSecret)
  const api = await startTimelineApi({
    ...{ clickhouse, log, clock, metrics },
    endpoints: { allowed: [], readSecret },
  })
  const running: RunningPrograms[] = []

  return {
    ...{ clickhouse, log, api, offset, clock, metrics, judge },
    start(more = {}) {
      const one = startPrograms({
        ...shared,
        ...{ log, clock, projects, acts, touchesRecord, readSecret },
        judgeOf: () => judge.of,
        zone: 'UTC',
        allowed: [],
        intervalMs: 50,
        ...more,
      })
      running.push(one)
      return one
    },
    async define(kind, id, body) {
      const answer = await api.app.inject({
        method: 'PUT',
        url: `/v1/definitions/${kind}/${id}`,
        headers: { authorization: 'Bearer secret' },
        payload: definitionBodies[kind].parse(body) as object,
      })
      if (answer.statusCode >= 300) throw new Error(answer.body)
    },
    async tell(...events) {
      const { acceptEvents, splitBody } = await import('../../ingest-server/src/collect/accept/accept.js')
      const text = stringifyExact({ batch: events })
      const now = clock()
      const outcome = acceptEvents(
        splitBody({ value: JSON.parse(text) as unknown, text }, undefined, undefined),
        {
          project,
          verified: true,
          receivedAtMs: now,
          receivedAt: new Date(now).toISOString(),
          ip: '',
          userAgent: '',
          acceptLanguage: '',
          byBrowser: false,
        },
      )
      if (outcome.accepted !== events.length) throw new Error(JSON.stringify(outcome.rejected))
      await log.append([
        { table: 'events', lines: Buffer.from(outcome.lines), rows: { default: outcome.accepted } },
      ])
      outcome.release()
    },
    async sql<Row>(statement: string) {
      return (await clickhouse.app.query({ query: statement, format: 'JSONEachRow' })).json<Row>()
    },
    async close() {
      await api.close()
      for (const one of running) await one.stop()
      await engage.stop()
      await touchpoints.stop()
      await stitch.stop()
      await store.stop()
      await log.close()
      await clickhouse.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
