/** How often an address may try to sign in: five wrong tries a minute, then none, right or wrong, until one is a minute old. */
import ipaddr from 'ipaddr.js'
import QuickLRU from 'quick-lru'
import { TouchlineError } from '../../errors.js'

const mostWrong = 5
const withinMs = 60_000
/** Addresses that are remembered; the longest unseen is forgotten first. */
const maxAddresses = 20_000

export interface Tries {
  /** Counts a try before it is judged, so that many at once are no way round. Throws RATE_LIMITED. Call the answer where it was right. */
  begin(address: string): () => void
}

/** Times of a clock that only goes forward. */
export function createTries(now: () => number = () => performance.now()): Tries {
  const byAddress = new QuickLRU<string, number[]>({ maxSize: maxAddresses })
  return {
    begin(address) {
      const who = senderOf(address)
      const at = now()
      const recent = (byAddress.get(who) ?? []).filter((time) => at - time < withinMs)
      byAddress.set(who, recent)
      const [oldest = at] = recent
      if (recent.length >= mostWrong) {
        const retryAfterSeconds = Math.max(1, Math.ceil((oldest + withinMs - at) / 1_000))
        throw new TouchlineError(
          'RATE_LIMITED',
          `Five wrong tries in a minute from this address. Wait ${retryAfterSeconds} s.`,
          { retryAfterSeconds },
        )
      }
      recent.push(at)
      return () => void recent.splice(recent.indexOf(at), 1)
    },
  }
}

/** A household has a whole IPv6 /64. */
function senderOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString()
}
