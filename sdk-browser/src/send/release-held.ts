/** What waited for the visitor's word goes. In t.core.js release-held.core.ts stands in its place. */
import { isKept } from '../visitor/consent.js'
import { storeEntries } from '../queue/outbox.js'
import { readVisitor } from '../visitor/visitor.js'
import { wake } from './send.js'

/** What waited for the visitor's word may be kept and sent. */
export const releaseHeld = (): void => {
  if (isKept(readVisitor())) storeEntries()
  wake()
}
