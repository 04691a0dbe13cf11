/**
 * Collect: events a second over HTTP until they are durable in the embedded log, one event a request and 100 a
 * batch, at 64 connections. Yardstick: a bare Fastify with its own JSON parser, which parses the same body
 * and answers. Targets: 0.6 of it for single events, 0.35 (aim 0.5) for batches.
 *
 * The server is the compiled one (`npm run bench` builds first): tsx names every function as it is made, which
 * costs ten times the work of the hot path. Beside it the same without a log, which says how much of the difference is the disk's. Server and load
 * are processes of their own. All servers are up all the time and take turns, so that what
 * a noisy machine does to one round it does to both halves of it.
 */
import autocannon from 'autocannon'
import Fastify from 'fastify'
import { fork, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import type * as RoutesModule from '../ingest-server/src/collect/request/routes.js'
import type * as MetricsModule from '../ingest-server/src/metrics.js'
import type * as ProjectsModule from '../ingest-server/src/projects/projects.js'
import type * as ServerModule from '../ingest-server/src/http/server.js'
import type * as KafkaLogModule from '../ingest-server/src/log/kafka-log.js'
import type * as EmbeddedLogModule from '../ingest-server/src/log/embedded-log.js'
import type { EventLog } from '../ingest-server/src/log/log.js'
import { printTable, ratio, rounded } from './report.js'

export const writeKey = 'wk_bench_0123456789'
const connections = 64

interface Shape {
  name: string
  eventsPerRequest: number
  requests: readonly { path: string; body: string }[]
}

interface Measured {
  perSecond: number
  p99Ms: number
}

type Which = 'bare' | 'collect' | 'unlogged'

export interface CollectResult {
  name: string
  bytesPerEvent: number
  medians: Record<Which, Measured>
  /** Medians of the rounds' own ratios to the bare server. */
  ratios: Record<Exclude<Which, 'bare'>, number>
}

const agent =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'
const names = ['Pricing Viewed', 'Demo Requested', 'Button Clicked', 'Trial Started', 'Invoice Paid']

/** What a browser SDK sends: a page's address and title, the agent, a handful of properties; 800 bytes. */
const eventOf = (index: number) => ({
  type: index % 3 === 0 ? 'page' : 'track',
  ...(index % 3 === 0 ? { name: 'Pricing' } : { event: names[index % names.length] }),
  messageId: `ajs-next-${1_772_366_398_000 + index}-6f0b1c1e-4f0c-4e8e`,
  anonymousId: `6f0b1c1e-4f0c-4e8e-9d57-6b1b8f${100_000 + (index % 5_000)}`,
  ...(index % 4 === 0 ? { userId: `user-${index % 2_000}` } : {}),
  timestamp: new Date().toISOString(),
  properties: { plan: 'pro', seats: index % 50, button: 'Start trial', section: 'hero', price: 49.5 },
  context: {
    page: {
      path: `/pricing/${index % 100}`,
      referrer: 'https://www.google.com/',
      search: '?utm_source=google&utm_medium=cpc&utm_campaign=brand',
      title: 'Pricing - Acme',
      url: `https://www.acme.com/pricing/${index % 100}?utm_source=google&utm_medium=cpc&utm_campaign=brand`,
    },
    userAgent: agent,
    locale: 'en-US',
    library: { name: 'analytics.js', version: 'npm:next-1.76.0' },
    timezone: 'Europe/Berlin',
    screen: { width: 1920, height: 1080, density: 2 },
  },
})

const shapes: readonly Shape[] = [
  {
    name: '1 event a request',
    eventsPerRequest: 1,
    requests: Array.from({ length: 500 }, (_, at) => {
      const event = eventOf(at)
      return { path: `/v1/${event.type}`, body: JSON.stringify(event) }
    }),
  },
  {
    name: '100 events a batch',
    eventsPerRequest: 100,
    requests: Array.from({ length: 20 }, (_, at) => {
      const batch = Array.from({ length: 100 }, (_, within) => eventOf(at * 100 + within))
      return { path: '/v1/batch', body: JSON.stringify({ batch, sentAt: new Date().toISOString() }) }
    }),
  },
]

const compiled = async <T>(path: string) =>
  (await import(new URL(`../ingest-server/dist/${path}`, import.meta.url).href)) as T

const logger = pino({ level: 'warn' })

/** Servers, by the word that starts them in a child process. Each resolves with its address and how to stop it. */
const servers = {
  async bare() {
    const app = Fastify()
    for (const path of ['track', 'page', 'batch']) app.post(`/v1/${path}`, () => ({ success: true }))
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() }
  },
  async collect(brokers?: string) {
    if (brokers !== undefined) return collectIntoKafka(brokers.split(','))
    const { openEmbeddedLog } = await compiled<typeof EmbeddedLogModule>('log/embedded-log.js')
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
    return collectInto({ append, read: none, replay: none, lag, close: done }, done)
  },
} satisfies Record<Which, (brokers?: string) => Promise<Server>>

interface Server {
  url: string
  close: () => Promise<void>
}

async function collectIntoKafka(brokers: string[]): Promise<Server> {
  const { openKafkaLog } = await compiled<typeof KafkaLogModule>('log/kafka-log.js')
  const name = randomUUID()
  const topics = { topicPrefix: `${name}.`, groupId: name, partitions: 4 }
  const log = await openKafkaLog({ brokers, ...topics, clock: Date.now, logger })
  return collectInto(log, () => log.close())
}

