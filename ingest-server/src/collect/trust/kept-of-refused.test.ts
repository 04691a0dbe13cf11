/** What stands in rejected_events, and so in the log, of events that were refused. */
import { describe, expect, test } from 'vitest'
import { fixtureSecretKey, fixtureWriteKey } from '@touchline/schemas/fixtures'
import { rowsOf, startCollect } from '../../../../test-support/collect.js'
import { hashIdentifier, judgeBy } from '../../log/tombstones.js'
import type { PrivacyRules } from '../../projects/projects-file.js'
import { openProjects } from '../../projects/projects.js'
import type { CollectDeps } from '../request/routes.js'
import { keptOfRefused } from './kept-of-refused.js'

const authorization = `Basic ${Buffer.from(`${fixtureWriteKey}:`).toString('base64')}`
const noRules: PrivacyRules = {
  dropProperties: [],
  hashProperties: [],
  hashSalt: 'a salt of sixteen',
  gpc: 'anonymous',
  dnt: 'ignore',
}

/** Sends events that are refused; what is kept of each. */
async function refused(
  events: readonly unknown[],
  {
    privacy,
    headers,
    ...deps
  }: Partial<CollectDeps> & { privacy?: Partial<PrivacyRules>; headers?: Record<string, string> } = {},
) {
  const known = openProjects({ defaultProject: { writeKey: fixtureWriteKey, secretKey: fixtureSecretKey } })
  const rules = { ...noRules, ...privacy }
  const made = new Map<string, ReturnType<typeof known.credentialOf>>()
  const projects = {
    ...known,
    credentialOf(key: string) {
      const found = known.credentialOf(key)
      // One object as long as nothing changes, as projects are.
      if (found && !made.has(key)) made.set(key, { ...found, project: { ...found.project, privacy: rules } })
      return made.get(key)
    },
  }
  const { app, log } = await startCollect({ projects, ...deps })
  const answer = await app.inject({
    method: 'POST',
    url: '/v1/batch',
    headers: { authorization, ...headers },
    payload: JSON.stringify({ batch: events }),
  })
  await app.close()
  known.close()
  expect(answer.json()).toMatchObject({ success: true, accepted: 0 })
  const { rows, text } = rowsOf(log.records, 'rejected_events')
  expect(rows).toHaveLength(events.length)
  return { text, kept: rows.map(({ original }) => JSON.parse(original as string) as unknown), rows }
}

const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLW9mLXRoaXM'

describe('the address of a visitor', () => {
  test.each<[string, unknown]>([
    ['in context', { type: 'click', context: { ip: '203.0.113.77' } }],
    ['at the root, as others write it', { type: 'click', request_ip: '203.0.113.77' }],
    ['of version 6', { type: 'click', context: { ip: '2001:db8:7777:7777::1' } }],
    ['in an event that is a list', [{ type: 'track', context: { clientIP: '203.0.113.77' } }]],
    [
      'with its port, in a list, deep down',
      { type: 'click', a: [{ b: { ipAddress: ['203.0.113.77:4711', '10.7.7.77'] } }] },
    ],
    ['behind proxies', { type: 'click', headers: { 'X-Forwarded-For': '203.0.113.77, 10.7.7.77' } }],
    ['between words', { type: 'click', remote_addr: 'from 203.0.113.77' }],
  ])('is truncated %s', async (_where, event) => {
    const { text } = await refused([event])
    expect(text).not.toMatch(/\.77\b|7777:7777/)
  })

  test('is not seen in what is none', async () => {
    const event = {
      type: 'click',
      zip: '1.2.3.4',
      tip: '10.0.0.1',
      ipCountry: 'DE',
      version: '1.2.3.4',
      ip: null,
    }
    expect((await refused([event])).kept).toEqual([event])
  })
})

describe('what a project drops or hashes', () => {
  const privacy = { dropProperties: ['ssn', 'traits.salary'], hashProperties: ['phone'] }

  test.each<[string, unknown]>([
    ['at the root', { type: 'click', ssn: '123-45-6789', phone: '+49 170 123' }],
    [
      'in an unknown part',
      { type: 'click', data: { person: [{ SSN: '123-45-6789', Phone: '+49 170 123' }] } },
    ],
    ['in an event that is a list', [[{ ssn: '123-45-6789', traits: { salary: 123456789 } }]]],
    ['by its path', { type: 'click', traits: { salary: '123-45-6789' } }],
    ['deeper than an event may be', deep(60, { ssn: '123-45-6789', phone: '+49 170 123' })],
    ['where only what it is in is refused', { event: 5, type: 'track', properties: { ssn: '123-45-6789' } }],
  ])('is not kept %s', async (_where, event) => {
    const { text } = await refused([event], { privacy })
    expect(text).not.toMatch(/123-45-6789|123456789|170 123/)
  })

  test('names no field by which a refused event is replayed', async () => {
    const event = { type: 'click', messageId: 'm-1', timestamp: '2026-03-01T11:00:00.000Z' }
    const { kept } = await refused([event], {
      privacy: { dropProperties: ['type', 'messageId', 'timestamp'] },
    })
    expect(kept).toEqual([event])
  })
})

