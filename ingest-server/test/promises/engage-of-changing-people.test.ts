/**
 * Segments and hand-offs while people are merged, erased and imported, and the server is killed in between: who is somebody
 * else now is said nothing of, what was over before it was known starts nothing, nothing is said twice.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rounds } from '../../../test-support/faults/ledger.js'
import { report } from '../../../test-support/faults/promise.js'
import { startServer, until, type TestServer } from '../../../test-support/server.js'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
}, 120_000)
afterAll(() => server?.stop())

const kills = rounds(1, 10)
const humans = 8

async function request(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${server.secretKey}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const said = (await answer.json()) as Record<string, unknown>
  if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(said)}`)
  return said
}

let sent = 0
const send = (events: readonly object[]) => {
  const batch = events.map((event) => ({ messageId: `m${(sent += 1)}`, ...event }))
  return request('POST', '/v1/batch', { batch, sentAt: new Date().toISOString() })
}
const asked = (who: object, timestamp = new Date().toISOString()) => ({
  ...{ type: 'track', event: 'Asked', timestamp },
  ...who,
})

/** Killed once something more than before is recorded, or, where it was said already, at once. */
async function killedAfter(happens: () => Promise<unknown>): Promise<void> {
  const recorded = async () =>
    Number((await server.sql<{ n: string }>('SELECT uniqExact(id) AS n FROM segment_transitions'))[0]?.n)
  const before = await recorded()
  await happens()
  await until(async () => ((await recorded()) > before ? true : undefined), {
    everyMs: 5,
    timeoutMs: 120_000,
    what: 'something to be recorded',
  })
  await server.kill()
  await server.restart()
}

interface Chain {
  subject: string
  changes: string[]
}

/** By subject what was recorded of it in a segment, in order. */
async function chainsOf(segment: string): Promise<Map<string, string[]>> {
  const rows = await server.sql<Chain & { numbers: string[] }>(
    `SELECT subject, arrayMap(x -> x.2, arraySort(groupArray((n, change)))) AS changes, arraySort(groupArray(toString(n))) AS numbers
     FROM segment_transitions FINAL WHERE segment = {segment: String} GROUP BY subject`,
    { segment },
  )
  return new Map(rows.map(({ subject, changes }) => [subject, changes]))
}

interface Human {
  user: string
  devices: string[]
}

const userOf = ({ user }: Human) => `user:${user}`
const namesOf = (human: Human) => [userOf(human), ...human.devices.map((one) => `anon:${one}`)]
const humansOf = (name: string): Human[] =>
  Array.from({ length: humans }, (_, n) => ({
    user: `${name}${n}`,
    devices: [`${name}${n}a`, `${name}${n}b`],
  }))

const identified = (people: readonly Human[]) =>
  people.flatMap(({ user, devices }) =>
    devices.map((anonymousId) => ({ type: 'identify', userId: user, anonymousId })),
  )

