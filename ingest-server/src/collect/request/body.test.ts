import { limits } from '@touchline/schemas'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decodeBody, parseBody } from './body.js'

const text = Buffer.from('{"event":"Tested"}')

describe('decodeBody', () => {
  test.each([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity', text],
    ['', text],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
  ])('undoes %s', async (encoding, body) => {
    expect((await decodeBody(body, encoding)).toString()).toBe(text.toString())
  })

  test.each(['gzip', 'deflate', 'br'])(
    'takes a body that a proxy decoded without taking %s away',
    async (encoding) => {
      expect((await decodeBody(text, encoding)).toString()).toBe(text.toString())
    },
  )

  test.each(['gzip', 'deflate', 'br'] as const)(
    'stops at the limit: a bomb of %s costs no more than it may decode to',
    async (encoding) => {
      const zeros = Buffer.alloc(limits.decodedBytes + 1)
      const bomb = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }[encoding]?.(
        zeros,
      ) as Buffer
      await expect(decodeBody(bomb, encoding)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' })
    },
  )

  test('exactly the limit is decoded', async () => {
    expect(await decodeBody(gzipSync(Buffer.alloc(limits.decodedBytes)), 'gzip')).toHaveLength(
      limits.decodedBytes,
    )
  })

  test.each([
    ['zstd', 'ENCODING_UNSUPPORTED'],
    ['toString', 'ENCODING_UNSUPPORTED'],
    ['gzip', 'BODY_NOT_JSON'],
    ['deflate', 'BODY_NOT_JSON'],
    ['br', 'BODY_NOT_JSON'],
  ])('%s of something else is refused as %s', async (encoding, code) => {
    await expect(decodeBody(Buffer.from('not that'), encoding)).rejects.toMatchObject({ code })
  })

  test.each([
    ['gzip, gzip, gzip'],
    ['br,deflate, gzip'],
    [Array.from({ length: 3_000 }, () => 'gzip').join(',')],
  ])('what is encoded more than twice is refused before any of it is decoded', async (encoding) => {
    await expect(decodeBody(Buffer.from('no gzip'), encoding)).rejects.toMatchObject({
      code: 'ENCODING_UNSUPPORTED',
    })
  })

  test('identity is no encoding', async () => {
    const twice = brotliCompressSync(gzipSync(text))
    expect((await decodeBody(twice, 'identity, gzip,, identity, br')).toString()).toBe(text.toString())
  })

  test('a stream that was cut is refused', async () => {
    const cut = gzipSync(Buffer.alloc(10_000, 'abc')).subarray(0, 20)
    await expect(decodeBody(cut, 'gzip')).rejects.toMatchObject({ code: 'BODY_NOT_JSON' })
  })
})

describe('parseBody', () => {
  test('a byte order mark is ignored', () => {
    expect(parseBody(Buffer.from('\ufeff{}')).value).toEqual({})
  })

  test('bytes that are no UTF-8 become U+FFFD', () => {
    expect(parseBody(Buffer.from([0x22, 0x61, 0xff, 0x22])).value).toBe('a\ufffd')
  })

  test.each(['', ' ', '{', 'nope', "{'a':1}", '{"a":1}{"b":2}'])('"%s" is not JSON', (body) => {
    expect(() => parseBody(Buffer.from(body))).toThrow(
      expect.objectContaining({ code: 'BODY_NOT_JSON' }) as Error,
    )
  })
})

test('a body that is not JSON is told where, and nothing of what it says', () => {
  expect(() => parseBody(Buffer.from('{\n  "card": 4111111111111111,\n}'))).toThrow(
    /^The body is not JSON: line 3, column 1: a name in double quotes is missing\.$/,
  )
})

describe('a number that is none does not lose the body that it stands in', () => {
  test.each([
    ['{"event":"E","properties":{"ratio":NaN}}', '{"event":"E","properties":{"ratio":null}}'],
    ['{"a":[Infinity, -Infinity ,NaN]}', '{"a":[null, null ,null]}'],
    [
      String.raw`{"text":"NaN, \"Infinity\" and -Infinity","n":NaN}`,
      String.raw`{"text":"NaN, \"Infinity\" and -Infinity","n":null}`,
    ],
  ])('%s', (body, read) => {
    expect(parseBody(Buffer.from(body))).toEqual({ value: JSON.parse(read) as unknown, text: read })
  })

  test.each(['{"a":NaNs}', '{"a":NaN', '{NaN:1}', '{"a":nan}', "{'a':NaN}"])(
    '%s is no JSON all the same, and where is said of the body as it came',
    (body) => {
      expect(() => parseBody(Buffer.from(body))).toThrow('line 1, column')
    },
  )

  test('in a long text it takes no more than a moment', () => {
    const long = `{"a":"${'x\\"NaN'.repeat(400_000)}","b":NaN`
    expect(() => parseBody(Buffer.from(long))).toThrow('The body is not JSON')
    expect(parseBody(Buffer.from(`${long}}`)).value).toMatchObject({ b: null })
  })
})
