/** People of identifiers that together are longer than one field of a form can be (128 KiB): every page of theirs answers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { eventRow, insertRowsOf } from '../../../test-support/event-rows.js'
import { startTimelineApi, type TimelineApi } from '../../../test-support/timeline-api.js'
import { startStitch } from '../identity/upkeep/stitch.js'
import { createMetrics } from '../metrics.js'

const neverMs = 2 ** 30
const metrics = createMetrics()

/** Devices whose names are as long as an id may be, nearly, of one user each. */
const users = {
  latin: Array.from({ length: 600 }, (_, n) => `${String(n).padStart(6, '0')}${'x'.repeat(394)}`),
  // Three bytes a letter, nine of them percent-encoded.
  japanese: Array.from({ length: 300 }, (_, n) => `${String(n).padStart(6, '0')}${'計'.repeat(394)}`),
}
const minute = (n: number) => new Date(Date.UTC(2026, 2, 1, 0, n)).toISOString()

let clickhouse: TestClickHouse
let api: TimelineApi

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  const rows = Object.entries(users).flatMap(([user, devices]) =>
    devices.flatMap((device, n) => [
      eventRow({ at: minute(2 * n), type: 'page', anonymous_id: device, message_id: `${user}-seen-${n}` }),
      eventRow({
        ...{ at: minute(2 * n + 1), name: 'Paid', user_id: user, anonymous_id: device },
        ...{ message_id: `${user}-paid-${n}`, group_id: `of-${user}` },
      }),
    ]),
  )
  await insertRowsOf(clickhouse.app, rows)
  const stitch = startStitch({
    ...{ clickhouse, metrics, logger: silentLogger, isAlone: true },
    ...{ intervalMs: neverMs, sweepIntervalMs: neverMs },
  })
  await stitch.passOnce()
  await stitch.stop()
  const log = { lag: async () => ({ records: 0, bytes: 0, oldestMs: 0 }) } as never
  api = await startTimelineApi({ clickhouse, log, metrics })
}, 120_000)
afterAll(async () => {
  await api.close()
  await clickhouse.close()
})

describe.each(Object.entries(users))('a person of long names: %s', (user, devices) => {
  test('has a profile of all of them', async () => {
    const { status, body } = await api.get<{ identifiers: { identifier: string }[] }>(`/v1/people/${user}`)
    expect([status, body.identifiers?.length]).toEqual([200, devices.length + 1])
  })

  test.each(['events', 'touchpoints'] as const)('and a timeline of %s to its end', async (detail) => {
    const ids = new Set<string>()
    let cursor: string | null = ''
    while (cursor !== null) {
      const after: string = cursor && `&cursor=${encodeURIComponent(cursor)}`
      const url = `/v1/users/${user}/timeline?limit=500&detail=${detail}${after}`
      type Page = { nextCursor: string | null } & Record<
        string,
        { messageId?: string; messageIds?: string[] }[]
      >
      const { status, body }: { status: number; body: Page } = await api.get<Page>(url)
      expect(status, JSON.stringify(body).slice(0, 300)).toBe(200)
      for (const { messageId, messageIds = [] } of body[detail] ?? [])
        for (const id of [...messageIds, ...(messageId === undefined ? [] : [messageId])]) ids.add(id)
      cursor = body.nextCursor
    }
    for (const n of [0, 1, devices.length - 1]) expect(ids, detail).toContain(`${user}-paid-${n}`)
    expect(ids.size).toBeGreaterThanOrEqual(detail === 'events' ? 2 * devices.length : devices.length)
  })

  test.each([
    ['as of an earlier time', `/v1/users/${user}/timeline?as_of=2026-06-01T00:00:00Z&limit=10`],
    ['of their account', `/v1/accounts/of-${user}/timeline?limit=10`],
    ['of their account as of an earlier time', `/v1/accounts/of-${user}/timeline?as_of=2026-06-01T00:00:00Z`],
    ['why', `/v1/people/${user}/why?identifier=${encodeURIComponent(`anon:${devices[5]}`)}`],
    ['export', `/v1/people/${user}/export`],
    ['search', `/v1/people?q=${user}`],
    ['map', `/v1/people/${user}/map`],
  ])('answers %s', async (_what, url) => {
    const answer = await api.app.inject({ url, headers: { authorization: 'Bearer secret' } })
    expect(answer.statusCode, answer.body.slice(0, 300)).toBe(200)
    expect(answer.body.length).toBeGreaterThan(200)
  })
})
