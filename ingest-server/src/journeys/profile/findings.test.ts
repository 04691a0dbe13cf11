import { describe, expect, test } from 'vitest'
import { problemOfBands, profileOf, type Closed, type Value } from './findings.js'
import { personaOf } from './personas.js'

const closed = (isWon: boolean, traits: Record<string, Value | readonly Value[]>, subject = '') => ({
  subject,
  isWon,
  traits: new Map(Object.entries(traits).map(([name, value]) => [name, ([] as Value[]).concat(value)])),
})
const many = (n: number, one: Closed) =>
  Array.from({ length: n }, (_none, index) => ({ ...one, subject: `s${index}` }))

describe('what the won have in common', () => {
  // 40 closed, 16 won: software wins 14 of 16, retail 2 of 24.
  const deals = [
    ...many(14, closed(true, { industry: 'software' })),
    ...many(2, closed(false, { industry: 'software' })),
    ...many(2, closed(true, { industry: 'retail' })),
    ...many(22, closed(false, { industry: 'retail' })),
  ]

  test('is told with its lift against the base rate', () => {
    const { closed: n, won, baseRate, findings } = profileOf(deals)
    expect({ n, won, baseRate }).toEqual({ n: 40, won: 16, baseRate: 0.4 })
    expect(
      findings.map(({ value, n: size, won: ours, rate, lift, isSignificant }) => ({
        value,
        size,
        ours,
        rate,
        lift,
        isSignificant,
      })),
    ).toEqual([
      { value: 'software', size: 16, ours: 14, rate: 0.875, lift: 2.1875, isSignificant: true },
      { value: 'retail', size: 24, ours: 2, rate: 2 / 24, lift: 2 / 24 / 0.4, isSignificant: true },
    ])
  })

  test('needs five, however unlikely', () => {
    const few = [
      ...many(4, closed(true, { industry: 'space' })),
      ...many(30, closed(false, { industry: 'retail' })),
    ]
    const space = profileOf(few).findings.find(({ value }) => value === 'space')
    expect(space).toMatchObject({ n: 4, won: 4, isSignificant: false })
    expect(space?.q).toBeLessThan(0.05)
  })

  test('of nothing is null and not zero', () => {
    expect(profileOf([])).toEqual({ closed: 0, won: 0, baseRate: null, findings: [], notTested: [] })
  })

  test('names that each has for itself are not tested, and say so', () => {
    const named = deals.map((deal, index) => ({
      ...deal,
      traits: new Map([...deal.traits, ['name', [`Company ${index}`]]]),
    }))
    const profile = profileOf(named)
    expect(profile.notTested).toEqual(['name'])
    expect(profile.findings).toHaveLength(2)
  })

  test('numbers are told in quartiles, or in the bands that were fixed beforehand', () => {
    const sized = Array.from({ length: 20 }, (_none, index) =>
      closed(index >= 10, { employees: (index + 1) * 10 }, `s${index}`),
    )
    expect(
      profileOf(sized)
        .findings.map(({ value, n }) => [value, n])
        .sort(),
    ).toEqual([
      ['105 – < 152.5', 5],
      ['57.5 – < 105', 5],
      ['< 57.5', 5],
      ['≥ 152.5', 5],
    ])
    expect(
      profileOf(sized, { employees: [100] })
        .findings.map(({ value, n, won }) => [value, n, won])
        .sort(),
    ).toEqual([
      ['< 100', 9, 0],
      ['≥ 100', 11, 10],
    ])
  })

  test('each value of a list counts once', () => {
    const tools = [closed(true, { uses: ['crm', 'crm', 'erp'] }, 'a'), closed(false, { uses: ['crm'] }, 'b')]
    expect(
      profileOf(tools)
        .findings.map(({ value, n, won }) => [value, n, won])
        .sort(),
    ).toEqual([
      ['crm', 2, 1],
      ['erp', 1, 1],
    ])
  })
})

describe('a persona', () => {
  const rules = { name: undefined, traits: ['role', 'title'], groups: { technical: ['CTO', 'VP Eng*'] } }
  const known = (traits: Record<string, string>) =>
    new Map(Object.entries(traits).map(([name, value]) => [name, [value]]))
  test('is the group that a trait is in, whatever the case', () => {
    expect(personaOf(rules, known({ title: 'vp engineering' }))).toBe('technical')
    expect(personaOf(rules, known({ role: 'Buyer', title: 'CTO' }))).toBe('technical')
  })
  test('is the first trait where no group has it, and nothing where none is known', () => {
    expect(personaOf(rules, known({ title: 'CFO', role: 'Finance' }))).toBe('Finance')
    expect(personaOf(rules, known({ city: 'Bonn' }))).toBeUndefined()
    expect(personaOf(rules, undefined)).toBeUndefined()
  })
})

test('bands that were fixed hold for the numbers, whatever one account wrote instead', () => {
  const sized = Array.from({ length: 12 }, (_none, index) =>
    closed(index >= 6, { employees: index * 10 }, `s${index}`),
  )
  const found = profileOf([...sized, closed(true, { employees: '51-200' }, 'text')], { employees: [60] })
  expect(found.findings.map(({ value, n, won }) => [value, n, won]).sort()).toEqual([
    ['51-200', 1, 1],
    ['< 60', 6, 0],
    ['≥ 60', 6, 6],
  ])
})

test('bands of what is no numeric trait are refused, with the nearest that is', () => {
  const known = [
    closed(true, { seats: 5, plan: 'pro' }),
    closed(false, { seats: [7, 9], revenue: 1, mixed: [1, 'many'] }),
  ]
  expect(problemOfBands(known, { seats: [6], revenue: [10] })).toBeUndefined()
  expect(problemOfBands(known, { seat: [6] })).toBe('there is no trait seat here; did you mean seats?')
  expect(problemOfBands(known, { zz: [6] })).toBe(
    'there is no trait zz here; there are mixed, revenue, seats.',
  )
  expect(problemOfBands(known, { plan: [6] })).toMatch(/^no value of plan is a number/)
  expect(problemOfBands(known, { mixed: [6] })).toBeUndefined()
  expect(problemOfBands([], { seat: [6] })).toBeUndefined()
})
