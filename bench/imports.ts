/**
 * Imports: rows a second of a CSV file through a map, against the collecting path of the same server with the same events in
 * batches of 100, in turns. The memory of `touchline import` and how much that of the server's process grows while a file of a
 * million rows goes through both (`--rows N`: of so many).
 * Target: 0.6 of the collecting path; at most 200 MB, whatever the file's size.
 */
import { Agent, request } from 'node:http'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { startImport, writeRows } from '../test-support/importing.js'
import { startServer, type TestServer } from '../test-support/server.js'
import { printTable, rounded } from './report.js'

const rows = 100_000
const rounds = 3
const perBatch = 100
const senders = 8

const head = 'email,when,what,amount,note\n'
const timeOf = (n: number) => new Date(Date.UTC(2026, 0, 1) + (n % 5_000_000) * 1_000).toISOString()
const rowOf = (round: number, n: number) =>
  `p${n % 50_000}@c${n % 500}.example,${timeOf(n)},Opened ${n % 20},${n},round ${round} row ${n}\n`
const map = JSON.stringify({
  source: 'bench',
  rows: [
    {
      as: 'touch',
      email: 'email',
      at: 'when',
      name: 'what',
      kind: 'email',
      channel: { constant: 'Email' },
      value: 'amount',
      properties: { note: 'note' },
    },
  ],
})
const eventOf = (round: number, n: number) => ({
  type: 'track',
  messageId: `${round}-${n}-collected`,
  event: `Opened ${n % 20}`,
  timestamp: timeOf(n),
  context: {
    touchpoint: { source: 'bench', kind: 'email', channel: 'Email' },
    traits: { email: `p${n % 50_000}@c${n % 500}.example` },
  },
  properties: { note: `round ${round} row ${n}`, value: n },
})

const agent = new Agent({ keepAlive: true, maxSockets: senders })

function send(server: TestServer, path: string, body: Readable | string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const sending = request(`${server.url}${path}`, {
      method: 'POST',
      agent,
      headers: { authorization: `Bearer ${server.secretKey}` },
    })
    sending.on('response', (answer) => {
      let text = ''
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
      answer.on('end', () =>
        answer.statusCode === 200
          ? resolve(JSON.parse(text) as Record<string, unknown>)
          : reject(new Error(`${answer.statusCode}: ${text}`)),
      )
    })
    sending.on('error', reject)
    if (typeof body === 'string') sending.end(body)
    else body.pipe(sending)
  })
}

function* csv(round: number, count: number): Generator<string> {
  yield head
  for (let from = 0; from < count; from += 500)
    yield Array.from({ length: Math.min(500, count - from) }, (_, n) => rowOf(round, from + n)).join('')
}

const importRows = (server: TestServer, round: number, count: number) =>
  send(server, `/v1/imports?map=${encodeURIComponent(map)}`, Readable.from(csv(round, count)))

async function collect(server: TestServer, bodies: string[]): Promise<void> {
  const rest = [...bodies]
  await Promise.all(
    Array.from({ length: senders }, async () => {
      for (let body = rest.pop(); body !== undefined; body = rest.pop()) await send(server, '/v1/batch', body)
    }),
  )
}

const rssMb = (pid: number) =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? NaN) / 1024

async function seconds(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await act()
  return (performance.now() - startedAt) / 1_000
}

const median = (numbers: number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN

interface ByCommand {
  seconds: number
  megabytes: number
  commandMb: number
  serverGrowthMb: number
  progress: string
}

/** A file of so many rows by the real command: how long, and the highest memory of it and of the server. */
async function importByCommand(server: TestServer, count: number): Promise<ByCommand> {
  const folder = await mkdtemp(join(tmpdir(), 'touchline-bench-imports-'))
  try {
    const file = join(folder, 'rows.csv')
    await writeRows(file, head, count, (n) => rowOf(99, n))
    await writeFile(join(folder, 'map.json'), map)
    const before = rssMb(server.pid)
    let [commandMb, serverMb] = [0, before]
    const startedAt = performance.now()
    const { child, ended } = startImport(server, [file, '--map', join(folder, 'map.json')])
    const timer = setInterval(() => {
      commandMb = Math.max(commandMb, rssMb(child.pid ?? 0) || 0)
      serverMb = Math.max(serverMb, rssMb(server.pid))
    }, 100)
    const { code, out, err } = await ended
    clearInterval(timer)
    if (code !== 0) throw new Error(`${out}\n${err}`)
    return {
      seconds: (performance.now() - startedAt) / 1_000,
      megabytes: (await stat(file)).size / 1e6,
      ...{ commandMb, serverGrowthMb: serverMb - before },
      progress: err.split(/[\r\n]/).findLast((line) => line.trim() !== '') ?? '',
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const server = await startServer()
try {
  const collected: number[] = []
  const imported: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const bodies = Array.from({ length: rows / perBatch }, (_, batch) =>
      JSON.stringify({
        batch: Array.from({ length: perBatch }, (_one, n) => eventOf(round, batch * perBatch + n)),
      }),
    )
    collected.push(rows / (await seconds(() => collect(server, bodies))))
    imported.push(rows / (await seconds(() => importRows(server, round, rows))))
  }
  const at = process.argv.indexOf('--rows')
  const count = at === -1 ? 1_000_000 : Number(process.argv[at + 1])
  const large = await importByCommand(server, count)
  const ratios = imported.map((one, round) => one / (collected[round] ?? NaN))
  printTable('Imports', [
    { '': 'collecting, batches of 100', 'events/s': rounded(median(collected)) },
    { '': 'importing CSV', 'events/s': rounded(median(imported)), ratio: median(ratios).toFixed(2) },
    {
      '': `touchline import, ${count} rows, ${Math.round(large.megabytes)} MB`,
      'events/s': rounded(count / large.seconds),
    },
    { '': 'memory of touchline import', MB: Math.round(large.commandMb) },
    { '': 'growth of the server meanwhile', MB: Math.round(large.serverGrowthMb) },
  ])
  console.log(`the command's last line of progress: ${large.progress}`)
} finally {
  await server.stop()
}
