/** What `:id` in an address may mean: a typed identifier, a user id, or the address of a lead. */
import { canonicalHost, emailFrom, emailIdentifier, idFrom, kindOf, userIdentifier } from '@touchline/schemas'
import { TouchlineError } from '../errors.js'

/**
 * The identifiers to try, in order. Bare text is a user id first; where it looks like an email and there is
 * no such user, it is the email. A typed email is compared as it is stored, lower-cased.
 */
export function identifiersOf(id: string): string[] {
  const kind = kindOf(id)
  const value = id.slice(id.indexOf(':') + 1)
  if (kind === 'email') return [emailIdentifier(checked(emailFrom(value), id))]
  if (kind !== undefined) return [`${kind}:${checked(idFrom(value), id)}`]
  const email = emailFrom(id)
  const user = userIdentifier(checked(idFrom(id), id))
  return email === undefined ? [user] : [user, emailIdentifier(email)]
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
  const names = identifiersOf(id)
  const literal = idFrom(id)
  return kindOf(id) === undefined || literal === undefined ? names : [userIdentifier(literal), ...names]
}

function checked(value: string | undefined, asked: string): string {
  if (value !== undefined) return value
  throw new TouchlineError('QUERY_INVALID', `"${asked.slice(0, 100)}" is not a usable id.`)
}
