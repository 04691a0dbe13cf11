/**
 * From 2xx to visible: the real server takes 1,000 events a second; twice a second one of them is a
 * probe, a visitor's identify, and its timeline is asked for until it shows. Prints p50, p95, p99 and the
 * memory of the whole product before the load ("at rest"). Yardstick: the same GET for somebody known.
 */
import { readFile, readdir } from 'node:fs/promises'
import { startServer } from '../test-support/server.js'
import { printTable } from './report.js'

const seconds = Number(process.argv[2] ?? 60)
const eventsPerSecond = 1_000
const eventsPerRequest = 20
const probesPerSecond = 2
/** A read costs some 25 ms of processor on fresh small parts: asked more often, the probes would be the load. */
const askEveryMs = 50

const ms = (value: number) => `${Math.round(value)} ms`

const server = await startServer()
try {
  // One collection of garbage and one rolling pass later: what it holds when nobody uses it.
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  const restMiB = await memoryMiB(server.pid)

  const visibleMs: number[] = []
  const readMs: number[] = []
  const load = background(eventsPerSecond / eventsPerRequest, seconds, (turn) => sendBatch(turn))
  const probes = background(probesPerSecond, seconds, async (turn) => {
    visibleMs.push(await probe(turn))
    const startedAt = performance.now()
    await server.get('/v1/users/user%3Aprobe-0/timeline?limit=1')
    readMs.push(performance.now() - startedAt)
  })
  const [sent] = await Promise.all([load, probes])

  const p = (values: number[], share: number) => {
    const sorted = [...values].sort((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
  }
  printTable(
    `From 2xx to visible, ${Math.round((sent * eventsPerRequest) / seconds)} events/s for ${seconds} s`,
    [
      {
        what: 'visible in the timeline',
        p50: ms(p(visibleMs, 0.5)),
        p95: ms(p(visibleMs, 0.95)),
        p99: ms(p(visibleMs, 0.99)),
      },
      {
        what: 'yardstick: one timeline read',
        p50: ms(p(readMs, 0.5)),
        p95: ms(p(readMs, 0.95)),
        p99: ms(p(readMs, 0.99)),
      },
      { what: 'target', p50: '', p95: '', p99: '1000 ms' },
    ],
  )
  printTable('Whole product at rest', [
    { what: 'server and embedded ClickHouse, RSS', MiB: restMiB, target: 600 },
  ])
} finally {
  await server.stop()
}

async function sendBatch(turn: number): Promise<void> {
  const batch = Array.from({ length: eventsPerRequest }, (_, index) => ({
    type: 'track',
    event: 'Load',
    userId: `load-${(turn * eventsPerRequest + index) % 5_000}`,
    anonymousId: `load-device-${(turn * eventsPerRequest + index) % 5_000}`,
    properties: { turn, index },
  }))
  const { status } = await server.post('/v1/batch', { batch })
  if (status !== 200) throw new Error(`the server answered ${status}`)
}

/** Milliseconds from the 2xx of an identify until what the visitor did before is on the user's timeline. */
async function probe(turn: number): Promise<number> {
  const anonymousId = `probe-device-${turn}`
  const userId = `probe-${turn}`
  await server.post('/v1/track', { anonymousId, event: 'Before The Name' })
  await server.post('/v1/identify', { anonymousId, userId, traits: { plan: 'trial' } })
  const acknowledgedAt = performance.now()
  for (;;) {
    const { body } = await server.get(`/v1/users/user%3A${userId}/timeline?limit=5`)
    if (JSON.stringify(body).includes('Before The Name')) return performance.now() - acknowledgedAt
    if (performance.now() - acknowledgedAt > 60_000) throw new Error(`${userId} did not show within a minute`)
    await new Promise((resolve) => setTimeout(resolve, askEveryMs))
  }
}

/** Starts `work` `perSecond` times a second for `forSeconds`, without waiting for the one before; resolves with how many. */
async function background(
  perSecond: number,
  forSeconds: number,
  work: (turn: number) => Promise<void>,
): Promise<number> {
  const startedAt = performance.now()
  const running: Promise<void>[] = []
  for (let turn = 0; turn < perSecond * forSeconds; turn += 1) {
    const dueMs = (turn * 1000) / perSecond - (performance.now() - startedAt)
    if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs))
    running.push(work(turn))
  }
  await Promise.all(running)
  return running.length
}

/** Resident memory of a process and its children, MiB. */
async function memoryMiB(pid: number): Promise<number> {
  let kilobytes = 0
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const status = await readFile(`/proc/${entry}/status`, 'utf8').catch(() => '')
    if (Number(entry) !== pid && !status.includes(`\nPPid:\t${pid}\n`)) continue
    kilobytes += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)
  }
  return Math.round(kilobytes / 1024)
}
