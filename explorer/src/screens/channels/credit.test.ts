import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { models } from '../../../../ingest-server/src/journeys/attribution/attribution-question.js'
import { roundedToSum, rowsOf, sumsOf, unattributed, type ModelAnswer } from './credit.js'

const row = (key: string, conversions: number, amount = 0) => ({
  key,
  conversions,
  value: amount === 0 ? [] : [{ currency: 'EUR', amount }],
  share: null,
  subjects: 1,
  medianDays: 3,
})
const model = (name: string, rows: ReturnType<typeof row>[], rest = 0, amount = 0): ModelAnswer => ({
  model: name,
  rows,
  unattributed: { conversions: rest, value: amount === 0 ? [] : [{ currency: 'EUR', amount }] },
  warnings: [],
})

test('each model of attribution that the server knows has a name here, in both languages', () => {
  // As text: the words themselves ask a browser for its language.
  const text = readFileSync(new URL('words.ts', import.meta.url), 'utf8')
  const [, listed = ''] = /^export const models = \[([^\]]*)\]/m.exec(text) ?? []
  const wordsIn = (found: IterableIterator<RegExpExecArray>) => [...found].map(([, name]) => name)
  expect(wordsIn(listed.matchAll(/'([\w-]+)'/g)).sort()).toEqual([...models].sort())
  expect(wordsIn(text.matchAll(/'model\.([\w-]+)':/g)).sort()).toEqual([...models, ...models].sort())
})

describe('credits', () => {
  test('what a table shows adds up to its total to the cent, whatever was cut off', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9_000_000_000 }), { minLength: 1, maxLength: 30 }),
        (millionths) => {
          const values = millionths.map((one) => one / 1e6)
          const total = millionths.reduce((sum, one) => sum + one, 0) / 1e6
          const shown = roundedToSum(values, total, 2)
          const cents = shown.reduce((sum, one) => sum + Math.round(one * 100), 0)
          expect(cents).toBe(Math.round(total * 100))
          for (const [index, one] of shown.entries())
            expect(Math.abs(one - (values[index] ?? 0))).toBeLessThan(0.0101)
        },
      ),
    )
  })

  test('a third of a conversion three times is one', () => {
    expect(roundedToSum([1 / 3, 1 / 3, 1 / 3], 1, 2)).toEqual([0.34, 0.33, 0.33])
  })

  test('a value that is whole cents is not moved by how computers write it', () => {
    expect(roundedToSum([0.285 * 100, 1.005 * 1_000], 28.5 + 1_005, 2)).toEqual([28.5, 1_005])
  })

  test('two models stand side by side, and what one of them knows nothing of is 0', () => {
    const rows = rowsOf(
      [model('first', [row('Paid Search', 3, 30), row('Email', 1, 10)]), model('last', [row('Direct', 4)])],
      { conversions: 4, value: [{ currency: 'EUR', amount: 40 }] },
    )
    expect(rows.map(({ key, credits }) => [key, ...credits])).toEqual([
      ['Paid Search', 3, 0],
      ['Email', 1, 0],
      ['Direct', 0, 4],
    ])
    expect(sumsOf(rows, 2)).toEqual({ credits: [4, 4], value: { EUR: 40 } })
  })

  test('what has no path is a row, the last, and a source that is called so stays apart from it', () => {
    const rows = rowsOf([model('linear', [row(unattributed, 1, 5)], 0)], {
      conversions: 1,
      value: [{ currency: 'EUR', amount: 5 }],
    })
    expect(rows).toMatchObject([{ key: unattributed, isUnattributed: false, credits: [1] }])
    const without = rowsOf([model('linear', [row('Email', 1, 5)], 2, 7)], {
      conversions: 3,
      value: [{ currency: 'EUR', amount: 12 }],
    })
    expect(without.at(-1)).toMatchObject({ isUnattributed: true, credits: [2], value: { EUR: 7 } })
    expect(sumsOf(without, 1)).toEqual({ credits: [3], value: { EUR: 12 } })
  })
})
