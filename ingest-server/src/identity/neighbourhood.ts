/**
 * What must be read to say for certain who some identifiers are: a bounded part of the graph, however large
 * the whole. `resolve` of that part says of `core` and `devices` what `resolve` of everything would
 * (neighbourhood.test.ts proves it).
 *
 *     level       of                because
 *     core        a user, an email  its person is wanted, so its aliases, emails and devices are read too
 *     lead        an email          it may be inferred to be a core user (R4): core, unless it is on too many devices
 *     named       a user, an email  it claims a device that is wanted, so whose it is matters
 *     loaded      a user, an email  it may be quarantined, which changes what others may claim
 *     ofUser      an anonymous id   a core user's: an email captured on it may be that user's (R4), so a lead
 *     device      an anonymous id   wanted itself, or a core email's: who claims it is named
 *     probe       an anonymous id   whose a named email is may be inferred on it (R4)
 */
import { createBreather } from '../breathe.js'
import { defaultCaps, hasPassedCap, isOnManyDevices, overCap, type Caps } from './link-caps.js'
import { isAnon, isEmail, isJoin, isTrusted, isUser, otherSide, type Link } from './link.js'
import type { Node } from './facts.js'

export interface Neighbourhood {
  links: Link[]
  /** Users and emails whose row comes out right, and whose person does if they name one. */
  core: ReadonlySet<string>
  /** Anonymous ids whose row comes out right. */
  devices: ReadonlySet<string>
  /** How much is recorded of what decides the row of an identifier; see `Weight`. */
  weightOf: (identifier: string) => Weight
}

/**
 * The low half of a row's version: how many facts were considered for it. It depends on nothing else that is
 * read at the same time, so a rebuild counts the same. It counts recorded facts, whether or not they count as
 * claims, so it only rises while facts are only added; and every fact that can change the row is among them.
 * So who has read less never has the higher number, nor an equal one with another row.
 */
export interface Weight {
  facts: bigint
  /** Of these the accounts' facts count too. */
  members: string[]
}

type Level = 'probe' | 'device' | 'ofUser' | 'loaded' | 'named' | 'lead' | 'core'
const rank: Record<Level, number> = { probe: 0, device: 1, ofUser: 2, loaded: 0, named: 1, lead: 2, core: 3 }

/** A node and what follows from it alone. */
interface Known {
  node: Node
  /** It passed its cap; what was set apart may have been released since. */
  isQuarantined: boolean
  isOnMany: boolean
  /** The links that lead on: those that its cap does not set apart. */
  leading: Link[]
  /** Of these the ones without a device: all that leads on from an address on many devices whose person is not wanted. */
  withoutDevices: Link[]
}

/**
 * Reads the part of the graph that decides who `wanted` are, in rounds of one `read` each (table above).
 *
 * `read` gets identifiers (`user:…`, `email:…`, `anon:…`), none again that it gave a node for, and resolves with their
 * nodes; an identifier without facts may be left out. Rejects only when `read` does. `caps` bound the
 * number of links: from a quarantined identifier only the links within its cap lead on.
 */
export async function neighbourhoodOf(
  wanted: Iterable<string>,
  read: (identifiers: readonly string[]) => Promise<readonly Node[]>,
  caps: Caps = defaultCaps,
): Promise<Neighbourhood> {
  const known = new Map<string, Known>()
  const exploration = explore(wanted)
  const breather = createBreather()
  for (let round = exploration.takeAll(); round.length > 0; round = exploration.takeAll()) {
    for (const node of await read(round.filter((identifier) => !known.has(identifier))))
      known.set(node.identifier, toKnown(node, caps))
    for (const identifier of round) {
      exploration.expand(known.get(identifier))
      if (breather.isDue()) await breather.rest()
    }
  }
  const withLevel = (...levels: Level[]) =>
    new Set([...exploration.levels].filter(([, level]) => levels.includes(level)).map(([name]) => name))
  return {
    links: [...known.values()].flatMap(({ node }) => node.links),
    core: withLevel('core'),
    devices: withLevel('device', 'ofUser'),
    weightOf: (identifier) => weightOf(identifier, known),
  }
}

