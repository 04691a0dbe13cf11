/**
 * A program while everything happens at once: its endpoint away for an hour, the clock set back, and in the middle of it
 * people who turn out to be one, are told apart again, are erased, and a file of touches of long ago. A clock is moved,
 * the server is killed twice.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { acts, define, faultsIn, fiveSteps, idsByRun } from '../../../test-support/roles/five-steps.js'
import { touchlineImport } from '../../../test-support/importing.js'
import { rounds } from '../../../test-support/faults/ledger.js'
import {
  receiverSecret,
  startReceiver,
  type Reaction,
  type Receiver,
} from '../../../test-support/receiver.js'
import { startServer, until, type TestServer } from '../../../test-support/server.js'

const hour = 3_600_000
const each = rounds(12, 120)
const erased = rounds(2, 10)
const numbers = (n: number) => Array.from({ length: n }, (_, index) => index)

let server: TestServer
let receiver: Receiver
const dir = mkdtempSync(join(tmpdir(), 'touchline-trouble-'))
const offset = join(dir, 'offset')
const moveClock = (ms: number) => writeFileSync(offset, String(ms))

beforeAll(async () => {
  moveClock(0)
  receiver = await startReceiver()
  server = await startServer({ env: { CRM_SECRET: receiverSecret, CLOCK_OFFSET_FILE: offset } })
}, 180_000)
afterAll(async () => {
  await server?.stop()
  await receiver?.close()
  rmSync(dir, { recursive: true, force: true })
})

const send = async (batch: readonly object[]) => {
  for (let from = 0; from < batch.length; from += 200) {
    const { status } = await server.post('/v1/batch', { batch: batch.slice(from, from + 200) })
    expect(status).toBe(200)
  }
}
const asks = (who: object) => ({ type: 'track', event: 'Asked', ...who })
const plain = numbers(each).map((n) => `user:plain${n}`)
const named = numbers(each).map((n) => `anon:named${n}`)
const split = numbers(each).map((n) => `anon:split${n}`)
const pairs = numbers(each).map((n) => [`anon:pair${n}`, `user:pair${n}`] as const)
const gone = numbers(erased).map((n) => `user:gone${n}`)
const everybody = [...plain, ...named, ...split, ...pairs.flat(), ...gone]
const whoOf = (subject: string) =>
  subject.startsWith('anon:') ? { anonymousId: subject.slice(5) } : { userId: subject.slice(5) }
const runOf = (subject: string) => `five:1:${subject}:1`

const decided = (step: string, runs: number) =>
  until(
    async () => {
      const [row] = await server.sql<{ n: string }>(
        'SELECT uniqExact(run) AS n FROM program_facts WHERE did = {step: String}',
        { step },
      )
      return Number(row?.n) >= runs ? true : undefined
    },
    { what: `${step} of ${runs} runs to be decided`, timeoutMs: 120_000, everyMs: 200 },
  )

async function erase(subject: string): Promise<void> {
  const answer = await fetch(`${server.url}/v1/people/${encodeURIComponent(subject)}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${server.secretKey}` },
  })
  expect(answer.status).toBe(202)
  const { erasureId } = (await answer.json()) as { erasureId: string }
  await until(
    async () => {
      const { body } = await server.get<{ status: string }>(`/v1/erasures/${erasureId}`)
      return body.status === 'finished' ? true : undefined
    },
    { what: `${subject} to be erased`, timeoutMs: 120_000, everyMs: 200 },
  )
}

/** Touches that would let people in, had they not happened forty days ago. */
async function importOldTouches(): Promise<void> {
  await define(server, 'import/asks', {
    name: 'Asks',
    source: 'asks',
    rows: [
      {
        as: 'touch',
        email: 'Email',
        at: { column: 'When', format: ['yyyy-MM-dd'], zone: 'UTC' },
        name: { constant: 'Asked' },
        kind: 'offline',
        channel: { constant: 'Phone' },
      },
    ],
  })
  const day = new Date(Date.now() - 40 * 24 * hour).toISOString().slice(0, 10)
  const path = join(dir, 'asks.csv')
  writeFileSync(
    path,
    `Email,When\n${numbers(each)
      .map((n) => `old${n}@acme.com,${day}\n`)
      .join('')}`,
  )
  const { out } = await touchlineImport(server, path, '--map', 'asks')
  expect(out).toContain(`${each} rows: ${each} accepted`)
}

