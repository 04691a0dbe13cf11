/**
 * The Node SDK beside those of Segment, RudderStack and PostHog: the same events into the same local sink, in the
 * same run, each SDK in a process of its own. `npm run bench -- node-sdk [--write] [--quick]`
 *
 * burst    100,000 track() calls, 1,000 between turns of the event loop, then the SDK's own flush-and-close
 * latency  the same with every answer delayed by 50 ms
 * outage   500 events a second while the sink refuses connections
 *
 * A row that is not finished in its time is stopped; what arrived until then is its rate. `--write` puts the tables
 * into bench/RESULTS.md.
 */
import { fork, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { peerPackages, sdks } from './sdks.mjs'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const isQuick = process.argv.includes('--quick')
const limitMs = isQuick ? 20_000 : 60_000
const burstEvents = 100_000
const perSecond = 500
/** Nothing more will come after so long without a request; RudderStack's and PostHog's back off for 3 s and more. */
const quietMs = 6_000

interface Row {
  sdk: string
  events: number
  enqueuePerSecond: number
  deliveredPerSecond: number
  peakMiB: number
  /** Of the SDK's process, start included: what a busy machine does not change much. */
  cpuSeconds: number
  lost: number
  repeated: number
  isFinished: boolean
  end: string
}

function installPeers(): void {
  const cache = here('../../.cache/bench-node-sdk')
  mkdirSync(cache, { recursive: true })
  if (peerPackages.every((name) => existsSync(join(cache, 'node_modules', name)))) return
  writeFileSync(join(cache, 'package.json'), '{ "private": true }')
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...peerPackages]
  const { status } = spawnSync('npm', args, { cwd: cache, stdio: 'inherit' })
  if (status !== 0) throw new Error('the peers could not be installed')
}

function versionOf(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version
}

async function startSink() {
  const child = fork(here('sink.mjs'), { execArgv: [] })
  const { port, controlPort } = await message<{ port: number; controlPort: number }>(child)
  const control = async <T>(path: string, method = 'POST') =>
    (await (await fetch(`http://127.0.0.1:${controlPort}${path}`, { method })).json()) as T
  return {
    host: `http://127.0.0.1:${port}`,
    reset: (answerAfterMs: number) => control(`/reset?answerAfterMs=${answerAfterMs}`),
    down: () => control('/down'),
    up: () => control('/up'),
    progress: () => control<{ bodies: number; lastAt: number }>('/progress', 'GET'),
    counts: () => control<{ events: number; unique: number; lastAt: number }>('/counts', 'GET'),
    stop: () => child.kill(),
  }
}
type Sink = Awaited<ReturnType<typeof startSink>>

const message = <T>(child: ChildProcess) =>
  new Promise<T>((resolve) => child.once('message', (sent) => resolve(sent as T)))
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

interface Progress {
  step: 'enqueued' | 'drained'
  startedAt?: number
  enqueueMs?: number
}

/** Runs one SDK until it has drained and nothing arrives any more, or its time is over. */
async function measure(
  sink: Sink,
  sdk: string,
  run: { events: number; perSecond?: number; limitMs: number },
) {
  const spoolDir = mkdtempSync(join(tmpdir(), 'touchline-bench-'))
  const options = JSON.stringify({ sdk, host: sink.host, spoolDir, ...run })
  const child = fork(here('run-sdk.mjs'), [options], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  let end = ''
  let isDrained = false
  const seen = { startedAt: Date.now(), enqueueMs: NaN, peakMiB: NaN, cpuSeconds: NaN }
  child.on('message', (sent) => {
    const { step, ...progress } = sent as Progress
    if (step === 'drained') isDrained = true
    else Object.assign(seen, progress)
  })
  child.on('exit', (code, signal) => {
    end = `exit ${code ?? signal}`
  })
  const deadline = Date.now() + run.limitMs
  let isQuiet = false
  while (Date.now() < deadline && end === '' && !(isDrained && isQuiet)) {
    await pause(250)
    const { bodies, lastAt } = await sink.progress()
    isQuiet = bodies > 0 && Date.now() - lastAt > (sdk.startsWith('touchline') ? 1_000 : quietMs)
    readUse(child, seen)
  }
  readUse(child, seen)
  const isFinished = isDrained && isQuiet
  child.removeAllListeners('exit')
  child.kill('SIGKILL')
  const { events, unique, lastAt } = await sink.counts()
  rmSync(spoolDir, { recursive: true, force: true })
  const row: Row = {
    sdk,
    events: run.events,
    enqueuePerSecond: run.events / (seen.enqueueMs / 1_000),
    deliveredPerSecond: unique / Math.max((lastAt - seen.startedAt) / 1_000, 0.001),
    peakMiB: seen.peakMiB,
    cpuSeconds: seen.cpuSeconds,
    lost: run.events - unique,
    repeated: events - unique,
    isFinished,
    end,
  }
  return row
}

/** Memory and processor time so far as the kernel counts them, also of a process too busy to say it. */
function readUse(child: ChildProcess, seen: { peakMiB: number; cpuSeconds: number }): void {
  const of = (file: string) => readFileSync(`/proc/${child.pid}/${file}`, 'utf8')
  try {
    seen.peakMiB = Number(/VmHWM:\s+(\d+)/.exec(of('status'))?.[1]) / 1_024
    const stat = of('stat')
    // Fields 14 and 15, utime and stime, in ticks of 10 ms; field 2 may hold blanks.
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number)
    seen.cpuSeconds = ((user ?? NaN) + (system ?? NaN)) / 100
  } catch {
    // Ended in between, or no /proc on this system: the last figures stand.
  }
}

