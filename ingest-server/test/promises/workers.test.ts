import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type TestClickHouse, startTestClickHouse } from '../../../test-support/clickhouse.js'
import { childrenOf } from '../../../test-support/faults/engine.js'
import { type TestKafka, startKafka, whyNoKafka } from '../../../test-support/kafka.js'
import { countersOf } from '../../../test-support/faults/counters.js'
import { moreAcknowledged, rounds } from '../../../test-support/faults/ledger.js'
import { openPromise } from '../../../test-support/faults/promise.js'
import { type TestServer, startServer, until } from '../../../test-support/server.js'

const reason = await whyNoKafka()
if (reason !== undefined) console.warn(`SKIPPED: ${reason}`)

describe.skipIf(reason !== undefined)('two processes on one port', () => {
  let kafka: TestKafka
  let clickhouse: TestClickHouse
  let server: TestServer | undefined

  beforeAll(async () => {
    ;[kafka, clickhouse] = await Promise.all([startKafka(), startTestClickHouse()])
  }, 180_000)
  afterEach(() => server?.stop())
  afterAll(async () => {
    await clickhouse?.close()
    await kafka?.stop()
  })

  test('count together, and one that is killed loses nothing and is started again', async () => {
    const name = `workers-${randomUUID().slice(0, 8)}.`
    const running = (server = await startServer({
      env: {
        COLLECT_WORKERS: '2',
        KAFKA_BROKERS: kafka.brokers.join(),
        KAFKA_TOPIC_PREFIX: name,
        KAFKA_GROUP: name,
        CLICKHOUSE_URL: clickhouse.analyst.url,
        CLICKHOUSE_USER: 'app',
        CLICKHOUSE_PASSWORD: clickhouse.embedded?.appPassword ?? '',
      },
    }))
    const workers = await bothOf(running)
    const promise = openPromise({ collects: [running] })
    await moreAcknowledged(promise.ledger, 200)
    const { received, rejected, appended } = await countersOf({ processes: [running] })
    expect(received).toBeGreaterThanOrEqual(200)
    expect(received).toBe(rejected + appended)

    let alive = workers
    for (let kill = 0; kill < rounds(2, 20); kill += 1) {
      await moreAcknowledged(promise.ledger, 20 + ((kill * 41) % 200))
      process.kill(alive[kill % 2] ?? 0, 'SIGKILL')
      const before = alive
      alive = await until(
        async () => {
          const now = await childrenOf(running.pid, 'main.js')
          return now.length === 2 && now.join() !== before.join() ? now : undefined
        },
        { what: 'the killed process to be started again' },
      )
      await promise.recover()
    }
    await promise.kept('one of two processes on one port killed', { countersLost: true })
  }, 300_000)

  const bothOf = (running: TestServer) =>
    until(
      async () => {
        const found = await childrenOf(running.pid, 'main.js')
        return found.length === 2 ? found : undefined
      },
      { what: 'two processes' },
    )
})
