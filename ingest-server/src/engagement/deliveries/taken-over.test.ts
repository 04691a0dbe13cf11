/** Deliveries that another process decided and left. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProgramWorld, type ProgramWorld } from '../../../../test-support/roles/programs.js'
import { startReceiver, type Receiver } from '../../../../test-support/receiver.js'
import { until } from '../../../../test-support/server.js'
import { insertLines } from '../../clickhouse/insert-lines.js'
import { slotOfSubject } from '../slots.js'
import { decidedRecord, type Decided } from './delivery.js'

let world: ProgramWorld
let receiver: Receiver
beforeAll(async () => {
  world = await startProgramWorld()
  receiver = await startReceiver()
}, 240_000)
afterAll(async () => {
  await world.close()
  await receiver.close()
})

test('what was never tried before a restart is not given up at its first failure', async () => {
  await world.define('endpoints', 'crm', { url: receiver.url, secret: 'env:CRM' })
  const left = Array.from({ length: 3 }, (_, index): Decided => ({
    ...{
      project: 'default',
      endpoint: 'crm',
      source: 'feed',
      run: 'left',
      step: String(index),
      place: index,
    },
    ...{ id: `left-${index}`, subject: `user:l${index}`, subjects: [`user:l${index}`], version: 2n },
    body: JSON.stringify({ index }),
    decidedAt: world.clock() - 3_600_000,
    slot: slotOfSubject('default', `user:l${index}`),
  }))
  await insertLines(world.clickhouse.app, 'deliveries_decided', decidedRecord(left).lines)
  receiver.react((_one, nth) => (nth === 1 ? 503 : 200))
  world.start()
  await until(() => (receiver.received.length >= left.length ? true : undefined), { what: 'the first tries' })
  world.offset.ms += 60_000
  await until(() => (receiver.taken().size === left.length ? true : undefined), { what: 'the second tries' })
  expect([...receiver.taken().keys()].sort()).toEqual(left.map(({ id }) => id))
}, 120_000)
