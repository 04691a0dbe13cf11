/**
 * Remembers, for what was read lately, which new claims only repeat what is known: a logged-in visitor claims
 * their device again with every page, and most claims that arrive are of that kind. A claim that falls inside
 * a run of claims by the same claimer changes nothing (resolve.test.ts proves it), so nothing is read for it.
 * Forgetting costs time and never an answer.
 */
import QuickLRU from 'quick-lru'
import { defaultCaps, isAnon, isEmail, type Link } from '../rules/effective-links.js'
import type { Node } from '../facts/facts.js'

export interface Claim {
  kind: string
  identifier: string
  other: string
  verified: boolean
  at: string
  messageId: string
}

export interface RecentClaims {
  remember: (project: string, nodes: readonly Node[]) => void
  isRepeat: (project: string, claim: Claim) => boolean
  forget: () => void
}

/** Some 300 bytes each: the devices and users that were active lately. quick-lru keeps up to twice as many: 30 MB at most. */
const maxEntries = 50_000
/** A device with more runs is rare, and read each time. */
const maxRuns = 40

/** First claims of runs on a device, or first claims of emails by a user, in the order of claims. */
type Known = readonly Link[]

export function createRecentClaims(): RecentClaims {
  const known = new QuickLRU<string, Known>({ maxSize: maxEntries })
  const keyOf = (project: string, identifier: string) => `${project}\n${identifier}`
  return {
    remember(project, nodes) {
      for (const node of nodes) {
        const key = keyOf(project, node.identifier)
        const claims = worthKnowing(node)
        if (claims.length > 0) known.set(key, claims)
        else known.delete(key)
      }
    },
    isRepeat(project, claim) {
      if (claim.kind !== 'claim') return false
      const about = isAnon(claim.other) ? claim.other : isEmail(claim.other) ? claim.identifier : undefined
      const claims = about === undefined ? undefined : known.get(keyOf(project, about))
      // A copy of a first claim may move it, if it was received earlier.
      if (!claims || claims.some(({ messageId }) => messageId === claim.messageId)) return false
      const before = isAnon(claim.other)
        ? claims.findLast((first) => isBefore(first, claim))
        : claims.find((first) => isSameClaim(first, claim) && isBefore(first, claim))
      return before !== undefined && isSameClaim(before, claim)
    },
    forget: () => known.clear(),
  }
}

function worthKnowing(node: Node): Known {
  if (isAnon(node.identifier)) {
    // Of a quarantined device not every claimer is read.
    const claimers = new Set(node.links.map((link) => link.identifier))
    if (node.links.length > maxRuns || claimers.size > defaultCaps.claimersOfAnon) return []
    return node.links.filter((link) => link.other === node.identifier).sort(byTime)
  }
  return node.links.filter((link) => link.kind === 'claim' && isEmail(link.other)).slice(0, maxRuns)
}

const isSameClaim = (first: Link, claim: Claim) =>
  first.kind === claim.kind &&
  first.identifier === claim.identifier &&
  first.other === claim.other &&
  first.verified === claim.verified

const isBefore = (first: Link, claim: Claim) =>
  first.at < claim.at || (first.at === claim.at && first.messageId < claim.messageId)

const byTime = (a: Link, b: Link) =>
  a.at < b.at ? -1 : a.at > b.at ? 1 : a.messageId < b.messageId ? -1 : a.messageId > b.messageId ? 1 : 0
