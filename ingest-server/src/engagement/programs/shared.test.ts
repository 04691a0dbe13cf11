/** Two processes' worth of programs at once: every run is stepped by one at a time, and goes on where one of them ends. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProgramWorld, type ProgramWorld } from '../../../../test-support/roles/programs.js'
import { startReceiver, type Receiver } from '../../../../test-support/receiver.js'
import { until } from '../../../../test-support/server.js'
import { programSlots } from '../slots.js'

let world: ProgramWorld
let receiver: Receiver
beforeAll(async () => {
  world = await startProgramWorld()
  receiver = await startReceiver()
}, 480_000)
afterAll(async () => {
  await world.close()
  await receiver.close()
})

test('two divide the runs, and what one leaves the other goes on with; no step is done twice', async () => {
  const shared = { isAlone: false }
  const [first, second] = [world.start(shared), world.start(shared)]
  await until(() => {
    const held = [first, second].map(({ worker }) => worker.held().length)
    return held.every((n) => n === programSlots / 2) ? true : undefined
  })
  await world.define('endpoints', 'crm', { url: receiver.url, secret: 'env:CRM' })
  const act = (id: string) => ({
    id,
    act: { webhook: 'crm', body: { run: '{{run.id}}', step: '{{step.id}}' } },
  })
  await world.define('programs', 'shared', {
    subject: 'person',
    enter: { touch: { name: 'Never' } },
    steps: [act('a'), { id: 'w', wait: '4s' }, act('b'), { id: 'end', exit: 'done' }],
  })
  const people = 120
  const subjects = Array.from({ length: people }, (_, index) => `user:s${index}`)
  const { status } = await world.api.post('/v1/programs/shared/enter', { subjects })
  expect(status).toBe(200)
  await until(() => (receiver.taken().size >= people ? true : undefined), {
    what: 'the first act of all',
    timeoutMs: 120_000,
    seen: () => receiver.taken().size,
  })
  await second.stop()
  await until(() => (first.worker.held().length === programSlots ? true : undefined), {
    what: 'the first to hold all slots',
    timeoutMs: 180_000,
    seen: () => first.worker.held(),
  })
  await until(() => (receiver.taken().size >= 2 * people ? true : undefined), {
    what: 'the second act of all',
    timeoutMs: 120_000,
  })
  await until(async () => {
    const { body } = await world.api.get<{ done: number }>('/v1/programs/shared')
    return body.done === people ? true : undefined
  })
  const steps = receiver.received.map(({ id, body }) => `${String(body.run)} ${String(body.step)} ${id}`)
  expect(new Set(steps).size).toBe(2 * people)
  const [facts] = await world.sql<{ facts: string; places: string }>(
    "SELECT count() AS facts, uniqExact(run, n) AS places FROM program_facts FINAL WHERE program = 'shared'",
  )
  expect(facts?.facts).toBe(facts?.places)
}, 480_000)
