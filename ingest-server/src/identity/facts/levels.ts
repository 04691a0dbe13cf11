/**
 * How far the neighbourhood of an identifier reaches: at which level a node is known, and which identifiers it leads to
 * (table of levels: neighbourhood.ts).
 */
import {
  emailsThatCount,
  hasPassedCap,
  isOnManyDevices,
  notInferring,
  overCap,
  type Caps,
} from '../rules/link-caps.js'
import { isIllegalId } from '@touchline/schemas'
import { releasedPairs } from '../rules/large-people.js'
import { isAnon, isEmail, isJoin, isTrusted, isUser, otherSide } from '../rules/link.js'
import type { Node } from './facts.js'

export type Level = 'probe' | 'device' | 'ofUser' | 'loaded' | 'named' | 'lead' | 'core'
export const rank: Record<Level, number> = {
  probe: 0,
  device: 1,
  ofUser: 2,
  loaded: 0,
  named: 1,
  lead: 2,
  core: 3,
}

/** A node and what follows from it alone. */
export interface Known {
  node: Node
  /** It passed a cap; the links that were set apart may have been released since. */
  isQuarantined: boolean
  isOnMany: boolean
  /** A user with more devices than `devicesOfInference`: which of them were received first matters (R4). */
  isOfManyDevices: boolean
  /** How many facts about its addresses decide which of its links are set apart. */
  factsOfEmails: number
  /**
   * The other sides of its links that its cap does not set apart, each once. `joined`: users by a trusted link of a
   * user; `users`: other users.
   */
  joined: ReadonlySet<string>
  /**
   * Those of `joined` whose alias was released, which counts in a group that is too large for one person
   * (large-people.ts).
   */
  released: ReadonlySet<string>
  users: ReadonlySet<string>
  emails: ReadonlySet<string>
  devices: ReadonlySet<string>
}

export function toKnown(node: Node, caps: Caps): Known {
  const { identifier, links, devicesOf } = node
  const limits = { caps, devicesOf: (email: string) => devicesOf?.get(email) ?? 0 }
  const over = overCap(identifier, links, limits)
  const isReleased = releasedPairs(links)
  const [joined, released] = [new Set<string>(), new Set<string>()]
  const [users, emails, devices] = [new Set<string>(), new Set<string>(), new Set<string>()]
  for (const link of links) {
    if (!isJoin(link) || over?.quarantinedLinks.has(link) === true) continue
    const other = otherSide(link, identifier)
    if (isAnon(other)) devices.add(other)
    else if (isEmail(other)) emails.add(other)
    else if (isUser(identifier) && isTrusted(link)) {
      // An illegal id belongs to nobody (R6), so it makes no group larger.
      if (isIllegalId(other.slice('user:'.length))) continue
      joined.add(other)
      if (isReleased(identifier, other)) released.add(other)
    } else users.add(other)
  }
  return {
    node,
    // With or without its releases: a release must not lower the weight.
    isQuarantined: over !== undefined || hasPassedCap(identifier, links, limits),
    isOnMany: isEmail(identifier) && isOnManyDevices(identifier, links, caps),
    isOfManyDevices: isUser(identifier) && notInferring(identifier, links, caps).length > 0,
    factsOfEmails: factsOfEmails(node, caps),
    joined,
    released,
    users,
    emails,
    devices,
  }
}

function factsOfEmails({ identifier, links, devicesOf }: Node, caps: Caps): number {
  return emailsThatCount(identifier, links, caps).reduce(
    (sum, email) => sum + 1 + (devicesOf?.get(email) ?? 0),
    0,
  )
}

/** Calls `visit` once for each identifier that one known at `level` leads to, with the level which that one gets. */
export function nextOf(known: Known, level: Level, visit: (to: string, level: Level) => void): void {
  if (level === 'loaded') return
  const { identifier } = known.node
  if (isAnon(identifier)) {
    for (const user of known.users) visit(user, 'named')
    for (const email of known.emails) visit(email, levelOfClaimer(level))
  } else if (isUser(identifier)) {
    for (const user of known.joined) visit(user, level)
    for (const user of known.users) visit(user, 'loaded')
    if (level !== 'core') return
    for (const email of known.emails) visit(email, 'core')
    for (const device of known.devices) visit(device, 'ofUser')
  } else {
    for (const user of known.users) visit(user, 'named')
    if (leadsToDevices(known, level))
      for (const device of known.devices) visit(device, level === 'core' ? 'device' : 'probe')
  }
}

/**
 * The level that `to` gets from a device or an address known at `level`; undefined where that does not lead there, and
 * of a user.
 */
export function levelBack(known: Known, level: Level, to: string): Level | undefined {
  const { identifier } = known.node
  if (level === 'loaded') return undefined
  if (isAnon(identifier)) {
    if (isUser(to)) return known.users.has(to) ? 'named' : undefined
    return known.emails.has(to) ? levelOfClaimer(level) : undefined
  }
  if (!isEmail(identifier)) return undefined
  if (isUser(to)) return known.users.has(to) ? 'named' : undefined
  if (!leadsToDevices(known, level) || !known.devices.has(to)) return undefined
  return level === 'core' ? 'device' : 'probe'
}

/** An address on too many devices does not lead to them, unless the address itself is wanted. */
const leadsToDevices = ({ isOnMany }: Known, level: Level) => !isOnMany || level === 'core'

/** The level of an address that claims a device, by the level of the device. */
function levelOfClaimer(level: Level): Level {
  if (level === 'ofUser') return 'lead'
  return level === 'probe' ? 'loaded' : 'named'
}
