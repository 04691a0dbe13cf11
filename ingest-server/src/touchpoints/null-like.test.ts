import { expect, test } from 'vitest'
import { objectWithoutNullLike, storedObject } from './null-like.js'

const sent =
  '{"plan":"pro","none":null,"empty":"","na":" N/A ","text":"undefined","zero":0,"no":false,"list":[]}'

test('what only says nothing is not shown; zero, false and empty lists say something', () => {
  expect(objectWithoutNullLike(sent)).toEqual({ plan: 'pro', zero: 0, no: false, list: [] })
})

test.each([
  ...['NIL', ' n.a. ', '#N/A', '(null)', '<null>', '(None)', '-', '--', 'Not set', '(not set)'],
  ...[
    '[object Object]',
    '<nil>',
    'Optional(nil)',
    '#REF!',
    '#Value!',
    '#DIV/0!',
    '(Blank)',
    '(not provided)',
    '—',
  ],
])('"%s" of a sync only says nothing', (word) => {
  expect(objectWithoutNullLike(JSON.stringify({ title: word, deep: { title: word } }))).toEqual({})
})

test.each([
  '0',
  'no',
  'none of these',
  'NA',
  '- 5',
  'unknown',
  'object',
  '[objects]',
  '#ref',
  'blank',
  'empty',
  'unset',
])('"%s" says something', (word) => {
  expect(objectWithoutNullLike(JSON.stringify({ title: word }))).toEqual({ title: word })
})

test('what is stored keeps it', () => {
  expect(Object.keys(storedObject(sent))).toHaveLength(8)
})

test.each(['', '[]', '"text"', 'null', undefined])('what is no object shows nothing: %s', (json) => {
  expect(objectWithoutNullLike(json)).toEqual({})
})

test('what says nothing inside of something is not shown either, nor what held nothing else', () => {
  const nested =
    '{"address":{"city":"Bern","zip":"N/A"},"empty":{"a":null,"b":{"c":""}},"tags":["a",null,"undefined"],"none":[null],"was":{},"list":[{"x":"nan"},{"y":0}]}'
  expect(objectWithoutNullLike(nested)).toEqual({
    address: { city: 'Bern' },
    tags: ['a'],
    was: {},
    list: [{ y: 0 }],
  })
})

test('a member called __proto__ is one like any other', () => {
  expect(Object.keys(objectWithoutNullLike('{"__proto__":{"a":1},"b":2}'))).toEqual(['__proto__', 'b'])
})
