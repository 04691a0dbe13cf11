/**
 * t.core.js sends again whatever is stored, also what another page is still about to send: the server knows messageIds,
 * so two tabs cost a request, and nothing is lost or shown twice.
 */
import { queuePrefix } from './options.js'
import { takeOver } from './outbox.js'
import { wake } from './send.js'

/** No page owns anything. */
export const newPageName = (): string => '.'

export function adoptOrphans(): void {
  takeOver(queuePrefix)
  wake()
}
