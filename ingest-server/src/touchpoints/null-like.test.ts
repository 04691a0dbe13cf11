import { expect, test } from 'vitest'
import { shownObject, storedObject } from './null-like.js'

const sent =
  '{"plan":"pro","none":null,"empty":"","na":" N/A ","text":"undefined","zero":0,"no":false,"list":[]}'

test('what only says nothing is not shown; zero, false and empty lists say something', () => {
  expect(shownObject(sent)).toEqual({ plan: 'pro', zero: 0, no: false, list: [] })
})

test('what is stored keeps it', () => {
  expect(Object.keys(storedObject(sent))).toHaveLength(8)
})

test.each(['', '[]', '"text"', 'null', undefined])('what is no object shows nothing: %s', (json) => {
  expect(shownObject(json)).toEqual({})
})
