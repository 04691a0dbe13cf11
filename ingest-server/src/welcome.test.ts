import { expect, test } from 'vitest'
import { welcome, type Welcome } from './welcome.js'

const given: Welcome = {
  touchline: {
    url: 'http://192.0.2.7:8484',
    isUrlGuessed: false,
    keys: { writeKey: 'wk_mine', secretKey: 'sk_mine' },
  },
  analyst: { url: 'http://127.0.0.1:9000', user: 'analyst', password: 'an_mine', tcpPort: undefined },
  config: { DATA_DIR: '/data', TOUCHLINE_SECRET_KEY: undefined, CLICKHOUSE_DATABASE: 'touchline' },
  seconds: 1.23,
}

test('the tag, the keys and a question stand in it', () => {
  const text = welcome(given)
  for (const words of ['src="http://192.0.2.7:8484/t.js" data-key="wk_mine"', 'curl -u sk_mine:', '/docs'])
    expect(text).toContain(words)
  expect(text).not.toContain('PUBLIC_URL')
})

test('a guessed address is called one, with how to say the right one', () => {
  const text = welcome({ ...given, touchline: { ...given.touchline, isUrlGuessed: true } })
  expect(text).toMatch(/this one is a guess\. PUBLIC_URL=/)
})

test('of a revoked key it says so, and where the others are', () => {
  const keys = { writeKey: undefined, secretKey: undefined }
  const text = welcome({ ...given, touchline: { ...given.touchline, keys } })
  expect(text).toContain('write key   revoked; npm run touchline -- keys list')
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
