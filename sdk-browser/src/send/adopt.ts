/**
 * What is stored is sent by every page that begins, also what another tab is still about to send: the server knows
 * messageIds, so two tabs cost a request, and nothing is lost or shown twice.
 */
import { queuePrefix } from '../options/options.js'
import { takeOver } from '../queue/outbox.js'
import { keysFrom } from '../queue/storage.js'
import { wake } from './send.js'

export const adoptOrphans = (): void => {
  keysFrom(queuePrefix).forEach(takeOver)
  wake()
}
