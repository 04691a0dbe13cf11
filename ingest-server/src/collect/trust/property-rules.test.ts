import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PrivacyRules } from '../../projects/projects-file.js'
import { propertyRulesOf } from './property-rules.js'

const salt = 'a salt of sixteen or more'
const rulesOf = (rules: Partial<PrivacyRules>) => {
  const made = propertyRulesOf({
    dropProperties: [],
    hashProperties: [],
    hashSalt: salt,
    gpc: 'ignore',
    dnt: 'ignore',
    ...rules,
  })
  if (!made) throw new Error('no rules')
  return made
}

test('a name is dropped wherever it stands, whatever its case', () => {
  const rules = rulesOf({ dropProperties: ['password'] })
  expect(
    rules.event({
      type: 'track',
      properties: { Password: 'x', form: [{ password: 'y', ok: 1 }] },
      context: { traits: { password: 'z' }, page: {} },
    }),
  ).toEqual({ type: 'track', properties: { form: [{ ok: 1 }] }, context: { traits: {}, page: {} } })
})

test('a path is dropped there and nowhere else', () => {
  const rules = rulesOf({ dropProperties: ['properties.card.number'] })
  expect(
    rules.event({
      properties: { card: { number: 1, kind: 'v' }, number: 2 },
      traits: { card: { number: 3 } },
    }),
  ).toEqual({ properties: { card: { kind: 'v' }, number: 2 }, traits: { card: { number: 3 } } })
})

test('equal values have equal hashes, other salts have others, and null stays null', () => {
  const rules = rulesOf({ hashProperties: ['phone'] })
  const other = rulesOf({ hashProperties: ['phone'], hashSalt: 'another salt of sixteen' })
  const event = { properties: { phone: '+49 1' }, traits: { phone: '+49 1' }, context: { phone: null } }
  const hashed = rules.event(event) as typeof event
  expect(hashed.properties.phone).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(hashed.traits.phone).toBe(hashed.properties.phone)
  expect((other.event(event) as typeof event).traits.phone).not.toBe(hashed.traits.phone)
  expect(hashed.context.phone).toBeNull()
})

test('what is named twice is dropped', () => {
  const rules = rulesOf({ hashProperties: ['phone'], dropProperties: ['phone'] })
  expect(rules.event({ traits: { phone: 1 } })).toEqual({ traits: {} })
})

test('200,000 levels cost no stack, and nothing below the limit is kept', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(200_000)}{"secret":1}${'}'.repeat(200_000)}`) as object
  const rules = rulesOf({ dropProperties: ['secret'], hashProperties: ['whole'] })
  expect(JSON.stringify(rules.event({ properties: deep, traits: { whole: deep } }))).not.toContain('secret')
})

test('a dropped value is nowhere in the result, and what is not named is unchanged', () => {
  const rules = rulesOf({ dropProperties: ['secret'] })
  fc.assert(
    fc.property(
      fc.object({ key: fc.constantFrom('a', 'b', 'secret', '__proto__'), maxDepth: 6 }),
      (properties) => {
        const given = JSON.parse(JSON.stringify({ properties })) as Record<string, unknown>
        const { properties: result } = rules.event(given)
        expect(JSON.stringify(result)).not.toContain('"secret"')
        const expected = JSON.stringify(given.properties, (key, value: unknown) =>
          key === 'secret' ? undefined : value,
        )
        expect(JSON.stringify(result)).toBe(expected)
      },
    ),
  )
})

test('a project that names nothing has no rules', () => {
  expect(propertyRulesOf(undefined)).toBeUndefined()
  expect(
    propertyRulesOf({ dropProperties: [], hashProperties: [], gpc: 'ignore', dnt: 'drop' }),
  ).toBeUndefined()
})
