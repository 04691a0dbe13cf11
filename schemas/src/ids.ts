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

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** What languages write in place of nothing. */
const nothings = words(
  String.raw`null undefined none nan nil n/a n.a. na (null) (none) <null> optional(nil) unset void \n #n/a #ref! #value!`,
)
const illegalIds = new Set([
  '',
  ...nothings,
  ...words('true false 0 -1 infinity -infinity [] {}'),
  // Nobody in particular: what visitors are called, and what frameworks call whoever has not logged in.
  ...words('anonymous anon guest unknown not_authenticated unauthenticated anonymous_user anonymous-user'),
  ...words('anonymoususer guest_user guest-user guestuser logged_out logged-out loggedout not_logged_in'),
  ...words('not-logged-in notloggedin no_user no-user nouser not_set not-set'),
  ...['not set', '(not set)', 'not logged in', 'logged out', 'anonymous user', 'guest user', 'no user'],
  ...words('session sessionid session_id session-id no-session no_session nosession expired missing empty'),
  ...['no session', 'not available', 'not provided', '?', '???', '*', '***', '&nbsp;'],
  // The name of the field instead of what stands in it.
  ...words('id email userid user_id user-id anonymousid anonymous_id distinct_id distinctid'),
  ...words('your_user_id your-user-id'),
])

// Longer than any of them, and than most ids that were put together from a word and nothing: "customer_undefined".
const longestIllegalId = 24
const hasDigit = /\d/
// Every emulator, and telephones of one make, had these for the id of the device.
const sharedDevice = /^(?:9774d56d682e549c|lmy47d)$/i
const onlyZeros = /^[+-]?[0.-]+$/
const allOnes = /^f{8}-?f{4}-?f{4}-?f{4}-?f{12}$/
const outerQuotes = /^(["'`])(.*)\1$/s
const beginsPlainly = /^(?!f{8})[^"'`0+\-.{$%<[(#_]/i
/**
 * A template that nobody filled in, or code that printed an object or nothing: `{{ user.id }}`, `${id}`, `{userId}`,
 * `<%= id %>`, `%USER_ID%`, `__USER_ID__`, `[object Promise]`, `<AnonymousUser>`, `%!s(<nil>)`.
 */
const unfilled =
  /^(?:\{\{.*\}\}|\{%.*%\}|[$#]\{.*\}|\{[a-z_. ]+\}|<%.*%>|<[a-z_. ]+>|\[\[.*\]\]|\[[a-z_. ]+\]|%%?[a-z_.]+%%?|__[a-z_]+__|%![a-z]\(.*\))$/s
const wordBefore = words(
  'user users usr uid id customer cus account acct anon visitor device member org company',
)

/** `$userId`, `:id`, `@user_id`: a route's or a program's name for an id; `() => id`, `Symbol(id)`: a program instead of what it gives. */
const program = /^[$:@][a-z_.]*id$|^(?:async )?function\b.*[{(]|=>|^symbol\(/
/** `undefined-undefined`, `null null`, `user_undefined`: ids put together from nothing. */
function isMadeOfNothing(id: string): boolean {
  const parts = id.split(/[\s:_|./-]+/)
  return (
    parts.some((part) => nothings.has(part)) &&
    parts.every((part) => nothings.has(part) || wordBefore.has(part))
  )
}

// Control characters and half surrogate pairs are never meant, and could not be stored as they came:
// two ids that differ only in them would become one.
const unstorable = /[\p{Cc}\p{Cs}]/u

/** True for a value that looks like an id but names nobody; quotes and outer blanks do not save it. */
export function isIllegalId(id: string): boolean {
  const trimmed = id.trim()
  // Nearly every id is a UUID or a database key: longer than any illegal word or with a digit, and no template.
  if ((trimmed.length > longestIllegalId || hasDigit.test(trimmed)) && beginsPlainly.test(trimmed))
    return sharedDevice.test(trimmed)
  const bare = trimmed.replace(outerQuotes, '$2').trim().toLowerCase()
  return (
    illegalIds.has(bare) ||
    sharedDevice.test(bare) ||
    onlyZeros.test(bare) ||
    allOnes.test(bare) ||
    unfilled.test(bare) ||
    program.test(bare) ||
    (bare.length <= longestIllegalId && isMadeOfNothing(bare))
  )
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

// One @, a dot in the domain, no blanks, separators or brackets of any width: the shape that every mail provider accepts.
const emailShape =
  /^[^\s@<>(),;:"[\]\\{}*＜＞（），；：]{1,64}@(?!\.)(?:[^\s@<>(),;:"'`[\]\\{}*.]+\.)+[^\s@<>(),;:"'`[\]\\{}*.]{2,63}$/
/** `null@null.com`, `noemail@shop.example`: what is typed, or filled in, by who has no address. Strangers share them. */
const nobodysMailbox = /^(?:null|undefined|none|nan|no-?e?-?mail|no_e?mail|noaddress|not-?provided|n\/a)@/

/** The address in its canonical form (address.ts), or undefined where the value does not look like one, or is nobody's. */
export function emailFrom(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const address = canonicalAddress(value)
  const isAddress = address.length <= 254 && emailShape.test(address) && !unstorable.test(address)
  return isAddress && !nobodysMailbox.test(address) ? address : undefined
}

export const anonIdentifier = (id: string): Identifier => `anon:${id}`
export const userIdentifier = (id: string): Identifier => `user:${id}`
export const emailIdentifier = (address: string): Identifier => `email:${address}`

/** The kind of an identifier as written, or undefined for text that is not one. */
export function kindOf(identifier: string): IdentifierKind | undefined {
  const kind = identifier.slice(0, identifier.indexOf(':'))
  return kind === 'anon' || kind === 'user' || kind === 'email' ? kind : undefined
}
