/** The servers that take turns, each in a process of its own; all but the whole product are children of index.ts. */
import Fastify from 'fastify'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type * as CorsModule from '../../ingest-server/src/collect/request/cors.js'
import type * as RoutesModule from '../../ingest-server/src/collect/request/routes.js'
import type * as ServerModule from '../../ingest-server/src/http/server.js'
import type * as EmbeddedLogModule from '../../ingest-server/src/log/embedded/embedded-log.js'
import type * as KafkaLogModule from '../../ingest-server/src/log/kafka/kafka-log.js'
import type { EventLog } from '../../ingest-server/src/log/log.js'
import type * as MetricsModule from '../../ingest-server/src/metrics.js'
import type * as ProjectsModule from '../../ingest-server/src/projects/projects.js'
import { writeKey } from './shapes.js'

const compiled = async <T>(path: string) =>
  (await import(new URL(`../../ingest-server/dist/${path}`, import.meta.url).href)) as T

const paths = ['/v1/track', '/v1/page', '/v1/batch']

const logger = pino({ level: 'warn' })

/** Servers, by the word that starts them in a child process. Each resolves with its address and how to stop it. */
export const servers = {
  async bare() {
    const app = Fastify()
    for (const path of paths) app.post(path, () => ({ success: true }))
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() }
  },
  /** The bare one with what a browser needs on an answer: by the plugin, and the same headers by hand. */
  async cors() {
    const { allowOrigins } = await compiled<typeof CorsModule>('collect/request/cors.js')
    const app = Fastify()
    await app.register(async (collecting) => {
      await allowOrigins(collecting)
      for (const path of paths) collecting.post(path, () => ({ success: true }))
    })
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() }
  },
  async corsByHand() {
    const app = Fastify()
    app.addHook('onRequest', (request, reply, done) => {
      reply.header('vary', 'Origin')
      reply.header('access-control-allow-origin', request.headers.origin)
      reply.header('access-control-expose-headers', 'Retry-After, X-Request-Id')
      done()
    })
    for (const path of paths) app.post(path, () => ({ success: true }))
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() }
  },
  async collect(brokers?: string) {
    if (brokers !== undefined) return collectIntoKafka(brokers.split(','))
    const { openEmbeddedLog } = await compiled<typeof EmbeddedLogModule>('log/embedded/embedded-log.js')
    const dir = mkdtempSync(join(tmpdir(), 'touchline-bench-collect-'))
    const log = await openEmbeddedLog({ dir, clock: Date.now, logger })
    return collectInto(log, async () => {
      await log.close()
      rmSync(dir, { recursive: true, force: true })
    })
  },
  unlogged() {
    const none = () => Promise.reject(new Error('Nothing was kept.'))
    const lag = () => Promise.resolve({ records: 0, bytes: 0, oldestMs: 0 })
    const done = () => Promise.resolve()
    // In the next turn, as a group commit answers: one answer at a time wakes the client each time, which costs more
    // than all the rest.
    const append = () => new Promise<void>((resolve) => setImmediate(resolve))
    const noteEnd = () => Promise.resolve(() => Promise.resolve(true))
    return collectInto({ append, read: none, replay: none, lag, noteEnd, close: done }, done)
  },
} satisfies Record<string, (brokers?: string) => Promise<Server>>

export interface Server {
  url: string
  close: () => Promise<void>
}

async function collectIntoKafka(brokers: string[]): Promise<Server> {
  const { openKafkaLog } = await compiled<typeof KafkaLogModule>('log/kafka/kafka-log.js')
  const name = randomUUID()
  const topics = { topicPrefix: `${name}.`, groupId: name, partitions: 4 }
  const log = await openKafkaLog({ brokers, ...topics, clock: Date.now, logger })
  return collectInto(log, () => log.close())
}

async function collectInto(log: EventLog, closeLog: () => Promise<void>): Promise<Server> {
  const { createHttpServer } = await compiled<typeof ServerModule>('http/server.js')
  const { openProjects } = await compiled<typeof ProjectsModule>('projects/projects.js')
  const { createMetrics } = await compiled<typeof MetricsModule>('metrics.js')
  const { collectRoutes } = await compiled<typeof RoutesModule>('collect/request/routes.js')
  const app = createHttpServer({ logger })
  const projects = openProjects({ defaultProject: { writeKey, secretKey: 'sk_bench_0123456789' } })
  await app.register(collectRoutes({ projects, log, metrics: createMetrics(), clock: Date.now }))
  const close = async () => {
    await app.close()
    await closeLog()
  }
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close }
}
