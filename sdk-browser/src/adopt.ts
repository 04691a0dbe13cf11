/** What pages that are gone have left is sent by the next. In t.core.js adopt.core.ts stands in its place. */
import { listen } from './guard.js'
import { queuePrefix } from './options.js'
import { takeOver } from './outbox.js'
import { pagePrefix } from './page-name.js'
import { ownPage, releasePages } from './page-ownership.js'
import { wake } from './send.js'
import { keysFrom } from './storage.js'

const taken = new Set<string>()

/** Owns this page's part of the storage, and takes over the parts of pages that are gone. */
const openOutbox = (): void => {
  // Our own is taken first, so that what a page brings back from the back/forward cache is not taken for an orphan.
  ownPage(pagePrefix, () => {})
  new Set(keysFrom(queuePrefix).map((key) => key.replace(/\w+$/, ''))).forEach((prefix) =>
    ownPage(prefix, () => {
      // A page that comes back from the back/forward cache still has what it took before.
      if (!taken.has(prefix)) keysFrom(prefix).forEach(takeOver)
      taken.add(prefix)
      wake()
    }),
  )
}

export const adoptOrphans = (): void => {
  listen('pagehide', releasePages)
  listen('pageshow', openOutbox)
  openOutbox()
}
