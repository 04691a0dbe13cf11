/** Role `engage` over a test's ClickHouse and log: definitions, touchpoints put in by hand, one pass at a time. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DefinitionKind } from '@touchline/schemas/api'
import { insertLines } from '../../ingest-server/src/clickhouse/insert-lines.js'
import { query } from '../../ingest-server/src/clickhouse/query.js'
import { writeDefinition } from '../../ingest-server/src/definitions/documents/write.js'
import { startEngage, type Engage, type EngageDeps } from '../../ingest-server/src/engagement/engage.js'
import { openWorker, type WorkerDeps } from '../../ingest-server/src/engagement/worker.js'
import { openEmbeddedLog, type EmbeddedLog } from '../../ingest-server/src/log/embedded/embedded-log.js'
import { createMetrics } from '../../ingest-server/src/metrics.js'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../clickhouse.js'

export interface TouchSaid {
  person: string
  at: number
  kind?: string
  name?: string
  path?: string
  accounts?: readonly string[]
  /** Names the touch; the same one again replaces it. */
  touch?: number
  messageId?: string
  direction?: string
  isDeleted?: boolean
}

export interface EngageStage {
  clickhouse: TestClickHouse
  log: EmbeddedLog
  /** What the server takes for now; move it. */
  clock: { now: number }
  reader: { client: TestClickHouse['reader']; project: string; signedOnly: false }
  define: (kind: DefinitionKind, id: string, body: object | undefined) => Promise<void>
  touch: (...touches: TouchSaid[]) => Promise<void>
  rows: <Row>(sql: string, params?: Record<string, unknown>) => Promise<Row[]>
  worker: (deps?: Partial<WorkerDeps>) => ReturnType<typeof openWorker>
  /** With its loop; stop it. */
  engage: (deps?: Partial<EngageDeps>) => Engage
  close: () => Promise<void>
}

let touches = 0

export async function startEngageStage(now = Date.parse('2026-05-01T00:00:00Z')): Promise<EngageStage> {
  const clickhouse = await startTestClickHouse()
  const dir = mkdtempSync(join(tmpdir(), 'touchline-engage-'))
  const clock = { now }
  const log = await openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger })
  const reader = { client: clickhouse.reader, project: 'default', signedOnly: false } as const
  const usual = () => ({
    clickhouse,
    log,
    clock: () => clock.now,
    metrics: createMetrics(),
    logger: silentLogger,
    isAlone: true,
  })
  return {
    clickhouse,
    log,
    clock,
    reader,
    async define(kind, id, body) {
      const deps = { reader, app: clickhouse.app, log, clock: () => clock.now }
      await writeDefinition({ kind, id, body, author: 'test', note: '' }, deps)
    },
    async touch(...said) {
      const rows = said.map((one) => rowOf(one))
      const lines = (list: readonly object[]) =>
        Buffer.from(list.map((row) => `${JSON.stringify(row)}\n`).join(''))
      const accounts = rows.flatMap(({ accounts: list, message_ids: [message_id], ...row }) =>
        list.map((account) => ({ ...row, account, message_id })),
      )
      if (accounts.length > 0) await insertLines(clickhouse.app, 'touchpoints_of_accounts', lines(accounts))
      await insertLines(clickhouse.app, 'touchpoints_of_people', lines(rows))
    },
    rows: (sql, params = {}) =>
      query({ client: clickhouse.app, project: 'default' }, { name: 'test', sql }, params),
    worker: (deps = {}) => openWorker({ ...usual(), ...deps }),
    engage: (deps = {}) => startEngage({ ...usual(), ...deps }),
    async close() {
      await log.close()
      await clickhouse.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function rowOf(said: TouchSaid) {
  touches += 1
  const { person, at, kind = 'action', name = '', path = '', accounts = [], direction = 'inbound' } = said
  return {
    project: 'default',
    person,
    at: new Date(at).toISOString(),
    touch: said.touch ?? touches,
    version: Date.now() * 1_000 + touches,
    is_deleted: said.isDeleted === true ? 1 : 0,
    kind,
    name: name === '' && kind === 'visit' ? path : name,
    host: path === '' ? '' : 'acme.com',
    path,
    paths: kind === 'visit' ? [path] : [],
    direction,
    channel: 'Direct',
    accounts,
    message_ids: [said.messageId ?? `m${touches}`] as [string],
  }
}
