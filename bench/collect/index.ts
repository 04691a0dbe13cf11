/**
 * Collect: events a second over HTTP until they are durable, one event a request and 100 a batch, at 64 connections,
 * and the processor time of all threads of the server an event. Yardstick: a bare Fastify with its own JSON parser, which
 * parses the same body and answers. Ratios are the yardstick's: of throughput, and of processor time, which a busy machine
 * changes less. Targets: `targets`, below.
 *
 * - `collect` is durable in the embedded log (or Kafka), `unlogged` the same without a log;
 * - `whole` is the product in one process on the same cores: it stores and stitches meanwhile, and the processor time is
 *   ClickHouse's too, until all is stored.
 *
 * The server is the compiled one (`npm run bench` builds first): tsx names every function as it is made, which
 * costs ten times the work of the hot path. Server and load are processes of their own. All servers are up all the time and
 * take turns, so that what a noisy machine does to one round it does to both halves of it.
 *
 *     npm run bench -- collect [--rounds=5] [--seconds=4] [--only=collect,unlogged,whole,cors,corsByHand]
 */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startServer, until } from '../../test-support/server.js'
import { printTable, rounded } from '../report.js'
import { secondsOfTree } from './processor.js'
import { servers } from './servers.js'
import { connections, load, shapes, writeKey, type Load } from './shapes.js'

export { writeKey }

type Which = keyof typeof servers | 'whole'

interface Measured {
  perSecond: number
  p99Ms: number
  /** Microseconds of processor time an event. */
  cpuMicros: number
}

interface Compared extends Measured {
  /** Medians of the rounds' own ratios to the bare server. */
  ratio: number
  cpuRatio: number
}

export interface CollectResult {
  name: string
  bytesPerEvent: number
  bare: Measured
  compared: Partial<Record<Which, Compared>>
}

/** Of throughput to the bare server, in the order of `shapes`. */
const targets = {
  collect: [0.6, 0.45],
  Kafka: [0.55, 0.4],
  whole: [0.45, 0.3],
} as const

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN

interface CollectRun {
  seconds?: number
  rounds?: number
  only?: readonly Which[]
  /** The log is this Kafka; the embedded one when absent. */
  brokers?: readonly string[]
}

export async function run(options: CollectRun = {}): Promise<CollectResult[]> {
  const { seconds = 4, rounds = 5, brokers, only = ['collect', 'unlogged', 'whole'] } = options
  const running = new Map<Which, Running>()
  try {
    for (const which of ['bare', ...only] as const)
      running.set(which, which === 'whole' ? await startWhole() : await startServing(which, brokers))
    const results: CollectResult[] = []
    for (const [at, shape] of shapes.entries()) {
      for (const one of running.values()) await measureOne(one, at, 2)
      const seen: Map<Which, Measured>[] = []
      for (let round = 0; round < rounds; round += 1) {
        const measured = new Map<Which, Measured>()
        for (const [which, one] of running) measured.set(which, await measureOne(one, at, seconds))
        seen.push(measured)
      }
      const bytes = Buffer.byteLength(shape.requests[0]?.body ?? '') / shape.eventsPerRequest
      results.push({ name: shape.name, bytesPerEvent: Math.round(bytes), ...compare(seen, only) })
    }
    return results
  } finally {
    for (const one of running.values()) await one.stop()
  }
}

function compare(rounds: readonly Map<Which, Measured>[], only: readonly Which[]) {
  const valuesOf = (which: Which, field: keyof Measured) =>
    rounds.map((round) => round.get(which)?.[field] ?? NaN)
  const mediansOf = (which: Which): Measured => ({
    perSecond: median(valuesOf(which, 'perSecond')),
    p99Ms: median(valuesOf(which, 'p99Ms')),
    cpuMicros: median(valuesOf(which, 'cpuMicros')),
  })
  const bare = { perSecond: valuesOf('bare', 'perSecond'), cpuMicros: valuesOf('bare', 'cpuMicros') }
  const compared: CollectResult['compared'] = {}
  for (const which of only)
    compared[which] = {
      ...mediansOf(which),
      ratio: median(valuesOf(which, 'perSecond').map((value, at) => value / (bare.perSecond[at] ?? NaN))),
      cpuRatio: median(valuesOf(which, 'cpuMicros').map((value, at) => (bare.cpuMicros[at] ?? NaN) / value)),
    }
  return { bare: mediansOf('bare'), compared }
}

interface Running {
  url: string
  pid: number
  /** Of the page that sends; none: a server does. */
  origin?: string
  /** Resolves when it has done what the load left behind. */
  settled: () => Promise<void>
  stop: () => Promise<void>
}

