/** Live with the roles in processes of their own: whoever opens it sees what every process takes in, not only the one that answers. */
import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startKafka, type TestKafka, whyNoKafka } from '../../test-support/kafka.js'
import { stateOf, watchLive } from '../../test-support/live.js'
import { startServer, type TestServer, until } from '../../test-support/server.js'

const reason = await whyNoKafka()
if (reason !== undefined) console.warn(`SKIPPED: ${reason}`)

const track = (messageId: string, more: object = {}) => ({
  type: 'track',
  event: 'Clicked',
  anonymousId: 'visitor-1',
  messageId,
  ...more,
})
const bad = (messageId: string) => ({ type: 'track', event: 'No id', messageId })
const many = (name: string, count: number) =>
  Array.from({ length: count }, (_, at) => track(`${name}-${at}`, { userId: `u${at}` }))

describe.skipIf(reason !== undefined)('on one Kafka', () => {
  let kafka: TestKafka
  const started: TestServer[] = []
  beforeAll(async () => {
    kafka = await startKafka()
  }, 180_000)
  afterAll(async () => {
    await Promise.all(started.map((server) => server.stop()))
    await kafka?.stop()
  })

  /** Topics and groups of their own. */
  async function start(name: string, roles: string[], more: Record<string, string> = {}) {
    const env = { KAFKA_BROKERS: kafka.brokers.join(), KAFKA_TOPIC_PREFIX: name, KAFKA_GROUP: name, ...more }
    const servers = await Promise.all(roles.map((ROLES) => startServer({ env: { ...env, ROLES } })))
    started.push(...servers)
    return servers as [TestServer, TestServer]
  }
  const newName = () => `live-${randomUUID().slice(0, 8)}.`

  /** Groups that look on at the moment. */
  async function lookingOn(name: string): Promise<string[]> {
    const admin = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    const { groups } = await admin.listGroups()
    await admin.disconnect()
    return groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(`${name}-live-`))
  }

  describe('collect apart from the rest', () => {
    const name = newName()
    let collect: TestServer
    let all: TestServer
    beforeAll(async () => {
      ;[collect, all] = await start(name, ['collect', 'collect,store,stitch,touchpoints,timeline'])
    }, 180_000)
    const send = (to: TestServer, batch: object[]) => to.post('/v1/batch', { batch })

    test('every event that another process collected is counted once, every refused one shown, and so are its own', async () => {
      // Until somebody looks on nothing reads along.
      expect(await lookingOn(name)).toEqual([])
      await send(collect, [track('before-1'), bad('before-bad')])
      const seen = await watchLive(all)
      for (let part = 0; part < 5; part += 1) {
        await send(collect, [...many(`theirs-${part}`, 90), bad(`theirs-bad-${part}`)])
        await send(all, [...many(`own-${part}`, 90), bad(`own-bad-${part}`)])
      }
      const isAllIn = () => seen.last().received >= 910 && seen.last().waiting === 0
      await until(() => (isAllIn() ? true : undefined), { seen: () => seen.last() })
      expect(seen.last()).toMatchObject({
        received: 910,
        refused: 10,
        stored: 900,
        waiting: 0,
        scope: 'all',
        logAway: false,
      })
      const refused = seen.rows.filter(({ state }) => state === 'refused').map(({ messageId }) => messageId)
      const expected = [0, 1, 2, 3, 4].flatMap((part) => [`theirs-bad-${part}`, `own-bad-${part}`])
      expect(refused.sort()).toEqual(expected.sort())
      expect(seen.rows).toHaveLength(seen.last().shown)
      expect(new Set(seen.rows.map(({ messageId }) => messageId)).size).toBe(seen.rows.length)
      expect(await lookingOn(name)).toHaveLength(1)
      seen.stop()
    })

    test('a row of another process moves from durable to stored to linked', async () => {
      const seen = await watchLive(all)
      await send(collect, [
        track('page-1', { anonymousId: 'dev-7' }),
        {
          type: 'identify',
          messageId: 'ident-7',
          anonymousId: 'dev-7',
          userId: 'noor',
          traits: { name: 'Noor Haddad' },
        },
      ])
      await until(() => (stateOf(seen, 'ident-7') === 'linked' ? true : undefined))
      expect(seen.rows.find(({ messageId }) => messageId === 'ident-7')).toMatchObject({
        state: 'durable',
        subject: 'anon:dev-7 = user:noor',
      })
      const changes = seen.changes.filter(({ messageId }) => messageId === 'ident-7')
      expect(changes.map(({ state }) => state)).toEqual(['stored', 'linked'])
      expect(changes.at(-1)?.person).toEqual({ id: 'user:noor', name: 'Noor Haddad' })
      await until(() => (stateOf(seen, 'page-1') === 'linked' ? true : undefined))
      seen.stop()
    })

    test('a filter by id takes all of both processes, and a view counts from when it was opened', async () => {
      const early = await watchLive(all)
      await send(collect, many('early', 40))
      const seen = await watchLive(all, { id: 'user:wanted' })
      const late = await watchLive(all)
      for (const [at, to] of [collect, all].entries())
        await send(
          to,
          Array.from({ length: 300 }, (_, n) => track(`by-${at}-${n}`, { userId: n % 3 ? 'x' : 'wanted' })),
        )
      const isDone = () => [seen, early, late].every((view) => view.last().waiting === 0)
      await until(
        () =>
          seen.last().received >= 200 &&
          early.last().received >= 640 &&
          late.last().received >= 600 &&
          isDone()
            ? true
            : undefined,
        { seen: () => [seen.last(), early.last(), late.last()] },
      )
      expect(seen.last()).toMatchObject({ received: 200, stored: 200, shown: 200 })
      expect(early.last()).toMatchObject({ received: 640, stored: 640 })
      expect(late.last()).toMatchObject({ received: 600, stored: 600 })
      for (const view of [seen, early, late]) view.stop()
    })

    test('who comes back with Last-Event-ID has missed nothing of another process', async () => {
      const first = await watchLive(all)
      await send(collect, [track('seen-1'), bad('seen-bad')])
      await until(() => (first.last().received === 2 && first.last().waiting === 0 ? true : undefined))
      first.stop()
      await first.ended
      await send(collect, [track('missed-1'), bad('missed-bad')])
      const second = await watchLive(all, { lastId: first.lastId })
      await until(() => (second.last().received === 4 && second.last().waiting === 0 ? true : undefined), {
        seen: () => second.last(),
      })
      expect(second.rows.map(({ messageId }) => messageId).sort()).toEqual(['missed-1', 'missed-bad'])
      expect(second.last()).toMatchObject({ received: 4, refused: 2, stored: 2, shown: 4 })
      second.stop()
    })

    test('while the broker stands still Live says so, also one that is opened then; afterwards nothing is missing', async (context) => {
      const [node] = kafka.nodes
      if (node === undefined) return context.skip('KAFKA_BROKERS names a cluster that is not ours to stop')
      const seen = await watchLive(all)
      await send(collect, [track('calm-1')])
      await until(() => (seen.last().received === 1 ? true : undefined))
      await node.pause()
      await until(() => (seen.last().logAway ? true : undefined))
      const opened = await watchLive(all)
      await until(() => (opened.last().logAway ? true : undefined))
      node.resume()
      await until(() => (seen.last().logAway || opened.last().logAway ? undefined : true))
      await until(async () => ((await send(collect, [track('again-1')])).status === 200 ? true : undefined))
      await send(all, [bad('again-bad')])
      await until(() => (seen.last().refused === 1 && seen.last().waiting === 0 ? true : undefined), {
        seen: () => seen.last(),
      })
      await until(() =>
        stateOf(seen, 'again-1') === 'linked' || stateOf(seen, 'again-1') === 'stored' ? true : undefined,
      )
      expect(seen.rows.filter(({ messageId }) => messageId === 'calm-1')).toHaveLength(1)
      expect(opened.rows.filter(({ messageId }) => messageId === 'again-bad')).toHaveLength(1)
      seen.stop()
      opened.stop()
    })
  })

  test('where ClickHouse reads Kafka itself an event of another process is stored once ClickHouse has it', async () => {
    const name = newName()
    const [collect, all] = await start(name, ['collect', 'stitch,touchpoints,timeline'], {
      KAFKA_ENGINE: 'true',
    })
    const seen = await watchLive(all)
    await collect.post('/v1/batch', { batch: [...many('engine', 50), bad('engine-bad')] })
    await until(() => (seen.last().received === 51 && seen.last().waiting === 0 ? true : undefined), {
      seen: () => seen.last(),
    })
    expect(seen.last()).toMatchObject({ received: 51, refused: 1, stored: 50 })
    const [stored] = await all.sql<{ n: string }>('SELECT count() AS n FROM events FINAL')
    expect(Number(stored?.n)).toBe(50)
    await until(() => (stateOf(seen, 'engine-3') === 'linked' ? true : undefined))
    seen.stop()
  })
})
