/** Who is who over HTTP, with the real log, store and stitch behind it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import {
  silentLogger,
  startTestClickHouse,
  type TestClickHouse,
} from '../../../../test-support/clickhouse.js'
import { eventRow, insertRowsOf } from '../../../../test-support/event-rows.js'
import { startTimelineApi, type TimelineApi } from '../../../../test-support/timeline-api.js'
import { createMetrics } from '../../metrics.js'
import { startStitch, type Stitch } from '../../identity/upkeep/stitch.js'
import { openEmbeddedLog, type EmbeddedLog } from '../../log/embedded/embedded-log.js'
import { startStore } from '../../store/store.js'
import type * as wire from '@touchline/schemas/api'
import type * as people from '@touchline/schemas/api'

const neverMs = 2 ** 30
// A minute later at every look: of two decisions about a pair the later one counts.
let now = Date.parse('2026-06-01T00:00:00Z')
const clock = () => (now += 60_000)
const metrics = createMetrics()

let clickhouse: TestClickHouse
let log: EmbeddedLog
let store: ReturnType<typeof startStore>
let stitch: Stitch
let api: TimelineApi
const dir = mkdtempSync(join(tmpdir(), 'touchline-people-'))

type Timeline = z.infer<typeof wire.personTimeline>
type Profile = z.infer<typeof people.personProfile>

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  log = await openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger })
  store = startStore({ log, clickhouse, metrics, logger: silentLogger })
  stitch = startStitch({
    clickhouse,
    metrics,
    logger: silentLogger,
    isAlone: true,
    intervalMs: neverMs,
    sweepIntervalMs: neverMs,
  })
  api = await startTimelineApi({ clickhouse, log, clock, metrics })
  await insertRowsOf(clickhouse.app, [
    // As collect stores an address in one of the scripts that a domain may have.
    eventRow({
      at: '2026-03-02T10:00:00Z',
      type: 'identify',
      anonymous_id: 'idn-1',
      email: 'zoë@xn--bcher-kva.example',
      message_id: 'idn-1',
    }),
    // Ann reads anonymously, leaves her address, and signs up on another device a week later.
    eventRow({
      at: '2026-03-01T10:00:00Z',
      type: 'page',
      title: 'Pricing',
      anonymous_id: 'a1',
      message_id: 'ann-1',
    }),
    eventRow({
      at: '2026-03-01T10:05:00Z',
      type: 'identify',
      anonymous_id: 'a1',
      email: 'ann@acme.com',
      traits: { email: 'ann@acme.com', name: 'Ann' },
      person_traits: [
        { name: 'email', value: '"ann@acme.com"' },
        { name: 'name', value: '"Ann"' },
        { name: 'phone', value: '"N/A"' },
      ],
      message_id: 'ann-2',
    }),
    eventRow({
      at: '2026-03-08T10:00:00Z',
      type: 'identify',
      anonymous_id: 'a2',
      user_id: 'ann',
      email: 'ann@acme.com',
      person_traits: [{ name: 'name', value: '"Ann Lee"' }],
      message_id: 'ann-3',
    }),
    eventRow({
      at: '2026-02-01T10:00:00Z',
      received_at: '2026-03-09T10:00:00Z',
      type: 'identify',
      user_id: 'ann',
      verified: true,
      person_traits: [{ name: 'name', value: '"Ann L."' }],
      message_id: 'ann-4',
    }),
    // Somebody else states Ann's address later: contested, and changes nothing.
    eventRow({
      at: '2026-03-20T10:00:00Z',
      type: 'identify',
      user_id: 'eve',
      email: 'ann@acme.com',
      message_id: 'eve-1',
    }),
    eventRow({
      at: '2026-03-21T10:00:00Z',
      type: 'group',
      user_id: 'bob',
      group_id: 'globex',
      memberships: [{ identifier: 'user:bob', account: 'globex', left: false }],
      group_traits: [{ name: 'name', value: '"Globex Corporation"' }],
      message_id: 'bob-1',
    }),
    eventRow({
      at: '2026-03-22T10:00:00Z',
      type: 'page',
      title: 'Lone',
      anonymous_id: 'lone',
      message_id: 'lone-1',
    }),
  ])
  await clickhouse.app.insert({
    table: 'rejected_events',
    format: 'JSONEachRow',
    values: [
      {
        project: 'default',
        received_at: '2026-03-01 00:00:00',
        message_id: 'bad-1',
        code: 'EVENT_NO_ID',
        message: 'no id',
        stage: 'collect',
        original: '{"type":"track"}',
      },
    ],
  })
  await stitch.passOnce()
})
afterAll(async () => {
  await api.close()
  await stitch.stop()
  await store.stop()
  await log.close()
  await clickhouse.close()
  rmSync(dir, { recursive: true, force: true })
})

const nameOf = (identifiers: readonly { identifier: string }[]) =>
  identifiers.map(({ identifier }) => identifier).sort()

describe('a person’s profile', () => {
  test('has every identifier and trait with the message that said so', async () => {
    const { body } = await api.get<Profile>('/v1/people/ann')
    expect(body.id).toBe('user:ann')
    expect(nameOf(body.identifiers)).toEqual(['anon:a1', 'anon:a2', 'email:ann@acme.com', 'user:ann'])
    expect(body.identifiers.find(({ identifier }) => identifier === 'email:ann@acme.com')?.because).toBe(
      'ann-3',
    )
    expect(body.accounts).toMatchObject([{ account: 'domain:acme.com', how: 'domain' }])
  })

  test('believes what was verified before what was said later', async () => {
    const { body } = await api.get<Profile>('/v1/people/ann')
    expect(body.traits.find(({ name }) => name === 'name')).toMatchObject({
      value: 'Ann L.',
      messageId: 'ann-4',
      verified: true,
      told: 1,
    })
  })

  test('as of an earlier time has what was known then', async () => {
    const { body } = await api.get<Profile>('/v1/people/ann@acme.com?as_of=2026-03-05')
    expect(body.id).toBe('email:ann@acme.com')
    expect(nameOf(body.identifiers)).toEqual(['anon:a1', 'email:ann@acme.com'])
    expect(body.traits.find(({ name }) => name === 'name')?.value).toBe('Ann')
    expect((await api.get('/v1/people/ann?as_of=2026-03-05')).status).toBe(404)
  })
})

describe('timelines as of an earlier time', () => {
  test('a person’s has the facts and events received until then', async () => {
    const { body } = await api.get<Timeline>('/v1/users/ann@acme.com/timeline?as_of=2026-03-05&order=asc')
    expect(body.person.id).toBe('email:ann@acme.com')
    expect(body.touchpoints?.map(({ name }) => name)).toEqual(['Pricing', 'ann@acme.com'])
    const now = await api.get<Timeline>('/v1/users/ann@acme.com/timeline?order=asc')
    expect(now.body.person.id).toBe('user:ann')
    expect(now.body.touchpoints?.map(({ name }) => name)).toEqual(['ann', 'Pricing', 'ann@acme.com'])
  })

  test('an account’s has whoever was in it then', async () => {
    const at = async (time: string) => {
      const { status, body } = await api.get<z.infer<typeof wire.accountTimeline>>(
        `/v1/accounts/domain:acme.com/timeline?as_of=${time}`,
      )
      return status === 404 ? undefined : new Set(body.touchpoints?.map(({ person }) => person))
    }
    expect(await at('2026-02-20')).toBeUndefined()
    expect(await at('2026-03-05')).toEqual(new Set(['email:ann@acme.com']))
    expect(await at('2026-03-15')).toEqual(new Set(['user:ann']))
  })
})

describe('search', () => {
  const search = async (q: string) => {
    const { body } = await api.get<z.infer<typeof people.peopleListed>>(
      `/v1/people?q=${encodeURIComponent(q)}`,
    )
    return body.people.map(({ id }) => id)
  }
  test.each([
    ['a part of an address', 'nn@acm', 'user:ann'],
    ['a device', 'a1', 'user:ann'],
    ['a name somebody said', 'ann lee', 'user:ann'],
    ['a visitor of whom nothing else is known', 'lone', 'anon:lone'],
    ['a user whom nothing links', 'bob', 'user:bob'],
  ])('finds people by %s', async (_, q, id) => {
    expect(await search(q)).toContain(id)
  })

  test.each(['zoë@bücher.example', 'ZOË@xn--bcher-kva', '\u200bzoë@bücher.example', 'Bücher.example'])(
    'finds the same person by each spelling of an address: %j',
    async (q) => {
      expect(await search(q)).toEqual(['email:zoë@bücher.example'])
    },
  )

  test('finds nobody by what is nobody’s', async () => {
    expect(await search('nobody at all')).toEqual([])
  })

  test('finds accounts by id, name and domain', async () => {
    const find = async (q: string) => {
      const { body } = await api.get<z.infer<typeof people.accountsListed>>(`/v1/accounts?q=${q}`)
      return body.accounts
    }
    expect(await find('corporation')).toEqual([
      { id: 'globex', people: 1, traits: { name: 'Globex Corporation' } },
    ])
    expect(await find('glob')).toHaveLength(1)
    expect(await find('acme')).toMatchObject([{ id: 'domain:acme.com', people: 1 }])
  })
})

test.each(['zoë@bücher.example', 'email:ZOË@XN--BCHER-KVA.example', 'zoe\u0308@bu\u0308cher.example\u200b'])(
  'one person is looked up by %j, and is shown in Unicode',
  async (id) => {
    const { status, body } = await api.get<Profile>(`/v1/people/${encodeURIComponent(id)}`)
    expect(status).toBe(200)
    expect(body.id).toBe('email:zoë@bücher.example')
    expect(body.accounts).toMatchObject([{ account: 'domain:bücher.example', how: 'domain' }])
  },
)

test.each(['domain:bücher.example', 'domain:xn--bcher-kva.example'])(
  'one account is looked up by %s',
  async (id) => {
    const { body } = await api.get<z.infer<typeof people.accountProfile>>(
      `/v1/accounts/${encodeURIComponent(id)}`,
    )
    expect(body).toMatchObject({
      id: 'domain:bücher.example',
      people: [{ person: 'email:zoë@bücher.example', how: 'domain' }],
    })
  },
)

test('an account’s profile says who is in it, how and since when', async () => {
  const { body } = await api.get<z.infer<typeof people.accountProfile>>('/v1/accounts/globex')
  expect(body).toMatchObject({
    id: 'globex',
    traits: [{ name: 'name', value: 'Globex Corporation', messageId: 'bob-1' }],
    people: [{ person: 'user:bob', how: 'group', since: null, until: null, because: 'bob-1' }],
  })
})

describe('why', () => {
  const why = async (query: string) =>
    (await api.get<z.infer<typeof people.whyAnswer>>(`/v1/people/ann/why?${query}`)).body

  test('an identifier is theirs: the rule, the message and all that was said', async () => {
    const answer = await why('identifier=email:ann@acme.com')
    expect(answer).toMatchObject({
      isTheirs: true,
      state: 'contested',
      owners: [{ person: 'user:ann', rule: 'R3', because: 'ann-3' }],
      decidedBy: [{ messageId: 'ann-3', type: 'identify' }],
    })
    expect(answer.facts.map(({ messageId }) => messageId)).toEqual(['ann-2', 'ann-3'])
  })

  test('an event is on their timeline', async () => {
    const answer = await why('messageId=ann-1')
    expect(answer).toMatchObject({
      identifier: 'anon:a1',
      isTheirs: true,
      event: { messageId: 'ann-1', person: 'user:ann', because: 'ann-2' },
      decidedBy: [{ messageId: 'ann-2' }],
    })
  })

  test('an event is not', async () => {
    expect(await why('messageId=bob-1')).toMatchObject({ isTheirs: false, event: { person: 'user:bob' } })
  })
})

test('what became one person lately is listed with the claim that made it so, and its rule in words', async () => {
  const { status, body } = await api.get<z.infer<typeof people.mergesAnswer>>('/v1/identity/merges')
  expect({ status, body }).toMatchObject({ status: 200, body: { days: 7 } })
  const found = body.merges.filter(({ person }) => person === 'user:ann')
  expect(found).toHaveLength(3)
  expect(found.find(({ identifier }) => identifier === 'anon:a1')).toMatchObject({
    other: 'email:ann@acme.com',
    because: 'ann-2',
    rule: 'R1',
    meaning: expect.stringContaining('device') as string,
  })
  expect(found.find(({ identifier }) => identifier === 'email:ann@acme.com')).toMatchObject({
    other: 'user:ann',
    because: 'ann-3',
  })
  // Eve claimed the address too: that made nobody one.
  expect(body.merges.some(({ because }) => because === 'eve-1')).toBe(false)
})

test('a contested email is listed with the claim that changed nothing', async () => {
  const { body } = await api.get<z.infer<typeof people.contestedAnswer>>('/v1/identity/contested')
  expect(body.emails).toMatchObject([
    { email: 'ann@acme.com', owner: 'user:ann', claims: [{ by: 'user:eve', because: 'eve-1' }] },
  ])
  const quarantined = await api.get('/v1/identity/quarantined')
  expect(quarantined.body).toEqual({ identifiers: [] })
})

describe('one event', () => {
  const status = (id: string) => api.get<z.infer<typeof people.eventStatus>>(`/v1/events/${id}`)
  test('that is stored says whose it is', async () => {
    const { body } = await status('ann-1')
    expect(body).toMatchObject({
      status: 'stored',
      reason: null,
      event: { person: 'user:ann', title: 'Pricing', context: {} },
    })
  })
  test('that was refused says why', async () => {
    const { body } = await status('bad-1')
    expect(body).toMatchObject({
      status: 'rejected',
      event: null,
      reason: { code: 'EVENT_NO_ID', original: '{"type":"track"}' },
    })
  })
  test('that nobody has seen is not found', async () => {
    expect((await status('never')).status).toBe(404)
  })
})

test('an export has everything, line by line', async () => {
  const answer = await api.app.inject({
    url: '/v1/people/ann/export',
    headers: { authorization: 'Bearer secret' },
  })
  expect(answer.headers['content-type']).toContain('application/x-ndjson')
  const lines = answer.body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { record: string; message_id?: string })
  const idsOf = (record: string) =>
    lines.filter((line) => line.record === record).map(({ message_id }) => message_id)
  expect(lines[0]).toMatchObject({ record: 'person', id: 'user:ann' })
  expect(idsOf('event').sort()).toEqual(['ann-1', 'ann-2', 'ann-3', 'ann-4'])
  expect(idsOf('trait')).toHaveLength(5)
  expect(idsOf('link')).toContain('ann-2')
})

describe('taking apart and putting together again', () => {
  async function decide(kind: 'unlink' | 'relink', body: object) {
    const { status, body: answer } = await api.post<z.infer<typeof people.unlinkAnswer>>(
      `/v1/people/ann/${kind}`,
      body,
    )
    expect(status).toBe(202)
    return answer
  }
  const body = { identifier: 'email:ann@acme.com', reason: 'a shared address', author: 'ops' }
  const holdings = async () => nameOf((await api.get<Profile>('/v1/people/ann')).body.identifiers)

  // The fact is durable with the answer, and stored and stitched a moment later.
  const settled = (isSo: (held: string[]) => boolean) =>
    expect
      .poll(
        async () => {
          await stitch.passOnce()
          return isSo(await holdings())
        },
        { timeout: 20_000 },
      )
      .toBe(true)

  test('an unlinked email stays apart, and relink gives it back', async () => {
    const before = await holdings()
    const answer = await decide('unlink', body)
    expect(answer.pairs).toEqual([['user:ann', 'email:ann@acme.com']])
    await settled((held) => !held.includes('email:ann@acme.com'))
    const event = await api.get<z.infer<typeof people.eventStatus>>(`/v1/events/${answer.messageId}`)
    expect(event.body.event).toMatchObject({
      type: 'unlink',
      properties: { reason: 'a shared address', author: 'ops' },
    })
    await decide('relink', body)
    await settled((held) => held.join() === before.join())
  })

  test('an undone decision stays in the history, beside what undid it', async () => {
    const { body: answer } = await api.get<z.infer<typeof people.decisionsAnswer>>('/v1/identity/decisions')
    expect(answer.decisions.map(({ kind }) => kind)).toEqual(['relink', 'unlink'])
    expect(answer.decisions[1]).toMatchObject({
      person: 'user:ann',
      pairs: [['user:ann', 'email:ann@acme.com']],
      reason: 'a shared address',
      author: 'ops',
    })
    expect((await api.get<object>('/v1/identity/decisions', 'other')).body).toEqual({ decisions: [] })
  })

  test('needs no reason and no author, and says so in their place', async () => {
    const answer = await decide('unlink', { identifier: 'email:ann@acme.com' })
    await settled((held) => !held.includes('email:ann@acme.com'))
    const event = await api.get<z.infer<typeof people.eventStatus>>(`/v1/events/${answer.messageId}`)
    expect(event.body.event).toMatchObject({ type: 'unlink', properties: { author: 'api' } })
    const { status } = await api.post('/v1/people/ann/unlink', { author: 'ops' })
    expect(status).toBe(400)
  })
})