async function measureOne(
  { url, pid, settled, origin }: Running,
  shape: number,
  seconds: number,
): Promise<Measured> {
  const before = await secondsOfTree(pid)
  const { perSecond, p99Ms, events } = await measure(url, shape, seconds, origin)
  await settled()
  return { perSecond, p99Ms, cpuMicros: (((await secondsOfTree(pid)) - before) / events) * 1e6 }
}

/** The product as `npm start` runs it. */
async function startWhole(): Promise<Running> {
  const server = await startServer({ until: 'ready', env: { TOUCHLINE_WRITE_KEY: writeKey } })
  const settled = () =>
    until(
      async () => {
        const { body } = await server.get<{ checks?: { log?: { records?: number } } }>('/health/ready')
        return body.checks?.log?.records === 0 ? true : undefined
      },
      { timeoutMs: 300_000, everyMs: 100, what: 'everything to be stored' },
    ).then(() => new Promise<void>((resolve) => setTimeout(resolve, stitchAfterMs)))
  return { url: server.url, pid: server.pid, settled, stop: () => server.stop() }
}

/** What the last inserts bring is stitched well within this. */
const stitchAfterMs = 2_000

const self = fileURLToPath(import.meta.url)

async function startServing(which: keyof typeof servers, brokers?: readonly string[]): Promise<Running> {
  const running = await startChild('serve', which, brokers?.join() ?? '')
  return which.startsWith('cors') ? { ...running, origin: 'https://www.acme.com' } : running
}

/** A child of this file in one of its roles, once it has said where it is. */
async function startChild(...words: string[]): Promise<Running> {
  const child = fork(self, words, { execArgv: process.execArgv })
  const url = await messageFrom<string>(child)
  return {
    url,
    pid: child.pid ?? 0,
    settled: () => Promise.resolve(),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.send('stop')
      }),
  }
}

/** A load process of its own. `shape` 0 is single events, 1 batches of 100. */
export async function measure(url: string, shape: number, seconds: number, origin = ''): Promise<Load> {
  return messageFrom<Load>(
    fork(self, ['load', url, String(shape), String(seconds), origin], { execArgv: process.execArgv }),
  )
}

function messageFrom<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as T))
    child.once('exit', (code) => reject(new Error(`A child of the benchmark ended with ${code}.`)))
  })
}

async function serve(which: keyof typeof servers, brokers: string | undefined) {
  const { url, close } = await servers[which](brokers === '' ? undefined : brokers)
  // The parent asks to stop, or is gone.
  process.once('disconnect', () => void close())
  process.once('message', () => process.disconnect())
  process.send?.(url)
}

async function main([role, ...words]: string[]) {
  if (role === 'serve') return serve(words[0] as keyof typeof servers, words[1])
  if (role === 'load') {
    const shape = shapes[Number(words[1])]
    if (!shape) throw new Error(`There is no shape ${words[1]}.`)
    process.send?.(await load(words[0] ?? '', shape, Number(words[2]), words[3]), () => process.disconnect())
    return
  }
  printCollect('the embedded log', await run(optionsOf(process.argv.slice(2))))
}

export function optionsOf(words: readonly string[]): CollectRun {
  const valueOf = (name: string) => words.find((word) => word.startsWith(`--${name}=`))?.split('=')[1]
  const [rounds, seconds, only] = [valueOf('rounds'), valueOf('seconds'), valueOf('only')]
  return {
    ...(rounds === undefined ? {} : { rounds: Number(rounds) }),
    ...(seconds === undefined ? {} : { seconds: Number(seconds) }),
    ...(only === undefined ? {} : { only: only.split(',') as Which[] }),
  }
}

export function printCollect(log: string, results: readonly CollectResult[]): void {
  const targetsOf: Record<string, readonly number[] | undefined> = {
    collect: log === 'the embedded log' ? targets.collect : targets.Kafka,
    whole: targets.whole,
  }
  printTable(
    `collect, ${connections} connections, durable in ${log}; ratios to a bare Fastify, medians`,
    results.flatMap(({ name, bytesPerEvent, bare, compared }, shape) => {
      const rowOf = (what: string, { perSecond, p99Ms, cpuMicros }: Measured) => ({
        server: `${name} of ${bytesPerEvent} B: ${what}`,
        'events/s': rounded(perSecond),
        'p99 ms': p99Ms,
        'CPU µs an event': cpuMicros.toFixed(1),
      })
      const others = Object.entries(compared).map(([which, one]) => ({
        ...rowOf(which, one),
        ratio: one.ratio.toFixed(2),
        'CPU ratio': one.cpuRatio.toFixed(2),
        target: targetsOf[which]?.[shape] ?? '',
      }))
      return [{ ...rowOf('bare', bare), ratio: '1.00', 'CPU ratio': '1.00' }, ...others]
    }),
  )
}

if (process.argv[1] === self) await main(process.argv.slice(2))
