import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { exportJWK, SignJWT, UnsecuredJWT, type JSONWebKeySet } from 'jose'
import { expect, test } from 'vitest'
import type { Project } from '../../projects/project.js'
import { acceptEvents, splitBody } from '../accept/accept.js'
import { prepareBatch } from './prepare-batch.js'
import { parseBody } from '../request/body.js'
import type { EventRow, RejectedRow } from '../../log/event-row.js'
import { createTokenVerifier, type KeySets } from './user-token.js'

const secret = 'sg_0123456789abcdef0123456789abcdef0123456789'
const now = Date.parse('2026-03-01T12:00:00.000Z')
const open: Project = { id: 'shop', identify: 'open', signing: { keys: [{ id: 's', secret }] } }
const signedOnly: Project = { ...open, identify: 'signed-only' }
const noKeySets: KeySets = { get: () => undefined, refresh: () => false }

interface Signed {
  claims?: Record<string, unknown>
  key?: Uint8Array | KeyObject
  header?: { alg: string; kid?: string }
}
async function token({ claims = {}, key, header = { alg: 'HS256' } }: Signed = {}): Promise<string> {
  const all = { sub: 'u1', aud: 'shop', exp: now / 1_000 + 3_600, ...claims }
  const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  return new SignJWT(kept).setProtectedHeader(header).sign(key ?? new TextEncoder().encode(secret))
}

async function collect(body: object, project: Project, { keySets = noKeySets, verified = false } = {}) {
  const batch = splitBody(
    parseBody(Buffer.from(JSON.stringify(body))),
    'type' in body ? (body.type as string) : undefined,
    undefined,
  )
  const prepared = await prepareBatch(batch, project, createTokenVerifier(keySets))
  const outcome = acceptEvents(prepared, {
    project,
    verified,
    receivedAtMs: now,
    receivedAt: new Date(now).toISOString(),
    ip: '',
    userAgent: '',
    acceptLanguage: '',
    byBrowser: true,
  })
  const rows = linesIn<Partial<EventRow>>(outcome.lines)
  return {
    ...outcome,
    ...{ rows, row: rows[0] ?? {}, refused: linesIn<RejectedRow>(outcome.rejectedLines) },
    // As text: bytes contain no text, and so whatever is looked for in them is never there.
    ...{ lines: outcome.lines.toString(), rejectedLines: outcome.rejectedLines.toString() },
  }
}
const linesIn = <Row>(lines: Buffer) =>
  lines
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)

const identify = (userToken: unknown, more: object = {}) => ({
  type: 'identify',
  userId: 'u1',
  anonymousId: 'a1',
  traits: { email: 'ada@example.com', plan: 'pro' },
  userToken,
  ...more,
})

test('claims that the token makes are verified, and the token is nowhere', async () => {
  const signed = await token({ claims: { email: 'ada@example.com' } })
  const { row, lines, warnings } = await collect(identify(signed), signedOnly)
  expect(row).toMatchObject({ subject: 'user:u1', verified: true, email: 'ada@example.com' })
  expect(row.links).toMatchObject([
    { identifier: 'user:u1', other: 'anon:a1', verified: true },
    { identifier: 'user:u1', other: 'email:ada@example.com', verified: true },
  ])
  expect(lines).not.toContain(signed)
  expect(warnings).toEqual([])
})

test('it may stand in the event, its context, the batch or the batch context', async () => {
  const signed = await token()
  const event = { type: 'track', event: 'E', userId: 'u1', anonymousId: 'a1' }
  for (const body of [
    { ...event, userToken: signed },
    { ...event, context: { userToken: signed } },
    { batch: [event], userToken: signed },
    { batch: [event], context: { userToken: signed } },
  ]) {
    const { row, lines } = await collect(body, signedOnly)
    expect(row).toMatchObject({ subject: 'user:u1', verified: true })
    expect(lines).not.toContain(signed)
  }
})

test.each(['properties', 'traits'])(
  'one that stands in %s by mistake is taken out, and proves nothing',
  async (part) => {
    const signed = await token()
    const type = part === 'traits' ? 'identify' : 'track'
    const event = { type, event: 'E', userId: 'u1', [part]: { plan: 'pro', userToken: signed } }
    const { row, lines } = await collect(event, open)
    expect(row).toMatchObject({ subject: 'user:u1', [part]: { plan: 'pro' } })
    expect(row?.verified).not.toBe(true)
    expect(lines).not.toContain('eyJ')
  },
)

