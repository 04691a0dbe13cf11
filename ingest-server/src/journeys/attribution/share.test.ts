import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toUnits } from '../numbers/apportion.js'
import { ruleModels, weightsOf } from './credit.js'
import { openRow, shareConversions, shareTotals, type Conversion, type Money } from './share.js'

const day = 86_400_000
const options = { halfLifeMs: 7 * day }
const channels = ['Paid Search', 'Organic Search', 'Email', 'Direct', 'AI Assistant']

const touches = fc
  .array(fc.tuple(fc.constantFrom(...channels), fc.integer({ min: 0, max: 200 })), { maxLength: 40 })
  .map((list) =>
    list.map(([channel, days]) => ({ key: channel, channel, at: days * day })).sort((a, b) => a.at - b.at),
  )
const milestone = fc.option(fc.integer({ min: -10, max: 210 }), { nil: undefined })
const conversions: fc.Arbitrary<Conversion[]> = fc.array(
  fc.record({
    subject: fc.constantFrom('acme', 'globex', 'initech', 'umbrella'),
    touches,
    conversionAt: fc.constant(200 * day),
    value: fc.option(
      fc.integer({ min: 0, max: 10_000_000 }).map((cents) => cents / 100),
      { nil: null },
    ),
    currency: fc.constantFrom('EUR', 'USD', ''),
    milestones: fc.tuple(milestone, milestone).map(([lc, oc]) => ({
      ...(lc !== undefined && { lc: lc * day }),
      ...(oc !== undefined && { oc: oc * day }),
    })),
  }),
  { maxLength: 12 },
)

/** The sum of decimals as they are written, without a double between. */
const exactSum = (numbers: readonly number[], places = 12) =>
  numbers.reduce((sum, number) => sum + toUnits(number, places), 0n)
const exactMoney = (amounts: readonly number[]) => exactSum(amounts, 6)
const ofCurrency = (lists: readonly Money[][], currency: string | null) =>
  lists.flat().flatMap((money) => (money.currency === currency ? [money.amount] : []))

describe.each(ruleModels)('%s', (model) => {
  test('credits sum to the conversions and values to the value, to the last digit', () => {
    fc.assert(
      fc.property(conversions, (all) => {
        const shared = shareConversions(all, (one) => weightsOf(model, one, options))
        const parts = [...shared.rows, shared.unattributed]
        expect(exactSum(parts.map((part) => part.conversions))).toBe(toUnits(all.length, 12))
        expect(shared.total.conversions).toBe(all.length)
        expect(exactSum([shared.attributed.conversions, shared.unattributed.conversions])).toBe(
          toUnits(all.length, 12),
        )
        for (const currency of ['EUR', 'USD', ''] as const) {
          const name = currency === '' ? null : currency
          const whole = all.filter((one) => one.currency === currency && one.value !== null)
          expect(
            exactMoney(
              ofCurrency(
                parts.map((part) => part.value),
                name,
              ),
            ),
          ).toBe(exactMoney(whole.map((one) => one.value ?? 0)))
        }
      }),
      { numRuns: 150 },
    )
  })

  test('a row opens into as many subjects as it says, and their parts are its credit', () => {
    fc.assert(
      fc.property(conversions, (all) => {
        const weigh = (one: Conversion) => weightsOf(model, one, options)
        for (const row of shareConversions(all, weigh).rows) {
          const opened = openRow(all, row.key, weigh)
          expect(opened).toHaveLength(row.subjects)
          const sum = opened.reduce((total, one) => total + (one.conversions ?? 0), 0)
          expect(sum).toBeCloseTo(row.conversions, 9)
        }
      }),
      { numRuns: 30 },
    )
  })
})

test('what a whole is shared by weights sums to it too', () => {
  fc.assert(
    fc.property(
      conversions,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 }),
      (all, weights) => {
        const named = new Map(channels.map((channel, index) => [channel, weights[index] ?? 0]))
        const shared = shareTotals(all, named)
        const parts = [...shared.rows, shared.unattributed]
        expect(exactSum(parts.map((part) => part.conversions))).toBe(toUnits(all.length, 12))
        const euros = all.filter((one) => one.currency === 'EUR' && one.value !== null)
        expect(
          exactMoney(
            ofCurrency(
              parts.map((part) => part.value),
              'EUR',
            ),
          ),
        ).toBe(exactMoney(euros.map((one) => one.value ?? 0)))
      },
    ),
    { numRuns: 300 },
  )
})

test('three conversions by three channels each are one each, and currencies stay apart', () => {
  const path = ['A', 'B', 'C'].map((key, index) => ({ key, channel: key, at: index * day }))
  const base = { touches: path, conversionAt: 3 * day, subject: 'acme' }
  const shared = shareConversions(
    [
      { ...base, value: 100, currency: 'EUR' },
      { ...base, value: 100, currency: 'USD' },
      { ...base, value: null, currency: '' },
      { ...base, subject: 'globex', touches: [], value: 50, currency: 'EUR' },
    ],
    (one) => weightsOf('linear', one, options),
  )
  expect(shared.rows.map(({ key, conversions: credit, subjects }) => ({ key, credit, subjects }))).toEqual([
    { key: 'A', credit: 1, subjects: 1 },
    { key: 'B', credit: 1, subjects: 1 },
    { key: 'C', credit: 1, subjects: 1 },
  ])
  expect(shared.rows[0]?.value).toEqual([
    { currency: 'EUR', amount: 33.333334 },
    { currency: 'USD', amount: 33.333334 },
  ])
  expect(shared.rows.map(({ medianDays }) => medianDays)).toEqual([3, 2, 1])
  expect(shared.unattributed).toEqual({ conversions: 1, value: [{ currency: 'EUR', amount: 50 }] })
})
