/** Ways to stop everybody without a key, on a real server with real sockets: none of them takes what others need. */
import pino from 'pino'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { fixtureSecretKey, fixtureWriteKey } from '@touchline/schemas/fixtures'
import { startCollect } from '../../../../test-support/collect.js'
import { createHttpServer } from '../../http/server.js'
import { openProjects } from '../../projects/projects.js'
import type { CollectDeps } from './routes.js'

const authorization = `Basic ${Buffer.from(`${fixtureWriteKey}:`).toString('base64')}`
const patient = { timeout: 25_000, interval: 20 }

let closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.reverse()) await close()
  closing = []
})

async function start(options: Partial<CollectDeps> = {}, requestTimeoutMs?: number) {
  const logger = pino({ level: 'silent' })
  const { app, log } = await startCollect({
    ...options,
    // Each test's senders say where they are.
    server: () => createHttpServer({ logger, trustProxy: ['127.0.0.1'], requestTimeoutMs }),
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  closing.push(() => app.close())
  return { url, log, port: (app.server.address() as AddressInfo).port }
}

interface Raw {
  socket: Socket
  /** What came back so far. */
  said: () => string
  isClosed: () => boolean
}

function open(port: number, head: string, body: string | Buffer = ''): Raw {
  let text = ''
  let isClosed = false
  const socket = connect(port, '127.0.0.1')
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  socket.on('error', () => undefined)
  socket.on('close', () => (isClosed = true))
  socket.write(head)
  socket.write(body)
  closing.push(() => socket.destroy())
  return { socket, said: () => text, isClosed: () => isClosed }
}

interface Head {
  length: number
  from?: string
  key?: string
  more?: string
}
const headOf = ({ length, from = '203.0.113.66', key = authorization, more = '' }: Head) =>
  `POST /v1/batch HTTP/1.1\r\nhost: x\r\nx-forwarded-for: ${from}\r\n${key === '' ? '' : `authorization: ${key}\r\n`}${more}content-length: ${length}\r\n\r\n`

const event = (text: string) => ({ type: 'track', event: 'Paid', anonymousId: 'a-1', properties: { text } })

const honest = (url: string, from = '198.51.100.1', bytes = 20_000) =>
  fetch(`${url}/v1/batch`, {
    method: 'POST',
    headers: { authorization, 'x-forwarded-for': from },
    body: JSON.stringify({ batch: [event('x'.repeat(bytes))] }),
  })

describe('the room for bodies', () => {
  test('is not taken by what was announced and does not come', async () => {
    const { url, port } = await start({ maxInFlightBytes: 2_000_000 })
    const slow = Array.from({ length: 128 }, () => open(port, headOf({ length: 512 * 1024 }), '{"batch":['))
    await Promise.all(slow.map(({ socket }) => new Promise((resolve) => socket.write(' ', resolve))))
    for (let times = 0; times < 20; times += 1) expect((await honest(url)).status).toBe(200)
    // Also not for others at the same address.
    expect((await honest(url, '203.0.113.66')).status).toBe(200)
  })

  test('is taken by one address by half, whether or not its bodies have a length', async () => {
    const { url, port } = await start({ maxInFlightBytes: 2_000_000 })
    const part = 'x'.repeat(300_000)
    const chunked = headOf({ length: 0, key: '' }).replace('content-length: 0', 'transfer-encoding: chunked')
    const flood = Array.from({ length: 8 }, (_, n) =>
      n % 2 === 0
        ? open(port, headOf({ length: 500_000 }), part)
        : open(port, chunked, `${part.length.toString(16)}\r\n${part}\r\n`),
    )
    // Three of them fit; the others are told so, and not to hurry.
    await expect.poll(() => flood.filter(({ said }) => said().includes(' 503 ')).length, patient).toBe(5)
    const [refused] = flood.filter(({ said }) => said() !== '')
    expect(refused?.said()).toMatch(/retry-after: 1.*OVERLOADED.*from this address/is)
    expect((await honest(url)).status).toBe(200)
    const own = await honest(url, '203.0.113.66', 30_000)
    expect([own.status, own.headers.get('retry-after')]).toEqual([200, null])
    // Another network's half is its own.
    const other = open(port, headOf({ length: 500_000, from: '2001:db8:1:2::3' }), part)
    expect((await honest(url, '2001:db8:1:2:ffff::1')).status).toBe(200)
    other.socket.destroy()
    // What was held is free again once they are gone.
    for (const { socket } of flood) socket.destroy()
    await expect.poll(async () => (await honest(url, '203.0.113.66', 30_000)).status, patient).toBe(200)
  })

  test('an overload says so to a page of another origin too', async () => {
    const { port } = await start({ maxInFlightBytes: 100_000 })
    const over = open(port, headOf({ length: 60_000, more: 'origin: https://shop.test\r\n' }))
    await expect.poll(over.said, patient).toContain('OVERLOADED')
    expect(over.said().toLowerCase()).toContain('access-control-allow-origin: https://shop.test')
  })
})

test.each([
  ['an address that there is not', 'POST /v1/nothing'],
  ['a method that the address does not take', 'PUT /v1/batch'],
])('nothing is read of a body for %s', async (_what, line) => {
  const { port } = await start()
  const one = open(port, headOf({ length: 500_000 }).replace('POST /v1/batch', line))
  await expect.poll(one.said, patient).toMatch(/ 40[45] /)
})

describe('a request that comes slowly', () => {
  test.each([
    ['its body', (port: number) => open(port, headOf({ length: 500_000 }), '{')],
    ['its headers', (port: number) => open(port, 'POST /v1/batch HTTP/1.1\r\nhost: x\r\nx-a: ')],
  ])('ends at its limit, not at twice it: %s', async (_what, begin) => {
    const { port } = await start({}, 1_000)
    const slow = begin(port)
    const drip = setInterval(() => slow.socket.writable && slow.socket.write(' '), 50)
    closing.push(() => clearInterval(drip))
    // Node by itself looks every 30 seconds only.
    await expect.poll(slow.isClosed, { timeout: 15_000 }).toBe(true)
    expect(slow.said()).toContain(' 408 ')
  })
})

describe('a key is judged before the body', () => {
  test.each([
    ['of a secret key from a page', `Bearer ${fixtureSecretKey}`, 'SECRET_KEY_IN_BROWSER'],
    ['of a key for other pages', 'Bearer wk_origin_0123456789', 'ORIGIN_NOT_ALLOWED'],
  ])('that stands in the headers, before it is read: %s', async (_what, key, code) => {
    const known = openProjects({
      defaultProject: { writeKey: fixtureWriteKey, secretKey: fixtureSecretKey },
    })
    closing.push(() => known.close())
    const projects = {
      ...known,
      credentialOf(one: string) {
        if (one !== 'wk_origin_0123456789') return known.credentialOf(one)
        const found = known.credentialOf(fixtureWriteKey)
        return found && { ...found, key: { id: 'web', origins: ['https://shop.test'] } }
      },
    }
    const { port } = await start({ projects })
    const one = open(port, headOf({ length: 500_000, key, more: 'origin: https://evil.test\r\n' }))
    await expect.poll(one.said, patient).toContain(code)
  })

  test.each([
    ['no key', '{,,,,,,,,', 'KEY_MISSING'],
    ['one that nobody knows', '{"writeKey":"wk_nobody",,,,', 'KEY_UNKNOWN'],
    ['one in another place', `{"key":"${fixtureWriteKey}",,,`, 'KEY_MISSING'],
    ['a known one', `{"writeKey" : "${fixtureWriteKey}",,,`, 'BODY_NOT_JSON'],
  ])('that stands in the body, before it is parsed: %s', async (_what, text, code) => {
    const { url } = await start()
    for (const encoding of ['identity', 'gzip']) {
      const answer = await fetch(`${url}/v1/track`, {
        method: 'POST',
        headers: { 'content-encoding': encoding },
        body: encoding === 'gzip' ? gzipSync(text) : text,
      })
      expect((await answer.json()) as object).toMatchObject({ code })
    }
  })

  test('a body is taken by the key in it alone, at its end too', async () => {
    const { url, log } = await start()
    const sent = {
      batch: [{ ...event('wk_nobody'), writeKey: 'wk_other' }],
      writeKey: ` ${fixtureWriteKey} `,
    }
    const answer = await fetch(`${url}/v1/batch`, { method: 'POST', body: JSON.stringify(sent) })
    expect([answer.status, log.records.length]).toEqual([200, 1])
    const nested = { batch: [{ ...event(''), writeKey: fixtureWriteKey }] }
    const refused = await fetch(`${url}/v1/batch`, { method: 'POST', body: JSON.stringify(nested) })
    expect((await refused.json()) as object).toMatchObject({ code: 'KEY_MISSING' })
  })
})

describe('a flood of bad bodies', () => {
  const bad = gzipSync(`{"writeKey":"${fixtureWriteKey}","a":[${'[],'.repeat(600_000)}`)

  test('waits for its own: others are answered between two of them', async () => {
    expect(bad.length).toBeLessThan(20_000)
    const { url, port } = await start()
    const head = headOf({ length: bad.length, more: 'content-encoding: gzip\r\n' })
    const flood = Array.from({ length: 40 }, () => open(port, head, bad))
    const answered = () => flood.filter(({ said }) => said().includes('HTTP/1.1')).length
    await expect.poll(answered, patient).toBeGreaterThan(0)
    const encoded = (from: string) =>
      fetch(`${url}/v1/batch`, {
        method: 'POST',
        headers: { authorization, 'x-forwarded-for': from, 'content-encoding': 'gzip' },
        body: gzipSync(JSON.stringify({ batch: [event('')] })),
      })
    for (let times = 0; times < 3; times += 1) {
      const before = answered()
      const statuses = [(await honest(url)).status, (await encoded('198.51.100.7')).status]
      expect(statuses).toEqual([200, 200])
      // Counted in answers, not in time: the rest of the flood is still behind them.
      expect(answered() - before).toBeLessThan(15)
    }
    await expect.poll(answered, { ...patient, timeout: 60_000 }).toBe(40)
    for (const { said } of flood) expect(said()).toMatch(/ (400|503) /)
  })

  const names = Array.from({ length: 35_000 }, (_, n) => `"k${n}":1`).join(',')
  test.each([
    ['of very many names', `{${names}}`],
    ['of words that Python writes for infinity', `{"a":${'NaN,'.repeat(120_000)}`],
    ['of events that are too many', `{"batch":[${'Infinity,'.repeat(50_000)}1]}`],
  ])('that nothing was encoded of waits for its own too: %s', async (_what, body) => {
    expect(Buffer.byteLength(body)).toBeLessThan(512 * 1024)
    const { port } = await start()
    const flood = Array.from({ length: 40 }, () => open(port, headOf({ length: body.length }), body))
    const answered = () => flood.filter(({ said }) => said().includes('HTTP/1.1')).length
    // By a socket and turn by turn: `fetch` and `poll` take so many turns of this very loop that the flood would be over.
    const answeredMeanwhile = async (from: string, bytes: number) => {
      const before = answered()
      const own = JSON.stringify({ batch: [event('x'.repeat(bytes))] })
      const one = open(port, headOf({ length: own.length, from }), own)
      while (one.said() === '' && !one.isClosed()) await nextTurn()
      expect(one.said()).toContain(' 200 ')
      return answered() - before
    }
    while (answered() === 0) await nextTurn()
    expect(await answeredMeanwhile('198.51.100.1', 100)).toBeLessThan(12)
    expect(await answeredMeanwhile('203.0.113.66', 100), 'of the flood’s own address').toBeLessThan(12)
    // A large body from elsewhere waits for one of theirs, not for all.
    expect(await answeredMeanwhile('198.51.100.1', 20_000)).toBeLessThan(12)
    await expect.poll(answered, { ...patient, timeout: 60_000 }).toBe(40)
    for (const { said } of flood) expect(said()).toMatch(/ 4\d\d /)
  })

  test('more than wait at one time are refused, by their address', async () => {
    const { url, port } = await start()
    const head = headOf({ length: bad.length, more: 'content-encoding: gzip\r\n' })
    const flood = Array.from({ length: 200 }, () => open(port, head, bad))
    await expect.poll(() => flood.some(({ said }) => said().includes('OVERLOADED')), patient).toBe(true)
    expect((await honest(url)).status).toBe(200)
    for (const { socket } of flood) socket.destroy()
  })

  test('counts as events against the rate of its key', async () => {
    const known = openProjects({
      defaultProject: { writeKey: fixtureWriteKey, secretKey: fixtureSecretKey },
    })
    closing.push(() => known.close())
    const projects = {
      ...known,
      credentialOf: (key: string) => {
        const found = known.credentialOf(key)
        return found && { ...found, project: { ...found.project, eventsPerSecondPerAddress: 10 } }
      },
    }
    const { url } = await start({ projects })
    const send = () =>
      fetch(`${url}/v1/batch`, {
        method: 'POST',
        headers: { authorization, 'x-forwarded-for': '203.0.113.66' },
        body: '{,'.repeat(50_000),
      })
    expect((await send()).status).toBe(400)
    const limited = await send()
    expect([limited.status, Number(limited.headers.get('retry-after')) > 1]).toEqual([429, true])
    expect((await honest(url)).status).toBe(200)
  })
})
