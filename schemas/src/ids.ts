/**
 * Identifiers: what counts as an id, and how one is written once it is known what kind it is.
 *
 *     identifier = "anon:" id | "user:" id | "email:" canonical-address
 *
 * Ids are case-sensitive; a number equals its text. Values that broken client code sends in place of
 * an id ("undefined", "[object Object]", …) would join strangers into one person, so they are refused
 * as ids here and nowhere else.
 */
import { canonicalAddress } from './address.js'
import { limits } from './limits.js'

export type IdentifierKind = 'anon' | 'user' | 'email'
export type Identifier = `${IdentifierKind}:${string}`

const illegalIds = new Set([
  '',
  'null',
  'undefined',
  'none',
  'nan',
  'true',
  'false',
  '0',
  '-1',
  '[object object]',
  'anonymous',
  'guest',
  'unknown',
  'n/a',
  'nil',
  'id',
  'email',
  'distinct_id',
  'distinctid',
  'not_authenticated',
])

const longestIllegalId = Math.max(...Array.from(illegalIds, (id) => id.length))
const onlyZerosAndDashes = /^[0-]+$/
const outerQuotes = /^(["'`])(.*)\1$/s
const beginsPlainly = /^[^"'`0-]/

// Control characters and half surrogate pairs are never meant, and could not be stored as they came:
// two ids that differ only in them would become one.
const unstorable = /[\p{Cc}\p{Cs}]/u

/** True for a value that looks like an id but names nobody; quotes and outer blanks do not save it. */
export function isIllegalId(id: string): boolean {
  const trimmed = id.trim()
  // Nearly every id is a UUID or a database key: longer than any illegal word, not quoted, not only zeros.
  if (trimmed.length > longestIllegalId && beginsPlainly.test(trimmed)) return false
  const bare = trimmed.replace(outerQuotes, '$2').trim().toLowerCase()
  return illegalIds.has(bare) || onlyZerosAndDashes.test(bare)
}

/**
 * The id as text, or undefined where the value cannot be one: wrong type, illegal, too long, unstorable,
 * or a number beyond 2^53, which JSON readers round, so that two of them may have become the same.
 */
export function idFrom(value: unknown): string | undefined {
  if (typeof value === 'number')
    return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? legal(String(value)) : undefined
  return typeof value === 'string' ? legal(value.trim()) : undefined
}

function legal(text: string): string | undefined {
  return text === '' || text.length > limits.idLength || unstorable.test(text) || isIllegalId(text)
    ? undefined
    : text
}

// One @, a dot in the domain, no blanks or separators: the shape that every mail provider accepts.
const emailShape = /^[^\s@<>(),;:"[\]\\]{1,64}@[^\s@<>(),;:"[\]\\]{1,190}\.[^\s@<>(),;:"[\]\\.]{2,63}$/

/** The address in its canonical form (address.ts), or undefined where the value does not look like one. */
export function emailFrom(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const address = canonicalAddress(value)
  return address.length <= 254 && emailShape.test(address) && !unstorable.test(address) ? address : undefined
}

export const anonIdentifier = (id: string): Identifier => `anon:${id}`
export const userIdentifier = (id: string): Identifier => `user:${id}`
export const emailIdentifier = (address: string): Identifier => `email:${address}`

/** The kind of an identifier as written, or undefined for text that is not one. */
export function kindOf(identifier: string): IdentifierKind | undefined {
  const kind = identifier.slice(0, identifier.indexOf(':'))
  return kind === 'anon' || kind === 'user' || kind === 'email' ? kind : undefined
}
