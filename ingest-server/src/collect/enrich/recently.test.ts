import { expect, test } from 'vitest'
import { recently } from './recently.js'

function counting(options: { size: number; maxLength?: number }) {
  const asked: string[] = []
  const remembered = recently((text) => {
    asked.push(text)
    return text.length
  }, options)
  return { remembered, asked }
}

test('what was asked lately is not computed again', () => {
  const { remembered, asked } = counting({ size: 10 })
  expect([remembered('a'), remembered('bb'), remembered('a'), remembered('a')]).toEqual([1, 2, 1, 1])
  expect(asked).toEqual(['a', 'bb'])
})

test('what is asked again and again survives any number of others', () => {
  const { remembered, asked } = counting({ size: 5 })
  for (let i = 0; i < 100; i++) {
    remembered('kept')
    remembered(`other ${i}`)
  }
  expect(asked.filter((text) => text === 'kept')).toHaveLength(1)
})

test('what nobody asks for any more is forgotten', () => {
  const { remembered, asked } = counting({ size: 5 })
  remembered('gone')
  for (let i = 0; i < 20; i++) remembered(`other ${i}`)
  remembered('gone')
  expect(asked.filter((text) => text === 'gone')).toHaveLength(2)
})

test('a long text is answered and not kept', () => {
  const { remembered, asked } = counting({ size: 5, maxLength: 3 })
  expect([remembered('long'), remembered('long')]).toEqual([4, 4])
  expect(asked).toHaveLength(2)
})