/** Which identifiers are reached from some, and at which level; the caller brings what is known of each. */
function explore(wanted: Iterable<string>) {
  const levels = new Map<string, Level>()
  const raised: string[] = []
  const raise = (identifier: string, level: Level) => {
    const before = levels.get(identifier)
    if (before !== undefined && rank[before] >= rank[level]) return
    levels.set(identifier, level)
    raised.push(identifier)
  }
  for (const identifier of wanted) raise(identifier, isAnon(identifier) ? 'device' : 'core')
  return {
    levels: levels as ReadonlyMap<string, Level>,
    takeOne: () => raised.pop(),
    /** All whose level rose since they were taken. */
    takeAll: () => [...new Set(raised.splice(0))],
    expand(known: Known | undefined): void {
      const level = known && levels.get(known.node.identifier)
      if (!level || level === 'loaded') return
      if (level === 'lead' && !known.isOnMany) raise(known.node.identifier, 'core')
      else for (const link of linksAt(known, level)) expandLink(known.node.identifier, link, level, raise)
    },
  }
}

const linksAt = ({ isOnMany, leading, withoutDevices }: Known, level: Level) =>
  isOnMany && level !== 'core' ? withoutDevices : leading

function expandLink(from: string, link: Link, level: Level, raise: (to: string, level: Level) => void): void {
  const to = otherSide(link, from)
  if (isAnon(from)) raise(to, levelOfClaimer(to, level))
  else if (isUser(from)) {
    if (isUser(to)) raise(to, isTrusted(link) ? level : 'loaded')
    else if (level === 'core') raise(to, isEmail(to) ? 'core' : 'ofUser')
  } else raise(to, isUser(to) ? 'named' : level === 'core' ? 'device' : 'probe')
}

function levelOfClaimer(claimer: string, level: Level): Level {
  if (level === 'ofUser' && isEmail(claimer)) return 'lead'
  return level === 'probe' && isEmail(claimer) ? 'loaded' : 'named'
}

// Where exploring leads no further, what lay behind no longer counts: it weighs more than that could. Of who is only
// loaded nothing but the quarantine counts.
const quarantinedDeviceWeight = 1n << 32n
const quarantinedCoreWeight = 1n << 44n
const onManyDevicesWeight = 1n << 53n
/** The low half of a version; its other half is the epoch's. Rows of one version are settled by the order of writing. */
const maxWeight = (1n << 64n) - 1n

function weightOf(start: string, known: ReadonlyMap<string, Known>): Weight {
  const exploration = explore([start])
  // One by one, not in rounds: this runs for every row, and everything is known already.
  for (let next = exploration.takeOne(); next !== undefined; next = exploration.takeOne())
    exploration.expand(known.get(next))
  let facts = 0n
  const members: string[] = []
  for (const [identifier, level] of exploration.levels) {
    const one = known.get(identifier)
    if (one) facts += factsOf(one, level)
    if (level === 'core' || level === 'ofUser' || level === 'device') members.push(identifier)
  }
  return { facts: facts < maxWeight ? facts : maxWeight, members }
}

function factsOf({ node, isQuarantined, isOnMany, leading }: Known, level: Level): bigint {
  const isLight = isAnon(node.identifier) || level === 'loaded'
  const quarantine = isQuarantined ? (isLight ? quarantinedDeviceWeight : quarantinedCoreWeight) : 0n
  if (level === 'loaded') return quarantine
  const unprobed = isOnMany && level !== 'core' ? onManyDevicesWeight : 0n
  // Of who is only named, devices say nothing, except when each of several users claimed first.
  const isNameOnly = level === 'named' && !leading.some((link) => isUser(link.other))
  return quarantine + unprobed + BigInt(isNameOnly ? node.coreFacts : node.facts)
}

function toKnown(node: Node, caps: Caps): Known {
  const over = overCap(node.identifier, node.links, caps)
  const leading = node.links.filter((link) => isJoin(link) && over?.setApart.has(link) !== true)
  const isOnMany = isEmail(node.identifier) && isOnManyDevices(node.identifier, node.links, caps)
  // A release takes no weight away.
  const isQuarantined = over !== undefined || hasPassedCap(node.identifier, node.links, caps)
  const withoutDevices = isOnMany ? leading.filter(({ other }) => !isAnon(other)) : leading
  return { node, isQuarantined, isOnMany, leading, withoutDevices }
}
