/**
 * Programs and deliveries: how long 100,000 waiting runs take to be there after a start of the server and what they add to
 * its memory, and how many deliveries a second a healthy endpoint gets while another hangs. Targets: 5 s, 300 MB, 1,000 a
 * second. Memory is what the system counts for the process (RSS), of node and of its ClickHouse apart, against the same
 * server without a run.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { insertLines } from '../ingest-server/src/clickhouse/insert-lines.js'
import { openClickHouse } from '../ingest-server/src/clickhouse/open-clickhouse.js'
import { decidedRecord, type Decided } from '../ingest-server/src/engagement/deliveries/delivery.js'
import { toWaiting } from '../ingest-server/src/engagement/deliveries/sender.js'
import { programSlots, slotOfSubject } from '../ingest-server/src/engagement/slots.js'
import { factsRecord, runKey, type Fact } from '../ingest-server/src/engagement/programs/run.js'
import { silentLogger } from '../test-support/clickhouse.js'
import { startProgramWorld } from '../test-support/roles/programs.js'
import { startReceiver } from '../test-support/receiver.js'
import { startServer, until, type TestServer } from '../test-support/server.js'
import { printTable, rounded } from './report.js'

const day = 86_400_000

/** Resident memory in MB: of the server's process, and of the ClickHouse that it started. */
interface Memory {
  server: number
  clickhouse: number
}

interface StartResult {
  /** From the start of the process until all runs are there. */
  seconds: number
  /** Of it until the server answers that all its roles work. */
  readySeconds: number
  memory: Memory
}

export interface ProgramsResult {
  waitingRuns: number
  without: StartResult
  withRuns: StartResult
  deliveries: number
  deliveriesPerSecond: number
  hangingTried: number
}

function waitingRun(index: number, now: number): Fact {
  const subject = `user:u${index}`
  return {
    ...{ project: 'default', program: 'nurture', programVersion: 1, subject, entry: 1, n: 0, version: 2n },
    run: runKey('nurture', 1, subject, 1),
    subjectKind: 'person',
    way: 'segment',
    trigger: `t${index}`,
    slot: slotOfSubject('default', subject),
    step: 'w',
    state: 'waiting',
    dueAt: now + day + index * 1_000,
    enteredAt: now,
    because: '',
    kind: 'entered',
    did: '',
    at: now,
    delivery: '',
    person: subject,
    isOutward: false,
  }
}

const definition = {
  name: 'Nurture',
  body: {
    subject: 'person',
    enter: { segment: 'hot' },
    steps: [
      { id: 'w', wait: '30d' },
      { id: 'end', exit: 'done' },
    ],
  },
}

/** Into the tables of a server that is not running. */
async function fill(dataDir: string, runs: number): Promise<void> {
  const clickhouse = await openClickHouse({ logger: silentLogger, dataDir })
  try {
    const now = Date.now()
    for (let from = 0; from < runs; from += 10_000) {
      const facts = Array.from({ length: Math.min(10_000, runs - from) }, (_, index) =>
        waitingRun(from + index, now),
      )
      await insertLines(clickhouse.app, 'program_facts', factsRecord(facts).lines)
    }
  } finally {
    await clickhouse.close()
  }
}

function residentMb(pid: number): number {
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(found?.[1]) / 1_024
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)

/** The least of ten seconds: what is held, not what a collection has not taken yet. */
async function memoryOf({ pid }: TestServer): Promise<Memory> {
  const least: Memory = { server: Infinity, clickhouse: Infinity }
  for (let second = 0; second < 10; second += 1) {
    await delay(1_000)
    const clickhouse = childrenOf(pid).reduce((sum, child) => sum + residentMb(child), 0)
    least.server = Math.min(least.server, residentMb(pid))
    least.clickhouse = Math.min(least.clickhouse, clickhouse)
  }
  return least
}

async function waitingOf({ url }: TestServer): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^touchline_program_runs_waiting (\d+)/m.exec(text)?.[1] ?? 0)
}

