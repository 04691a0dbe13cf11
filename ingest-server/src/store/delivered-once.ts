/**
 * Which records were counted before. A log may deliver one again, or hold it twice because an append had to be
 * sent twice; the tables make one row of it, and the counters must too.
 */
import type { ReadRecord } from '../log/log.js'

export interface DeliveredOnce {
  /** Those that were not counted before; of several copies among them the first. */
  freshOf: (records: readonly ReadRecord[]) => ReadRecord[]
  remember: (records: readonly ReadRecord[]) => void
}

/** What comes again comes after a session or an append's time at most; so many records take longer than that. */
const defaultMaxRemembered = 100_000

export function rememberDelivered(maxRemembered = defaultMaxRemembered): DeliveredOnce {
  const seen = new Set<string>()
  const idOf = ({ id, position }: ReadRecord) => id ?? position
  return {
    freshOf(records) {
      const here = new Set<string>()
      return records.filter((record) => {
        const id = idOf(record)
        const isFresh = !seen.has(id) && !here.has(id)
        here.add(id)
        return isFresh
      })
    },
    remember(records) {
      for (const record of records) seen.add(idOf(record))
      // A set gives its oldest first. No cache by use: what counts is how long ago a record was stored, to the record.
      for (const id of seen) {
        if (seen.size <= maxRemembered) return
        seen.delete(id)
      }
    },
  }
}