test('a refused event is kept without its token', async () => {
  const signed = await token()
  const { refused, rejectedLines } = await collect(
    { batch: [{ type: 'track', userId: 'u1', userToken: signed, context: { userToken: signed } }] },
    open,
  )
  expect(refused).toMatchObject([{ code: 'EVENT_NO_NAME' }])
  expect(rejectedLines).not.toContain(signed)
})

const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const badTokens: [string, () => unknown][] = [
  ['another secret', () => token({ key: new TextEncoder().encode('x'.repeat(40)) })],
  ['another project', () => token({ claims: { aud: 'other' } })],
  ['no audience', () => token({ claims: { aud: undefined } })],
  ['no end', () => token({ claims: { exp: undefined } })],
  ['no subject', () => token({ claims: { sub: undefined } })],
  ['a subject that names nobody', () => token({ claims: { sub: 'undefined' } })],
  ['another user', () => token({ claims: { sub: 'u2' } })],
  ['an end long ago', () => token({ claims: { exp: now / 1_000 - 13 * 3_600 } })],
  ['a beginning to come', () => token({ claims: { nbf: now / 1_000 + 3_600 } })],
  ['a beginning that is no number', () => token({ claims: { nbf: '0' } })],
  ['an end that is no number', () => token({ claims: { exp: `${now}` } })],
  ['no signature', () => new UnsecuredJWT({ sub: 'u1', aud: 'shop', exp: now }).encode()],
  ['an unknown key pair', () => token({ key: other.privateKey, header: { alg: 'ES256' } })],
  ['nonsense', () => 'a.b.c'],
  ['a number', () => 7],
  ['an object', () => ({ sub: 'u1' })],
  ['64 KB', () => 'x'.repeat(64_000)],
]

test.each(badTokens)('a token with %s proves nothing, and says so', async (_, make) => {
  const { row, warnings } = await collect(identify(await make()), open)
  expect(row.verified).toBeUndefined()
  expect(row.links?.some((link) => link.verified)).toBe(false)
  expect(warnings).toHaveLength(1)
  const { row: asVisitor } = await collect(identify(await make()), signedOnly)
  expect(asVisitor).toMatchObject({ subject: 'anon:a1' })
  expect(asVisitor.links).toBeUndefined()
})

test('without a token a signed-only project keeps the event as the visitor’s, and nobody changes', async () => {
  for (const type of ['identify', 'group', 'track', 'page', 'alias']) {
    const event = {
      ...identify(undefined),
      type,
      event: 'E',
      groupId: 'acme',
      previousId: 'u2',
      context: { groupId: 'acme' },
    }
    const { row } = await collect(event, signedOnly)
    expect(row).toMatchObject({ subject: 'anon:a1', anonymous_id: 'a1' })
    for (const column of [
      'user_id',
      'email',
      'previous_id',
      'group_id',
      'links',
      'memberships',
      'person_traits',
      'group_traits',
      'verified',
    ])
      expect(row, `${type} ${column}`).not.toHaveProperty(column)
  }
})

test('without a token and without an anonymousId a signed-only project refuses, and keeps the event for a replay', async () => {
  const { refused, accepted } = await collect(
    { batch: [{ type: 'track', event: 'E', userId: 'u1' }] },
    signedOnly,
  )
  expect(accepted).toBe(0)
  expect(refused).toMatchObject([{ code: 'EVENT_NOT_SIGNED' }])
})

test.each([
  ['a visitor', { anonymousId: 'a1' }],
  ['a visitor with the address of the token', { anonymousId: 'a1', traits: { email: 'ada@example.com' } }],
])('a token says nothing of an event that names no user: %s', async (_who, event) => {
  const signed = await token({ claims: { email: 'ada@example.com', accounts: [{ id: 'acme' }] } })
  for (const type of ['identify', 'group', 'track']) {
    const body = { type, event: 'E', groupId: 'acme', userToken: signed, ...event }
    const { row } = await collect(body, open)
    expect(row?.verified, type).toBeUndefined()
    expect(row.links?.some(({ verified }) => verified) ?? false, type).toBe(false)
    const { row: alone } = await collect(body, signedOnly)
    expect(alone).toMatchObject({ subject: 'anon:a1' })
    for (const column of ['email', 'group_id', 'links', 'memberships', 'person_traits', 'verified'])
      expect(alone, `${type} ${column}`).not.toHaveProperty(column)
  }
})

test('a secret key needs no token', async () => {
  const { row } = await collect(identify(undefined), signedOnly, { verified: true })
  expect(row).toMatchObject({ subject: 'user:u1', verified: true })
})

