/** The collecting routes for tests: a fixed clock, the fixtures' keys, and a log that a test can break. */
import Fastify, { type FastifyInstance, type InjectOptions } from 'fastify'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import {
  fixtureReceivedAt,
  fixtureSecretKey,
  fixtureWriteKey,
  type FixtureRequest,
} from '@touchline/schemas/fixtures'
import { collectRoutes, type CollectDeps } from '../ingest-server/src/collect/request/routes.js'
import { routerOptions } from '../ingest-server/src/http/server.js'
import { createMetrics } from '../ingest-server/src/metrics.js'
import { openProjects } from '../ingest-server/src/projects/projects.js'
import type { EventLog, LogRecord } from '../ingest-server/src/log/log.js'

export interface RecordingLog extends EventLog {
  records: LogRecord[]
  /** What `append` does instead of recording; undefined records. */
  instead: (() => Promise<void>) | undefined
}

export function recordingLog(): RecordingLog {
  const log: RecordingLog = {
    records: [],
    instead: undefined,
    append(records) {
      if (log.instead) return log.instead()
      // Copied, as a log must: the bytes are written over once they are appended.
      for (const one of records) log.records.push({ ...one, lines: Buffer.from(one.lines) })
      return Promise.resolve()
    },
    read: () => Promise.reject(new Error('nothing reads this log')),
    replay: () => Promise.reject(new Error('nothing replays this log')),
    noteEnd: () => Promise.resolve(() => Promise.resolve(true)),
    lag: () => Promise.resolve({ records: 0, bytes: 0, oldestMs: 0 }),
    close: () => Promise.resolve(),
  }
  return log
}

/** `server` makes the server that the routes are registered on; without it a bare one. */
export async function startCollect({
  server,
  ...options
}: Partial<CollectDeps> & { server?: () => FastifyInstance } = {}) {
  const log = recordingLog()
  const metrics = createMetrics()
  const projects =
    options.projects ??
    openProjects({ defaultProject: { writeKey: fixtureWriteKey, secretKey: fixtureSecretKey } })
  const app = server?.() ?? Fastify({ genReqId: () => 'request-1', routerOptions })
  const clock = () => Date.parse(fixtureReceivedAt)
  await app.register(collectRoutes({ log, metrics, clock, ...options, projects }))
  return { app, log, metrics, projects }
}

const encoders = {
  gzip: gzipSync,
  deflate: deflateSync,
  'deflate-raw': deflateRawSync,
  br: brotliCompressSync,
}

/** A fixture's request as `app.inject` takes it. */
export function toInject({ path, headers, body, text, encoding }: FixtureRequest): InjectOptions {
  const payload = Buffer.from(text ?? JSON.stringify(body))
  const named = encoding === 'deflate-raw' ? 'deflate' : encoding
  const all = { 'content-type': 'application/json', ...(named && { 'content-encoding': named }), ...headers }
  return {
    method: 'POST',
    url: path,
    headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)),
    payload: encoding ? encoders[encoding](payload) : payload,
  }
}

/** The rows of one table in a log, parsed, and their text. */
export function rowsOf(records: readonly LogRecord[], table: LogRecord['table']) {
  const text = records
    .filter((record) => record.table === table)
    .map(({ lines }) => lines.toString('utf8'))
    .join('')
  const rows = text.split('\n').slice(0, -1)
  return { text, rows: rows.map((row) => JSON.parse(row) as Record<string, unknown>) }
}