async function measureStart(server: TestServer, runs: number): Promise<StartResult> {
  const startedAt = performance.now()
  await server.restart()
  const readySeconds = (performance.now() - startedAt) / 1_000
  await until(async () => ((await waitingOf(server)) >= runs ? true : undefined), {
    everyMs: 20,
    what: 'the runs to be there',
  })
  const seconds = (performance.now() - startedAt) / 1_000
  return { seconds, readySeconds, memory: await memoryOf(server) }
}

async function measureStarts(runs: number): Promise<Pick<ProgramsResult, 'without' | 'withRuns'>> {
  const server = await startServer({ env: { LOG_LEVEL: 'error' } })
  try {
    const answer = await fetch(`${server.url}/v1/definitions/programs/nurture`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${server.secretKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(definition),
    })
    if (!answer.ok) throw new Error(`the program was refused: ${await answer.text()}`)
    await server.kill()
    const without = await measureStart(server, 0)
    await server.kill()
    await fill(join(server.dataDir, 'clickhouse'), runs)
    return { without, withRuns: await measureStart(server, runs) }
  } finally {
    await server.stop()
  }
}

export async function run({ runs = 100_000, deliveries = 10_000 } = {}): Promise<ProgramsResult> {
  const starts = await measureStarts(runs)
  return { waitingRuns: runs, ...starts, deliveries, ...(await measureDeliveries(deliveries)) }
}

async function measureDeliveries(
  deliveries: number,
): Promise<Pick<ProgramsResult, 'deliveriesPerSecond' | 'hangingTried'>> {
  const world = await startProgramWorld()
  const [good, hanging] = await Promise.all([startReceiver(), startReceiver()])
  try {
    hanging.react('hang')
    await world.define('endpoints', 'good', { url: good.url, secret: 'env:CRM' })
    await world.define('endpoints', 'hanging', { url: hanging.url, secret: 'env:CRM' })
    const { worker } = world.start()
    while (worker.held().length < programSlots) await delay(10)
    const decided = (endpoint: string) =>
      Array.from({ length: deliveries }, (_, index): Decided => ({
        ...{
          project: 'default',
          endpoint,
          source: 'feed',
          run: 'bench',
          step: 's',
          place: index,
          version: 3n,
        },
        id: `${endpoint}-${index}`,
        subject: `user:u${index}`,
        subjects: [`user:u${index}`],
        body: JSON.stringify({ email: `u${index}@acme.com`, why: 'x'.repeat(400) }),
        decidedAt: world.clock(),
        slot: slotOfSubject('default', `user:u${index}`),
      }))
    const all = [...decided('hanging'), ...decided('good')]
    await insertLines(world.clickhouse.app, 'deliveries_decided', decidedRecord(all).lines)
    const sentAt = performance.now()
    worker.sender.add(all.map(toWaiting))
    while (good.taken().size < deliveries) await delay(20)
    const deliveriesPerSecond = deliveries / ((performance.now() - sentAt) / 1_000)
    return { deliveriesPerSecond, hangingTried: hanging.received.length }
  } finally {
    await Promise.all([good.close(), hanging.close()])
    await world.close()
  }
}

export function print(result: ProgramsResult): void {
  const { waitingRuns, without, withRuns, deliveriesPerSecond, hangingTried } = result
  const mb = (value: number) => `${Math.round(value)} MB`
  const added = withRuns.memory.server - without.memory.server
  printTable(`Programs: ${rounded(waitingRuns)} waiting runs`, [
    {
      what: `from the start of the server until they are there (ready after ${rounded(withRuns.readySeconds)} s, without runs ${rounded(without.readySeconds)} s)`,
      measured: `${rounded(withRuns.seconds)} s`,
      target: '≤ 5 s',
    },
    {
      what: 'memory of the process (RSS) with them; without a run; what they add',
      measured: `${mb(withRuns.memory.server)}; ${mb(without.memory.server)}; ${mb(added)}`,
      target: '≤ 300 MB',
    },
    {
      what: 'of its ClickHouse, a process of its own that is not in it, with them; without',
      measured: `${mb(withRuns.memory.clickhouse)}; ${mb(without.memory.clickhouse)}`,
      target: '–',
    },
    {
      what: `deliveries a second while another endpoint hangs (${hangingTried} requests to it)`,
      measured: rounded(deliveriesPerSecond),
      target: '≥ 1,000',
    },
  ])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) print(await run())
