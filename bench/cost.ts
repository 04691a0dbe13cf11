/**
 * What an event costs: processor time of each part, in microseconds an event, with a process a role on a real
 * Kafka and ClickHouse. Processor time and not wall-clock time, so that a busy machine says much the same as a quiet one.
 * What the parts use while nothing comes is measured first and taken off. The figures of docs/scale.md.
 */
import { fileURLToPath } from 'node:url'
import type { Role } from '../ingest-server/src/config.js'
import { whyNoKafka } from '../test-support/kafka.js'
import { countersOf } from '../test-support/faults/counters.js'
import { startLine, type Line } from '../test-support/line.js'
import { until } from '../test-support/server.js'
import { measure, writeKey } from './collect/index.js'
import { secondsOf } from './collect/processor.js'
import { printTable, rounded } from './report.js'

const parts = ['collect', 'Kafka', 'store', 'ClickHouse', 'stitch'] as const
type Part = (typeof parts)[number]
type Costs = Record<Part, number>

export interface CostResult {
  shape: string
  events: number
  /** Microseconds of processor time an event. */
  costs: Costs
}

const idleSeconds = 6
const loadSeconds = 10

export async function run(): Promise<CostResult[]> {
  const line = await startLine({}, { TOUCHLINE_WRITE_KEY: writeKey })
  try {
    const results: CostResult[] = []
    for (const [at, shape] of ['1 event a request', '100 events a batch'].entries())
      results.push({ shape, ...(await costOf(line, at)) })
    return results
  } finally {
    await line.stop()
  }
}

async function costOf(line: Line, shape: number): Promise<Omit<CostResult, 'shape'>> {
  const [collect] = line.of('collect')
  const [store] = line.of('store')
  if (collect === undefined || store === undefined) throw new Error('A role is missing.')
  const idleFrom = await used(line)
  await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1_000))
  const from = await used(line)
  const startedAt = performance.now()
  const before = (await countersOf({ processes: [collect] })).appended
  await measure(collect.url, shape, loadSeconds)
  const appended = (await countersOf({ processes: [collect] })).appended
  await until(
    async () => ((await countersOf({ processes: [store] })).inserted >= appended ? true : undefined),
    {
      timeoutMs: 600_000,
      everyMs: 250,
      what: 'everything to be stored',
    },
  )
  const to = await used(line)
  const seconds = (performance.now() - startedAt) / 1_000
  const events = appended - before
  const cost = (part: Part) => {
    const idle = (from[part] - idleFrom[part]) / idleSeconds
    return ((to[part] - from[part] - idle * seconds) / events) * 1e6
  }
  return { events, costs: Object.fromEntries(parts.map((part) => [part, cost(part)])) as Costs }
}

/** Seconds of processor time that each part has used since its start. */
async function used(line: Line): Promise<Costs> {
  const ofRole = (role: Role) => line.of(role)[0]?.pid
  const pids: Record<Part, number | undefined> = {
    collect: ofRole('collect'),
    Kafka: line.kafka.nodes[0]?.pid,
    store: ofRole('store'),
    ClickHouse: line.clickhouse.embedded?.pid(),
    stitch: ofRole('stitch'),
  }
  const entries = parts.map(async (part) => [part, await secondsOf(pids[part])] as const)
  return Object.fromEntries(await Promise.all(entries)) as Costs
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reason = await whyNoKafka()
  if (reason !== undefined) console.log(`SKIPPED: ${reason}`)
  else {
    const results = await run()
    printTable(
      'Processor time an event, µs',
      results.map(({ shape, events, costs }) => ({
        '': shape,
        events: rounded(events),
        ...Object.fromEntries(parts.map((part) => [part, costs[part].toFixed(1)])),
      })),
    )
  }
}
