/**
 * Imports: rows a second of a CSV file through a map, against the collecting path of the same server with the same events in
 * batches of 100, in turns. The memory of the server's process while a file of a million rows goes through it, and with
 * `--gigabytes 2` one of that size.
 * Target: 0.6 of the collecting path; at most 200 MB, whatever the file's size.
 */
import { Agent, request } from 'node:http'
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
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

/** The highest that the process had while `act` ran. */
async function peak(pid: number, act: () => Promise<unknown>): Promise<number> {
  let most = rssMb(pid)
  const timer = setInterval(() => (most = Math.max(most, rssMb(pid))), 100)
  await act()
  clearInterval(timer)
  return most
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
  const before = rssMb(server.pid)
  const million = await peak(server.pid, () => importRows(server, 99, 1_000_000))
  const size = process.argv.indexOf('--gigabytes')
  const bytesPerRow = rowOf(7, 1_000_000).length
  const many = size === -1 ? 0 : Math.round((Number(process.argv[size + 1]) * 1e9) / bytesPerRow)
  const most = many === 0 ? undefined : await peak(server.pid, () => importRows(server, 100, many))
  const ratios = imported.map((one, round) => one / (collected[round] ?? NaN))
  printTable('Imports', [
    { '': 'collecting, batches of 100', 'events/s': rounded(median(collected)) },
    { '': 'importing CSV', 'events/s': rounded(median(imported)), ratio: median(ratios).toFixed(2) },
    { '': 'memory at rest', MB: Math.round(before) },
    { '': 'memory with 1,000,000 rows', MB: Math.round(million) },
    ...(most === undefined ? [] : [{ '': `memory with ${many} rows`, MB: Math.round(most) }]),
  ])
} finally {
  await server.stop()
}
