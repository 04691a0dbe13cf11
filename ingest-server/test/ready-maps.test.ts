/** Each ready map on the header of the real export and rows of our own: over the real server, what a reader expects is there. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mapFixtures } from '../../test-support/worlds/map-fixtures.js'
import { startServer, until, type TestServer } from '../../test-support/server.js'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

interface Answer {
  state: string
  accepted: number
  skipped: number
  rejected: number
  rejectedRows: { line: number; reason: string }[]
  warnings: string[]
}

async function importText(map: string, text: string | Buffer, importId: string): Promise<Answer> {
  const answer = await fetch(`${server.url}/v1/imports?map=${map}&importId=${importId}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.secretKey}` },
    body: new Uint8Array(Buffer.from(text)),
  })
  const body = (await answer.json()) as Answer & { message?: string }
  if (!answer.ok) throw new Error(body.message)
  return body
}

describe('ready maps', () => {
  test.each(mapFixtures)(
    '$map',
    async ({ map, file, rejected = [], skipped = 0, touches, traits = [], costs }) => {
      const first = await importText(map, file, `fixture-${map}`)
      expect(first.rejectedRows.map(({ line }) => line)).toEqual(rejected)
      expect(first).toMatchObject({ state: 'done', skipped, rejected: rejected.length })
      await checkTouches(map, touches)
      for (const { person, has } of traits) await checkTraits(person, has)
      if (costs) await checkCosts(costs)
      const again = await importText(map, file, `again-${map}`)
      expect(again).toMatchObject({ accepted: first.accepted, rejected: first.rejected })
      await checkTouches(map, touches)
      if (costs) await checkCosts(costs)
    },
  )
})

const sourceOf = new Map<string, Promise<string>>()
async function sourceOfMap(map: string): Promise<string> {
  const known = sourceOf.get(map)
  if (known) return known
  const read = server
    .get<{ maps: { id: string; body: { source: string } }[] }>('/v1/imports/maps')
    .then(({ body }) => body.maps.find(({ id }) => id === map)?.body.source ?? '')
  sourceOf.set(map, read)
  return read
}

/** One line a touch, in order: when, what kind, what, who, account, channel, value. Ids of other maps of the tool are left out. */
async function checkTouches(map: string, touches: readonly string[]): Promise<void> {
  const source = await sourceOfMap(map)
  const statement = `
SELECT concat(formatDateTime(occurred_at, '%Y-%m-%d %H:%i', 'UTC'), ' ', if(kind = '', type, kind), ' ',
  if(type = 'page', url, name), ' <', if(user_id != '', concat('user:', user_id), if(email != '', concat('email:', email), concat('anon:', anonymous_id))), '>',
  if(group_id = '', '', concat(' @', group_id)), if(channel = '' OR type = 'page', '', concat(' #', channel)),
  if(JSONHas(properties, 'value'), concat(' =', JSONExtractRaw(properties, 'value'), JSONExtractString(properties, 'currency')), '')) AS told
FROM (SELECT * FROM events FINAL ORDER BY received_at LIMIT 1 BY message_id)
WHERE type IN ('track', 'page') AND origin = {source: String} AND occurred_at >= {from: String} AND occurred_at < {to: String}
ORDER BY occurred_at, told`
  const { from, to } = windowOf(map)
  const read = async () =>
    (await server.sql<{ told: string }>(statement, { source, from, to })).map(({ told }) => told)
  let last: string[] = []
  await until(
    async () => {
      last = await read()
      return last.length >= touches.length ? true : undefined
    },
    { timeoutMs: 20_000, what: `touches of ${map}`, seen: () => last },
  ).catch(() => undefined)
  expect(await read()).toEqual([...touches])
}

/** Maps of one tool tell of different years, so that each is looked at alone. */
function windowOf(map: string): { from: string; to: string } {
  const year = mapFixtures.find((one) => one.map === map)?.year ?? 2025
  return { from: `${year}-01-01 00:00:00`, to: `${year + 1}-01-01 00:00:00` }
}

async function checkTraits(person: string, has: object): Promise<void> {
  let last: unknown
  await until(
    async () => {
      const path = person.startsWith('account:')
        ? `/v1/accounts/${encodeURIComponent(person.slice(8))}`
        : `/v1/people/${encodeURIComponent(person)}`
      const { body } = await server.get<{ traits?: { name: string; value: unknown }[] }>(path)
      last = body
      const traits = Object.fromEntries((body.traits ?? []).map(({ name, value }) => [name, value]))
      return Object.entries(has).every(
        ([name, value]) => JSON.stringify(traits[name]) === JSON.stringify(value),
      )
        ? true
        : undefined
    },
    { timeoutMs: 20_000, what: `traits of ${person}`, seen: () => last },
  )
}

async function checkCosts(costs: readonly string[]): Promise<void> {
  const channels = [...new Set(costs.map((cost) => cost.split(' | ')[2] ?? ''))]
  const read = async () =>
    (
      await server.sql<{ cost: string }>(
        `SELECT concat(toString(day), ' | ', channel, ' | ', source, ' | ', campaign, ' | ', toString(amount), currency, ' | ', toString(ifNull(impressions, 0)), ' | ', toString(ifNull(clicks, 0))) AS cost
         FROM costs FINAL WHERE source IN (${channels.map((_, n) => `{s${n}: String}`).join(', ')}) ORDER BY cost`,
        Object.fromEntries(channels.map((channel, n) => [`s${n}`, channel])),
      )
    ).map(({ cost }) => cost)
  let last: string[] = []
  await until(
    async () => {
      last = await read()
      return last.length >= costs.length ? true : undefined
    },
    { timeoutMs: 20_000, what: 'costs', seen: () => last },
  )
  expect(last).toEqual([...costs])
}
