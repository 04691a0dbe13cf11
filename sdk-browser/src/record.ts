/** From a call to an entry of the outbox. Ids, time and page are frozen into the event at the call, not at the sending. */
import type { OutgoingEvent } from '@touchline/schemas/build'
import { consentOf, hasIds, isStored } from './consent.js'
import { tell } from './hooks.js'
import { newId } from './ids.js'
import { options, pageName } from './options.js'
import { addEntries, isFull, storeEntry, type Entry } from './outbox.js'
import { cleanUrl, moment, page } from './page.js'
import { drop, wake } from './send.js'
import { version } from './version.js'
import { readVisitor, writeVisitor, type Visitor } from './visitor.js'
import type { BatchContext, EventContext } from './wire.js'

let lastTimeMs = 0

/**
 * What a verb says; the rest is added here. The same shape as the event builders make, whose types hold this to it:
 * the builders themselves would cost 120 bytes.
 */
type Said = {
  [Key in Exclude<keyof OutgoingEvent, 'messageId' | 'timestamp' | 'context'>]?:
    OutgoingEvent[Key] | undefined
} & Pick<OutgoingEvent, 'type'>

/** `changes` become part of who the visitor is, from this event on. */
export function record(said: Said, changes?: Partial<Visitor>): void {
  const visitor: Visitor = { ...readVisitor(), ...changes }
  const consent = consentOf(visitor.choice)
  if (!consent || (changes && !hasIds(consent))) return
  const [time, href, title] = moment()
  // Two events of a page never share a millisecond, so that their order survives; unless the clock was set back.
  const timeMs = (lastTimeMs = time > lastTimeMs || time < lastTimeMs - 1_000 ? time : lastTimeMs + 1)
  const messageId = newId(timeMs)
  const own: EventContext = {}
  const context: BatchContext = {
    library: { name: 'touchline-browser', version },
    userAgent: navigator.userAgent,
    locale: navigator.language,
    page: { url: cleanUrl(href), referrer: page.before || document.referrer, title },
    consent,
  }
  // The wire wants an id. The message's own ties no two events together.
  let anonymousId = messageId
  if (hasIds(consent)) {
    anonymousId = visitor.anonymousId = visitor.anonymousId || newId(timeMs)
    context.userToken = options.userToken
    context.groupId = visitor.groupId
    tell('draft', { type: said.type, timeMs, visitor, context, own, isStored: isStored(consent) })
    writeVisitor(visitor)
  }
  const event = {
    anonymousId,
    userId: visitor.userId,
    ...said,
    messageId,
    timestamp: new Date(timeMs).toJSON(),
    context: own,
  }
  const entry: Entry = [`${pageName}.${messageId}`, JSON.stringify(context), JSON.stringify(event)]
  if (isFull()) return drop([entry], 'full')
  addEntries([entry])
  if (isStored(consent)) storeEntry(entry)
  wake()
}
