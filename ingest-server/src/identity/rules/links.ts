/**
 * Which who-is-who facts one event states. Pure; collect calls it for every event and writes the answer into
 * the row, so the facts are durable with the event itself.
 *
 *     carries                        states (claimer → claimed)
 *     userId + anonymousId           user → anon
 *     userId + email                 user → email
 *     a userId that is an address    user → that email as well
 *     email + anonymousId, no userId email → anon
 *     alias                          user → anon:previousId and user → user:previousId
 *     unlink, relink, release        the pair, both ways round (made by the API)
 *
 * Any type of event counts, not only identify: a page seen by a user whom the server already knows by id says
 * as much as an identify does. With a userId the user alone claims the device. Were the email a second
 * claimer, an address that belongs to somebody else would cut the device's history in two at one instant.
 */
import {
  anonIdentifier,
  emailFrom,
  emailIdentifier,
  idFrom,
  userIdentifier,
  type LinkFact,
} from '@touchline/schemas'

/** What of an event matters here. Times in milliseconds since 1970. */
export interface LinkSource {
  type: string
  userId?: string | undefined
  anonymousId?: string | undefined
  /** The person's address as `emailOf` (schemas) finds it. */
  email?: string | undefined
  previousId?: string | undefined
  /** Typed identifiers; only of `unlink`, `relink` and `release`. */
  pair?: readonly [string, string] | undefined
  occurredAt: number
  receivedAt: number
  /** The message came with a secret key or a signed token. */
  verified: boolean
}

/** R5: how long before its receipt an unsigned claim of an email may be dated, so that nobody backdates one. */
export const unsignedEmailClaimMs = 12 * 60 * 60 * 1000

const none: readonly LinkFact[] = []

/**
 * The facts of one event, at most four. Ids are checked here too (R6), so a caller that forgot cannot join
 * strangers by "undefined". Whether an unverified fact counts is decided by `resolve`, not here.
 */
export function linksFrom(event: LinkSource): readonly LinkFact[] {
  if (event.pair) return pairFacts(event, event.pair)
  // Most events are a visitor's alone, and state nothing.
  if (!event.userId && !event.email) return none
  const userId = idFrom(event.userId)
  const anonymousId = idFrom(event.anonymousId)
  const email = emailFrom(event.email)
  if (userId !== undefined) return userFacts(event, { userId, anonymousId, email })
  if (email === undefined || anonymousId === undefined) return none
  return [claim(event, emailIdentifier(email), anonIdentifier(anonymousId), event.occurredAt)]
}

interface CheckedIds {
  userId: string
  anonymousId: string | undefined
  email: string | undefined
}

function userFacts(event: LinkSource, { userId, anonymousId, email }: CheckedIds): readonly LinkFact[] {
  const user = userIdentifier(userId)
  const facts: LinkFact[] = []
  if (anonymousId !== undefined) facts.push(claim(event, user, anonIdentifier(anonymousId), event.occurredAt))
  const emailAt = event.verified
    ? event.occurredAt
    : Math.max(event.occurredAt, event.receivedAt - unsignedEmailClaimMs)
  if (email !== undefined) facts.push(claim(event, user, emailIdentifier(email), emailAt))
  // Looked for only where it can be one: the shape test costs more than the rest of this function.
  const addressAsId = userId.includes('@') ? emailFrom(userId) : undefined
  if (addressAsId !== undefined && addressAsId !== email)
    facts.push(claim(event, user, emailIdentifier(addressAsId), emailAt))
  if (event.type === 'alias') facts.push(...aliasFacts(event, user, userId))
  return facts.length === 0 ? none : facts
}

/** Nobody but the sender knows whether previousId was a visitor's or a user's, so both are stated. */
function aliasFacts(event: LinkSource, user: string, userId: string): readonly LinkFact[] {
  const previousId = idFrom(event.previousId)
  if (previousId === undefined) return none
  const asVisitor = fact(event, 'alias', user, anonIdentifier(previousId), event.occurredAt)
  if (previousId === userId) return [asVisitor]
  return [asVisitor, fact(event, 'alias', user, userIdentifier(previousId), event.occurredAt)]
}

/** Only a secret key may take people apart, put them together again or release a link; unsigned ones state nothing. */
function pairFacts(event: LinkSource, [identifier, other]: readonly [string, string]): readonly LinkFact[] {
  if (!event.verified || identifier === other) return none
  if (event.type !== 'unlink' && event.type !== 'relink' && event.type !== 'release') return none
  return [fact(event, event.type, identifier, other, event.occurredAt)]
}

const claim = (event: LinkSource, identifier: string, other: string, at: number): LinkFact =>
  fact(event, 'claim', identifier, other, at)

const fact = (
  event: LinkSource,
  kind: LinkFact['kind'],
  identifier: string,
  other: string,
  at: number,
): LinkFact => ({ kind, identifier, other, verified: event.verified, at: new Date(at).toISOString() })
