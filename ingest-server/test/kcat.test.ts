/** An independent reader: what kcat reads from the topic are the rows that stand in ClickHouse. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestKafka, startKafka, whyNoKafka } from '../../test-support/kafka.js'
import { type TestServer, startServer, until } from '../../test-support/server.js'

const run = promisify(execFile)
const noKcat = await run('kcat', ['-V']).then(
  () => undefined,
  () => 'kcat is not installed',
)
const reason = (await whyNoKafka()) ?? noKcat
if (reason !== undefined) console.warn(`SKIPPED: ${reason}`)

describe.skipIf(reason !== undefined)('kcat', () => {
  const name = `kcat-${randomUUID().slice(0, 8)}.`
  let kafka: TestKafka
  let server: TestServer

  beforeAll(async () => {
    kafka = await startKafka()
    server = await startServer({
      env: { KAFKA_BROKERS: kafka.brokers.join(), KAFKA_TOPIC_PREFIX: name, KAFKA_GROUP: name },
    })
  }, 180_000)
  afterAll(async () => {
    await server?.stop()
    await kafka?.stop()
  })

  test('reads the same rows from the topic as stand in ClickHouse', async () => {
    const batch = Array.from({ length: 50 }, (_, n) => ({
      type: n % 5 === 0 ? 'identify' : 'track',
      ...(n % 5 === 0 ? { traits: { email: `u${n}@acme.com` } } : { event: 'Clicked' }),
      userId: `u${n}`,
      messageId: `kcat-${n}`,
      properties: { n, text: 'Zoë "quoted" 東京' },
    }))
    for (let at = 0; at < batch.length; at += 10) {
      const { status } = await server.post('/v1/batch', { batch: batch.slice(at, at + 10) })
      expect(status).toBe(200)
    }
    const columns = 'project, subject, message_id, type, name, user_id, email, channel, properties'
    const stored = await until(
      async () => {
        const rows = await server.sql<Record<string, string>>(
          `SELECT ${columns} FROM events FINAL ORDER BY message_id`,
        )
        return rows.length === batch.length ? rows : undefined
      },
      { what: 'every row in ClickHouse' },
    )
    const { stdout } = await run('kcat', [
      ...['-C', '-q', '-e', '-o', 'beginning'],
      ...['-b', kafka.brokers.join(), '-t', `${name}events`],
    ])
    const lines = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .sort((one, other) => (String(one.message_id) < String(other.message_id) ? -1 : 1))
    const names = columns.split(', ')
    const asStored = lines.map((line) =>
      Object.fromEntries(names.map((column) => [column, textOf(line[column], column)])),
    )
    expect(asStored).toEqual(stored)
  }, 60_000)
})

/** How ClickHouse keeps a value of a line: absent is empty, nested JSON is text. */
function textOf(value: unknown, column: string): string {
  if (value === undefined) return column === 'properties' ? '{}' : ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
