import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readyMaps } from '../maps/index.js'
import { compileMap } from './compile-map.js'
import { boundedPattern, isPlain, PatternTooSlow } from './bounded-pattern.js'

test.each([
  '(a+)+$',
  '^(a+)+$',
  '^(?:a|a)*$',
  '^(a?){30}a{30}$',
  '^(?:\\w+\\s?)*$',
  'a*a*a*a*a*a*b',
  '^.*a.*a.*a.*a.*a.*a.*b$',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '^(?:a{1,40}){1,40}$',
  '(?:(?:a+)?)+b',
])('a row that %s would be read for years by is given up in time, and so is a file of them', (source) => {
  const find = boundedPattern(source, 'iu')
  for (let row = 0; row < 20_000; row += 1)
    expect(() => find(`${'a'.repeat(1_990)}!`)).toThrow(PatternTooSlow)
})

test('a plain expression of each count of repetitions is done with the longest text', () => {
  for (const source of ['a*b', '^a*a*b', '^(.+) x (.+)$', 'a+$', '^(?:ab)+c$', '[a-z]{1,2000}!b'])
    for (const unit of ['a', 'ab', ' x ', 'ba'])
      for (let row = 0; row < 20; row += 1)
        expect(boundedPattern(source, 'iu')(unit.repeat(2_000).slice(0, 2_000))?.[0] ?? '').toBeTypeOf(
          'string',
        )
})

test('a long text is read to its end', () => {
  const long = `${'word '.repeat(10_000)}end`
  expect(boundedPattern('^(.+)$', 'u')(long)?.[1]).toBe(long)
  expect(boundedPattern('(\\w+)$', 'u')('x'.repeat(1_500) + ' end')?.[1]).toBe('end')
})

test('what is found is what the expression finds, with a limit and without one', () => {
  const sources = [
    '^(\\w+)-(\\d+)$',
    '(a|b)+c',
    '^Date entered "?(.+?)(?: \\([^)]*\\))?"?$',
    '[^@]+@(.+)',
    'x{2,3}(y)?',
  ]
  const text = fc.stringMatching(/^[abcxy@\-0-9 "()]{0,12}$/)
  fc.assert(
    fc.property(fc.constantFrom(...sources), text, (source, one) => {
      expect(boundedPattern(source, 'u')(one)).toEqual(new RegExp(source, 'u').exec(one))
    }),
  )
})

test('the patterns of ready maps, and what people write, cost no limit', () => {
  const ready = JSON.stringify(readyMaps).matchAll(/"(?:eachColumn|pattern)":"((?:[^"\\]|\\.)*)"/g)
  const written = [...ready].map(([, source]) => JSON.parse(`"${source}"`) as string)
  expect(written.length).toBeGreaterThan(0)
  for (const source of [...written, '^(\\d+)-\\w+', '@(.+)$', '^[A-Z]{2}\\d{4,8}$', 'demo|trial'])
    expect(isPlain(source), source).toBe(true)
})

test('a row that a pattern of the map is too slow for says so, and the others are read', () => {
  const at = '2026-03-01T10:00:00Z'
  const map = compileMap(
    {
      rows: [
        {
          as: 'touch',
          name: { column: 'what', pattern: '^(\\w+\\s?)*$' },
          at: 'at',
          who: { email: 'email' },
        },
      ],
    } as never,
    { format: 'csv', columns: ['what', 'at', 'email'] },
  )
  const row = (number: number, what: string) => ({
    ...{ number, line: number, cells: [what, at, 'ada@example.com'], raw: what },
  })
  expect(map.map(row(1, `${'a'.repeat(200)}!`)).problem).toContain('takes too long by the pattern')
  expect(map.map(row(2, 'Demo held')).problem).toBeUndefined()
  expect(map.map(row(2, 'Demo held')).events).toHaveLength(1)
})
