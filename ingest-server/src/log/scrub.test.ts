/** Whatever somebody writes of an erased person, in whatever encodings upon encodings: it can be taken out, and is. */
import { canonicalAddress, emailIdentifier, userIdentifier } from '@touchline/schemas'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scrub, verdictOfRow, type StoredRow } from './scrub.js'
import { hashIdentifier, judgeBy, type Judge } from './tombstones.js'

const people = [
  ...['ada@example.com', 'jürgen@bücher.example', 'o.k+tag@sub.example.co.uk', "o'neil@x.test"],
  ...['ﬁona@straße.de', 'user{1}@ex.com', 'σας@ελ.gr'],
]
const addresses = people.map((one) => canonicalAddress(one))
const erased = [...addresses.map(emailIdentifier), userIdentifier('u-4711-jb')]
const salt = 's'
const judge = judgeBy({
  salt,
  list: erased.map((name) => ({
    hash: hashIdentifier(salt, name),
    from: undefined,
    to: Date.parse('2030-01-01'),
    isWhole: true,
  })),
}) as Judge

const escaped = (text: string) =>
  Array.from(
    { length: text.length },
    (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('')
const encoded = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
type Write = (text: string) => string
const ways: Write[] = [
  ...[String, (s: string) => s.toUpperCase(), (s: string) => s.normalize('NFD')],
  ...[(s: string) => encodeURIComponent(Buffer.from(s).toString()), encoded, escaped, JSON.stringify],
  (s) => JSON.stringify({ text: `x\n${s}` }),
  ...['＠', '%40', '\\u0040', '%2540', '%252540', '%EF%BC%A0', '\\uff20'].map(
    (sign): Write =>
      (s) =>
        s.replace('@', sign),
  ),
  ...['\u200b', '%E2%80%8B', '%C2%AD', '\\u200b', '%25E2%2580%258B', '\u00ad', '%EF%BB%BF', '%ef%bb%bf'].map(
    (unseen): Write =>
      (s) =>
        s.replace('@', `${unseen}@${unseen}`),
  ),
  ...['\u3002', '%2E', '%252e', '\\u002e', '%E3%80%82'].map(
    (dot): Write =>
      (s) =>
        s.replaceAll('.', dot),
  ),
  ...['%', '%2', '\\', '%C3', '%255C', '=', 'a@', '\u0301', 'é', '\ud800', '\\n', '%5Cn'].map(
    (before): Write =>
      (s) =>
        before + s,
  ),
  ...['%', '@evil.com', '\u0301', '-', '\\'].map(
    (after): Write =>
      (s) =>
        s + after,
  ),
]
const glue = fc.constantFrom(
  '',
  ' ',
  '\n',
  '/',
  '?m=',
  '&amp;',
  '"',
  '\u0000',
  '\u{1f600}',
  '.',
  '@',
  '%40',
  '＠',
)
const text = fc
  .tuple(
    fc.constantFrom(...addresses, 'u-4711-jb'),
    fc.array(fc.constantFrom(...ways), { maxLength: 3 }),
    fc.array(glue, { minLength: 2, maxLength: 4 }),
  )
  .map(([name, writes, around]) => {
    const [before = '', ...after] = around
    return before + writes.reduce((written, way) => way(written), name) + after.join('')
  })
const at = '2026-01-01T00:00:00.000Z'
const places: ((text: string) => Partial<StoredRow>)[] = [
  (text) => ({ properties: { a: [{ b: text }], n: 1 } }),
  (text) => ({ properties: { [text]: 1, kept: 'yes' } }),
  // As a table has it.
  (text) => ({ context: JSON.stringify({ note: text, id: 1 }) as never }),
  (text) => ({ traits: JSON.stringify({ [text]: text }) as never }),
  (text) => ({ traits: { manager: text } }),
  (text) => ({ person_traits: [{ name: text, value: JSON.stringify(text) }] }),
  (text) => ({ url: text, title: `Mail of ${text}` }),
]

test('what is found of an erased person in somebody else’s event can be taken out of it', () => {
  let found = 0
  fc.assert(
    fc.property(text, fc.constantFrom(...places), (written, place) => {
      const row: StoredRow = { subject: 'user:bob', occurred_at: at, received_at: at, ...place(written) }
      if (verdictOfRow(row, judge) !== 'mentions') return
      found += 1
      const clean = scrub(row, judge)
      expect(verdictOfRow(clean, judge)).toBe('other')
      expect(clean.subject).toBe('user:bob')
      for (const part of [clean.context, clean.traits])
        if (typeof part === 'string') expect(() => void JSON.parse(part)).not.toThrow()
    }),
    { numRuns: 8_000 },
  )
  expect(found).toBeGreaterThan(1_000)
}, 120_000)

test('what stands around a name stays, as far as the name can be cut out', () => {
  const row = (properties: unknown): StoredRow => ({
    subject: 'user:bob',
    occurred_at: at,
    received_at: at,
    properties: properties as never,
  })
  const said = { to: 'ada%E2%80%8B@example.com', big: 'kept', text: 'Hello,\nada@example.com, bye' }
  const clean = { to: '[erased]', big: 'kept', text: 'Hello,\n[erased], bye' }
  expect(scrub(row(said), judge).properties).toEqual(clean)
  const stored = JSON.stringify(said).replace('"kept"', '12345678901234567890')
  expect(scrub(row(stored), judge).properties).toBe(
    JSON.stringify(clean).replace('"kept"', '12345678901234567890'),
  )
})

test('a thousand addresses of one person in one event are taken out without looking for each in all its spellings', () => {
  const own = Array.from({ length: 1_000 }, (_, n) => `ada-${n}@example.com`)
  const all = judgeBy({
    salt,
    list: own.map((address) => ({
      hash: hashIdentifier(salt, emailIdentifier(address)),
      from: undefined,
      to: Date.parse('2030-01-01'),
      isWhole: true,
    })),
  }) as Judge
  const row: StoredRow = {
    ...{ subject: 'user:bob', occurred_at: at, received_at: at },
    properties: {
      plain: own,
      text: `To ${own.join(', ')}`,
      written: own.map(encoded).join(' '),
      kept: 'Bob',
    },
    title: 'Mail to ADA-7@example.com and eve@example.com',
  }
  const clean = scrub(row, all)
  expect(verdictOfRow(clean, all)).toBe('other')
  expect(clean).toMatchObject({
    title: 'Mail to [erased] and eve@example.com',
    properties: {
      plain: own.map(() => '[erased]'),
      text: `To ${own.map(() => '[erased]').join(', ')}`,
      kept: 'Bob',
    },
  })
})

test('a name that begins in the middle of an escape leaves JSON as JSON', () => {
  const nada = judgeBy({
    salt,
    list: [
      {
        hash: hashIdentifier(salt, 'email:nada@example.com'),
        from: undefined,
        to: Date.parse('2030-01-01'),
        isWhole: true,
      },
    ],
  }) as Judge
  const properties = JSON.stringify({ a: '\nada@example.com', b: 'nada@example.com' })
  const row: StoredRow = {
    subject: 'user:bob',
    occurred_at: at,
    received_at: at,
    properties: properties as never,
  }
  expect(JSON.parse(scrub(row, nada).properties as unknown as string)).toEqual({
    a: '\nada@example.com',
    b: '[erased]',
  })
})

test('of somebody else’s event the columns that name them are empty, and its own name stays', () => {
  const row = {
    ...{ subject: 'user:bob', user_id: 'bob', email: 'ada@example.com', previous_id: 'u-4711-jb' },
    ...{ occurred_at: at, received_at: at },
  } as StoredRow
  expect(verdictOfRow(row, judge)).toBe('mentions')
  expect(scrub(row, judge)).toMatchObject({ user_id: 'bob', email: '', previous_id: '' })
})