test('an hour without the endpoint, the clock set back, merges, unlinks, erasures and an import: each step acts once', async () => {
  await define(server, 'endpoints/crm', { url: receiver.url, secret: 'env:CRM_SECRET' })
  await define(server, 'programs/five', fiveSteps({ touch: 'Asked', wait: '1h' }))
  await send(everybody.map((subject) => asks(whoOf(subject))))
  await until(() => (receiver.taken().size === everybody.length ? true : undefined), {
    what: 'the first act of everybody',
    timeoutMs: 120_000,
    seen: () => receiver.taken().size,
  })

  // Now nothing gets through, in every way that there is.
  const ways: Reaction[] = [503, 'reset', { status: 429, headers: { 'retry-after': '5' } }]
  receiver.react((_one, nth) => ways[nth % ways.length] ?? 500)
  const isOne = (anonymous: string, user: string) => ({
    type: 'identify',
    anonymousId: anonymous.slice(5),
    userId: user.slice(5),
  })
  // Who is who changes while acts become due.
  moveClock(hour + 60_000)
  await send([
    ...named.map((one) => isOne(one, one.replace('anon:', 'user:'))),
    ...split.map((one) => isOne(one, one.replace('anon:', 'user:'))),
    ...pairs.map(([one, user]) => isOne(one, user)),
  ])
  await Promise.all([importOldTouches(), ...gone.map(erase)])
  const afterErasure = receiver.received.length
  for (const one of split) {
    const unlink = { identifier: one, reason: 'two people' }
    const { status } = await server.post(`/v1/people/${one.slice(5)}/unlink`, unlink, server.secretKey)
    expect(status).toBe(202)
  }
  await decided('a2', plain.length + named.length + split.length + pairs.length)
  await server.kill()
  moveClock(0)
  await server.restart()
  await until(() => (receiver.received.length > afterErasure ? true : undefined), {
    what: 'what was decided to be tried again under the earlier clock',
  })
  await server.kill()
  await server.restart()
  receiver.react(200)
  // Whoever had not come to the second act before the first kill waits another hour after it.
  let hours = 3
  let looks = 0
  let last: unknown
  moveClock(hours * hour)

  const counts = await until(
    async () => {
      const { body } = await server.get<{ waiting: number; done: number; exited: number }>(
        '/v1/programs/five',
      )
      last = { ...body, hours }
      if (body.waiting === 0) return body
      if ((looks += 1) % 30 === 0) moveClock((hours += 1) * hour)
      return undefined
    },
    { what: 'every run to end', timeoutMs: 180_000, everyMs: 300, seen: () => last },
  )
  const ended = await server.sql<{ subject: string; state: string; because: string }>(
    'SELECT subject, state, because FROM program_runs',
  )
  const stateOf = new Map(ended.map(({ subject, ...how }) => [subject, how]))
  const alone = [...plain, ...named, ...split]
  expect(
    alone.filter((subject) => stateOf.get(subject)?.state !== 'done').map((one) => stateOf.get(one)),
  ).toEqual([])
  // Of two runs of one person one goes on, and the other says so.
  const survivors = pairs.flatMap((pair) => pair.filter((one) => stateOf.get(one)?.state === 'done'))
  expect(survivors).toHaveLength(pairs.length)
  const others = pairs.flat().filter((one) => !survivors.includes(one))
  expect(others.filter((one) => stateOf.get(one)?.because.startsWith('merged: ') !== true)).toEqual([])
  // Nobody was let in by the file or by who they turned out to be, and of the erased nothing is left.
  expect(ended.filter(({ subject }) => !everybody.includes(subject) || gone.includes(subject))).toEqual([])
  expect(counts).toMatchObject({ done: alone.length + pairs.length, exited: pairs.length })

  const kept = [...alone, ...survivors].map(runOf)
  const untaken = () => faultsIn({ received: [...receiver.taken().values()].flat() }, kept).missing
  await until(() => (untaken().length === 0 ? true : undefined), {
    what: 'every delivery to be taken',
    timeoutMs: 120_000,
    everyMs: 300,
    seen: untaken,
  })
  expect(faultsIn(receiver, kept)).toEqual({ twice: [], missing: [] })
  const ofGone = receiver.received
    .slice(afterErasure)
    .filter(({ body }) => gone.some((one) => body.run === runOf(one)))
  expect(ofGone).toEqual([])
  // In the order of the steps, and each wait ended once.
  const order = new Map<string, string[]>()
  for (const { body, status } of receiver.received)
    if (status === 200)
      order.set(String(body.run), [...(order.get(String(body.run)) ?? []), String(body.step)])
  expect(kept.filter((run) => [...new Set(order.get(run))].join() !== acts.join())).toEqual([])
  const [twice] = await server.sql<{ n: string }>(
    "SELECT countIf(times > 1) AS n FROM (SELECT run, did, count() AS times FROM program_facts FINAL WHERE did != '' GROUP BY run, did)",
  )
  expect(Number(twice?.n)).toBe(0)
  expect(idsByRun(receiver).size).toBe(everybody.length)
}, 600_000)