test('an address that the token does not name stays unverified, or untrusted', async () => {
  const signed = await token({ claims: { email: 'other@example.com' } })
  const { row: inOpen } = await collect(identify(signed), open)
  expect(inOpen.verified).toBeUndefined()
  expect(inOpen.links).toMatchObject([
    { other: 'anon:a1', verified: true },
    { other: 'email:ada@example.com', verified: false },
  ])
  const { row } = await collect(identify(signed), signedOnly)
  expect(row).toMatchObject({ subject: 'user:u1', verified: true, links: [{ other: 'anon:a1' }] })
  expect(row).not.toHaveProperty('email')
})

test('a user with a token of their own cannot become somebody else by alias', async () => {
  const alias = { type: 'alias', userId: 'u1', previousId: 'u2' }
  const { row } = await collect({ ...alias, userToken: await token() }, open)
  expect(row.links?.find((link) => link.other === 'user:u2')).toMatchObject({ verified: false })
  const signed = await token({ claims: { previousId: 'u2' } })
  const { row: allowed } = await collect({ ...alias, userToken: signed }, open)
  expect(allowed.links?.find((link) => link.other === 'user:u2')).toMatchObject({ verified: true })
})

test('a device that a user names by alias is verified only where the token says so', async () => {
  const named = (row: Partial<EventRow>) => row.links?.filter(({ kind }) => kind === 'alias')
  const alias = { type: 'alias', userId: 'u1', anonymousId: 'a1', previousId: 'phone-of-u2' }
  const { row } = await collect({ ...alias, userToken: await token() }, open)
  expect(named(row)).toMatchObject([
    { other: 'anon:phone-of-u2', verified: false },
    { other: 'user:phone-of-u2', verified: false },
  ])
  // The request's own device is as before: said by the user, and trusted no more than any other (R1).
  expect(row.links?.find(({ kind }) => kind === 'claim')).toMatchObject({ other: 'anon:a1', verified: true })
  const { row: alone } = await collect({ ...alias, userToken: await token() }, signedOnly)
  expect(named(alone)).toEqual([])
  const signed = await token({ claims: { previousId: 'phone-of-u2' } })
  for (const project of [open, signedOnly]) {
    const { row: allowed } = await collect({ ...alias, userToken: signed }, project)
    expect(named(allowed)?.map(({ verified }) => verified)).toEqual([true, true])
  }
})

test('nobody without a secret key says that this server’s own API told it', async () => {
  const track = (userToken?: string) => ({
    ...{ type: 'track', userId: 'u1', event: 'Hand-off accepted', userToken },
    context: { touchpoint: { kind: 'crm', source: 'api' } },
  })
  const originOf = async (event: object, more = {}) => (await collect(event, open, more)).row.origin
  expect(await originOf(track())).toBe('server')
  expect(await originOf(track(await token()))).toBe('server')
  expect(await originOf(track(), { verified: true })).toBe('api')
})

const joining = (userToken: string, more: object = {}) => ({
  type: 'group',
  userId: 'u1',
  anonymousId: 'a1',
  groupId: 'acme',
  traits: { plan: 'enterprise', domain: 'acme.dev' },
  userToken,
  ...more,
})
const named = (accounts: unknown) => token({ claims: { accounts } })

const namingNothing: [string, unknown][] = [
  ['no accounts', undefined],
  ['another account', [{ id: 'beta', role: 'owner' }]],
  ['a text', 'acme'],
  ['an object', { id: 'acme' }],
  ['a bare id', ['acme']],
  ['an id that is none', [{ id: null }, { id: 'undefined' }, null, 7]],
]

test.each(namingNothing)(
  'a token with %s says nothing of the account that its user names',
  async (_, accounts) => {
    const signed = await named(accounts)
    for (const traits of [{ plan: 'hacked', domain: 'acme.dev' }, { left: true }]) {
      const { row } = await collect(joining(signed, { traits }), open)
      expect(row).toMatchObject({ group_id: 'acme', unverified_group: 'all' })
      expect(row.verified).toBeUndefined()
      const { row: alone } = await collect(joining(signed, { traits }), signedOnly)
      for (const column of ['group_id', 'memberships', 'group_traits'])
        expect(alone, column).not.toHaveProperty(column)
    }
    const track = { type: 'track', event: 'E', context: { groupId: 'acme' }, traits: undefined }
    const { row: inOpen } = await collect(joining(signed, track), open)
    expect(inOpen).toMatchObject({ verified: true, group_id: 'acme', unverified_group: 'all' })
    expect((await collect(joining(signed, track), signedOnly)).row).not.toHaveProperty('group_id')
  },
)

