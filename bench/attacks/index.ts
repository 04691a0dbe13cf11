/**
 * What is left for who is honest while somebody attacks: `npm run bench -- attacks [--seconds=15] [--only=WORD]`. One server,
 * each attack of attacks.ts in turn from another process, and meanwhile twenty honest `/v1/track` a second and one honest
 * identify a second, of which is measured how long it takes until its person is known. Goals: p99 1 s, none refused, stitched
 * within 10 s (not while ClickHouse is frozen).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { someEngineOf } from '../../test-support/faults/engine.js'
import { startServer, type TestServer } from '../../test-support/server.js'
import { printTable, type Row } from '../report.js'
import { attacks, type Target } from './attacks.js'

const { values } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '15' }, only: { type: 'string', default: '' } },
})
const seconds = Number(values.seconds)
const attacker = fileURLToPath(new URL('./attacker.ts', import.meta.url))
const tracksPerSecond = 20
/** An identify is waited for so long at most; then it counts as this. */
const longestLagMs = 60_000

const server = await startServer({ env: { TRUST_PROXY: '127.0.0.1' } })
try {
  const rows: Row[] = []
  for (const name of Object.keys(attacks).filter((one) => one.includes(values.only))) {
    rows.push(await measured(server, name))
    // What the attack left behind is no part of the next one.
    await delay(3_000)
  }
  printTable(`Honest requests beside an attack of ${seconds} s`, [
    ...rows,
    { attack: 'goal', 'p99 ms': 1_000, refused: 0, 'stitched after, most ms': 10_000 },
  ])
} finally {
  await server.stop()
}

async function measured(of: TestServer, name: string): Promise<Row> {
  const { url, writeKey, secretKey, clickhouseUrl, pid } = of
  const target: Target = { url, writeKey, secretKey, clickhouseUrl, engine: await someEngineOf(pid) }
  const child = spawn(process.execPath, ['--import', 'tsx', attacker], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.write(`${JSON.stringify({ name, target })}\n`)
  await once(child.stdout, 'data')
  const tracks: number[] = []
  const lags: number[] = []
  const refused = { count: 0 }
  const lagging: Promise<void>[] = []
  const tracking = every(1_000 / tracksPerSecond, seconds, async (n) => {
    const startedAt = performance.now()
    if (!(await isTaken(of, { type: 'track', event: 'Paid', userId: `honest-${n % 50}` }))) refused.count += 1
    tracks.push(performance.now() - startedAt)
  })
  const identifying = every(1_000, seconds, async (n) => {
    const userId = `known-${name.replace(/\W/g, '')}-${n}`
    if (await isTaken(of, { type: 'identify', userId, anonymousId: `${userId}-phone` }))
      lagging.push(stitchLag(of, userId).then((ms) => void lags.push(ms)))
    else refused.count += 1
  })
  await Promise.all([tracking, identifying])
  const ended = once(child, 'exit')
  child.stdin.end()
  const patience = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await ended
  clearTimeout(patience)
  await Promise.all(lagging)
  return {
    attack: name,
    requests: tracks.length,
    'p50 ms': at(tracks, 0.5),
    'p99 ms': at(tracks, 0.99),
    'most ms': at(tracks, 1),
    refused: refused.count,
    'stitched after, p50 ms': at(lags, 0.5),
    'stitched after, most ms': at(lags, 1),
  }
}

async function isTaken({ url, writeKey }: TestServer, event: object): Promise<boolean> {
  const answer = await fetch(`${url}/v1/batch`, {
    method: 'POST',
    headers: { 'x-forwarded-for': '198.51.100.7' },
    body: JSON.stringify({ writeKey, batch: [event] }),
  }).catch(() => undefined)
  await answer?.arrayBuffer()
  return answer?.status === 200
}

async function stitchLag(of: TestServer, userId: string): Promise<number> {
  const startedAt = performance.now()
  for (;;) {
    const answer = await of.get(`/v1/people/${userId}`).catch(() => undefined)
    const ms = performance.now() - startedAt
    if (JSON.stringify(answer?.body ?? '').includes(`anon:${userId}-phone`) || ms > longestLagMs) return ms
    await delay(200)
  }
}

/** Begins `work` every so often, whether or not the one before is done, and resolves when all are. */
async function every(ms: number, forSeconds: number, work: (n: number) => Promise<void>): Promise<void> {
  const startedAt = performance.now()
  const running: Promise<void>[] = []
  for (let n = 0; n * ms < forSeconds * 1_000; n += 1) {
    await delay(Math.max(0, startedAt + n * ms - performance.now()))
    running.push(work(n))
  }
  await Promise.all(running)
}

function at(list: readonly number[], share: number): number {
  const sorted = [...list].sort((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN)
}
