import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringifyExact } from '../exact-json.js'
import { latestTraits, traitValues } from './traits.js'

const said = fc.record({
  identifier: fc.constant('user:u'),
  name: fc.constantFrom('plan', 'name'),
  at: fc.integer({ min: 0, max: 3 }),
  messageId: fc.constantFrom('m1', 'm2', 'm3'),
  value: fc.constantFrom('"a"', '"b"', '1'),
  verified: fc.boolean(),
  receivedAt: fc.constant(0),
})

test('of each name the latest counts, a verified one before any that is not, whatever the order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(said, { selector: (one) => `${one.name} ${one.messageId}` }), (all) => {
      const traits = latestTraits(all)
      expect(latestTraits([...all].reverse())).toEqual(traits)
      for (const trait of traits) {
        const same = all.filter(({ name }) => name === trait.name)
        expect(trait.told).toBe(same.filter(({ verified }) => verified === trait.verified).length)
        for (const other of same) {
          if (trait.verified) expect(!other.verified || other.at <= trait.at).toBe(true)
          else expect(!other.verified && other.at <= trait.at).toBe(true)
        }
      }
    }),
    { numRuns: 1_000 },
  )
})

const one = (fields: object) => ({
  identifier: 'user:u',
  name: 'title',
  at: 1,
  messageId: 'm1',
  value: '"CTO"',
  verified: false,
  receivedAt: 1,
  ...fields,
})

test.each(['"N/A"', 'null', '""', '" undefined "', '"NaN"', '"#N/A"', '"-"', '"(not set)"'])(
  'a later value that says nothing leaves what is known: %s',
  (value) => {
    const traits = latestTraits([one({}), one({ at: 2, messageId: 'm2', value, verified: true })])
    expect(traits).toMatchObject([{ name: 'title', value: 'CTO', messageId: 'm1', told: 1 }])
  },
)

test.each(['{"city":null}', '[null,"n/a"]', '{"of":{"the":["","undefined"]}}'])(
  'what holds nothing but "nothing" says nothing either, and leaves what is known: %s',
  (value) => {
    const known = '{"city":"Oslo","floor":"-"}'
    const traits = latestTraits([one({ value: known }), one({ at: 2, messageId: 'm2', value })])
    expect(traits).toMatchObject([{ value: { city: 'Oslo' }, messageId: 'm1', told: 1 }])
    expect(JSON.stringify(traits)).not.toContain('floor')
  },
)

test('a name of which only nothing was said is no trait', () => {
  expect(latestTraits([one({ value: 'null' })])).toEqual([])
})

test('a message that came again after the login says it once, as it was received first', () => {
  const traits = latestTraits([
    one({ at: 9, receivedAt: 5 }),
    one({ identifier: 'anon:a', at: 1, receivedAt: 1 }),
    one({ messageId: 'm2', at: 3, value: '"CEO"' }),
  ])
  expect(traits).toMatchObject([{ value: 'CEO', told: 2 }])
})

test('shown are values without what says nothing inside of them, and numbers as they were sent', () => {
  const traits = latestTraits([
    one({ name: 'address', value: '{"city":"Bern","zip":"N/A"}' }),
    one({ name: 'gone', value: '{"a":null}' }),
    one({ name: 'ledger', value: '12345678901234567890' }),
  ])
  expect(stringifyExact(traitValues(traits))).toBe(
    '{"address":{"city":"Bern"},"ledger":12345678901234567890}',
  )
})