test('a token that names the account proves that its user is there; of the account only where they run it', async () => {
  const member = await named([{ id: 'acme', role: 'viewer' }])
  const { row } = await collect(joining(member), open)
  expect(row).toMatchObject({ verified: true, unverified_group: 'traits', group_id: 'acme' })
  const { row: alone } = await collect(joining(member), signedOnly)
  expect(alone.memberships).toEqual([{ identifier: 'user:u1', account: 'acme', left: false }])
  expect(alone).not.toHaveProperty('group_traits')
  for (const role of ['owner', 'Admin']) {
    const signed = await named([{ id: 'beta' }, { id: 'acme', role }])
    const { row: byAdmin } = await collect(joining(signed), open)
    expect(byAdmin).toMatchObject({ verified: true, unverified_group: 'domain' })
    // Whose domain it is concerns people for whom the token does not speak.
    const { row: withoutDomain } = await collect(joining(signed), signedOnly)
    expect(withoutDomain.group_traits).toEqual([{ name: 'plan', value: '"enterprise"' }])
  }
})

test('of an address that the token does not name a signed-only project keeps no trait', async () => {
  const signed = await token({ claims: { email: 'other@example.com' } })
  const { row } = await collect(identify(signed), signedOnly)
  expect(row.person_traits).toEqual([{ name: 'plan', value: '"pro"' }])
})

test('an event out of the queue counts when its token was in force as it happened, up to 12 hours', async () => {
  const signed = await token({ claims: { exp: now / 1_000 - 6 * 3_600 } })
  const at = (hours: number) => new Date(now - hours * 3_600_000).toISOString()
  const verified = async (timestamp: string) =>
    (await collect(identify(signed, { traits: {}, timestamp, sentAt: at(0) }), open)).row.verified
  expect(await verified(at(7))).toBe(true)
  expect(await verified(at(5))).toBeUndefined()
  const long = await token({ claims: { exp: now / 1_000 - 13 * 3_600 } })
  const { row } = await collect(identify(long, { timestamp: at(14), sentAt: at(0) }), open)
  expect(row.verified).toBeUndefined()
})

test.each([
  ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['EdDSA', generateKeyPairSync('ed25519')],
])('%s with a public key, as PEM or as JWK', async (alg, { publicKey, privateKey }) => {
  const signed = await token({ key: privateKey, header: { alg } })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  for (const key of [pem, await exportJWK(publicKey)]) {
    const project: Project = { ...open, signing: { keys: [{ id: 'p', publicKey: key as string }] } }
    const { row } = await collect(identify(signed, { traits: {} }), project)
    expect(row.verified).toBe(true)
  }
})

test('a public key never serves as the secret of an HMAC', async () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const project: Project = { ...open, signing: { keys: [{ id: 'p', publicKey: pem }] } }
  const forged = await token({ key: new TextEncoder().encode(pem) })
  // Without an address, which the token does not name: that alone would keep the event from being verified.
  const { row, warnings } = await collect(identify(forged, { traits: {} }), project)
  expect(row.verified).toBeUndefined()
  expect(row.links).toMatchObject([{ other: 'anon:a1', verified: false }])
  expect(warnings).toHaveLength(1)
})

test('a key set that is not read yet, or lacks a new key, asks to send again; one that has it decides', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const project: Project = { ...open, signing: { keys: [], jwksUrl: 'https://idp.test/jwks' } }
  const signed = await token({ key: privateKey, header: { alg: 'ES256', kid: 'new' } })
  let keySet: JSONWebKeySet | undefined
  let asked = 0
  const keySets: KeySets = { get: () => keySet, refresh: () => asked++ === 0 }
  const event = identify(signed, { traits: {} })
  const sendAgain = expect.objectContaining({ code: 'KEYS_UNREADABLE' }) as unknown
  await expect(collect(event, project, { keySets })).rejects.toEqual(sendAgain)
  const otherJwk = { ...(await exportJWK(other.publicKey)), kid: 'old', alg: 'ES256' }
  keySet = { keys: [otherJwk] }
  await expect(collect(event, project, { keySets })).rejects.toEqual(sendAgain)
  expect((await collect(event, project, { keySets })).row.verified).toBeUndefined()
  keySet = { keys: [otherJwk, { ...(await exportJWK(publicKey)), kid: 'new', alg: 'ES256' }] }
  expect((await collect(event, { ...project }, { keySets })).row.verified).toBe(true)
})

test('a batch of more different tokens than a page can have is refused whole', async () => {
  const event = (index: number) => ({ type: 'track', event: 'E', anonymousId: 'a', userToken: `t${index}` })
  const batch = Array.from({ length: 200 }, (_, index) => event(index))
  await expect(collect({ batch }, open)).rejects.toEqual(expect.objectContaining({ code: 'BODY_TOO_LARGE' }))
})
