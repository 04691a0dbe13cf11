/** What waits for consent in one tab while another is told yes. In t.core.js, where nothing waits, held.core.ts stands in its place. */
import { consentOf } from './consent.js'
import { renameInEntries, storeEntries } from '../queue/outbox.js'
import type { Visitor } from './who.js'

/**
 * Where this tab was waiting and had a visitor of its own, what it holds becomes the kept visitor's, for both are one
 * browser; and of who they are, what was known here alone is added. (`Id":"` alone would also be that of a message, after
 * which visitors are named.)
 */
export const joinHeld = (ours: Visitor, kept: Visitor, write: (visitor: Visitor) => unknown): void => {
  if (consentOf(ours) !== 'awaiting') return
  Object.assign(kept, { ...ours, ...kept })
  renameInEntries(`sId":"${ours.anonymousId}`, `sId":"${kept.anonymousId}`)
  storeEntries()
  write(kept)
}
