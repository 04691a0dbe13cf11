/** What an event says about a person and about an account, as facts that ClickHouse only unfolds. */
import {
  anonIdentifier,
  emailFrom,
  emailIdentifier,
  userIdentifier,
  type Identifier,
  type MembershipFact,
  type TraitFact,
} from '@touchline/schemas'
import type { Json, ReadEvent } from './read-event.js'
import { stringifyExact } from '../../exact-json.js'

const noTraits: readonly TraitFact[] = []
const noMemberships: readonly MembershipFact[] = []

/** An email is said, and is none. Null and empty text say that there is no address, which may be true. */
export const hasBadEmail = ({ email }: Json): boolean =>
  email !== undefined && email !== null && email !== '' && emailFrom(email) === undefined

export const traitFacts = (traits: Json | undefined): readonly TraitFact[] =>
  traits === undefined
    ? noTraits
    : Object.entries(traits).map(([name, value]) => ({ name, value: stringifyExact(value) }))

/** Whose row it is: the user, else the visitor, else the address. */
export function subjectOf({ userId, anonymousId, email }: ReadEvent): Identifier {
  if (userId !== '') return userIdentifier(userId)
  return anonymousId !== '' ? anonIdentifier(anonymousId) : emailIdentifier(email)
}

/** Who joined or left: the strongest name the event has, for a visitor's device may be another's tomorrow. */
export function membershipFacts(event: ReadEvent): readonly MembershipFact[] {
  if (event.type !== 'group' || event.groupId === '') return noMemberships
  const { userId, anonymousId, email, groupId, traits } = event
  const identifier =
    userId !== ''
      ? userIdentifier(userId)
      : email !== ''
        ? emailIdentifier(email)
        : anonIdentifier(anonymousId)
  return [{ identifier, account: groupId, left: traits?.left === true }]
}
