/**
 * What must be read to say for certain who some identifiers are: a bounded part of the graph, however large
 * the whole. `resolve` of that part says of `core` and `devices` what `resolve` of everything would
 * (neighbourhood.test.ts proves it).
 *
 *     level       of                because
 *     core        a user, an email  its person is wanted, so its aliases, emails and devices are read too
 *     named       a user, an email  it claims a device that is wanted, so whose it is matters
 *     loaded      a user, an email  it may be quarantined, which changes what others may claim
 *     ofUser      an anonymous id   a core user's: an email captured on it may be that user's (R4), so core
 *     device      an anonymous id   wanted itself, or a core email's: who claims it is named
 *     probe       an anonymous id   whose a named email is may be inferred on it (R4)
 */
import { defaultCaps, isAnon, isEmail, isTrusted, isUser, type Caps, type Link } from './counting-links.js'
import type { Node } from './facts.js'

export interface Neighbourhood {
  links: Link[]
  /** Users and emails whose row comes out right, and whose person does if they name one. */
  core: ReadonlySet<string>
  /** Anonymous ids whose row comes out right. */
  devices: ReadonlySet<string>
  /**
   * How many facts speak of an identifier and of its neighbours; the low half of a row's version. It counts
   * recorded facts, whether or not they count as claims, so it never falls while facts are only added; one
   * who has read more facts of them than another has the higher number.
   */
  weightOf: (identifier: string) => number
}

type Level = 'probe' | 'device' | 'ofUser' | 'loaded' | 'named' | 'core'
const rank: Record<Level, number> = { probe: 0, device: 1, ofUser: 2, loaded: 0, named: 1, core: 2 }

export async function neighbourhoodOf(
  wanted: Iterable<string>,
  read: (identifiers: readonly string[]) => Promise<readonly Node[]>,
  caps: Caps = defaultCaps,
): Promise<Neighbourhood> {
  const nodes = new Map<string, Node>()
  const levels = new Map<string, Level>()
  let raised = new Set<string>()
  const raise = (identifier: string, level: Level) => {
    const known = levels.get(identifier)
    if (known !== undefined && rank[known] >= rank[level]) return
    levels.set(identifier, level)
    raised.add(identifier)
  }
  for (const identifier of wanted) raise(identifier, isAnon(identifier) ? 'device' : 'core')
  while (raised.size > 0) {
    const round = raised
    raised = new Set()
    for (const node of await read([...round].filter((identifier) => !nodes.has(identifier))))
      nodes.set(node.identifier, node)
    for (const identifier of round) {
      const node = nodes.get(identifier)
      const level = levels.get(identifier)
      if (node && level) for (const link of expanding(node, caps)) expand(node.identifier, link, level, raise)
    }
  }
  const withLevel = (...wantedLevels: Level[]) =>
    new Set([...levels].filter(([, level]) => wantedLevels.includes(level)).map(([identifier]) => identifier))
  return {
    links: [...nodes.values()].flatMap((node) => node.links),
    core: withLevel('core'),
    devices: withLevel('device', 'ofUser'),
    weightOf: (identifier) => weightOf(nodes.get(identifier), nodes, caps),
  }
}

function expand(from: string, link: Link, level: Level, raise: (to: string, level: Level) => void): void {
  const to = otherSide(link, from)
  if (level === 'loaded') return
  if (isAnon(from)) raise(to, levelOfClaimer(to, level))
  else if (isUser(from)) {
    if (isUser(to)) raise(to, isTrusted(link) ? level : 'loaded')
    else if (level === 'core') raise(to, isEmail(to) ? 'core' : 'ofUser')
  } else raise(to, isUser(to) ? 'named' : level === 'core' ? 'device' : 'probe')
}

function levelOfClaimer(claimer: string, level: Level): Level {
  if (level === 'ofUser' && isEmail(claimer)) return 'core'
  return level === 'probe' && isEmail(claimer) ? 'loaded' : 'named'
}

/** The links that lead on: of a quarantined identifier only those that still count. */
function expanding(node: Node, caps: Caps): Link[] {
  const isOver = isQuarantined(node, caps)
  return node.links.filter((link) => isJoin(link) && (!isOver || isTrusted(link)))
}

// More than the links of any identifier that is not quarantined, so a quarantine only raises a weight.
const quarantineWeight = 2 ** 48

function weightOf(node: Node | undefined, nodes: ReadonlyMap<string, Node>, caps: Caps): number {
  if (!node) return 0
  // Whose neighbours these are is not read any further.
  if (isQuarantined(node, caps)) return quarantineWeight + node.facts
  const neighbours = new Set(node.links.filter(isJoin).map((link) => otherSide(link, node.identifier)))
  let weight = node.facts
  for (const identifier of neighbours) {
    const neighbour = nodes.get(identifier)
    weight += (isAnon(identifier) ? neighbour?.facts : neighbour?.coreFacts) ?? 0
  }
  return weight
}

function isQuarantined(node: Node, caps: Caps): boolean {
  const met = new Set<string>()
  for (const link of node.links)
    if (isJoin(link) && !isTrusted(link)) met.add(otherSide(link, node.identifier))
  return met.size > (isAnon(node.identifier) ? caps.claimersOfAnon : caps.othersOfUserOrEmail)
}

const isJoin = (link: Link) => link.kind === 'claim' || link.kind === 'alias'
const otherSide = (link: Link, identifier: string) =>
  link.identifier === identifier ? link.other : link.identifier
