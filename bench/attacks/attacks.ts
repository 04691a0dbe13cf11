/**
 * Ways to stop everybody, of the kinds that SECURITY.md lists. Each goes on until `signal` aborts, from an address of its
 * own (the server believes X-Forwarded-For from this machine), bounded in connections and in what waits for an answer.
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'

export interface Target {
  url: string
  writeKey: string
  secretKey: string
  /** With the analyst's user and password in it. */
  clickhouseUrl: string
  /** Process id of the embedded ClickHouse. */
  engine: number
}

export type Attack = (target: Target, signal: AbortSignal) => Promise<void>

const from = '203.0.113.66'

/** So many connections, each opened again when it ends; `write` is what a connection says. */
function connections(count: number, write: (socket: Socket, target: Target) => void): Attack {
  return async ({ url, ...rest }, signal) => {
    const { port } = new URL(url)
    const hold = async () => {
      while (!signal.aborted) {
        await new Promise<void>((resolve) => {
          const socket = connect(Number(port), '127.0.0.1')
          const end = () => socket.destroy()
          signal.addEventListener('abort', end, { once: true })
          socket.once('error', () => undefined)
          socket.once('close', () => {
            signal.removeEventListener('abort', end)
            resolve()
          })
          socket.resume()
          write(socket, { url, ...rest })
        })
        await delay(10)
      }
    }
    await Promise.all(Array.from({ length: count }, hold))
  }
}

const headOf = (length: number, more = '') =>
  `POST /v1/batch HTTP/1.1\r\nhost: x\r\nx-forwarded-for: ${from}\r\n${more}content-length: ${length}\r\n\r\n`

/** So many requests at once, each of this body, again and again. */
function streams(count: number, bodyOf: (target: Target) => Body): Attack {
  return async (target, signal) => {
    const { body, headers = {} } = bodyOf(target)
    const post = async () => {
      while (!signal.aborted) {
        const answer = await fetch(`${target.url}/v1/batch`, {
          method: 'POST',
          headers: { 'x-forwarded-for': from, ...headers },
          body,
          signal,
        }).catch(() => undefined)
        await answer?.arrayBuffer().catch(() => undefined)
        if (answer === undefined) await delay(10)
      }
    }
    await Promise.all(Array.from({ length: count }, post))
  }
}

interface Body {
  body: string | Buffer<ArrayBuffer>
  headers?: Record<string, string>
}

const keyed = ({ writeKey }: Target) => `{"writeKey":"${writeKey}","a":`
const packed = (text: string): Body => ({
  body: gzipSync(text),
  headers: { 'content-encoding': 'gzip' },
})

/** Somebody of 900 addresses with 20 devices each, and again of others as soon as those are sent. */
const octopus: Attack = async ({ url, writeKey }, signal) => {
  for (let round = 0; !signal.aborted; round += 1) {
    for (let start = 0; start < 900 && !signal.aborted; start += 90) {
      const batch = Array.from({ length: 90 }, (_, n) => start + n).flatMap((n) => [
        { type: 'identify', userId: `octopus-${round}`, traits: { email: `arm-${round}-${n}@octopus.dev` } },
        ...Array.from({ length: 20 }, (__, d) => ({
          type: 'identify',
          anonymousId: `arm-${round}-${n}-${d}`,
          traits: { email: `arm-${round}-${n}@octopus.dev` },
        })),
      ])
      await post(url, { writeKey, batch }, signal)
    }
    await delay(5_000, undefined, { signal }).catch(() => undefined)
  }
}

/** 600 events of as many long device ids, and 2,000 guests of one account, whose pages are then asked for without end. */
const longPages: Attack = async ({ url, writeKey, secretKey }, signal) => {
  const long = (n: number) => `${String(n).padStart(6, '0')}${'x'.repeat(394)}`
  const devices = Array.from({ length: 600 }, (_, n) => ({
    ...{ type: 'identify', userId: 'long', anonymousId: long(n) },
  }))
  const guests = Array.from({ length: 2_000 }, (_, n) => ({
    ...{ type: 'track', event: 'Came', anonymousId: `guest-${n}`, context: { groupId: 'crowded' } },
  }))
  for (const batch of [devices, guests]) await post(url, { writeKey, batch }, signal)
  const paths = ['/v1/users/long/timeline', '/v1/people/long', '/v1/accounts/crowded/timeline?limit=100']
  const ask = async (path: string) => {
    while (!signal.aborted) {
      const headers = { authorization: `Bearer ${secretKey}` }
      const answer = await fetch(`${url}${path}`, { headers, signal }).catch(() => undefined)
      await answer?.arrayBuffer().catch(() => undefined)
      if (answer === undefined) await delay(10)
    }
  }
  await Promise.all([...paths, ...paths].map(ask))
}

const sleepingSql: Attack = async ({ clickhouseUrl }, signal) => {
  const { origin, username, password } = new URL(clickhouseUrl)
  const headers = { 'x-clickhouse-user': username, 'x-clickhouse-key': password }
  const body = 'SELECT sleepEachRow(1) FROM numbers(40) SETTINGS max_block_size = 1'
  const ask = async () => {
    while (!signal.aborted) {
      const answer = await fetch(origin, { method: 'POST', headers, body, signal }).catch(() => undefined)
      await answer?.arrayBuffer().catch(() => undefined)
      await delay(100)
    }
  }
  await Promise.all(Array.from({ length: 64 }, ask))
}

/** No attack of anybody's: what befalls the machine. Thawed afterwards. */
const frozenEngine: Attack = async ({ engine }, signal) => {
  process.kill(engine, 'SIGSTOP')
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  // The server may have ended it meanwhile.
  if (isAlive(engine)) process.kill(engine, 'SIGCONT')
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function post(url: string, body: object, signal: AbortSignal): Promise<void> {
  const headers = { 'x-forwarded-for': from }
  const answer = await fetch(`${url}/v1/batch`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    signal,
  }).catch(() => undefined)
  await answer?.arrayBuffer().catch(() => undefined)
}

export const attacks: Readonly<Record<string, Attack>> = {
  'no attack': (_target, signal) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
  '300 bodies announced and not sent': connections(300, (socket) => {
    socket.write(`${headOf(512 * 1024)}{"batch":[`)
  }),
  '300 unfinished headers': connections(300, (socket) => {
    socket.write('POST /v1/batch HTTP/1.1\r\nhost: x\r\nx-a: ')
  }),
  '40 streams of costly mistakes': streams(40, (target) =>
    packed(`${keyed(target)}{${',,,,'.repeat(500_000)}`),
  ),
  '20 streams of deep nesting': streams(20, (target) => packed(`${keyed(target)}${'['.repeat(2_000_000)}`)),
  '3,000 encodings upon encodings': streams(20, () => ({
    body: gzipSync('{}'),
    headers: { 'content-encoding': Array.from({ length: 3_000 }, () => 'gzip').join(',') },
  })),
  '20 streams of 500 KB that are nothing': streams(20, () => ({ body: '{'.repeat(500_000) })),
  '900 addresses with 20 devices each': octopus,
  'long ids and crowded accounts': longPages,
  '64 sleeping SQL statements': sleepingSql,
  'a frozen ClickHouse': frozenEngine,
}
