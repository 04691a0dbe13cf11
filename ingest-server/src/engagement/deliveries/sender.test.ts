/** Sending against a real endpoint that fails in every way; a clock that the test moves. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { receiverSecret, startReceiver, type Receiver } from '../../../../test-support/receiver.js'
import { until } from '../../../../test-support/server.js'
import { silentLogger } from '../../../../test-support/clickhouse.js'
import { openPoster, type Poster } from '../endpoints/post.js'
import { signersOf } from '../endpoints/signature.js'
import { TouchlineError } from '../../errors.js'
import type { Attempt, Decided } from './delivery.js'
import { openSender, toWaiting, type Sender } from './sender.js'

let good: Receiver
let bad: Receiver
let poster: Poster
let sender: Sender
let attempts: Attempt[]
let offsetMs: number
let counts: Record<string, number>
let turning: NodeJS.Timeout
const clock = () => Date.now() + offsetMs

beforeEach(async () => {
  ;[good, bad] = await Promise.all([startReceiver(), startReceiver()])
  poster = openPoster({ allowed: [], timeoutMs: 3_000 })
  // Each test its own: what is under way at the end of one is nothing of the next.
  const told: Attempt[] = (attempts = [])
  const counted: Record<string, number> = (counts = {})
  offsetMs = 0
  sender = openSender({
    poster,
    endpointOf: (_project, id) => {
      if (id === 'gone') throw new TouchlineError('NOT_FOUND', 'There is no endpoint gone')
      const url = id === 'good' ? good.url : bad.url
      const read = (name: string) =>
        id === 'unset' ? undefined : name === 'CRM' ? receiverSecret : undefined
      return Promise.resolve({ id, url, signers: () => signersOf({ secret: 'env:CRM' }, read) })
    },
    mayWork: () => true,
    record: (some) => Promise.resolve(void told.push(...some)),
    count: (what, _project, n) => void (counted[what] = (counted[what] ?? 0) + n),
    clock,
    logger: silentLogger,
  })
  turning = setInterval(() => sender.turn(), 10)
})
afterEach(async () => {
  clearInterval(turning)
  await sender.settled()
  poster.close()
  await Promise.all([good.close(), bad.close()])
})

function delivery(id: string, endpoint: string, subject = id, place = 0): Decided {
  const about = { project: 'default', run: 'p:1:x:1', step: 'a', subjects: [subject], slot: 0, version: 1n }
  return {
    ...{ ...about, id, endpoint, subject, place },
    source: 'program',
    body: JSON.stringify({ id }),
    decidedAt: clock(),
  }
}
const add = (...decided: Decided[]) => sender.add(decided.map(toWaiting))
const conserved = () =>
  (counts.decided ?? 0) ===
  (counts.delivered ?? 0) +
    (counts.gaveUp ?? 0) +
    (counts.handedOver ?? 0) +
    (sender.waiting().get('default') ?? 0)
const many = (n: number, of: (index: number) => Decided) => Array.from({ length: n }, (_, index) => of(index))

describe('an endpoint that', () => {
  test.each(['hang', 'reset', 500] as const)('answers with %s holds up nobody else', async (reaction) => {
    bad.react(reaction)
    add(...many(200, (index) => delivery(`b${index}`, 'bad')))
    add(...many(200, (index) => delivery(`g${index}`, 'good')))
    await until(() => (good.taken().size === 200 ? true : undefined), { what: 'all of the healthy one' })
    // Its breaker opens: of 200 that wait only a few were tried.
    await until(() =>
      sender.circuits().find(({ endpoint }) => endpoint === 'bad')?.circuit !== 'closed' ? true : undefined,
    )
    expect(bad.received.length).toBeLessThan(100)
    expect(conserved()).toBe(true)
  })

  test('fails many requests at once is asked again soon: they are one outage, not many', async () => {
    bad.react(503)
    add(...many(64, (index) => delivery(`o${index}`, 'bad')))
    await until(() => (attempts.length >= 32 ? true : undefined), { what: 'all that were under way to fail' })
    bad.react(200)
    // The shortest pause, by the sender's own clock, and a little.
    offsetMs += 2_000
    await until(() => (bad.taken().size >= 32 ? true : undefined), {
      what: 'the others to be sent',
      timeoutMs: 20_000,
    })
    expect(sender.circuits().find(({ endpoint }) => endpoint === 'bad')?.circuit).toBe('closed')
  })

  test('is away for an hour gets everything after, each subject in order', async () => {
    bad.react(503)
    add(...many(60, (index) => delivery(`d${index}`, 'bad', `s${index % 6}`, index)))
    await until(() => (bad.received.length >= 5 ? true : undefined))
    offsetMs += 3_600_000
    bad.react(200)
    await until(() => (bad.taken().size === 60 ? true : undefined), { what: 'all 60' })
    for (let subject = 0; subject < 6; subject += 1) {
      const order = [...bad.taken().keys()]
        .map((id) => Number(id.slice(1)))
        .filter((index) => index % 6 === subject)
      expect(order).toEqual([...order].sort((a, b) => a - b))
    }
    await until(() => (counts.delivered === 60 ? true : undefined))
    expect(conserved()).toBe(true)
  })

  test('says Retry-After is left alone for that long, and the same id comes again', async () => {
    bad.react((_one, nth) => (nth === 1 ? { status: 429, headers: { 'retry-after': '120' } } : 200))
    add(delivery('r1', 'bad'))
    await until(() => (attempts.length === 1 ? true : undefined))
    const [first] = attempts
    expect((first?.nextAt ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(120_000)
    offsetMs += 60_000
    // What is decided meanwhile for another endpoint is sent, so the sender did look.
    add(delivery('r2', 'good'))
    await until(() => (good.taken().has('r2') ? true : undefined))
    expect(bad.received).toHaveLength(1)
    offsetMs += 61_000
    await until(() => (bad.taken().has('r1') ? true : undefined))
    expect(bad.received.map(({ id, isVerified }) => [id, isVerified])).toEqual([
      ['r1', true],
      ['r1', true],
    ])
  })

  test('refuses one body keeps getting the others', async () => {
    bad.react(({ id }) => (id === 'bad' ? 422 : 200))
    add(delivery('bad', 'bad'), ...many(50, (index) => delivery(`d${index}`, 'bad')))
    await until(() => (bad.taken().size === 50 ? true : undefined))
    expect(sender.circuits().find(({ endpoint }) => endpoint === 'bad')?.circuit).toBe('closed')
  })

  test('redirects is not followed', async () => {
    bad.react({ status: 302, headers: { location: good.url } })
    add(delivery('r', 'bad'))
    await until(() => (attempts.length > 0 ? true : undefined))
    expect(attempts[0]).toMatchObject({ status: 302, state: 'waiting' })
    expect(good.received).toEqual([])
  })

  test('is gone for good (410) is given up at once, and the next of the subject goes', async () => {
    bad.react(({ id }) => (id === 'a' ? 410 : 200))
    add(delivery('a', 'bad', 's', 1), delivery('b', 'bad', 's', 2))
    await until(() => (bad.taken().has('b') ? true : undefined))
    expect(attempts.find(({ id }) => id === 'a')).toMatchObject({ state: 'gaveUp', nextAt: undefined })
  })
})

test('what nobody takes is given up after seven days, and not before', async () => {
  bad.react(500)
  add(delivery('x', 'bad'))
  for (let day = 0; day < 7; day += 1) {
    const before = attempts.length
    await until(() => (attempts.length > before ? true : undefined), { what: `a try on day ${day}` })
    expect(attempts.at(-1)?.state).toBe('waiting')
    offsetMs += 24 * 3_600_000
  }
  await until(() => (attempts.at(-1)?.state === 'gaveUp' ? true : undefined))
  expect(counts).toMatchObject({ decided: 1, gaveUp: 1 })
})

test('a clock that is set back by hours keeps nothing waiting for hours', async () => {
  bad.react(500)
  add(...many(6, (index) => delivery(`x${index}`, 'bad')))
  await until(() => (attempts.length >= 6 ? true : undefined))
  offsetMs -= 10 * 24 * 3_600_000
  bad.react(200)
  await until(() => (bad.taken().size === 6 ? true : undefined))
})

test.each([
  ['unset', 'CRM is not set'],
  ['gone', 'no endpoint gone'],
])('where a secret or the endpoint is missing (%s) it waits and says so', async (endpoint, words) => {
  add(delivery('m', endpoint))
  await until(() => (attempts.length > 0 ? true : undefined))
  expect(attempts[0]).toMatchObject({ status: 0, state: 'waiting' })
  expect(attempts[0]?.answer).toContain(words)
})

test('both secrets sign while one takes over from the other', async () => {
  const other = `whsec_${Buffer.from('another secret, of the time before').toString('base64')}`
  const old = await startReceiver({ secret: other })
  const both = signersOf({ secret: 'env:NEW', secretBefore: 'env:OLD' }, (name) =>
    name === 'NEW' ? receiverSecret : other,
  )
  const { sign } = await import('../endpoints/signature.js')
  for (const receiver of [good, old]) {
    const body = '{"a":1}'
    await poster.post(receiver.url, { body, headers: { ...sign(both, { id: 'm', body, at: new Date() }) } })
    expect(receiver.received.at(-1)?.isVerified).toBe(true)
  }
  await old.close()
})
