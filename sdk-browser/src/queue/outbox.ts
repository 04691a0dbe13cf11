/**
 * Events that were recorded and not yet seen to arrive. Each is in localStorage before it is sent, and leaves it
 * only after the answer; what a page leaves behind, the next page or tab of the site takes over. Sending twice is
 * harmless (the server knows messageIds), so everything here errs on that side.
 *
 *     tl.q.<writeKey>.<messageId> = the four parts of the entry, a line each
 */
import { emit } from '../base/hooks.js'
import { keysFrom, setItem } from './storage.js'

/**
 * `shared` is the JSON of the context that it has in common with its neighbours, `json` that of the event, `place` its
 * key in the browser's storage.
 */
export type Entry = readonly [messageId: string, shared: string, json: string, place: string]

// A site's localStorage holds 5 million characters for everybody; a tenth is what a guest may take.
const maxOutboxLength = 500_000
// Of the 50 KB that a body may have: its context, with long addresses, takes the rest.
const maxEventsBytes = 45_000

/** What waits. A batch that is under way is not here, and is still in storage. */
let waiting: Entry[] = []

/**
 * At most so many bytes: three for every letter beyond ASCII, of which some have two. A Blob would say it exactly, but
 * asks another process: 250 µs against 1; and there are test environments without TextEncoder.
 */
export const bytesOf = (text: string): number => text.replace(/[^\0-\x7f]/g, '---').length
export const storeEntries = (): void => waiting.forEach((entry) => setItem(entry[3], entry.join('\n')))

/** Writes another text in place of one in everything that waits. */
export const renameInEntries = (before: string, after: string): void => {
  waiting = waiting.map((entry) => entry.map((part) => part.split(before).join(after)) as unknown as Entry)
}

export const addEntry = (entry: Entry): unknown => waiting.push(entry)

/** Adds what is stored under that key. */
export const takeOver = (key: string): unknown =>
  addEntry((localStorage[key] as string).split('\n') as unknown as Entry)

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

/** Tells the page what will never arrive. */
export const reportDropped = (entries: readonly Entry[], reason: 'age' | 'full' | number): void =>
  emit('drop', { messageIds: entries.map((entry) => entry[0]), reason })

/** Deletes everything, what other pages left too. */
export const wipeEntries = (): void => {
  // First, for storage may refuse.
  waiting = []
  keysFrom('tl.').forEach((key) => setItem(key))
}
