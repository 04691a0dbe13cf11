/** What may be sent now. In t.core.js next-batch.core.ts stands in its place. */
import { consentOf } from './consent.js'
import { guard } from './guard.js'
import { ofDocument } from './of-document.js'
import { takeBatch, wipeEntries, type Entry } from './outbox.js'
import { readVisitor } from './visitor.js'

/** Nothing before consent, nor while the page is only being prerendered. */
export const nextBatch = (): Entry[] => {
  const state = consentOf(readVisitor())
  // Refused in another tab.
  if (!state) guard(wipeEntries)()
  if (state === 'awaiting' || ofDocument('prerendering')) return []
  return takeBatch()
}
