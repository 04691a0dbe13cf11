import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { readRowsOf } from './rows.js'

let clickhouse: TestClickHouse
beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  await clickhouse.app.command({
    query: `
      INSERT INTO events (project, subject, client_time, occurred_at, received_at, message_id, type, name, version)
      SELECT 'default', concat('anon:', repeat('d', 300), toString(number % 700)), at, at, at,
        concat('größe-', leftPad(toString(number % 6000), 40, '0')), 'track', 'E', 1
      FROM (SELECT number, toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + INTERVAL number SECOND AS at FROM numbers(9000))`,
  })
})
afterAll(() => clickhouse.close())

test.each([10, 4_000])(
  'every copy of %d messages is found, and none of another, however long the lists, by a question for each list of subjects',
  async (count) => {
    const messageIds = Array.from(
      { length: count },
      (_, n) =>
        `größe-${String(n * 1.5)
          .split('.')[0]
          ?.padStart(40, '0')}`,
    )
    const wanted = new Set(messageIds)
    const subjects = Array.from({ length: 700 }, (_, n) => `anon:${'d'.repeat(300)}${n}`)
    const found = await readRowsOf(
      { client: clickhouse.app, project: 'default', signedOnly: false },
      { subjects },
      messageIds,
    )
    const expected = Array.from({ length: 9_000 }, (_, n) => n).filter((n) =>
      wanted.has(`größe-${String(n % 6_000).padStart(40, '0')}`),
    )
    expect(found).toHaveLength(expected.length)
    expect(new Set(found.map(({ messageId }) => messageId))).toEqual(wanted)
  },
)
