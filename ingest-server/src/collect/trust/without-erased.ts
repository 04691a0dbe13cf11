/** Erasures reach events that come late: what was an erased person's is refused, others' events lose their name. */
import { emailIdentifier, userIdentifier } from '@touchline/schemas'
import { withoutTexts } from '../../log/scrub.js'
import { addressesOf, userTextsOf, type Judge } from '../../log/tombstones.js'
import type { Json, ReadEvent } from '../read/read-event.js'
import { subjectOf } from '../read/traits-and-memberships.js'

/** A late copy of what was erased is refused; somebody else's event that names them is kept without the name. */
export function withoutErased(event: ReadEvent, occurredAtMs: number, judge: Judge): ReadEvent | undefined {
  const { userId, email, previousId, name, properties, traits, context } = event
  const verdict = judge.verdictOf(
    {
      subject: subjectOf(event),
      user_id: userId,
      email,
      previous_id: previousId,
      name,
      properties,
      traits,
      context,
    },
    occurredAtMs,
  )
  if (verdict === 'theirs') return undefined
  if (verdict === 'other') return event
  const isEmailGone = email !== '' && judge.isErased(emailIdentifier(email), occurredAtMs)
  const isPreviousGone = previousId !== '' && judge.isErased(userIdentifier(previousId), occurredAtMs)
  const inTexts = addressesOf({ subject: '', name, properties, traits, context })
  const gone = [
    ...(isEmailGone ? [email] : []),
    ...inTexts.filter((address) => judge.isErased(emailIdentifier(address), occurredAtMs)),
    ...userTextsOf({ subject: '', traits }).filter((text) =>
      judge.isErased(userIdentifier(text), occurredAtMs),
    ),
  ]
  const clean = (part: Json | undefined) => part && (withoutTexts(part, gone) as Json)
  return {
    ...event,
    email: isEmailGone ? '' : email,
    previousId: isPreviousGone ? '' : previousId,
    name: withoutTexts(name, gone) as string,
    properties: clean(properties),
    traits: clean(traits),
    context: clean(context),
  }
}
