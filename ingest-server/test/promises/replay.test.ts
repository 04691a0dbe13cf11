import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { touchline } from '../../../test-support/command.js'
import { countersAddUp } from '../../../test-support/faults/counters.js'
import { type TestKafka, startKafka, whyNoKafka } from '../../../test-support/kafka.js'
import { report } from '../../../test-support/faults/promise.js'
import { freePort, startServer, until, type TestServer } from '../../../test-support/server.js'

const reason = await whyNoKafka()
if (reason !== undefined) console.warn(`SKIPPED: ${reason}`)

const events = [
  { type: 'page', anonymousId: 'laptop', name: 'Home', messageId: 'r-1' },
  { type: 'track', anonymousId: 'laptop', event: 'Demo Requested', messageId: 'r-2' },
  {
    type: 'identify',
    anonymousId: 'laptop',
    userId: 'ada',
    traits: { email: 'ada@acme.com' },
    messageId: 'r-3',
  },
  { type: 'group', userId: 'ada', groupId: 'acme', traits: { name: 'Acme' }, messageId: 'r-4' },
  { type: 'page', anonymousId: 'phone', name: 'Pricing', messageId: 'r-5' },
  { type: 'identify', anonymousId: 'phone', userId: 'ada', messageId: 'r-6' },
  { type: 'track', anonymousId: 'tablet', event: 'Read', messageId: 'r-7' },
  {
    type: 'identify',
    anonymousId: 'tablet',
    userId: 'bob',
    traits: { email: 'bob@acme.com' },
    messageId: 'r-8',
  },
  { type: 'track', anonymousId: 'kiosk', event: 'Forget me', messageId: 'r-9' },
  { type: 'identify', anonymousId: 'kiosk', userId: 'carl', messageId: 'r-10' },
].map((event, at) => ({ ...event, timestamp: new Date(Date.now() - (60 - at) * 60_000).toISOString() }))

const timelines = [
  '/v1/users/user%3Aada/timeline?detail=events',
  '/v1/users/user%3Aada/timeline',
  '/v1/users/user%3Abob/timeline',
  '/v1/accounts/acme/timeline',
]

describe.each(['embedded', 'Kafka'] as const)('an empty ClickHouse, filled again from the %s log', (log) => {
  let server: TestServer | undefined
  let kafka: TestKafka | undefined
  let dataDir: string | undefined

  afterEach(async () => {
    await server?.stop()
    await kafka?.stop()
    if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true })
  })

  test.skipIf(log === 'Kafka' && reason !== undefined)(
    'shows the same timelines, without what was unlinked and erased',
    async () => {
      const folder = (dataDir = await mkdtemp(join(tmpdir(), 'touchline-replay-')))
      if (log === 'Kafka') kafka = await startKafka()
      const name = `replay-${randomUUID().slice(0, 8)}.`
      const env = {
        DATA_DIR: folder,
        PORT: String(await freePort()),
        ...(kafka && { KAFKA_BROKERS: kafka.brokers.join(), KAFKA_TOPIC_PREFIX: name, KAFKA_GROUP: name }),
      }
      const running = (server = await startServer({ env }))
      await running.post('/v1/batch', { batch: events })
      await shows(running, '/v1/users/user%3Aada/timeline', '"Pricing"')
      await shows(running, '/v1/users/user%3Acarl/timeline', '"Forget me"')
      // A decision of a person and an erasure travel through the log too.
      const unlinked = await running.post(
        '/v1/people/user%3Aada/unlink',
        { identifier: 'anon:phone', reason: 'not hers', author: 'test' },
        running.secretKey,
      )
      expect(unlinked.status).toBe(202)
      await until(
        async () => ((await textOf(running, timelines[1])).includes('"Pricing"') ? undefined : true),
        {
          what: 'the unlinked visit to leave',
        },
      )
      await erase(running, 'user%3Acarl')
      const before = await settled(running)

      await running.stop()
      await rm(join(folder, 'clickhouse'), { recursive: true })
      const replayedFrom = performance.now()
      const printed = await touchline(['replay'], env)
      expect(printed).toMatch(/[1-9]\d* records/)
      await running.restart()
      await until(async () => ((await gone(running, 'user%3Acarl')) ? true : undefined), {
        timeoutMs: 90_000,
        what: 'what was erased to go again',
      })
      const after = await settled(running)
      const recoveredInSeconds = (performance.now() - replayedFrom) / 1000
      const [known, shown] = [messageIdsOf(before), messageIdsOf(after)]
      report(
        `ClickHouse lost, and filled again from the ${log} log`,
        {
          acknowledged: new Set(known).size,
          lost: [...new Set(known)].filter((id) => !shown.includes(id)).length,
          twice: shown.length - new Set(shown).size,
        },
        [recoveredInSeconds],
      )
      expect(after).toEqual(before)
      await countersAddUp({ processes: [running] }, running)
    },
    240_000,
  )
})

/** Of a user's timeline as events, which is the first of those looked at. */
const messageIdsOf = ([first]: unknown[]): string[] =>
  (first as { events: { messageId: string }[] }).events.map(({ messageId }) => messageId)

const textOf = async (server: TestServer, path = ''): Promise<string> =>
  JSON.stringify((await server.get(path)).body)

const shows = (server: TestServer, path: string, text: string) =>
  until(async () => ((await textOf(server, path)).includes(text) ? true : undefined), {
    what: `${text} at ${path}`,
  })

async function erase(server: TestServer, person: string): Promise<void> {
  const { status } = await fetch(`${server.url}/v1/people/${person}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${server.secretKey}` },
  })
  expect(status).toBe(202)
  await until(async () => ((await gone(server, person)) ? true : undefined), {
    timeoutMs: 60_000,
    what: 'the erased person to be gone',
  })
}

async function gone(server: TestServer, person: string): Promise<boolean> {
  const { status } = await server.get(`/v1/users/${person}/timeline`)
  const [left] = await server.sql<{ n: string }>(
    "SELECT count() AS n FROM events WHERE message_id IN ('r-9', 'r-10')",
  )
  return status === 404 && Number(left?.n) === 0
}

/** All timelines, once two looks agree. */
async function settled(server: TestServer): Promise<unknown[]> {
  let last = ''
  return until(
    async () => {
      const answers = await Promise.all(timelines.map((path) => server.get(path)))
      const seen = JSON.stringify(answers)
      const isSame = seen === last && answers.every(({ status }) => status === 200)
      last = seen
      return isSame ? answers.map(({ body }) => body) : undefined
    },
    { everyMs: 1_000, timeoutMs: 60_000, what: 'the timelines to settle', seen: () => last.slice(0, 2_000) },
  )
}
