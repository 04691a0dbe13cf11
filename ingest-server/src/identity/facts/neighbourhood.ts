/**
 * What must be read to say for certain who some identifiers are: a bounded part of the graph, however large
 * the whole. `resolve` of that part says of `core` and `devices` what `resolve` of everything would
 * (neighbourhood.test.ts proves it).
 *
 *     level       of                because
 *     core        a user, an email  its person is wanted, so its aliases, emails and devices are read too
 *     lead        an email          it may be inferred to be a core user's (R4): core, unless it is on too many devices
 *     named       a user, an email  it claims a device that is wanted, so its person matters
 *     loaded      a user, an email  it may be quarantined, which changes what others may claim
 *     ofUser      an anonymous id   a core user's: an email captured on it may be that user's (R4), so a lead
 *     device      an anonymous id   wanted itself, or a core email's: its claimers get the level named
 *     probe       an anonymous id   a named email's person may be inferred from it (R4)
 */
import { createBreather } from '../../breathe.js'
import { defaultCaps, type Caps } from '../rules/link-caps.js'
import { isAnon, isUser, type Link } from '../rules/link.js'
import { openGroups } from '../rules/large-people.js'
import type { Node } from './facts.js'
import { nextOf, rank, toKnown, type Known, type Level } from './levels.js'
import { createWeights, type Weights } from './weights.js'

export interface Neighbourhood extends Weights {
  links: Link[]
  /** Users and emails whose row is complete, and so is the row of a person that they name. */
  core: ReadonlySet<string>
  /** Anonymous ids whose row is complete. */
  devices: ReadonlySet<string>
  /**
   * Address → number of its devices, where that decides what is set apart; for `resolve`, which gets a part of the
   * links only.
   */
  devicesOf: ReadonlyMap<string, number>
}

/**
 * Reads the part of the graph that decides who `wanted` are, in rounds of one `read` each (table above).
 *
 * `read` gets identifiers (`user:…`, `email:…`, `anon:…`), none again that it gave a node for, and resolves with their
 * nodes; an identifier without facts may be left out. Rejects only when `read` does. `caps` bound the
 * number of links: from a quarantined identifier only the links within its cap lead on. `ahead` gives the users of
 * the next rounds, where aliases join users in a long chain.
 */
export async function neighbourhoodOf(
  wanted: Iterable<string>,
  read: (identifiers: readonly string[]) => Promise<readonly Node[]>,
  { caps = defaultCaps, ahead }: NeighbourhoodOptions = {},
): Promise<Neighbourhood> {
  const known = new Map<string, Known>()
  const exploration = explore(wanted, caps)
  const breather = createBreather()
  let rounds = 0
  for (let round = exploration.takeAll(); round.length > 0; round = exploration.takeAll()) {
    rounds += 1
    const unread = round.filter((identifier) => !known.has(identifier))
    const users = rounds > fewRounds && ahead ? unread.filter(isUser) : []
    const next = users.length > 0 ? await ahead?.(users) : undefined
    const asked = new Set([...unread, ...(next ?? []).filter((identifier) => !known.has(identifier))])
    for (const node of asked.size > 0 ? await read([...asked]) : []) {
      known.set(node.identifier, toKnown(node, caps))
      if (breather.isDue()) await breather.rest()
    }
    for (const identifier of round) {
      exploration.expand(known.get(identifier))
      if (breather.isDue()) await breather.rest()
    }
  }
  const withLevel = (...levels: Level[]) =>
    new Set([...exploration.levels].filter(([, level]) => levels.includes(level)).map(([name]) => name))
  // What was read ahead and then not reached does not count.
  for (const identifier of known.keys()) if (!exploration.levels.has(identifier)) known.delete(identifier)
  const nodes = [...known.values()].map(({ node }) => node)
  return {
    links: nodes.flatMap(({ links }) => links),
    core: withLevel('core'),
    devices: withLevel('device', 'ofUser'),
    devicesOf: new Map(nodes.flatMap(({ devicesOf }) => [...(devicesOf ?? [])])),
    ...createWeights(known, caps),
  }
}

export interface NeighbourhoodOptions {
  caps?: Caps | undefined
  ahead?: ((users: readonly string[]) => Promise<readonly string[]>) | undefined
}

/** Nearly every neighbourhood is read in so many rounds; what takes more is a chain of aliases. */
const fewRounds = 6

/** Which identifiers are reached from `wanted`, and at which level; the caller hands in the node of each. */
function explore(wanted: Iterable<string>, { usersOfPerson }: Caps) {
  const levels = new Map<string, Level>()
  const raised: string[] = []
  const [groups, releasedGroups] = [openGroups(usersOfPerson), openGroups(usersOfPerson)]
  /** A group of users that is too large for one person is followed no further; only released aliases lead on. */
  const leadsOn = ({ node: { identifier }, joined, released }: Known, to: string) =>
    !joined.has(to) ||
    !groups.areTooMany(identifier) ||
    (released.has(to) && !releasedGroups.areTooMany(identifier))
  const raise = (identifier: string, level: Level) => {
    const before = levels.get(identifier)
    if (before !== undefined && rank[before] >= rank[level]) return
    levels.set(identifier, level)
    raised.push(identifier)
  }
  const noteJoined = ({ node: { identifier }, joined, released }: Known) => {
    for (const other of joined) groups.join(identifier, other)
    for (const other of released) releasedGroups.join(identifier, other)
  }
  for (const identifier of wanted) raise(identifier, isAnon(identifier) ? 'device' : 'core')
  return {
    levels: levels as ReadonlyMap<string, Level>,
    /** All whose level rose since they were taken. */
    takeAll: () => [...new Set(raised.splice(0))],
    expand(known: Known | undefined): void {
      const level = known && levels.get(known.node.identifier)
      if (!level) return
      if (level === 'lead' && !known.isOnMany) raise(known.node.identifier, 'core')
      else {
        if (level !== 'loaded') noteJoined(known)
        nextOf(known, level, (to, toLevel) => {
          if (leadsOn(known, to)) raise(to, toLevel)
        })
      }
    },
  }
}
