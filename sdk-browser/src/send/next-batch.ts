/** What may be sent now. In t.core.js next-batch.core.ts stands in its place. */
import { consentOf } from '../visitor/consent.js'
import { guard } from '../base/guard.js'
import { ofDocument } from '../base/of-document.js'
import { takeBatch, wipeEntries, type Entry } from '../queue/outbox.js'
import { readVisitor } from '../visitor/visitor.js'

/** Nothing before consent, nor while the page is only being prerendered. */
export const nextBatch = (): Entry[] => {
  const state = consentOf(readVisitor())
  // Refused in another tab.
  if (!state) guard(wipeEntries)()
  if (state === 'awaiting' || ofDocument('prerendering')) return []
  return takeBatch()
}