const names = Object.keys(sdks)

async function burst(sink: Sink, answerAfterMs: number): Promise<Row[]> {
  const rows: Row[] = []
  for (const sdk of names) {
    await sink.reset(answerAfterMs)
    rows.push(await measure(sink, sdk, { events: burstEvents, limitMs }))
    progress(rows.at(-1))
  }
  return rows
}

async function outage(sink: Sink): Promise<(Row & { outageSeconds: number })[]> {
  const rows = []
  for (const sdk of names) {
    // Ours for the minute that it promises; a shorter one is kinder to the peers.
    const outageSeconds = sdk.startsWith('touchline') && !isQuick ? 60 : 15
    await sink.reset(0)
    const events = perSecond * (outageSeconds + 10)
    const measured = measure(sink, sdk, {
      events,
      perSecond,
      limitMs: (outageSeconds + 10) * 1_000 + limitMs,
    })
    await pause(5_000)
    await sink.down()
    await pause(outageSeconds * 1_000)
    await sink.up()
    rows.push({ ...(await measured), outageSeconds })
    progress(rows.at(-1))
  }
  return rows
}

function progress(row: Row | undefined): void {
  if (row !== undefined)
    console.error(`  ${row.sdk}: ${Math.round(row.deliveredPerSecond)}/s, ${row.lost} lost`)
}

const number = (value: number) => (Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '–')
const lostOf = (row: Row) =>
  row.isFinished ? number(row.lost) : `not finished: ${number(row.lost)} not sent`
/** Delivered events a second against the fastest peer with the same kind of options. */
function ratioTo(kind: 'defaults' | 'tuned', row: Row, rows: readonly Row[]): string {
  const peers = rows.filter(({ sdk }) => sdk.endsWith(kind)).map((peer) => peer.deliveredPerSecond)
  return (row.deliveredPerSecond / Math.max(...peers)).toFixed(2)
}

const burstTable = (rows: readonly Row[]) =>
  table(
    [
      'SDK',
      'enqueued/s',
      'delivered/s',
      'to best peer',
      'to best tuned',
      'CPU s',
      'peak RSS MiB',
      'lost',
      'repeated',
    ],
    rows.map((row) => [
      row.sdk,
      number(row.enqueuePerSecond),
      number(row.deliveredPerSecond),
      ratioTo('defaults', row, rows),
      ratioTo('tuned', row, rows),
      row.cpuSeconds.toFixed(1),
      number(row.peakMiB),
      row.end === '' ? lostOf(row) : `${number(row.lost)} (${row.end})`,
      number(row.repeated),
    ]),
  )

const outageTable = (rows: readonly (Row & { outageSeconds: number })[]) =>
  table(
    ['SDK', 'outage', 'events', 'peak RSS MiB', 'lost', 'repeated'],
    rows.map((row) => [
      row.sdk,
      `${row.outageSeconds} s`,
      number(row.events),
      number(row.peakMiB),
      row.end === '' ? lostOf(row) : `${number(row.lost)} (${row.end})`,
      number(row.repeated),
    ]),
  )

const table = (head: string[], rows: string[][]) =>
  [head, head.map((_name, column) => (column === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')

function writeResults(text: string): void {
  const file = here('../RESULTS.md')
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '# What was measured\n'
  const section = `<!-- node-sdk -->\n${text}\n<!-- /node-sdk -->`
  const old = /<!-- node-sdk -->[\s\S]*<!-- \/node-sdk -->/
  writeFileSync(
    file,
    old.test(before) ? before.replace(old, () => section) : `${before.trimEnd()}\n\n${section}\n`,
  )
}

installPeers()
const sink = await startSink()
const loadBefore = loadavg()[0] ?? NaN
const burstRows = await burst(sink, 0)
const latencyRows = await burst(sink, 50)
const outageRows = await outage(sink)
sink.stop()

const versions = [
  `@touchline/node ${versionOf(here('../../sdk-node'))}`,
  ...peerPackages.map(
    (name) => `${name} ${versionOf(here(`../../.cache/bench-node-sdk/node_modules/${name}`))}`,
  ),
]
const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
const text = `## The Node SDK

\`npm run bench -- node-sdk\`: the same events into the same local sink in one run, each SDK in a process of its own, on
${machine}. ${versions.join(', ')}. "To best peer" is delivered/s against
the fastest peer at its defaults; "tuned" is what the peer's own options allow for a burst (\`bench/node-sdk/sdks.mjs\`).
SDK and sink share the machine, whose load was ${loadBefore.toFixed(1)} before the run (0 is a quiet one), so the ratios and CPU s say more than
the rates. A row is stopped after ${limitMs / 1_000} s; its rate is then
what arrived in that time.

### A burst of ${number(burstEvents)} events

Calls as fast as they return, 1,000 between turns of the event loop. enqueued/s counts the time inside the calls.

${burstTable(burstRows)}

### The same, every answer after 50 ms

${burstTable(latencyRows)}

### ${perSecond} events a second through an outage (connections refused)

${outageTable(outageRows)}
`
console.log(text)
if (process.argv.includes('--write')) writeResults(text)
process.exit(0)
