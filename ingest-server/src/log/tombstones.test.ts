import { expect, test } from 'vitest'
import { withoutTexts } from './scrub.js'
import { hashIdentifier, isAboutErased, judgeBy, type Judge } from './tombstones.js'

const erased = (...identifiers: string[]): Judge => {
  const list = identifiers.map((identifier) => ({
    hash: hashIdentifier('salt', identifier),
    from: undefined,
    to: 1_000,
    isWhole: true,
  }))
  return judgeBy({ salt: 'salt', list }) as Judge
}

const nested = (levels: number, open: string, inner: string, close: string) =>
  open.repeat(levels) + inner + close.repeat(levels)

test.each([
  ['lists', nested(120_000, '[', '{"userId":"ada"}', ']')],
  ['objects around a list', `[${nested(60_000, '{"a":', '1', '}')},{"anonymousId":"ada"}]`],
  ['a text that is cut', `${nested(60_000, '[{"a":', '"ada"', '')}`],
])('a refused event is judged however deep it is nested: %s', (_, original) => {
  expect(isAboutErased(original, 1, erased('user:ada', 'anon:ada'))).toBe(true)
  expect(isAboutErased(original, 1, erased('user:bob'))).toBe(false)
  expect(isAboutErased(original, 2_000, erased('user:ada', 'anon:ada'))).toBe(false)
})

test('a value is cleaned however deep it is nested and however often it holds the name', () => {
  let deep: unknown = { note: 'of ADA@shop.test', list: [1, 'ada@shop.test'] }
  for (let level = 0; level < 50_000; level += 1) deep = level % 2 ? [deep] : { inner: deep }
  let clean = withoutTexts(deep, ['ada@shop.test'])
  for (let level = 49_999; level >= 0; level -= 1)
    clean = level % 2 ? (clean as unknown[])[0] : (clean as { inner: unknown }).inner
  expect(clean).toEqual({ note: 'of [erased]', list: [1, '[erased]'] })
  expect(withoutTexts({ all: 'Ada@Shop.test '.repeat(30_000) }, ['ada@shop.test'])).toEqual({
    all: '[erased] '.repeat(30_000),
  })
})

test('a cleaned value keeps its names in order, `__proto__` among them, and what is no text', () => {
  const text = '{"b":1,"__proto__":{"x":"a+b@c.test"},"a":[null,true,{}],"10":"A+B@c.test!"}'
  expect(JSON.stringify(withoutTexts(JSON.parse(text), ['a+b@c.test']))).toBe(
    '{"10":"[erased]!","b":1,"__proto__":{"x":"[erased]"},"a":[null,true,{}]}',
  )
})

test.each([
  ['a line of a file', { import: 'i', map: 'm', line: 3, reason: 'has no time', row: '7;ada ; Paid' }],
  ['a line with quotes', { import: 'i', map: 'm', line: 3, reason: 'r', row: '7,"ada","x, y"' }],
  ['a line of JSON that is cut', { import: 'i', line: 3, row: '{"id":7,"who":"ada","note":"begi' }],
  ['what was pushed', { source: 'crm', body: JSON.stringify({ data: [{ customer: { ref: 'ada' } }] }) }],
  ['what was pushed and is no JSON', { source: 'crm', body: 'id=7,ada' }],
  ['a number', { source: 'crm', body: JSON.stringify({ customer: 4711 }) }],
])('of a refused row any text may say whose it is: %s', (_how, original) => {
  const text = JSON.stringify(original)
  expect(isAboutErased(text, 1, erased('user:ada', 'user:4711'))).toBe(true)
  expect(isAboutErased(text, 1, erased('user:ad', 'user:471', 'user:i', 'user:crm'))).toBe(false)
})

test.each([
  ['what was pushed', '{"source":"crm","body":"{\\"customer\\":12345678901234567891}"}'],
  ['a row of a file', '{"import":"i","line":3,"row":{"id":12345678901234567891}}'],
])('a number beyond 2^53 is the id that its digits say, in %s', (_where, original) => {
  expect(isAboutErased(original, 1, erased('user:12345678901234567891'))).toBe(true)
  expect(isAboutErased(original, 1, erased('user:12345678901234567000', 'user:12345678901234567892'))).toBe(
    false,
  )
})

test('of a refused event only what names somebody does', () => {
  const event = JSON.stringify({ userId: 'bob', properties: { name: 'ada' } })
  expect(isAboutErased(event, 1, erased('user:ada'))).toBe(false)
})
