/** A server that is killed in the middle of programs: each act is done, under one id, and no step twice. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { rounds } from '../../../test-support/ledger.js'
import { receiverSecret, startReceiver, type Receiver } from '../../../test-support/receiver.js'
import { startServer, until, type TestServer } from '../../../test-support/server.js'

const kills = rounds(5, 50)
const people = rounds(100, 1_000)
let server: TestServer | undefined
let receiver: Receiver | undefined
let dir: string | undefined

afterEach(async () => {
  await server?.stop()
  await receiver?.close()
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true })
})

const acts = ['a1', 'a2', 'a3']
const act = (id: string) => ({
  id,
  act: { webhook: 'crm', body: { run: '{{run.id}}', step: '{{step.id}}', plan: '{{traits.plan}}' } },
})

async function put(to: TestServer, path: string, body: object): Promise<void> {
  const answer = await fetch(`${to.url}/v1/definitions/${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${to.secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(await answer.text())
}

test(`killed ${kills} times during a program of five steps for ${people} people, each step acts once`, async () => {
  receiver = await startReceiver()
  const { url } = receiver
  dir = mkdtempSync(join(tmpdir(), 'touchline-clock-'))
  const offset = join(dir, 'offset')
  writeFileSync(offset, '0')
  const running = (server = await startServer({
    env: { CRM_SECRET: receiverSecret, CLOCK_OFFSET_FILE: offset },
  }))
  await put(running, 'endpoints/crm', { url, secret: 'env:CRM_SECRET' })
  await put(running, 'programs/five', {
    subject: 'person',
    enter: { touch: { name: 'Never Told' } },
    steps: [
      act('a1'),
      { id: 'w1', wait: '1s' },
      act('a2'),
      { id: 'w2', wait: '1s' },
      act('a3'),
      { id: 'end', exit: 'done' },
    ],
  })
  const subjects = Array.from({ length: people }, (_, index) => `user:p${index}`)
  for (let kill = 0; kill < kills; kill += 1) {
    const some = subjects.slice((kill * people) / kills, ((kill + 1) * people) / kills)
    // A 503 says that it may be sent again: who is in it already stays so.
    await until(async () => {
      const { status } = await running.post('/v1/programs/five/enter', { subjects: some }, running.secretKey)
      return status === 200 ? true : undefined
    })
    // At another point of its work each time; now and then the clock is set back, or an endpoint fails.
    await new Promise((resolve) => setTimeout(resolve, 300 + ((kill * 677) % 1_900)))
    if (kill % 3 === 1) writeFileSync(offset, String(-3_600_000 * (kill % 2)))
    receiver.react((_one, nth) => (nth === 1 && kill % 2 === 0 ? 500 : 200))
    await running.kill()
    await running.restart()
  }
  receiver.react(200)
  // What was decided under a later clock is due then.
  writeFileSync(offset, '7200000')
  const ended = await until(
    async () => {
      const { body } = await running.get<{ waiting: number; done: number; exited: number }>(
        '/v1/programs/five',
      )
      return body.done + body.exited === people && body.waiting === 0 ? body : undefined
    },
    { timeoutMs: 240_000, everyMs: 500, what: 'every run to end' },
  )
  expect(ended).toMatchObject({ done: people, exited: 0 })
  const wanted = people * acts.length
  await until(() => ((receiver?.taken().size ?? 0) >= wanted ? true : undefined), {
    timeoutMs: 240_000,
    everyMs: 200,
    what: 'every delivery to be taken',
    seen: () => receiver?.taken().size,
  })

  const idsOfStep = new Map<string, Set<string>>()
  for (const { id, body, isVerified } of receiver.received) {
    expect(isVerified).toBe(true)
    const step = `${String(body.run)} ${String(body.step)}`
    idsOfStep.set(step, (idsOfStep.get(step) ?? new Set()).add(id))
  }
  const twoIds = [...idsOfStep].filter(([, ids]) => ids.size > 1)
  expect({ steps: idsOfStep.size, ids: receiver.taken().size, twoIds }).toEqual({
    steps: wanted,
    ids: wanted,
    twoIds: [],
  })
  const facts = await running.sql<{ acted: string; runs: string; twice: string }>(`
    SELECT sum(acts) AS acted, count() AS runs, sum(acts != 3) AS twice
    FROM (SELECT run, countIf(kind = 'acted') AS acts FROM program_facts FINAL GROUP BY run)`)
  expect(facts.map((row) => Object.values(row).map(Number))).toEqual([[wanted, people, 0]])
  await until(async () => {
    const [row] = await running.sql<{ waiting: string; delivered: string }>(
      "SELECT countIf(state = 'waiting') AS waiting, countIf(state = 'delivered') AS delivered FROM deliveries",
    )
    return Number(row?.waiting) === 0 && Number(row?.delivered) === wanted ? true : undefined
  })
}, 900_000)
