/** From a call to an entry of the outbox. Ids, time and page are frozen into the event at the call, not at the sending. */
import type { OutgoingEvent } from '@touchline/schemas/build'
import { consentOf, hasIds, isKept } from './consent.js'
import { tell } from './hooks.js'
import { newId } from './ids.js'
import { options, pageName } from './options.js'
import { addEntries, isFull, storeEntry, type Entry } from './outbox.js'
import { cleanUrl, moment, referrer } from './page.js'
import { reportDropped } from './report.js'
import { wake } from './send.js'
import { version } from './version.js'
import { readVisitor, writeVisitor, type Visitor } from './visitor.js'
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
  const { choice, anonymousId, userId, groupId } = visitor
  const consent = consentOf(choice)
  if (!consent || (changes && !hasIds(choice))) return
  const own: EventContext = {}
  const context: BatchContext = {
    library: { name: 'touchline-browser', version },
    userAgent: navigator.userAgent,
    locale: navigator.language,
    page: { url: cleanUrl(href), referrer: referrer(), title },
    consent,
    groupId,
    userToken: hasIds(choice) ? options.userToken : undefined,
  }
  if (hasIds(choice)) {
    tell('draft', { type: said.type, timeMs, visitor, context, own })
    writeVisitor(visitor)
  }
  const event = {
    anonymousId,
    userId,
    ...said,
    messageId,
    timestamp: new Date(timeMs).toJSON(),
    context: own,
  }
  const entry: Entry = [`${pageName}.${messageId}`, JSON.stringify(context), JSON.stringify(event)]
  if (isFull()) return reportDropped([entry], 'full')
  addEntries([entry])
  if (isKept(choice)) storeEntry(entry)
  wake()
}
