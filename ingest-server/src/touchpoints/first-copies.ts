/**
 * A messageId counts once for a person, whatever time or ids its copies carry: a retry may be stamped anew, or come
 * after a login, or by a second SDK. The first received copy stays.
 *
 * `events` keeps a copy for each key (subject, client_time, message_id), and until its parts are merged several of the
 * same key. Everything that shows events goes through here, so nobody needs FINAL.
 */
import { compareText, type Ordered } from './event-order.js'

export interface Copy extends Ordered {
  subject: string
  /** As the primary key holds it. */
  clientTime: string
}

/** The copies that count, in the order given. Of copies with the same `keyOf` one counts. */
export function firstCopies<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  copyOf: (item: Item) => Copy,
): Item[] {
  const kept = new Map<string, Item>()
  const repeated = new Map<string, Item[]>()
  for (const item of items) {
    const key = keyOf(item)
    const known = kept.get(key)
    if (known === undefined) {
      kept.set(key, item)
      continue
    }
    const copies = repeated.get(key)
    if (copies) copies.push(item)
    else repeated.set(key, [known, item])
  }
  if (repeated.size === 0) return [...items]
  for (const [key, copies] of repeated) kept.set(key, firstOf(copies, copyOf))
  return items.filter((item) => kept.get(keyOf(item)) === item)
}

function firstOf<Item>(copies: readonly Item[], copyOf: (item: Item) => Copy): Item {
  const byKey = new Map<string, Item>()
  for (const copy of copies) {
    const { subject, clientTime } = copyOf(copy)
    const key = `${clientTime}\n${subject}`
    const known = byKey.get(key)
    if (known === undefined || replaces(copyOf(copy), copyOf(known))) byKey.set(key, copy)
  }
  return [...byKey.values()].reduce((first, copy) => (isBefore(copyOf(copy), copyOf(first)) ? copy : first))
}

/** As ReplacingMergeTree(version) decides: the first received; of one request the last. */
const replaces = (a: Copy, b: Copy) =>
  a.receivedAt < b.receivedAt || (a.receivedAt === b.receivedAt && a.batchIndex > b.batchIndex)

const isBefore = (a: Copy, b: Copy) =>
  (a.receivedAt - b.receivedAt ||
    a.batchIndex - b.batchIndex ||
    compareText(a.clientTime, b.clientTime) ||
    compareText(a.subject, b.subject)) < 0
