import { expect, test } from 'vitest'
import { identifiersOf } from './identifiers.js'

test.each([
  ['u1', ['user:u1']],
  ['Ann@Acme.com', ['user:Ann@Acme.com', 'email:ann@acme.com']],
  ['user:ann@acme.com', ['user:ann@acme.com']],
  ['email: Ann@Acme.com', ['email:ann@acme.com']],
  ['anon:8f1c', ['anon:8f1c']],
  ['urn:x:1', ['user:urn:x:1']],
])('%s may name %j', (id, names) => {
  expect(identifiersOf(id)).toEqual(names)
})

test.each(['undefined', 'user:null', 'anon:00000-000', 'email:nobody', ' ', 'x'.repeat(501)])(
  'what names nobody is refused: %s',
  (id) => {
    expect(() => identifiersOf(id)).toThrow(/is not a usable id/)
  },
)
