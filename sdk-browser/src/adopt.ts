/** What pages that are gone have left is sent by the next. */
import { pageName, queuePrefix } from './options.js'
import { addEntries, type Entry } from './outbox.js'
import { ownPage } from './page-ownership.js'
import { wake } from './send.js'
import { getItem, keysFrom } from './storage.js'

/** Owns this page's part of the storage, and takes over the parts of pages that are gone. */
export function openOutbox(): void {
  // Our own is taken first, so that what a page brings back from the back/forward cache is not taken for an orphan.
  ownPage(pageName, () => {})
  new Set((keysFrom(queuePrefix) as string[]).map((key) => key.slice(0, -37))).forEach((name) =>
    ownPage(name, () => {
      addEntries(
        (keysFrom(`${name}.`) as string[]).map((place): Entry => [
          place,
          ...((getItem(place) as string).split('\n') as [string, string]),
        ]),
      )
      wake()
    }),
  )
}
