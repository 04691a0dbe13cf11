/**
 * Which of the recorded links count: the rules that look at links one by one, before people are formed of them.
 * In this order: known by then (R8), first copy, legal ids (R6), signed where the project wants it (R5), caps
 * on the raw links (R7), unlinked pairs (R8).
 */
import { isIllegalId, kindOf } from '@touchline/schemas'
import { apartOfLarge } from './large-people.js'
import { defaultCaps, isOnManyDevices, notInferring, overCap, type Caps } from './link-caps.js'
import { isAnon, isEmail, isJoin, isUser, otherSide, type Link } from './link.js'

export { defaultCaps, type Caps } from './link-caps.js'
export { isAnon, isEmail, isTrusted, isUser, type Link } from './link.js'

export interface ResolveOptions {
  /** Only what was received until then; everything when absent. */
  asOf?: string | undefined
  /** The project counts only what came with a secret key or a signed token. */
  signedOnly?: boolean | undefined
  caps?: Caps | undefined
  /** How many devices addresses have whose own links are not all recorded here; the others are counted. */
  devicesOf?: ReadonlyMap<string, number> | undefined
}

export interface EffectiveLinks {
  links: Link[]
  /** Identifier → how many others it was linked to. */
  quarantined: ReadonlyMap<string, number>
  areUnlinked: (identifier: string, other: string) => boolean
  /** R4: emails on too many devices, so that they are inferred to be nobody's. */
  onManyDevices: ReadonlySet<string>
  /** R4: claims of devices from which no address is inferred to be the claimer's. */
  notInferring: ReadonlySet<Link>
}

export function effectiveLinks(recorded: Iterable<Link>, options: ResolveOptions = {}): EffectiveLinks {
  const raw = firstCopies(recorded, options)
  const { quarantinedLinks, ...capped } = overCaps(raw, options)
  const unlinked = unlinkedPairs(raw)
  const areUnlinked = (identifier: string, other: string) => unlinked.has(pairKey(identifier, other))
  const links = raw.filter(
    (link) =>
      isJoin(link) &&
      !quarantinedLinks.has(link) &&
      !areUnlinked(link.identifier, link.other) &&
      // R2: an unverified alias of two users is recorded and changes nothing.
      !(link.kind === 'alias' && !link.verified && isUser(link.other)),
  )
  return { links, areUnlinked, ...capped }
}

/**
 * The order of claims: by time, ties by messageId. The rest only makes the order total, so that two facts of
 * one message never depend on which was read first.
 */
export function byClaimTime(a: Link, b: Link): number {
  return (
    compare(a.at, b.at) ||
    compare(a.messageId, b.messageId) ||
    compare(a.identifier, b.identifier) ||
    compare(a.other, b.other) ||
    compare(a.kind, b.kind)
  )
}

export const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

function firstCopies(recorded: Iterable<Link>, { asOf, signedOnly }: ResolveOptions): Link[] {
  const first = new Map<string, Link>()
  for (const link of recorded) {
    if (asOf !== undefined && link.receivedAt > asOf) continue
    const key = `${link.messageId}\n${link.kind}\n${link.identifier}\n${link.other}`
    const known = first.get(key)
    if (known === undefined || isEarlierCopy(link, known)) first.set(key, link)
  }
  const legal = rememberingLegality()
  return [...first.values()].filter(
    (link) =>
      link.identifier !== link.other &&
      (!isJoin(link) || isUser(link.identifier) || (isEmail(link.identifier) && isAnon(link.other))) &&
      legal(link.identifier) &&
      legal(link.other) &&
      (link.verified || !signedOnly),
  )
}

/** The column `version` of `links` has the same order, so that ClickHouse keeps the same copy. */
function isEarlierCopy(a: Link, b: Link): boolean {
  const order = compare(a.receivedAt, b.receivedAt) || compare(a.at, b.at)
  return order < 0 || (order === 0 && !a.verified && b.verified)
}

function rememberingLegality(): (identifier: string) => boolean {
  const known = new Map<string, boolean>()
  return (identifier) => {
    let legal = known.get(identifier)
    if (legal === undefined) {
      const kind = kindOf(identifier)
      legal = kind !== undefined && !isIllegalId(identifier.slice(kind.length + 1))
      known.set(identifier, legal)
    }
    return legal
  }
}

function overCaps(raw: readonly Link[], { caps = defaultCaps, devicesOf: elsewhere }: ResolveOptions) {
  const about = new Map<string, Link[]>()
  const note = (identifier: string, link: Link) => {
    const links = about.get(identifier)
    if (links) links.push(link)
    else about.set(identifier, [link])
  }
  for (const link of raw) {
    note(link.identifier, link)
    note(link.other, link)
  }
  const devicesOf = (email: string) => elsewhere?.get(email) ?? countDevices(email, about.get(email) ?? [])
  const quarantined = new Map<string, number>()
  const quarantinedLinks = new Set<Link>()
  const onManyDevices = new Set<string>()
  const inferNothing = new Set<Link>()
  for (const [identifier, links] of about) {
    if (isEmail(identifier) && isOnManyDevices(identifier, links, caps)) onManyDevices.add(identifier)
    if (isUser(identifier)) for (const link of notInferring(identifier, links, caps)) inferNothing.add(link)
    const over = overCap(identifier, links, { caps, devicesOf })
    if (!over) continue
    quarantined.set(identifier, over.others)
    for (const link of over.quarantinedLinks) quarantinedLinks.add(link)
  }
  const ofLarge = apartOfLarge(raw, caps.usersOfPerson)
  for (const link of ofLarge.quarantinedLinks) quarantinedLinks.add(link)
  for (const [user, others] of ofLarge.others) quarantined.set(user, (quarantined.get(user) ?? 0) + others)
  return { quarantined, quarantinedLinks, onManyDevices, notInferring: inferNothing }
}

function countDevices(email: string, links: readonly Link[]): number {
  const devices = new Set<string>()
  for (const link of links) if (isJoin(link) && isAnon(link.other)) devices.add(otherSide(link, email))
  return devices.size
}

/** R8: for a pair of identifiers the latest unlink or relink decides, whatever is claimed before or after. */
function unlinkedPairs(raw: readonly Link[]): Set<string> {
  const latest = new Map<string, Link>()
  for (const link of raw) {
    if (!link.verified || (link.kind !== 'unlink' && link.kind !== 'relink')) continue
    const key = pairKey(link.identifier, link.other)
    const known = latest.get(key)
    if (known === undefined || byClaimTime(link, known) > 0) latest.set(key, link)
  }
  return new Set([...latest].filter(([, link]) => link.kind === 'unlink').map(([key]) => key))
}

const pairKey = (a: string, b: string) => (a < b ? `${a}\n${b}` : `${b}\n${a}`)
