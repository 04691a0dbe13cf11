/** Servers that are killed in the middle of programs: each act is done, under one id, and no step twice. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { acts, define, faultsIn, fiveSteps } from '../../../test-support/roles/five-steps.js'
import { whyNoKafka } from '../../../test-support/kafka.js'
import { rounds } from '../../../test-support/faults/ledger.js'
import { type Line, startLine } from '../../../test-support/line.js'
import { report } from '../../../test-support/faults/promise.js'
import { receiverSecret, startReceiver, type Receiver } from '../../../test-support/receiver.js'
import { startServer, until, type TestServer } from '../../../test-support/server.js'

let receiver: Receiver
let ends: (() => unknown)[] = []

beforeEach(async () => {
  receiver = await startReceiver()
  ends = [() => receiver.close()]
})
afterEach(async () => {
  for (const end of ends.reverse()) await end()
})

interface Counts {
  waiting: number
  done: number
  exited: number
}

/** A 503 says that it may be sent again: who is in it already stays so. */
const enter = (server: TestServer, subjects: readonly string[]) =>
  until(async () => {
    const { status } = await server.post('/v1/programs/five/enter', { subjects }, server.secretKey)
    return status === 200 ? true : undefined
  })

const everyRunEnded = (server: TestServer, runs: number) =>
  until(
    async () => {
      const { body } = await server.get<Counts>('/v1/programs/five')
      return body.done + body.exited === runs && body.waiting === 0 ? body : undefined
    },
    { timeoutMs: 240_000, everyMs: 500, what: 'every run to end' },
  )

const everyDeliveryTaken = (deliveries: number) =>
  until(() => (receiver.taken().size >= deliveries ? true : undefined), {
    timeoutMs: 240_000,
    everyMs: 200,
    what: 'every delivery to be taken',
    seen: () => receiver.taken().size,
  })

const portionsOf = (people: number, portions: number) =>
  Array.from({ length: portions }, (_, portion) =>
    Array.from(
      { length: Math.floor(((portion + 1) * people) / portions) - Math.floor((portion * people) / portions) },
      (_one, index) => `user:p${Math.floor((portion * people) / portions) + index}`,
    ),
  )
const runOf = (subject: string) => `five:1:${subject}:1`

const kills = rounds(4, 50)
const people = rounds(80, 1_000)

test(`killed ${kills} times during a program of five steps for ${people} people, each step acts once`, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-clock-'))
  ends.push(() => rmSync(dir, { recursive: true, force: true }))
  const offset = join(dir, 'offset')
  writeFileSync(offset, '0')
  const server = await startServer({ env: { CRM_SECRET: receiverSecret, CLOCK_OFFSET_FILE: offset } })
  ends.push(() => server.stop())
  await define(server, 'endpoints/crm', { url: receiver.url, secret: 'env:CRM_SECRET' })
  await define(server, 'programs/five', fiveSteps({ touch: 'Never Told', wait: '1s' }))
  const portions = portionsOf(people, kills)
  for (const [kill, portion] of portions.entries()) {
    await enter(server, portion)
    // At another point of its work each time; now and then the clock is set back, or an endpoint fails.
    await new Promise((resolve) => setTimeout(resolve, 300 + ((kill * 677) % 1_900)))
    if (kill % 3 === 1) writeFileSync(offset, String(-3_600_000 * (kill % 2)))
    receiver.react((_one, nth) => (nth === 1 && kill % 2 === 0 ? 500 : 200))
    await server.kill()
    await server.restart()
  }
  receiver.react(200)
  // What was decided under a later clock is due then.
  writeFileSync(offset, '7200000')
  expect(await everyRunEnded(server, people)).toMatchObject({ done: people, exited: 0 })
  const wanted = people * acts.length
  await everyDeliveryTaken(wanted)
  expect(faultsIn(receiver, portions.flat().map(runOf))).toEqual({ twice: [], missing: [] })
  expect(receiver.taken().size).toBe(wanted)
  const facts = await server.sql<{ acted: string; runs: string; twice: string }>(`
    SELECT sum(acts) AS acted, count() AS runs, sum(acts != 3) AS twice
    FROM (SELECT run, countIf(kind = 'acted') AS acts FROM program_facts FINAL GROUP BY run)`)
  expect(facts.map((row) => Object.values(row).map(Number))).toEqual([[wanted, people, 0]])
  await until(async () => {
    const [row] = await server.sql<{ waiting: string; delivered: string }>(
      "SELECT countIf(state = 'waiting') AS waiting, countIf(state = 'delivered') AS delivered FROM deliveries",
    )
    return Number(row?.waiting) === 0 && Number(row?.delivered) === wanted ? true : undefined
  })
  report(`programs killed ${kills} times`, { acknowledged: wanted, lost: 0, twice: 0 })
}, 1_200_000)

const reason = await whyNoKafka()
if (reason !== undefined) console.warn(`SKIPPED: ${reason}`)

describe.skipIf(reason !== undefined)('two processes on Kafka', () => {
  const times = rounds(2, 12)
  const subjects = rounds(60, 400)

  test(`one of them killed ${times} times during a program of five steps, each step acts once`, async () => {
    const line: Line = await startLine({ stitch: 2 }, { CRM_SECRET: receiverSecret })
    ends.push(() => line.stop())
    const [reader] = line.of('timeline')
    const engages = line.of('stitch')
    if (reader === undefined) throw new Error('no timeline process')
    await define(reader, 'endpoints/crm', { url: receiver.url, secret: 'env:CRM_SECRET' })
    await define(reader, 'programs/five', fiveSteps({ touch: 'Never Told', wait: '1s' }))
    const portions = portionsOf(subjects, times)
    for (const [kill, portion] of portions.entries()) {
      await enter(reader, portion)
      const before = receiver.received.length
      await until(() => (receiver.received.length > before ? true : undefined), { everyMs: 5 })
      const engage = engages[kill % engages.length]
      await engage?.kill()
      await engage?.restart()
    }
    expect(await everyRunEnded(reader, subjects)).toMatchObject({ done: subjects, exited: 0 })
    await everyDeliveryTaken(subjects * acts.length)
    expect(faultsIn(receiver, portions.flat().map(runOf))).toEqual({ twice: [], missing: [] })
    expect(receiver.taken().size).toBe(subjects * acts.length)
    report(`one of two engage processes on Kafka killed ${times} times`, {
      acknowledged: subjects * acts.length,
      lost: 0,
      twice: 0,
    })
  }, 900_000)
})
