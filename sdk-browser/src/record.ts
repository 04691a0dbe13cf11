/** From a call to an entry of the outbox. Ids, time and page are frozen into the event at the call, not at the sending. */
import type { OutgoingEvent } from '@touchline/schemas/build'
import { consentOf, hasIds, isKept } from './consent.js'
import { newId } from './ids.js'
import { options } from './options.js'
import { addEntry, isFull, reportDropped, storeEntry, type Entry } from './outbox.js'
import { pagePrefix } from './page-name.js'
import { cleanUrl, moment, viewedBefore } from './page.js'
import { wake } from './send.js'
import { addSession } from './sessions.js'
import { addTouches } from './touches.js'
import { version } from './version.js'
import { readVisitor, writeVisitor } from './visitor.js'
import type { Visitor } from './who.js'
import type { BatchContext, EventContext } from './wire.js'

/**
 * What a verb says; the rest is added here. The same shape as the event builders make, whose types hold this to it:
 * the builders themselves would cost 120 bytes.
 */
type Said = {
  [Key in Exclude<keyof OutgoingEvent, 'messageId' | 'timestamp' | 'context'>]?:
    OutgoingEvent[Key] | undefined
} & Pick<OutgoingEvent, 'type'>

/** `changes` become part of who the visitor is, from this event on. */
export const record = (said: Said, changes?: Partial<Visitor>): void => {
  const [timeMs, href, title] = moment()
  const messageId = newId(timeMs)
  // A visitor is named after their first event. Where none may be kept, each event has its own, which ties it to none.
  const visitor: Visitor = { anonymousId: messageId, ...readVisitor(), ...changes }
  const consent = consentOf(visitor)
  if (!consent || (changes && !hasIds(visitor))) return
  const own: EventContext = {}
  const context: BatchContext = {
    library: { version, name: 'touchline-browser' },
    consent,
    // A request that outlives its page does not always carry the one that the page shows.
    userAgent: navigator.userAgent,
    page: { url: cleanUrl(href), referrer: viewedBefore || document.referrer, title },
    groupId: visitor.groupId,
    userToken: hasIds(visitor) ? options.userToken : undefined,
  }
  if (hasIds(visitor)) {
    addSession(timeMs, visitor, context, own)
    addTouches(said.type, timeMs, visitor, context, own)
    writeVisitor(visitor)
  }
  const entry: Entry = [
    messageId,
    JSON.stringify(context),
    JSON.stringify({
      anonymousId: visitor.anonymousId,
      userId: visitor.userId,
      ...said,
      messageId,
      timestamp: timeMs,
      context: own,
    }),
    pagePrefix + messageId,
  ]
  if (isFull()) reportDropped([entry], 'full')
  else {
    addEntry(entry)
    if (isKept(visitor)) storeEntry(entry)
    wake()
  }
}
