/**
 * R7: how many others one identifier may be linked with before the rest is set apart. A flood of links takes nothing
 * from the identifier: the links within the cap, by the order of receipt, go on counting, and so do trusted ones, up to a
 * cap of their own that no real data comes near. A claim can be dated back, its receipt cannot.
 *
 * A person is bounded in size as well: a user's unverified addresses bring their devices with them, and are counted with
 * these, in the order of receipt.
 *
 * What a verified message says of a device is not trusted (R1), but nobody without a key makes it, so it is counted
 * apart: unverified claims never take its place.
 */
import { joinsUsers } from './large-people.js'
import { isAnon, isEmail, isJoin, isTrusted, isUser, otherSide, type Link } from './link.js'

/** A real person's user id meets a few dozen others; a kiosk, a QA robot or a shared inbox meets thousands. */
export interface Caps {
  othersOfUserOrEmail: number
  claimersOfAnon: number
  /** R4: a person's address is typed on a handful of devices; one that is typed on more is shared, or a robot's. */
  devicesOfLead: number
  /** How many identifiers a user's unverified addresses bring, each address and its devices. */
  identifiersByEmails: number
  /** R4: on how many of a user's devices (the first received ones) an address may be inferred to be the user's. */
  devicesOfInference: number
  /** How many others trusted links may name of one identifier, but for those that join users (large-people.ts). */
  trustedOthers: number
  /** How many users aliases may make one person. */
  usersOfPerson: number
}
export const defaultCaps: Caps = {
  othersOfUserOrEmail: 1_000,
  claimersOfAnon: 20,
  devicesOfLead: 20,
  identifiersByEmails: 10_000,
  devicesOfInference: 200,
  trustedOthers: 10_000,
  usersOfPerson: 1_000,
}

/** Whether an address is on too many devices to be inferred to be anybody's. `links`: all that name it. */
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
  quarantinedLinks: ReadonlySet<Link>
  /**
   * How many others it is linked with: by untrusted links, and by trusted ones too where these are above their own cap.
   */
  others: number
}

/** How many devices an address has. Asked only about addresses of `emailsThatCount`. */
export type DevicesOf = (email: string) => number

/** `links`: all that name the identifier. Undefined where it is within its caps. */
export function overCap(
  identifier: string,
  links: readonly Link[],
  { caps, devicesOf }: { caps: Caps; devicesOf: DevicesOf },
): OverCap | undefined {
  const cap = capOf(identifier, caps)
  const isWithin = links.length <= Math.min(cap, caps.trustedOthers)
  if (isWithin && emailsThatCount(identifier, links, caps).length === 0) return undefined
  const released = releasedBy(identifier, links)
  const quarantinedLinks = new Set<Link>()
  const others = new Set<string>()
  for (const verified of [true, false]) {
    const counted = links.filter(
      (link) =>
        link.verified === verified &&
        isJoin(link) &&
        !isTrusted(link) &&
        !released.has(otherSide(link, identifier)),
    )
    const inOrder = inOrderOfReceipt(identifier, counted)
    for (const other of inOrder) others.add(other)
    const within = new Set(inOrder.slice(0, cap))
    for (const email of isUser(identifier) ? beyondSize(inOrder.slice(0, cap), caps, devicesOf) : [])
      within.delete(email)
    if (within.size === inOrder.length) continue
    for (const link of counted) if (!within.has(otherSide(link, identifier))) quarantinedLinks.add(link)
  }
  if (links.length > caps.trustedOthers) {
    const trusted = links.filter(
      (link) =>
        isJoin(link) && isTrusted(link) && !joinsUsers(link) && !released.has(otherSide(link, identifier)),
    )
    const inOrder = inOrderOfReceipt(identifier, trusted)
    const beyond = new Set(inOrder.slice(caps.trustedOthers))
    if (beyond.size > 0) for (const other of inOrder) others.add(other)
    for (const link of trusted) if (beyond.has(otherSide(link, identifier))) quarantinedLinks.add(link)
  }
  return quarantinedLinks.size === 0 ? undefined : { quarantinedLinks, others: others.size }
}

/** A user with no more unverified addresses than this is within its size, however many devices these have. */
const fewEmails = (caps: Caps) => Math.floor(caps.identifiersByEmails / (1 + caps.othersOfUserOrEmail))

/** The addresses among `others`, in order, that come after the size is reached. */
function beyondSize(others: readonly string[], caps: Caps, devicesOf: DevicesOf): string[] {
  const emails = others.filter(isEmail)
  if (emails.length <= fewEmails(caps)) return []
  let size = 0
  return emails.filter((email) => {
    size += 1 + Math.min(devicesOf(email), caps.othersOfUserOrEmail)
    return size > caps.identifiersByEmails
  })
}

/** The addresses whose devices decide what is set apart of a user; none where the user is within its size anyway. */
export function emailsThatCount(identifier: string, links: readonly Link[], caps: Caps): string[] {
  if (!isUser(identifier) || links.length <= fewEmails(caps)) return []
  const emails = new Set<string>()
  for (const link of links) {
    const other = otherSide(link, identifier)
    if (isJoin(link) && !isTrusted(link) && isEmail(other)) emails.add(other)
  }
  return emails.size <= fewEmails(caps) ? [] : [...emails]
}

/**
 * Claims of devices by which no address is inferred to be the user's (R4): of devices after the first
 * `devicesOfInference`.
 */
export function notInferring(user: string, links: readonly Link[], { devicesOfInference }: Caps): Link[] {
  if (links.length <= devicesOfInference) return []
  return [true, false].flatMap((verified) => {
    const claims = links.filter(
      (link) => link.verified === verified && isJoin(link) && isAnon(otherSide(link, user)),
    )
    const within = new Set(inOrderOfReceipt(user, claims).slice(0, devicesOfInference))
    return claims.filter((link) => !within.has(otherSide(link, user)))
  })
}

function releasedBy(identifier: string, links: readonly Link[]): Set<string> {
  const released = new Set<string>()
  for (const link of links)
    if (link.kind === 'release' && link.verified) released.add(otherSide(link, identifier))
  return released
}

/** Whether there was ever more than the cap, released or not. */
export const hasPassedCap = (
  identifier: string,
  links: readonly Link[],
  limits: { caps: Caps; devicesOf: DevicesOf },
) =>
  overCap(
    identifier,
    links.filter(({ kind }) => kind !== 'release'),
    limits,
  ) !== undefined

/** The other sides of links, each once, by when the first link with it was received; ties by name. */
function inOrderOfReceipt(identifier: string, links: readonly Link[]): string[] {
  const first = new Map<string, string>()
  for (const link of links) {
    const other = otherSide(link, identifier)
    const received = link.firstReceivedAt ?? link.receivedAt
    const known = first.get(other)
    if (known === undefined || received < known) first.set(other, received)
  }
  return [...first]
    .sort(([a, aAt], [b, bAt]) => (aAt < bAt ? -1 : aAt > bAt ? 1 : a < b ? -1 : 1))
    .map(([other]) => other)
}
