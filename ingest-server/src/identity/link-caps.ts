/**
 * R7: how many others one identifier may be linked with before the rest is set apart. Who floods a name with links
 * takes nothing from it: those within the cap, by the order of receipt, go on counting, and so do trusted ones. A
 * claim can be dated back, its receipt cannot.
 *
 * What a verified message says of a device is not trusted (R1), but nobody without a key makes it, so it is counted
 * apart: unverified claims never take its place.
 */
import { isAnon, isJoin, isTrusted, otherSide, type Link } from './link.js'

/** A real person's user id meets a few dozen others; a kiosk, a QA robot or a shared inbox meets thousands. */
export interface Caps {
  othersOfUserOrEmail: number
  claimersOfAnon: number
  /** R4: somebody's address is typed on a handful of devices; what is typed on more is a shared one, or a robot's. */
  devicesOfLead: number
}
export const defaultCaps: Caps = { othersOfUserOrEmail: 1_000, claimersOfAnon: 20, devicesOfLead: 20 }

/** Whether an address is nobody's by inference. `links`: all that name it. */
export function isOnManyDevices(email: string, links: readonly Link[], { devicesOfLead }: Caps): boolean {
  if (links.length <= devicesOfLead) return false
  const devices = new Set<string>()
  for (const link of links) {
    const other = otherSide(link, email)
    if (isJoin(link) && isAnon(other)) devices.add(other)
  }
  return devices.size > devicesOfLead
}

export const capOf = (identifier: string, caps: Caps) =>
  isAnon(identifier) ? caps.claimersOfAnon : caps.othersOfUserOrEmail

export interface OverCap {
  /** Links that stop counting. */
  setApart: ReadonlySet<Link>
  /** How many others it is linked with by links that are not trusted. */
  others: number
}

/** `links`: all that name the identifier. Undefined where it is within its cap. */
export function overCap(identifier: string, links: readonly Link[], caps: Caps): OverCap | undefined {
  const cap = capOf(identifier, caps)
  if (links.length <= cap) return undefined
  const released = new Set<string>()
  for (const link of links)
    if (link.kind === 'release' && link.verified) released.add(otherSide(link, identifier))
  const setApart = new Set<Link>()
  const others = new Set<string>()
  for (const verified of [true, false]) {
    const counted = links.filter(
      (link) =>
        link.verified === verified &&
        isJoin(link) &&
        !isTrusted(link) &&
        !released.has(otherSide(link, identifier)),
    )
    const first = firstReceipts(identifier, counted)
    for (const other of first.keys()) others.add(other)
    if (first.size <= cap) continue
    const inOrder = [...first].sort(([a, aAt], [b, bAt]) => (aAt < bAt ? -1 : aAt > bAt ? 1 : a < b ? -1 : 1))
    const within = new Set(inOrder.slice(0, cap).map(([other]) => other))
    for (const link of counted) if (!within.has(otherSide(link, identifier))) setApart.add(link)
  }
  return setApart.size === 0 ? undefined : { setApart, others: others.size }
}

/** Whether there was ever more than the cap, released or not. */
export const hasPassedCap = (identifier: string, links: readonly Link[], caps: Caps) =>
  overCap(
    identifier,
    links.filter(({ kind }) => kind !== 'release'),
    caps,
  ) !== undefined

function firstReceipts(identifier: string, links: readonly Link[]): Map<string, string> {
  const first = new Map<string, string>()
  for (const link of links) {
    const other = otherSide(link, identifier)
    const received = link.firstReceivedAt ?? link.receivedAt
    const known = first.get(other)
    if (known === undefined || received < known) first.set(other, received)
  }
  return first
}
