import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { someEngineOf } from '../../../test-support/faults/engine.js'
import { type TestKafka, startKafka, whyNoKafka } from '../../../test-support/kafka.js'
import { moreAcknowledged, rounds, settle } from '../../../test-support/faults/ledger.js'
import { openPromise } from '../../../test-support/faults/promise.js'
import { type TestServer, startServer, until } from '../../../test-support/server.js'

const reason = await whyNoKafka()
if (reason !== undefined) console.warn(`SKIPPED: ${reason}`)

describe.skipIf(reason !== undefined)('ClickHouse reading the topics itself', () => {
  let kafka: TestKafka | undefined
  const servers: TestServer[] = []
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()))
    await kafka?.stop()
  })

  test('has the rows and timelines that the store role makes, also when it is killed', async () => {
    kafka = await startKafka()
    const name = `engine-${randomUUID().slice(0, 8)}.`
    const env = { KAFKA_BROKERS: kafka.brokers.join(), KAFKA_TOPIC_PREFIX: name, KAFKA_GROUP: name }
    const itself = await startServer({ env: { ...env, KAFKA_ENGINE: 'true' } })
    servers.push(itself)
    // No process of ours stores: what was handled is what stands in the table.
    const rows = async () => {
      const [found] = await itself.sql<{ n: string }>('SELECT count() AS n FROM events FINAL')
      return Number(found?.n)
    }
    const promise = openPromise({ collects: [itself], counting: { processes: [itself], rows } })
    const kills = rounds(2, 10)
    for (let kill = 0; kill < kills; kill += 1) {
      const engine = await someEngineOf(itself.pid)
      await until(async () => (await itself.sql('SELECT 1').catch(() => undefined)) && true, {
        what: 'ClickHouse to answer',
      })
      await moreAcknowledged(promise.ledger, 50 + ((kill * 53) % 300))
      process.kill(engine, 'SIGKILL')
      await until(async () => ((await someEngineOf(itself.pid)) === engine ? undefined : true), {
        what: 'the kill',
      })
      await promise.recover()
    }
    await itself.post('/v1/track', { anonymousId: 'visitor', event: 'Before', messageId: 'before' })
    await itself.post('/v1/identify', { anonymousId: 'visitor', userId: 'reader', messageId: 'claim' })
    await promise.kept(`ClickHouse reading Kafka itself, killed ${kills} times`, { timeoutMs: 120_000 })

    // The same topics by way of the store role, into a ClickHouse of its own.
    const byStore = await startServer({ env: { ...env, KAFKA_GROUP: `${name}store` } })
    servers.push(byStore)
    await settle(byStore, promise.ledger, 120_000)
    const rowsOf = (server: TestServer) =>
      server.sql<{ rows: string; sum: string }>(
        'SELECT count() AS rows, toString(sum(cityHash64(*))) AS sum FROM (SELECT * EXCEPT (stored_at) FROM events FINAL)',
      )
    await until(async () =>
      (await rowsOf(byStore))[0]?.rows === (await rowsOf(itself))[0]?.rows ? true : undefined,
    )
    expect(await rowsOf(byStore)).toEqual(await rowsOf(itself))
    const timelineOf = async (server: TestServer) =>
      until(async () => {
        const { body } = await server.get('/v1/users/user%3Areader/timeline')
        return JSON.stringify(body).includes('"Before"') ? body : undefined
      })
    expect(await timelineOf(itself)).toEqual(await timelineOf(byStore))
    const ready = (await (await fetch(`${itself.url}/health/ready`)).json()) as {
      checks: { log: { records: number } }
    }
    expect(ready.checks.log.records).toBe(0)
  }, 900_000)
})