async function collectInto(log: EventLog, closeLog: () => Promise<void>): Promise<Server> {
  const { createHttpServer } = await compiled<typeof ServerModule>('http/server.js')
  const { openProjects } = await compiled<typeof ProjectsModule>('http/projects.js')
  const { createMetrics } = await compiled<typeof MetricsModule>('http/metrics.js')
  const { collectRoutes } = await compiled<typeof RoutesModule>('collect/routes.js')
  const app = createHttpServer({ logger })
  const projects = openProjects({ defaultProject: { writeKey, secretKey: 'sk_bench_0123456789' } })
  await app.register(collectRoutes({ projects, log, metrics: createMetrics(), clock: Date.now }))
  const close = async () => {
    await app.close()
    await closeLog()
  }
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close }
}

/** Puts load on an address and says what came through; anything but 200 is a failure of the benchmark. */
async function load(url: string, shape: Shape, seconds: number): Promise<Measured> {
  const authorization = `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    requests: shape.requests.map(({ path, body }) => ({
      method: 'POST' as const,
      path,
      headers: { 'content-type': 'application/json', authorization, 'user-agent': agent },
      body,
    })),
  })
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${url}: ${result.non2xx} answers were not 2xx, ${result.errors} failed.`)
  }
  return {
    perSecond: (result['2xx'] * shape.eventsPerRequest) / result.duration,
    p99Ms: result.latency.p99,
  }
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN

interface CollectRun {
  seconds?: number
  rounds?: number
  /** The log is this Kafka; the embedded one when absent. */
  brokers?: readonly string[]
}

export async function run({ seconds = 4, rounds = 3, brokers }: CollectRun = {}): Promise<CollectResult[]> {
  const children = await startAll(brokers)
  try {
    const results: CollectResult[] = []
    for (const [at, shape] of shapes.entries()) {
      for (const { url } of Object.values(children)) await measure(url, at, 2)
      const seen: Record<Which, Measured>[] = []
      for (let round = 0; round < rounds; round += 1) {
        seen.push({
          bare: await measure(children.bare.url, at, seconds),
          collect: await measure(children.collect.url, at, seconds),
          unlogged: await measure(children.unlogged.url, at, seconds),
        })
      }
      const medianOf = (which: Which): Measured => ({
        perSecond: median(seen.map((round) => round[which].perSecond)),
        p99Ms: median(seen.map((round) => round[which].p99Ms)),
      })
      const ratioOf = (which: Which) =>
        median(seen.map((round) => round[which].perSecond / round.bare.perSecond))
      results.push({
        name: shape.name,
        bytesPerEvent: Math.round(Buffer.byteLength(shape.requests[0]?.body ?? '') / shape.eventsPerRequest),
        medians: { bare: medianOf('bare'), collect: medianOf('collect'), unlogged: medianOf('unlogged') },
        ratios: { collect: ratioOf('collect'), unlogged: ratioOf('unlogged') },
      })
    }
    return results
  } finally {
    await Promise.all(Object.values(children).map(({ stop }) => stop()))
  }
}

async function startAll(brokers?: readonly string[]) {
  const [bare, collect, unlogged] = await Promise.all([
    startChild('serve', 'bare'),
    startChild('serve', 'collect', ...(brokers ? [brokers.join()] : [])),
    startChild('serve', 'unlogged'),
  ])
  return { bare, collect, unlogged }
}

const self = fileURLToPath(import.meta.url)

/** A child of this file in one of its roles, once it has said where it is. */
async function startChild(...words: string[]): Promise<{ url: string; stop: () => Promise<void> }> {
  const child = fork(self, words, { execArgv: process.execArgv })
  const url = await messageFrom<string>(child)
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.send('stop')
      }),
  }
}

/** A load process of its own. `shape` 0 is single events, 1 batches of 100. */
export async function measure(url: string, shape: number, seconds: number): Promise<Measured> {
  return messageFrom<Measured>(
    fork(self, ['load', url, String(shape), String(seconds)], { execArgv: process.execArgv }),
  )
}

function messageFrom<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as T))
    child.once('exit', (code) => reject(new Error(`A child of the benchmark ended with ${code}.`)))
  })
}

async function serve(which: Which, brokers?: string) {
  const { url, close } = await servers[which](brokers)
  // The parent asks to stop, or is gone.
  process.once('disconnect', () => void close())
  process.once('message', () => process.disconnect())
  process.send?.(url)
}

async function main([role, ...words]: string[]) {
  if (role === 'serve') return serve(words[0] as Which, words[1])
  if (role === 'load') {
    const shape = shapes[Number(words[1])]
    if (!shape) throw new Error(`There is no shape ${words[1]}.`)
    process.send?.(await load(words[0] ?? '', shape, Number(words[2])), () => process.disconnect())
    return
  }
  printCollect('the embedded log', await run())
}

export function printCollect(log: string, results: readonly CollectResult[]): void {
  printTable(
    `collect, ${connections} connections, durable in ${log}; ratios to a bare Fastify`,
    results.map(({ name, bytesPerEvent, medians: { bare, collect, unlogged }, ratios }) => ({
      '': name,
      'bytes an event': bytesPerEvent,
      'bare events/s': rounded(bare.perSecond),
      'p99 ms': bare.p99Ms,
      'collect events/s': rounded(collect.perSecond),
      'p99 ms ': collect.p99Ms,
      ratio: ratio(ratios.collect, 1),
      'without a log': rounded(unlogged.perSecond),
      'ratio ': ratio(ratios.unlogged, 1),
    })),
  )
}

if (process.argv[1] === self) await main(process.argv.slice(2))