test(`segments while people are merged, erased and imported, with the server killed ${kills * 3} times`, async () => {
  await request('PUT', '/v1/definitions/segments/asked', {
    name: 'Asked',
    body: { subject: 'person', when: { touch: { name: 'Asked' } } },
  })
  await request('PUT', '/v1/definitions/segments/lately', {
    name: 'Asked lately',
    body: { subject: 'person', when: { touch: { name: 'Asked' }, within: '7d' } },
  })
  await request('PUT', '/v1/definitions/scores/lead', {
    name: 'Lead',
    body: {
      subject: 'person',
      on: 10,
      off: 5,
      rules: [{ id: 'asked', when: { touch: { name: 'Asked' } }, points: 10, cap: 10 }],
    },
  })
  const merged: Human[] = []
  const erased: Human[] = []
  const erasures: string[] = []
  const imported: string[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    const [staying, going] = [humansOf(`s${kill}x`), humansOf(`g${kill}x`).slice(0, 2)]
    const devices = [...staying, ...going].flatMap((one) => one.devices)
    await killedAfter(() => send(devices.map((anonymousId) => asked({ anonymousId }))))
    const history = Array.from({ length: humans }, (_, n) => `old${kill}x${n}`)
    const lastYear = new Date(Date.now() - 365 * 86_400_000).toISOString()
    await killedAfter(async () => {
      await send(history.map((userId) => asked({ userId }, lastYear)))
      await send(identified(staying))
    })
    await killedAfter(async () => {
      await send(identified(going))
      for (const human of going) {
        await until(
          async () =>
            (await server.get(`/v1/people/${encodeURIComponent(userOf(human))}`)).status === 200
              ? true
              : undefined,
          { what: `${human.user} to be there` },
        )
        const { erasureId } = await request('DELETE', `/v1/people/${encodeURIComponent(userOf(human))}`)
        erasures.push(String(erasureId))
      }
      await send([asked({ anonymousId: `more${kill}` })])
    })
    merged.push(...staying)
    erased.push(...going)
    imported.push(...history.map((one) => `user:${one}`))
  }

  // Each human is in as who they are today, and as nobody else.
  let last: object = {}
  await until(
    async () => {
      const chains = await chainsOf('asked')
      const open = merged.filter((human) => {
        const [today, ...before] = namesOf(human).map((name) => chains.get(name)?.at(-1))
        const isIn = today === 'enter' || today === 'joined'
        return !isIn || before.some((change) => change !== undefined && change !== 'moved')
      })
      last = { open: open.map((human) => namesOf(human).map((name) => [name, chains.get(name)])) }
      return open.length === 0 && imported.every((name) => chains.get(name)?.join() === 'enter')
        ? true
        : undefined
    },
    {
      timeoutMs: 240_000,
      everyMs: 250,
      what: 'every membership to go on under the name of today',
      seen: () => last,
    },
  )
  const chains = await chainsOf('asked')
  for (const human of merged) {
    const [today = [], ...before] = namesOf(human).map((name) => chains.get(name) ?? [])
    const all = [today, ...before].flat()
    expect(all, human.user).not.toContain('leave')
    // Of devices that were said to enter the user goes on silently.
    const isSaidBefore = before.some((changes) => changes.includes('enter'))
    expect(today.filter((change) => change === 'enter').length, human.user).toBe(isSaidBefore ? 0 : 1)
    for (const changes of before)
      expect(changes.filter((change) => change === 'enter').length).toBeLessThanOrEqual(1)
  }
  const lately = await chainsOf('lately')
  expect(imported.filter((name) => lately.has(name))).toEqual([])

  for (const erasure of erasures) {
    await until(
      async () => {
        const { body } = await server.get<{ status: string; checkedAt: string | null }>(
          `/v1/erasures/${erasure}`,
        )
        last = body
        return body.status === 'finished' || body.checkedAt !== null ? true : undefined
      },
      { what: 'the erasure to be through', timeoutMs: 240_000, seen: () => last },
    )
  }
  const gone = erased.flatMap(namesOf)
  for (const table of ['segment_transitions', 'segment_memberships', 'score_values', 'handoff_records'])
    await until(
      async () => {
        const rows = await server.sql<{ n: string }>(
          `SELECT count() AS n FROM ${table} FINAL WHERE subject IN {gone: Array(String)}`,
          { gone: `[${gone.map((name) => `'${name}'`).join(',')}]` },
        )
        return Number(rows[0]?.n) === 0 ? true : undefined
      },
      { what: `nobody erased to be in ${table}`, timeoutMs: 120_000 },
    )
  // Two devices of one person that were handed off each are handed off no third time as who they are together.
  const handoffs = await server.sql<{ subject: string; n: string }>(
    'SELECT subject, count() AS n FROM handoff_records FINAL GROUP BY subject',
  )
  const handedOff = new Map(handoffs.map(({ subject, n }) => [subject, Number(n)]))
  for (const human of merged) {
    const [today = 0, ...before] = namesOf(human).map((name) => handedOff.get(name) ?? 0)
    expect(Math.max(today, ...before), human.user).toBe(1)
    expect(before.includes(1) && today === 1, human.user).toBe(false)
  }
  report(`segments while people change, the server killed ${kills * 3} times`, {
    acknowledged: merged.length + imported.length,
    lost: 0,
    twice: 0,
  })
}, 900_000)
