/** An id is whatever the customer made it: the user whose id is literally `user:42` comes before user 42. */
import type { z } from 'zod'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { eventRow, insertPeople, insertRowsOf } from '../../../test-support/event-rows.js'
import { startTimelineApi, type TimelineApi } from '../../../test-support/timeline-api.js'
import type * as wire from '@touchline/schemas/api'

let clickhouse: TestClickHouse
let api: TimelineApi

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  api = await startTimelineApi({
    clickhouse,
    log: {
      append: async () => undefined,
      read: async () => undefined,
      noteEnd: () => Promise.resolve(() => Promise.resolve(true)),
      lag: async () => ({ records: 0, bytes: 0, oldestMs: 0 }),
      replay: async () => undefined,
      close: async () => undefined,
    },
  })
  const paid = (user_id: string, message_id: string) =>
    eventRow({ at: '2026-03-01T10:00:00Z', name: 'Paid', user_id, message_id, origin: 'server' })
  await insertRowsOf(clickhouse.app, [
    // Linked with nobody, so only the events say that there is such a user.
    paid('user:42', 'literal'),
    paid('42', 'plain'),
    paid('43', 'other'),
    paid('anon:7', 'named'),
    eventRow({ at: '2026-03-01T10:00:00Z', type: 'page', anonymous_id: '7', message_id: 'visitor' }),
    eventRow({
      at: '2026-03-02T10:00:00Z',
      type: 'alias',
      user_id: '44',
      previous_id: '4-old',
      message_id: 'alias',
    }),
  ])
  await insertPeople(clickhouse.app, [{ person: 'user:42', identifiers: [{ identifier: 'user:42' }] }])
})
afterAll(async () => {
  await api.close()
  await clickhouse.close()
})

test.each([
  ['user:42', 'user:user:42', 'literal'],
  ['user:user:42', 'user:user:42', 'literal'],
  ['42', 'user:42', 'plain'],
  ['user:43', 'user:43', 'other'],
  ['anon:7', 'user:anon:7', 'named'],
])('%s is %s', async (id, person, messageId) => {
  const asked = `/v1/users/${encodeURIComponent(id)}/timeline?kind=action`
  for (const url of [asked, `${asked}&as_of=2026-04-01`]) {
    const { body } = await api.get<z.infer<typeof wire.personTimeline>>(url)
    expect([body.person.id, body.touchpoints?.map(({ messageIds }) => messageIds)]).toEqual([
      person,
      [[messageId]],
    ])
  }
  expect((await api.get<{ id: string }>(`/v1/people/${encodeURIComponent(id)}`)).body.id).toBe(person)
})

test('an alias shows who the person was called before', async () => {
  const { body } = await api.get<z.infer<typeof wire.eventStatus>>('/v1/events/alias')
  expect(body.event).toMatchObject({ userId: '44', previousId: '4-old' })
  const plain = await api.get<z.infer<typeof wire.eventStatus>>('/v1/events/plain')
  expect(plain.body.event?.previousId).toBeNull()
})
