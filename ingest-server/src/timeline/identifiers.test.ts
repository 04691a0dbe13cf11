import { expect, test } from 'vitest'
import { identifiersOf, personNames } from './identifiers.js'

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

test.each([
  ['user:42', ['user:user:42', 'user:42']],
  ['email:Ann@Acme.com', ['user:email:Ann@Acme.com', 'email:ann@acme.com']],
  ['anon:8f1c', ['user:anon:8f1c', 'anon:8f1c']],
  ['42', ['user:42']],
  ['user:', ['user:user:']],
  ['email:x', ['user:email:x']],
])('an address may ask for a user whose id is literally that, first: %s', (id, names) => {
  expect(personNames(id)).toEqual(names)
})
