/** From a call to an entry of the outbox. Ids, time and page are frozen into the event at the call, not at the sending. */
import type { EventType } from '@touchline/schemas/build'
import { cleanUrl } from '../page/clean-url.js'
import { consentOf, hasIds, isKept } from '../visitor/consent.js'
import { explainEvent } from '../debug/explain.js'
import { newId } from '../base/ids.js'
import { options, queuePrefix } from '../options/options.js'
import { addEntry, isFull, reportDropped, type Entry } from '../queue/outbox.js'
import { setItem } from '../queue/storage.js'
import { ofDocument } from '../base/of-document.js'
import { moment, viewedBefore } from '../page/page.js'
import type { Said } from '../base/said.js'
import { wake } from '../send/send.js'
import { addSession } from '../visitor/sessions.js'
import { addTouches } from '../visitor/touches.js'
import { toJson } from '../base/to-json.js'
import { version } from '../base/version.js'
import { readVisitor, writeVisitor } from '../visitor/visitor.js'
import type { Visitor } from '../visitor/who.js'
import type { BatchContext, EventContext } from '../base/wire.js'

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
    if (isKept(visitor)) setItem(entry[3], entry.join('\n'))
    wake()
  }
}