describe('tokens and keys', () => {
  test.each<[string, unknown]>([
    ['an event that is a list', [{ type: 'track', userToken: token }]],
    ['a list in a list', [[[{ context: { userToken: token } }]]]],
    ['an event of another type', { type: 'click', userToken: token, context: { userToken: token } }],
    ['another name', { type: 'click', auth: `Bearer ${token}`, jwt: token }],
    ['an address', { type: 'click', url: `https://shop.test/?t=${token}#x` }],
    ['a part where none belongs', { type: 'click', properties: { user_token: token } }],
    ['a text', token],
  ])('are not kept in %s', async (_where, event) => {
    const { text } = await refused([event])
    expect(text).not.toContain('c2lnbmF0dXJl')
  })

  test('nor is the key of a single event', async () => {
    const { app, log } = await startCollect()
    await app.inject({
      method: 'POST',
      url: '/v1/track',
      payload: JSON.stringify({ writeKey: fixtureWriteKey, event: '', anonymousId: 'a' }),
    })
    await app.close()
    const { rows, text } = rowsOf(log.records, 'rejected_events')
    expect([rows.length, text.includes(fixtureWriteKey)]).toEqual([1, false])
  })
})

describe('a visitor who asked to be left alone', () => {
  test.each<[string, unknown]>([
    [
      'an event',
      { type: 'click', userId: 'ada', traits: { email: 'ada@x.com' }, anonymousId: 'a-1', secret: 'ada' },
    ],
    ['a list', [{ userId: 'ada' }]],
    ['a text', 'ada'],
    ['one that is too deep', deep(40, { userId: 'ada' })],
  ])('leaves nothing of themselves in %s that is refused', async (_what, event) => {
    const { text } = await refused([event], { headers: { 'sec-gpc': '1' } })
    expect(text).not.toContain('ada')
  })

  test('leaves what kind of event it was', async () => {
    const event = { type: 'click', messageId: 'm-1', anonymousId: 'a-1', event: 'Paid' }
    const { kept } = await refused([{ ...event, userId: 'ada' }], { headers: { 'sec-gpc': '1' } })
    expect(kept).toEqual([event])
  })
})

test('what nothing speaks against is kept as it was sent, however deep', () => {
  const keeping = { rules: undefined, privacySignal: 'none' as const }
  const odd = JSON.parse(
    '{"b":1,"__proto__":{"x":[null,true,{}]},"10":"eyJ is no token","a":"x".length}'.replace(
      '"x".length',
      '2',
    ),
  ) as unknown
  expect(JSON.stringify(keptOfRefused(odd, keeping))).toBe(JSON.stringify(odd))
  let level = keptOfRefused(deep(100_000, { x: 1 }), keeping)
  for (let times = 0; times < 100_000; times += 1) level = (level as { a: unknown }).a
  expect(level).toEqual({ x: 1 })
})

function deep(levels: number, inner: object): unknown {
  let value: object = inner
  for (let level = 0; level < levels; level += 1) value = { a: value }
  return value
}

describe('a late copy of a refused event of somebody who was erased', () => {
  const erasedAt = Date.parse('2026-03-01T00:00:00.000Z')
  const judge = judgeBy({
    salt: 'salt',
    list: ['user:ada-lovelace', 'email:ada@x.com', 'anon:laptop'].map((identifier) => ({
      hash: hashIdentifier('salt', identifier),
      from: undefined,
      to: erasedAt,
      isWhole: true,
    })),
  })
  const before = '2026-02-01T00:00:00.000Z'
  const after = '2026-03-01T00:00:01.000Z'

  test.each<[string, unknown]>([
    ['by its user', { type: 'click', userId: 'ada-lovelace', timestamp: before }],
    ['by its device', { type: 'click', anonymousId: 'laptop', originalTimestamp: before }],
    ['by an address in it', { type: 'click', note: 'ask ada@x.com', timestamp: before }],
    ['without a time', { type: 'click', userId: 'ada-lovelace' }],
    ['with a time that cannot be read', { type: 'click', userId: 'ada-lovelace', timestamp: 'yesterday' }],
    ['as a list', [{ userId: 'ada-lovelace' }]],
    ['among more names than are looked at', [...Array.from({ length: 2_000 }, (_, n) => n), 'ada-lovelace']],
  ])('is not stored anew: %s', async (_how, event) => {
    const { kept, rows } = await refused([event], { judgeOf: () => judge })
    expect([kept, rows[0]?.message_id]).toEqual([[null], ''])
  })

  test.each<[string, unknown]>([
    ['by somebody else', { type: 'click', userId: 'bob', timestamp: before }],
    ['by whoever bears the name since', { type: 'click', userId: 'ada-lovelace', timestamp: after }],
  ])('is kept: %s', async (_how, event) => {
    expect((await refused([event], { judgeOf: () => judge })).kept).toEqual([event])
  })
})
