import fc from 'fast-check'
import { expect, test } from 'vitest'
import { latestTraits } from './traits.js'

const said = fc.record({
  identifier: fc.constant('user:u'),
  name: fc.constantFrom('plan', 'name'),
  at: fc.integer({ min: 0, max: 3 }),
  messageId: fc.constantFrom('m1', 'm2', 'm3'),
  value: fc.constantFrom('"a"', '"b"', '1'),
  verified: fc.boolean(),
})

test('of each name the latest counts, a verified one before any that is not, whatever the order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(said, { selector: (one) => `${one.name} ${one.messageId}` }), (all) => {
      const traits = latestTraits(all)
      expect(latestTraits([...all].reverse())).toEqual(traits)
      for (const trait of traits) {
        const same = all.filter(({ name }) => name === trait.name)
        expect(trait.told).toBe(same.length)
        for (const other of same) {
          if (trait.verified) expect(!other.verified || other.at <= trait.at).toBe(true)
          else expect(!other.verified && other.at <= trait.at).toBe(true)
        }
      }
    }),
    { numRuns: 1_000 },
  )
})
