/**
 * The tables of touchpoints while people are erased, unlinked and linked again, and their events go on arriving: in the
 * end they hold what the function makes of the facts that are left.
 */
import { createClient, type ClickHouseClient } from '@clickhouse/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rounds } from '../../../test-support/faults/ledger.js'
import { report } from '../../../test-support/faults/promise.js'
import { startServer, until, type TestServer } from '../../../test-support/server.js'
import { pick, seeded } from '../../../test-support/worlds/touchpoint-histories.js'
import { tablesFollow } from '../../../test-support/plainly/touchpoints-of-facts.js'

let server: TestServer
let analyst: ClickHouseClient
beforeAll(async () => {
  server = await startServer()
  const { origin, username, password } = new URL(server.clickhouseUrl)
  analyst = createClient({ url: origin, username, password, database: 'touchline' })
})
afterAll(async () => {
  await analyst?.close()
  await server?.stop()
})

const devices = ['phone', 'laptop', 'tablet', 'kiosk']
let made = 0

/** Visits and actions of some users on shared devices, until it is stopped: now, and now and then of yesterday. */
function arriveFor(users: readonly string[], seed: number) {
  const random = seeded(seed)
  let isSending = true
  const event = () => {
    made += 1
    const user = pick(users, random)
    const anonymousId = `${pick(devices, random)}-${random(3)}`
    const at = Date.now() - (random(6) === 0 ? random(86_400) * 1_000 : 0)
    const common = { messageId: `arriving-${made}`, timestamp: new Date(at).toISOString() }
    return pick(
      [
        { ...common, type: 'page', anonymousId, name: pick(['Home', 'Prices'], random) },
        { ...common, type: 'track', event: pick(['Opened', 'Paid'], random), userId: user, anonymousId },
        { ...common, type: 'track', event: 'Opened', userId: user },
        { ...common, type: 'identify', userId: user, anonymousId, traits: { email: `${user}@example.com` } },
        { ...common, type: 'group', userId: user, groupId: pick(['acme', 'globex'], random) },
      ],
      random,
    )
  }
  const sending = (async () => {
    while (isSending) {
      const batch = Array.from({ length: 8 }, event)
      await server.post('/v1/batch', { batch, sentAt: new Date().toISOString() }, server.secretKey)
      await new Promise((resolve) => setTimeout(resolve, 40))
    }
  })()
  return async () => {
    isSending = false
    await sending
  }
}

interface Proof {
  status: string
  checkedAt: string | null
  remaining: Record<string, number>
}

const usersOf = (prefix: string) => Array.from({ length: 8 }, (_, index) => `${prefix}${index}`)

async function untilKnown(user: string, more: number): Promise<void> {
  await until(
    async () => {
      const { body } = await server.get<{ touchpoints?: unknown[] }>(`/v1/users/user%3A${user}/timeline`)
      return (body.touchpoints ?? []).length > more ? true : undefined
    },
    { what: `${user} to have touchpoints` },
  )
}

test('who is erased while their events still arrive leaves no touchpoint that no event is left for', async () => {
  const users = usersOf('e')
  const stop = arriveFor(users, 5)
  const erased = users.slice(0, rounds(2, 6))
  const erasures: string[] = []
  try {
    for (const user of erased) {
      await untilKnown(user, 2)
      const answer = await fetch(`${server.url}/v1/people/user%3A${user}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${server.secretKey}` },
      })
      expect(answer.status).toBe(202)
      erasures.push(((await answer.json()) as { erasureId: string }).erasureId)
      const before = made
      await until(() => (made > before + 200 ? true : undefined), { what: 'more events to arrive' })
    }
  } finally {
    await stop()
  }
  // What is left of them elsewhere is held by erase.long.test.ts.
  const isTheirs = (table: string) => table === 'events' || table.startsWith('touchpoint')
  for (const erasure of erasures) {
    let last: object = {}
    await until(
      async () => {
        const { body } = await server.get<Proof>(`/v1/erasures/${erasure}`)
        last = body
        const isChecked = body.status === 'finished' || body.checkedAt !== null
        return isChecked && !Object.keys(body.remaining).some(isTheirs) ? true : undefined
      },
      { what: 'their events and touchpoints to be gone', timeoutMs: 240_000, seen: () => last },
    )
  }
  report(`${erased.length} people erased while their events arrive`, await tablesFollow(analyst, 'default'))
}, 900_000)

test('who is unlinked and linked again while their events arrive has each touchpoint where it belongs', async () => {
  const users = usersOf('l')
  const stop = arriveFor(users, 7)
  const times = rounds(2, 20)
  try {
    for (let time = 0; time < times; time += 1) {
      const user = users[time % users.length] ?? ''
      await untilKnown(user, 1)
      const { body } = await server.get<{ identifiers?: { identifier: string }[] }>(
        `/v1/people/user%3A${user}`,
      )
      const other = body.identifiers
        ?.map(({ identifier }) => identifier)
        .find((one) => one !== `user:${user}`)
      if (other === undefined) continue
      for (const kind of time % 3 === 2 ? ['unlink'] : ['unlink', 'relink']) {
        const answer = await server.post(
          `/v1/people/user%3A${user}/${kind}`,
          { identifier: other },
          server.secretKey,
        )
        expect(answer.status).toBe(202)
        await untilKnown(user, 0)
      }
    }
  } finally {
    await stop()
  }
  report(`${times} unlinks while events arrive`, await tablesFollow(analyst, 'default'))
}, 900_000)
