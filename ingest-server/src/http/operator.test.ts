import { describe, expect, test } from 'vitest'
import { createOperatorCheck, type OperatorCheck } from './operator.js'

type Headers = Record<string, string>
const asks = (check: OperatorCheck, remoteAddress: string | undefined, headers: Headers) =>
  check({ headers, socket: { remoteAddress } } as Parameters<OperatorCheck>[0])

const token = 'mt_0123456789'

describe('without a token', () => {
  const check = createOperatorCheck({ isBehindProxy: false })

  test.each([
    ['127.0.0.1', { host: '127.0.0.1:8484' }],
    ['127.8.9.1', { host: 'localhost:8484' }],
    ['::1', { host: '[::1]:8484' }],
    ['::ffff:127.0.0.1', { host: 'LOCALHOST' }],
  ])('a program of this machine is let in: %s %j', (address, headers) => {
    expect(asks(check, address, headers)).toBe(true)
  })

  test.each([
    ['10.0.0.7', { host: '127.0.0.1:8484' }],
    ['192.0.2.1', { host: 'localhost' }],
    ['::ffff:10.0.0.7', { host: 'localhost' }],
    [undefined, { host: 'localhost' }],
    // A page of another name that leads here, and what a proxy passes on.
    ['127.0.0.1', { host: 'evil.test:8484' }],
    ['127.0.0.1', { host: '127.0.0.1.evil.test' }],
    ['127.0.0.1', { host: 'localhost.evil.test' }],
    ['127.0.0.1', {}],
    ['127.0.0.1', { host: 'localhost', 'x-forwarded-for': '127.0.0.1' }],
    ['127.0.0.1', { host: 'localhost', forwarded: 'for=127.0.0.1' }],
    ['127.0.0.1', { host: 'localhost', via: '1.1 proxy' }],
    ['127.0.0.1', { host: 'localhost', 'x-real-ip': '127.0.0.1' }],
    ['10.0.0.7', { host: 'localhost', authorization: `Bearer ${token}` }],
  ] as [string | undefined, Headers][])('nobody else is: %s %j', (address, headers) => {
    expect(asks(check, address, headers)).toBe(false)
  })

  test('behind a proxy everybody comes from this machine, so nobody is let in', () => {
    const behind = createOperatorCheck({ isBehindProxy: true })
    expect(asks(behind, '127.0.0.1', { host: '127.0.0.1:8484' })).toBe(false)
  })
})

describe.each([false, true])('with a token, behind a proxy: %s', (isBehindProxy) => {
  const check = createOperatorCheck({ token, isBehindProxy })

  test('who sends it is let in, from anywhere', () => {
    expect(asks(check, '10.0.0.7', { authorization: `Bearer ${token}` })).toBe(true)
    expect(
      asks(check, '127.0.0.1', { authorization: `bearer  ${token}`, 'x-forwarded-for': '10.0.0.7' }),
    ).toBe(true)
  })

  test.each(['', 'Bearer ', `Bearer ${token}x`, `Bearer ${token.slice(0, -1)}`, token, `Basic ${token}`])(
    'nobody else is, from this machine neither: %j',
    (authorization) => {
      expect(asks(check, '127.0.0.1', { host: 'localhost', authorization })).toBe(false)
    },
  )
})
