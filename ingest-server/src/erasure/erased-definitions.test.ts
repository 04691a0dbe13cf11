import { expect, test } from 'vitest'
import { hashIdentifier, judgeBy } from '../log/tombstones.js'
import { scrubDefinition } from './erased-definitions.js'

const erasedAt = Date.parse('2026-03-01T00:00:00Z')
const tombstone = (identifier: string, more: object = {}) => ({
  hash: hashIdentifier('salt', identifier),
  from: Date.parse('2026-02-01T00:00:00Z'),
  to: erasedAt,
  isWhole: true,
  ...more,
})
const list = [
  tombstone('user:u-12345'),
  tombstone('email:ada@example.com'),
  tombstone('anon:family-tablet', { isWhole: false }),
]
const judge = judgeBy({ salt: 'salt', list })

function scrubbed(body: object, more: object = {}) {
  const line = { project: 'p', at: '2026-02-10T00:00:00Z', name: 'n', author: '', note: '', ...more }
  if (judge === undefined) throw new Error('nobody is erased')
  const clean = scrubDefinition({ ...line, body: JSON.stringify(body) }, judge)
  return clean && { ...clean, body: JSON.parse(clean.body) as unknown }
}

test('a list loses the erased person, whatever they were called when it was written', () => {
  const identifiers = ['user:u-12345', 'user:bob', 'email:ada@example.com']
  expect(scrubbed({ identifiers })?.body).toEqual({ identifiers: ['user:bob'] })
  expect(scrubbed({ identifiers }, { at: '2026-01-01T00:00:00Z' })?.body).toEqual({
    identifiers: ['user:bob'],
  })
})

test('a list that was written after the erasure names somebody new of that name', () => {
  expect(scrubbed({ identifiers: ['user:u-12345'] }, { at: '2026-03-01T00:00:00Z' })).toBeUndefined()
})

test('a device that others had before stays in lists of their time', () => {
  const identifiers = ['anon:family-tablet', 'user:bob']
  expect(scrubbed({ identifiers }, { at: '2026-01-01T00:00:00Z' })).toBeUndefined()
  expect(scrubbed({ identifiers })?.body).toEqual({ identifiers: ['user:bob'] })
})

test('conditions, names, authors and notes lose them too, and nothing else', () => {
  const when = {
    any: [
      { trait: 'manager', op: 'eq', value: 'u-12345' },
      { trait: 'plan', op: 'eq', value: 'pro' },
    ],
  }
  const clean = scrubbed({ when }, { note: 'for Ada@Example.com and bob@example.com', author: 'u-12345' })
  expect(clean).toMatchObject({
    body: { when: { any: [{ value: '[erased]' }, { value: 'pro' }] } },
    note: 'for [erased] and bob@example.com',
    author: '[erased]',
    name: 'n',
  })
  expect(scrubbed({ when: { trait: 'plan', op: 'eq', value: 'pro' } })).toBeUndefined()
})
