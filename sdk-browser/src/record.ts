/** From a call to an entry of the outbox. Ids, time and page are frozen into the event at the call, not at the sending. */
import type { EventType } from '@touchline/schemas/build'
import { cleanUrl } from './clean-url.js'
import { consentOf, hasIds, isKept } from './consent.js'
import { explainEvent } from './explain.js'
import { newId } from './ids.js'
import { options, queuePrefix } from './options.js'
import { addEntry, isFull, reportDropped, storeEntry, type Entry } from './outbox.js'
import { ofDocument } from './of-document.js'
import { moment, viewedBefore } from './page.js'
import type { Said } from './said.js'
import { wake } from './send.js'
import { addSession } from './sessions.js'
import { addTouches } from './touches.js'
import { toJson } from './to-json.js'
import { version } from './version.js'
import { readVisitor, writeVisitor } from './visitor.js'
import type { Visitor } from './who.js'
import type { BatchContext, EventContext } from './wire.js'

/** `changes` become part of who the visitor is, from this event on. */
export const record = (type: EventType, said: Said, changes?: Partial<Visitor>): void => {
  const [timeMs, href, title] = moment()
  const messageId = newId(timeMs)
  // A visitor is named after their first event. Where none may be kept, each event has its own, which ties it to none.
  const visitor: Visitor = { anonymousId: messageId, ...readVisitor(), ...changes }
  const consent = consentOf(visitor)
  if (!consent || (changes && !hasIds(visitor))) return explainEvent(type, said, consent)
  const own: EventContext = {}
  const context: BatchContext = {
    library: { version, name: 'touchline-browser' },
    consent,
    // A request that outlives its page does not always carry the one that the page shows.
    userAgent: navigator.userAgent,
    page: { url: cleanUrl(href), referrer: viewedBefore || ofDocument('referrer'), title },
    groupId: visitor.groupId,
    userToken: hasIds(visitor) ? options.userToken : undefined,
  }
  if (hasIds(visitor)) {
    addSession(timeMs, visitor, context, own)
    addTouches(type, timeMs, visitor, context, own)
    writeVisitor(visitor)
  }
  const entry: Entry = [
    messageId,
    toJson(context),
    toJson({
      type,
      anonymousId: visitor.anonymousId,
      userId: visitor.userId,
      ...said,
      messageId,
      timestamp: timeMs,
      context: own,
    }),
    queuePrefix + messageId,
  ]
  if (isFull()) reportDropped([entry], 'full')
  else {
    explainEvent(type, said, consent, messageId)
    addEntry(entry)
    if (isKept(visitor)) storeEntry(entry)
    wake()
  }
}
