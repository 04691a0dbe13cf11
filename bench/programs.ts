/**
 * Programs and deliveries: how long 100,000 waiting runs take to be there after a start and what they hold in memory,
 * and how many deliveries a second a healthy endpoint gets while another hangs. Targets: 5 s, 300 MB, 1,000 a second.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { insertLines } from '../ingest-server/src/clickhouse/insert-lines.js'
import { decidedRecord, type Decided } from '../ingest-server/src/engagement/deliveries/delivery.js'
import { toWaiting } from '../ingest-server/src/engagement/deliveries/sender.js'
import { programSlots, slotOfSubject } from '../ingest-server/src/engagement/programs/enter.js'
import { factsRecord, runKey, type Fact } from '../ingest-server/src/engagement/programs/run.js'
import { startProgramWorld, type ProgramWorld } from '../test-support/programs.js'
import { startReceiver } from '../test-support/receiver.js'
import { printTable, rounded } from './report.js'

const day = 86_400_000

export interface ProgramsResult {
  waitingRuns: number
  startSeconds: number
  memoryMb: number
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

async function fill({ clickhouse, define }: ProgramWorld, runs: number): Promise<void> {
  const steps = [
    { id: 'w', wait: '30d' },
    { id: 'end', exit: 'done' },
  ]
  await define('programs', 'nurture', { subject: 'person', enter: { segment: 'hot' }, steps })
  const now = Date.now()
  for (let from = 0; from < runs; from += 10_000) {
    const facts = Array.from({ length: Math.min(10_000, runs - from) }, (_, index) =>
      waitingRun(from + index, now),
    )
    await insertLines(clickhouse.app, 'program_facts', factsRecord(facts).lines)
  }
}

/** After a collection, where node was started with --expose-gc. */
function memoryMb(): number {
  globalThis.gc?.()
  return process.memoryUsage().rss / 2 ** 20
}

export async function run({ runs = 100_000, deliveries = 10_000 } = {}): Promise<ProgramsResult> {
  const world = await startProgramWorld()
  const [good, hanging] = await Promise.all([startReceiver(), startReceiver()])
  try {
    await fill(world, runs)
    hanging.react('hang')
    await world.define('endpoints', 'good', { url: good.url, secret: 'env:CRM' })
    await world.define('endpoints', 'hanging', { url: hanging.url, secret: 'env:CRM' })
    const before = memoryMb()
    const startedAt = performance.now()
    const { worker } = world.start()
    while (worker.runs.size() < runs || worker.held().length < programSlots) await delay(10)
    const startSeconds = (performance.now() - startedAt) / 1_000
    const used = memoryMb() - before

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
    return {
      waitingRuns: runs,
      startSeconds,
      memoryMb: used,
      deliveries,
      deliveriesPerSecond,
      hangingTried: hanging.received.length,
    }
  } finally {
    await Promise.all([good.close(), hanging.close()])
    await world.close()
  }
}

export function print(result: ProgramsResult): void {
  const { waitingRuns, startSeconds, memoryMb: memory, deliveriesPerSecond, hangingTried } = result
  printTable(`Programs: ${rounded(waitingRuns)} waiting runs`, [
    { what: 'until they are there after a start', measured: `${rounded(startSeconds)} s`, target: '≤ 5 s' },
    { what: 'memory that they hold', measured: `${Math.round(memory)} MB`, target: '≤ 300 MB' },
    {
      what: `deliveries a second while another endpoint hangs (${hangingTried} requests to it)`,
      measured: rounded(deliveriesPerSecond),
      target: '≥ 1,000',
    },
  ])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) print(await run())
