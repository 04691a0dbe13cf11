/** A who-is-who fact as it is stored, and what can be said of one alone. */
import type { LinkFact } from '@touchline/schemas'

/** Times are ISO 8601 in UTC with milliseconds, so that text compares as time does. */
export interface Link extends LinkFact {
  messageId: string
  /** When collect read the message; of several copies the one received first is the fact. */
  receivedAt: string
  /**
   * When the first such link of this pair was received, where only one of many is at hand; facts.ts leaves out
   * repeats, and the first by its own time need not be the first received.
   */
  firstReceivedAt?: string | undefined
}

export const isAnon = (identifier: string) => identifier.startsWith('anon:')
export const isUser = (identifier: string) => identifier.startsWith('user:')
export const isEmail = (identifier: string) => identifier.startsWith('email:')

export const isJoin = (link: Link) => link.kind === 'claim' || link.kind === 'alias'

/**
 * R1, R5: a request's anonymous id is never verified, whatever key the request has: a server often passes on what a
 * browser sent. An alias names its previousId on purpose, and is as good as its key.
 */
export const isTrusted = (link: Link) => link.verified && !(link.kind === 'claim' && isAnon(link.other))

export const otherSide = (link: Link, identifier: string) =>
  link.identifier === identifier ? link.other : link.identifier
