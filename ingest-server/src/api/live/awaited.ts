/** Events that are in the log and that no store has handled yet, by messageId, the oldest first. */
import type { Clock } from '../../clock.js'

/** Beyond, only their number is known. */
const mostAwaited = 100_000
/** Handled before it was said that they are durable: the two come from different sides. */
const mostEarly = 2_000

/** `seqs`: a message may be sent twice. `subject`: by which it stands in `events`. */
interface Awaited {
  seqs: number[]
  subject: string
  since: number
}

export function openAwaited(clock: Clock) {
  const awaited = new Map<string, Awaited>()
  const early = new Set<string>()
  let unnamed = 0
  return {
    add(id: string, { seq, subject }: { seq: number; subject: string }): void {
      if (early.delete(id)) return
      const others = awaited.get(id)
      if (others) others.seqs.push(seq)
      else if (awaited.size < mostAwaited) awaited.set(id, { seqs: [seq], subject, since: clock() })
      else unnamed += 1
    },
    /** One copy of it was stored; false where none was awaited. All copies of one message become one event. */
    settle(id: string): boolean {
      const seqs = awaited.get(id)?.seqs
      if (seqs === undefined) {
        if (unnamed > 0) unnamed -= 1
        else if (early.size < mostEarly) early.add(id)
        return false
      }
      seqs.shift()
      if (seqs.length === 0) awaited.delete(id)
      return true
    },
    has: (seq: number, id: string) => awaited.get(id)?.seqs.includes(seq) === true,
    /** How many after that one are in the log and not stored. */
    countAfter: (seq: number): number => {
      let count = unnamed
      for (const { seqs } of awaited.values()) for (const one of seqs) if (one > seq) count += 1
      return count
    },
    /** The oldest of those that are awaited since before a time: another process may have stored them. */
    since: (before: number, limit: number): { id: string; subject: string }[] => {
      const found: { id: string; subject: string }[] = []
      for (const [id, { subject, since }] of awaited) {
        if (since >= before || found.length === limit) break
        found.push({ id, subject })
      }
      return found
    },
  }
}
