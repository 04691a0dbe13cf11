import { describe, expect, test } from 'vitest'
import { welcome, type Welcome } from './welcome.js'

const given: Welcome = {
  touchline: {
    url: 'http://192.0.2.7:8484',
    isUrlGuessed: false,
    keys: { writeKey: 'wk_mine', secretKey: 'sk_mine', areNew: true },
  },
  analyst: { url: 'http://127.0.0.1:9000', user: 'analyst', password: 'an_mine', tcpPort: undefined },
  config: {
    DATA_DIR: '/data',
    TOUCHLINE_SECRET_KEY: undefined,
    ANALYST_PASSWORD: undefined,
    CLICKHOUSE_DATABASE: 'touchline',
  },
  seconds: 1.23,
}
const later: Welcome = {
  ...given,
  touchline: { ...given.touchline, keys: { ...given.touchline.keys, areNew: false } },
}

test('at the first run the tag, the keys and questions that work stand in it', () => {
  const text = welcome(given)
  for (const words of [
    'src="http://192.0.2.7:8484/t.js" data-key="wk_mine"',
    // The next line of the README calls it before the SDK is there.
    'identifyOrReset',
    'curl -u sk_mine:',
    'analyst:an_mine@',
    '/data/keys.json',
    '/docs',
  ])
    expect(text).toContain(words)
  expect(text).not.toContain('PUBLIC_URL')
})

test('the link that opens the Explorer stands in it where this process serves that, and before all else', () => {
  const signInLink = 'http://192.0.2.7:8484/#code=abc'
  const text = welcome({ ...later, signInLink })
  expect(text).toContain(`Open the Explorer (good once, for 10 minutes):\n  ${signInLink}`)
  expect(text.indexOf(signInLink)).toBeLessThan(text.indexOf('Paste this'))
  expect(welcome(later)).not.toContain('Explorer')
})

describe('what is secret is printed once', () => {
  test('a later start says where it is kept', () => {
    const text = welcome(later)
    expect(text).not.toMatch(/sk_mine|an_mine/)
    expect(text).toContain('secret key  kept in /data/keys.json')
    expect(text).toContain('PASSWORD is analystPassword in /data/keys.json')
    expect(text).toContain('data-key="wk_mine"')
  })

  test.each([given, later])('of the environment it is never printed (%#)', (base) => {
    const config = { ...base.config, TOUCHLINE_SECRET_KEY: 'sk_mine', ANALYST_PASSWORD: 'an_mine' }
    const text = welcome({ ...base, config })
    expect(text).not.toMatch(/sk_mine|an_mine/)
    expect(text).toContain('secret key  as TOUCHLINE_SECRET_KEY says')
    expect(text).toContain('PASSWORD is ANALYST_PASSWORD')
  })

  test('one from the environment does not take the other with it', () => {
    const text = welcome({ ...given, config: { ...given.config, TOUCHLINE_SECRET_KEY: 'sk_mine' } })
    expect(text).not.toContain('sk_mine')
    expect(text).toContain('an_mine')
  })
})

test('a guessed address is called one, with how to say the right one', () => {
  const text = welcome({ ...given, touchline: { ...given.touchline, isUrlGuessed: true } })
  expect(text).toMatch(/this one is a guess\. PUBLIC_URL=/)
})

test('of a revoked key it says so, and where the others are', () => {
  const keys = { writeKey: undefined, secretKey: undefined, areNew: false }
  const text = welcome({ ...given, touchline: { ...given.touchline, keys } })
  expect(text).toContain('write key   revoked; npx touchline keys list')
  expect(text).toContain('data-key="YOUR_WRITE_KEY"')
  expect(text).not.toContain('undefined')
})

test('the native line stands in it where the native port is on', () => {
  expect(welcome(given)).not.toContain('clickhouse client')
  const analyst = { url: 'http://127.0.0.1:8485', user: 'analyst', password: 'an_mine', tcpPort: 9440 }
  expect(welcome({ ...given, analyst })).toContain(
    'clickhouse client --host 127.0.0.1 --port 9440 --user analyst --password an_mine --database touchline',
  )
})
