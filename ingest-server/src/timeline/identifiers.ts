/** What `:id` in an address may mean: a typed identifier, a user id, or the address of a lead. */
import { canonicalHost, emailFrom, emailIdentifier, idFrom, kindOf, userIdentifier } from '@touchline/schemas'
import { TouchlineError } from '../errors.js'

/**
 * The identifiers to try, in order. Bare text is a user id first; where it looks like an email and there is
 * no such user, it is the email. A typed email is compared as it is stored, lower-cased.
 */
export function identifiersOf(id: string): string[] {
  const kind = kindOf(id)
  if (kind !== undefined) return [checked(typedFrom(id), id)]
  const email = emailFrom(id)
  const user = userIdentifier(checked(idFrom(id), id))
  return email === undefined ? [user] : [user, emailIdentifier(email)]
}

/** The identifier that its type and what follows make; undefined where that names nobody. */
function typedFrom(id: string): string | undefined {
  const kind = kindOf(id)
  const value = id.slice(id.indexOf(':') + 1)
  const name = kind === 'email' ? emailFrom(value) : idFrom(value)
  return name === undefined ? undefined : `${kind}:${name}`
}

/** An account's id as it is stored: `domain:münchen.de` has its domain in ASCII. */
export function accountIdOf(asked: string): string {
  if (!asked.startsWith('domain:')) return asked
  return `domain:${canonicalHost(asked.slice('domain:'.length)) ?? ''}`
}

/**
 * The same for an address that asks for a person: an id is whatever the customer made it, so a user whose id is
 * literally `user:42` comes before the typed identifier that reads so.
 */
export function personNames(id: string): string[] {
  const literal = idFrom(id)
  if (kindOf(id) === undefined || literal === undefined) return identifiersOf(id)
  const user = userIdentifier(literal)
  // What names nobody of its type, `user:`, may be a user's id all the same.
  return typedFrom(id) === undefined ? [user] : [user, ...identifiersOf(id)]
}

function checked(value: string | undefined, asked: string): string {
  if (value !== undefined) return value
  throw new TouchlineError('QUERY_INVALID', `"${asked.slice(0, 100)}" is not a usable id.`)
}
