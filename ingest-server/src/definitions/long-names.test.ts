/** What others name as they please is compared with what a definition names: neither many nor long names hold anybody up. */
import { expect, test } from 'vitest'
import type { Reader } from '../clickhouse/query.js'
import { personaOf } from '../journeys/profile/personas.js'
import type { Definition } from './documents/definition.js'
import { nearest } from './nearest.js'
import { warningsOf } from './documents/warnings.js'

/** Segments are known without asking. */
const nobody = undefined as unknown as Reader

/** Made by a write key in some requests: as long as they may be, and alike until their end. */
const made = Array.from({ length: 20_000 }, (_, n) => `${'a'.repeat(72)}${String(n).padStart(8, '0')}`)

test('a thousand names that nobody bears, beside twenty thousand that somebody made', async () => {
  const all = made.map((id) => ({ kind: 'segments', id }) as Definition)
  const any = Array.from({ length: 1_000 }, (_, n) => ({ segment: `${'a'.repeat(76)}${1_000 + n}` }))
  const found = await warningsOf(nobody, { kind: 'goals', body: { when: { any } } }, all)
  expect(found).toHaveLength(1_000)
  expect(found[0]?.nearest).toBeTypeOf('string')
  expect(found[999]?.nearest).toBeNull()
})

test('a slip of the finger is found among twenty thousand names', () => {
  expect(nearest('Demo Requsted', [...made, 'Demo Requested'])).toBe('Demo Requested')
  expect(nearest('deno', [...made, 'Demo'])).toBe('Demo')
  expect(nearest('a'.repeat(200), made)).toBeUndefined()
})

test('a title of 30,000 signs is nobody’s persona, however many stars the rules have', () => {
  const groups = { sales: ['*vp*of*sales*', '*v*p*s*a*l*e*'], buyer: ['CTO', '*engineer*'] }
  const of = (title: string) => personaOf({ traits: ['title'], groups }, new Map([['title', [title]]]))
  for (const unit of ['vpof', 'vp', 'v p ', 'vpofvp\n']) {
    const text = unit.repeat(Math.floor(30_000 / unit.length))
    expect(of(text)).toBe(text)
  }
  expect(of('Global VP of Sales, EMEA')).toBe('sales')
  expect(of('  cto ')).toBe('buyer')
  expect(of('Lead ENGINEER')).toBe('buyer')
})
