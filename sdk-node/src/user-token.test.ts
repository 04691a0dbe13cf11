import { jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { eventWriter } from './event.js'
import { mintUserToken } from './user-token.js'

const secret = 'sg_0123456789abcdef0123456789abcdef'

test('a minted token is a JWT that others verify, with the claims that were given', async () => {
  const token = mintUserToken({
    secret,
    project: 'shop',
    userId: 7,
    email: 'ada@example.com',
    previousId: 'old',
  })
  const { payload, protectedHeader } = await jwtVerify(token, new TextEncoder().encode(secret), {
    audience: 'shop',
    algorithms: ['HS256'],
  })
  expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' })
  expect(payload).toMatchObject({ sub: '7', email: 'ada@example.com', previousId: 'old' })
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3_600)
})

test('it ends when it was told to', () => {
  const token = mintUserToken({ secret, userId: 'u1', expiresInSeconds: 60, clock: () => 1_000_000 })
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object
  expect(claims).toEqual({ sub: 'u1', aud: 'default', iat: 1_000, exp: 1_060 })
})

test('a weak secret or a user without id is refused', () => {
  expect(() => mintUserToken({ secret: 'short', userId: 'u1' })).toThrow(/signing key/)
  expect(() => mintUserToken({ secret, userId: ' ' })).toThrow(/userId is missing/)
  expect(() => mintUserToken({ secret, userId: NaN })).toThrow(/userId is missing/)
})

test('a token is not minted for a number that JavaScript has rounded', () => {
  expect(() => mintUserToken({ secret, userId: 2 ** 53 + 2 })).toThrow(/beyond 2\^53/)
  expect(() => mintUserToken({ secret, userId: 'u1', previousId: -(10 ** 17) })).toThrow(/beyond 2\^53/)
  const token = mintUserToken({ secret, userId: 9_007_199_254_740_993n })
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object
  expect(claims).toMatchObject({ sub: '9007199254740993' })
})

test('an event carries the token that it is given', () => {
  const write = eventWriter(() => 0)
  const json = write('track', { userId: 'u1', event: 'E', userToken: 'a.b.c' }, 'm1')
  expect(JSON.parse(json)).toMatchObject({ userToken: 'a.b.c' })
  expect(JSON.parse(write('track', { userId: 'u1', event: 'E' }, 'm2'))).not.toHaveProperty('userToken')
})
