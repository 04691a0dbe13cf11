/** How far the neighbourhood of an identifier reaches: at which level each is known, and whom it leads to (neighbourhood.ts has the table). */
import {
  emailsThatCount,
  hasPassedCap,
  isOnManyDevices,
  notInferring,
  overCap,
  type Caps,
} from './link-caps.js'
import { isIllegalId } from '@touchline/schemas'
import { releasedPairs } from './large-people.js'
import { isAnon, isEmail, isJoin, isTrusted, isUser, otherSide } from './link.js'
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
  /** It passed a cap; what was set apart may have been released since. */
  isQuarantined: boolean
  isOnMany: boolean
  /** A user of whom it matters which devices were the first (R4). */
  isOfManyDevices: boolean
  /** Facts about others that decide what is set apart of it. */
  factsOfEmails: number
  /** Whom its links lead to, those that its cap does not set apart, each once: users by a trusted link, and otherwise. */
  joined: ReadonlySet<string>
  /** Those of them that count although they are too many in one person (large-people.ts). */
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
      // Nobody's (R6), so it makes nobody more.
      if (isIllegalId(other.slice('user:'.length))) continue
      joined.add(other)
      if (isReleased(identifier, other)) released.add(other)
    } else users.add(other)
  }
  return {
    node,
    // A release takes no weight away.
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

/** Calls `visit` for each that an identifier known at `level` leads to, once, with the level that it has from there. */
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

/** The level that one has from another that it leads to at a level; undefined where it does not lead there. */
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

/** From an address on many devices nothing leads on to these, unless its own person is wanted. */
const leadsToDevices = ({ isOnMany }: Known, level: Level) => !isOnMany || level === 'core'

/** Of an address that claims a device. */
function levelOfClaimer(level: Level): Level {
  if (level === 'ofUser') return 'lead'
  return level === 'probe' ? 'loaded' : 'named'
}
