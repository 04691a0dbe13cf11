/**
 * What an event's claims about people are worth. A write key stands in every page, so it routes and proves
 * nothing; a secret key proves everything it says; a userToken proves who its user is and what else stands in it,
 * and no more.
 *
 * | came with            | `open`                             | `signed-only`                                     |
 * | -------------------- | ---------------------------------- | ------------------------------------------------- |
 * | a secret key         | verified                           | verified                                          |
 * | a token of its user  | verified, as far as the token says | the same; what the token does not say is untrusted    |
 * | neither              | counts, unverified                 | untrusted: kept as the visitor's event, changes nobody |
 *
 * About accounts a token says what it names in `accounts`: that its user is there, and with the role `owner` or
 * `admin` also what is known of the account. Which domain is an account's concerns people whom the token does not
 * speak for, so only a secret key makes that verified.
 */
import type { LinkFact } from '@touchline/schemas'
import {
  anonIdentifier,
  emailFrom,
  emailIdentifier,
  userIdentifier,
  type TraitFact,
} from '@touchline/schemas'
import type { ReadEvent } from '../read/read-event.js'
import type { TokenClaims } from './user-token.js'

export type Trust =
  | { kind: 'secret' }
  /** `isAlone`: what the token does not say is untrusted. */
  | { kind: 'token'; claims: TokenClaims; isAlone: boolean }
  | { kind: 'unsigned' }
  | { kind: 'untrusted' }

export interface ClaimedEvent {
  event: ReadEvent
  trust: Trust
}

export const bySecret: Trust = { kind: 'secret' }
export const unsigned: Trust = { kind: 'unsigned' }
export const untrusted: Trust = { kind: 'untrusted' }

/** The event with the claims that count, and how far they do; undefined where nothing is left to keep it under. */
export function weighClaims(
  event: ReadEvent,
  identify: 'open' | 'signed-only',
  claims: TokenClaims | undefined,
): ClaimedEvent | undefined {
  const isCovered = claims !== undefined && event.userId === claims.userId
  if (identify === 'open')
    return { event, trust: isCovered ? { kind: 'token', claims, isAlone: false } : unsigned }
  if (!isCovered) return withoutClaims(event)
  return { event: withoutUncovered(event, claims), trust: { kind: 'token', claims, isAlone: true } }
}

/** As the visitor's: nothing in it speaks about a user, an address or an account any more. */
export function withoutClaims(event: ReadEvent): ClaimedEvent | undefined {
  if (event.anonymousId === '') return undefined
  return { event: { ...event, userId: '', email: '', previousId: '', groupId: '' }, trust: untrusted }
}

function withoutUncovered(event: ReadEvent, claims: TokenClaims): ReadEvent {
  return {
    ...event,
    email: event.email === claims.email ? event.email : '',
    previousId: event.previousId === claims.previousId ? event.previousId : '',
    groupId: claims.accounts.has(event.groupId) ? event.groupId : '',
  }
}

/** Whether the row as a whole is verified: everything that it says about who it was. */
export function isVerified(event: ReadEvent, trust: Trust): boolean {
  if (trust.kind === 'secret') return true
  if (trust.kind !== 'token') return false
  // A group says nothing but in which account somebody is.
  if (event.type === 'group' && unverifiedOfAccount(event, trust) === 'all') return false
  return event.email === '' || event.email === trust.claims.email
}

/**
 * What a verified event says about its account without proof: nothing (''), all of it, the account's traits, or only
 * which domain is its own. Stands in the column `unverified_group`.
 */
export type UnverifiedOfAccount = '' | 'all' | 'traits' | 'domain'

const rolesForTraits: ReadonlySet<string> = new Set(['owner', 'admin'])

export function unverifiedOfAccount({ groupId }: ReadEvent, trust: Trust): UnverifiedOfAccount {
  if (trust.kind !== 'token' || groupId === '') return ''
  const role = trust.claims.accounts.get(groupId)
  if (role === undefined) return 'all'
  return rolesForTraits.has(role) ? 'domain' : 'traits'
}

const domainTraits: ReadonlySet<string> = new Set(['domain', 'website'])

/** Of what a group says about its account: all that counts, verified or not. */
export function accountTraitsThatCount(
  facts: readonly TraitFact[],
  event: ReadEvent,
  trust: Trust,
): readonly TraitFact[] {
  if (trust.kind !== 'token' || !trust.isAlone) return facts
  const unverified = unverifiedOfAccount(event, trust)
  if (unverified === '') return facts
  return unverified === 'domain' ? facts.filter(({ name }) => !domainTraits.has(name)) : []
}

/** Of what an identify says about its user: an address that the token does not name is none of theirs. */
export function personTraitsThatCount(facts: readonly TraitFact[], trust: Trust): readonly TraitFact[] {
  if (trust.kind !== 'token' || !trust.isAlone) return facts
  return facts.filter(
    ({ name, value }) => name !== 'email' || emailFrom(JSON.parse(value)) === trust.claims.email,
  )
}

/**
 * The facts of a token's event, verified where the token itself says so. A device is the request's own, and a claim of one
 * is never trusted (R1); an alias names one on purpose, so that one is verified only of the `previousId` that was signed:
 * else a user could take, and collect without end, devices that somebody else is known by.
 */
export function verifyFacts(facts: readonly LinkFact[], trust: Trust): readonly LinkFact[] {
  if (trust.kind !== 'token') return facts
  const { userId, email, previousId } = trust.claims
  // A user id that is an address was signed as such.
  const addresses = [email, emailFrom(userId)].filter((address) => address !== undefined)
  const said = new Set<string>(addresses.map(emailIdentifier))
  const former: string[] =
    previousId === undefined ? [] : [userIdentifier(previousId), anonIdentifier(previousId)]
  const user = userIdentifier(userId)
  return facts.map((fact) => {
    const isSaid =
      fact.kind === 'alias'
        ? former.includes(fact.other)
        : said.has(fact.other) || fact.other.startsWith('anon:')
    return fact.identifier === user && isSaid ? { ...fact, verified: true } : fact
  })
}
