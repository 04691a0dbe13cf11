/**
 * Events that were recorded and not yet seen to arrive. Each is in localStorage before it is sent, and leaves it
 * only after the answer; what a page leaves behind, the next page or tab of the site takes over. Sending twice is
 * harmless (the server knows messageIds), so everything here errs on that side.
 *
 *     tl.q.<writeKey>.<pageId>.<messageId> = context JSON \n event JSON
 */
import { keysFrom, setItem } from './storage.js'

/**
 * `place` is its key in the browser's storage and ends with the messageId; `shared` is the JSON of the context that it
 * has in common with its neighbours, `json` that of the event.
 */
export type Entry = readonly [place: string, shared: string, json: string]

// A site's localStorage holds 5 million characters for everybody; a tenth is what a guest may take.
const maxOutboxLength = 500_000
// Of the 50 KB that a body may have: its context, with long addresses, takes the rest.
const maxEventsBytes = 45_000

/** What waits. A batch that is under way is not here, and is still in storage. */
let waiting: Entry[] = []

// A Blob would say it in fewer letters, but asks another process: 250 µs against 1.
export const bytesOf = (text: string): number => new TextEncoder().encode(text).length
export const storeEntry = (entry: Entry): unknown => setItem(entry[0], `${entry[1]}\n${entry[2]}`)
export const forgetEntry = (entry: Entry): unknown => setItem(entry[0])
export const storeEntries = (): void => waiting.forEach(storeEntry)

export const addEntries = (entries: readonly Entry[]): void => {
  waiting = waiting.concat(entries)
}

/** Adds what is stored under keys that begin so. */
export const takeOver = (prefix: string): void =>
  addEntries(
    keysFrom(prefix).map((place): Entry => [
      place,
      ...((localStorage[place] as string).split('\n') as [string, string]),
    ]),
  )

export const isFull = (): boolean => waiting.join().length > maxOutboxLength

/** Takes out the oldest entry, and those after it that share its context and fit into one body. */
export const takeBatch = (): Entry[] => {
  let bytes = 0
  const others: Entry[] = []
  const batch = waiting.filter(
    (entry, index, [first]) =>
      (entry[1] === (first as Entry)[1] && ((bytes += bytesOf(entry[2])) < maxEventsBytes || !index)) ||
      !others.push(entry),
  )
  waiting = others
  return batch
}

/** Deletes everything, what other pages left too. */
export function wipeEntries(): void {
  waiting = []
  keysFrom('tl.').forEach((key) => setItem(key))
}
