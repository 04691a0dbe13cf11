import { randomUUID } from 'node:crypto'
import { afterEach, describe, test } from 'vitest'
import { type TestClickHouse, startTestClickHouse } from '../../../test-support/clickhouse.js'
import { createGate, type Gate } from '../../../test-support/faults/gate.js'
import { type TestKafka, startKafka, whyNoKafka } from '../../../test-support/kafka.js'
import { moreAcknowledged, rounds } from '../../../test-support/faults/ledger.js'
import { openPromise } from '../../../test-support/faults/promise.js'
import { type TestServer, freePort, startServer, until } from '../../../test-support/server.js'

const reason = await whyNoKafka()
if (reason !== undefined) console.warn(`SKIPPED: ${reason}`)

describe.each(['embedded', 'Kafka'] as const)('a store on the %s log', (log) => {
  let clickhouse: TestClickHouse | undefined
  let gate: Gate | undefined
  let kafka: TestKafka | undefined
  let server: TestServer | undefined

  afterEach(async () => {
    await server?.stop()
    await gate?.close()
    await clickhouse?.close()
    await kafka?.stop()
  })

  test.skipIf(log === 'Kafka' && reason !== undefined)(
    'that is killed when its rows are in ClickHouse and not yet marked done inserts them again, shown once',
    async () => {
      const opened = (clickhouse = await startTestClickHouse())
      const between = (gate = createGate(await freePort(), opened.analyst.url))
      await between.open()
      if (log === 'Kafka') kafka = await startKafka()
      const name = `committed-${randomUUID().slice(0, 8)}.`
      const running = (server = await startServer({
        env: {
          CLICKHOUSE_URL: between.url,
          CLICKHOUSE_USER: 'app',
          CLICKHOUSE_PASSWORD: opened.embedded?.appPassword ?? '',
          ...(kafka && { KAFKA_BROKERS: kafka.brokers.join(), KAFKA_TOPIC_PREFIX: name, KAFKA_GROUP: name }),
        },
      }))
      const promise = openPromise({ collects: [running] })
      const kills = rounds(2, 10)
      for (let kill = 0; kill < kills; kill += 1) {
        await moreAcknowledged(promise.ledger, 50 + kill * 20)
        between.holdAnswers()
        await untilAnInsertWaits(opened, () => moreAcknowledged(promise.ledger, 50))
        await running.kill()
        await between.close()
        await between.open()
        await promise.recover({ by: () => running.restart() })
      }
      const fault = `store on the ${log} log killed between insert and commit, ${kills} times`
      await promise.kept(fault, { countersLost: true })
    },
    600_000,
  )
})

/** Nothing new was inserted while more was acknowledged: what was inserted last waits for the answer that is held. */
async function untilAnInsertWaits({ app }: TestClickHouse, meanwhile: () => Promise<void>): Promise<void> {
  const countRows = async () => {
    const answer = await app.query({ query: 'SELECT count() AS n FROM events', format: 'JSONEachRow' })
    const [row] = await answer.json<{ n: string }>()
    return Number(row?.n)
  }
  const largest = { rows: 0, looks: 0 }
  await until(
    async () => {
      await meanwhile()
      // Merges of copies take rows away; only an insert adds some.
      const rows = await countRows()
      if (rows > largest.rows) Object.assign(largest, { rows, looks: 0 })
      largest.looks += 1
      return largest.looks > 4 ? true : undefined
    },
    { everyMs: 200, what: 'an insert to wait for its answer' },
  )
}
