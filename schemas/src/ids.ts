/**
 * Identifiers: what counts as an id, and how one is written once it is known what kind it is.
 *
 *     identifier = "anon:" id | "user:" id | "email:" lower-cased-trimmed-address
 *
 * Ids are case-sensitive; a number equals its text. Values that broken client code sends in place of
 * an id ("undefined", "[object Object]", …) would join strangers into one person, so they are refused
 * as ids here and nowhere else.
 */
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

const onlyZerosAndDashes = /^[0-]+$/
const outerQuotes = /^(["'`])(.*)\1$/s

/** True for a value that looks like an id but names nobody; quotes and outer blanks do not save it. */
export function isIllegalId(id: string): boolean {
  const bare = id.trim().replace(outerQuotes, '$2').trim().toLowerCase()
  return illegalIds.has(bare) || onlyZerosAndDashes.test(bare)
}

/** The id as text, or undefined where the value cannot be one (wrong type, illegal, too long). */
export function idFrom(value: unknown): string | undefined {
  const text =
    typeof value === 'string'
      ? value.trim()
      : typeof value === 'number' && Number.isFinite(value)
        ? String(value)
        : ''
  return text.length > limits.idLength || isIllegalId(text) ? undefined : text
}

// One @, a dot in the domain, no blanks or separators: the shape that every mail provider accepts.
const emailShape = /^[^\s@<>(),;:"[\]\\]{1,64}@[^\s@<>(),;:"[\]\\]{1,190}\.[^\s@<>(),;:"[\]\\.]{2,63}$/

/** The address lower-cased and trimmed, or undefined where the value does not look like one. */
export function emailFrom(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const address = value.trim().toLowerCase()
  return address.length <= 254 && emailShape.test(address) ? address : undefined
}

export const anonIdentifier = (id: string): Identifier => `anon:${id}`
export const userIdentifier = (id: string): Identifier => `user:${id}`
export const emailIdentifier = (address: string): Identifier => `email:${address}`

/** The kind of an identifier as written, or undefined for text that is not one. */
export function kindOf(identifier: string): IdentifierKind | undefined {
  const kind = identifier.slice(0, identifier.indexOf(':'))
  return kind === 'anon' || kind === 'user' || kind === 'email' ? kind : undefined
}
