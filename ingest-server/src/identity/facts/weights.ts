/**
 * How much is recorded of what decides the rows of a neighbourhood: the low half of their versions. Each part is counted
 * once for all rows that rest on it, so that weighing a neighbourhood costs as much as it has links.
 */
import type { Caps } from '../rules/link-caps.js'
import { isAnon, isUser } from '../rules/link.js'
import { levelBack, nextOf, type Known, type Level } from './levels.js'

export interface Weights {
  /**
   * How many facts were considered for the row of an identifier. It depends on nothing else that is read at the same
   * time, so a rebuild counts the same. It counts recorded facts, whether or not they count as claims, so it only rises
   * while facts are only added; and every fact that can change the row is among them. So a process
   * that has read fewer facts never gets a higher number, nor an equal one with another row. A fact that is reached in
   * several ways is counted for each.
   */
  weightOf: (identifier: string) => bigint
  /**
   * For an identifier: the identifiers of its person whose facts about accounts count too. They are its users, their
   * addresses, and those devices for which `matters` says that there are such facts.
   */
  membersWhere: (matters: (device: string) => boolean) => (identifier: string) => string[]
  /** How many links were followed for all of these so far. */
  steps: () => number
}

// Beyond an identifier that is quarantined or on many devices nothing is explored, so the facts behind it stop counting.
// Its own weight is above what they could sum up to, so that the total still only rises. Nodes at level `loaded` weigh
// their quarantine, and what decides it, alone.
const quarantinedDeviceWeight = 1n << 32n
const quarantinedCoreWeight = 1n << 44n
const onManyDevicesWeight = 1n << 53n
/** Of a group of users that is too large for one person; above the sum of all its users, who are no longer counted. */
const tooManyWeight = 1n << 61n
/** The low half of a version; the high half is the epoch. Of rows with the same version the one written last counts. */
const maxWeight = (1n << 64n) - 1n

export function createWeights(known: ReadonlyMap<string, Known>, { usersOfPerson }: Caps): Weights {
  const joined = groupsOf(known, usersOfPerson)
  let steps = 0
  const graph: Graph = { known, joined, step: () => void (steps += 1) }
  return {
    weightOf: createTotals(graph),
    membersWhere: (matters) => createMembers(graph, matters),
    steps: () => steps,
  }
}

interface Graph {
  known: ReadonlyMap<string, Known>
  /** A user and all users whom trusted links join with them. */
  joined: (user: string) => Group
  /** Called for each link that is followed. */
  step: () => void
}

function createTotals({ known, joined, step }: Graph): (identifier: string) => bigint {
  const totals = new Map<Level, Map<string, bigint>>()
  const groupOf = (identifier: string, level: Level): Group =>
    isUser(identifier) && level !== 'loaded'
      ? joined(identifier)
      : { users: new Set([identifier]), timesTooMany: 0 }

  /** What an identifier at a level counts, with all that it leads to. */
  function totalOf(identifier: string, level: Level): bigint {
    let ofLevel = totals.get(level)
    if (!ofLevel) totals.set(level, (ofLevel = new Map<string, bigint>()))
    const counted = ofLevel.get(identifier)
    if (counted !== undefined) return counted
    const { users: group, timesTooMany } = groupOf(identifier, level)
    let total = BigInt(timesTooMany) * tooManyWeight
    for (const member of group) {
      const one = known.get(member)
      if (!one) continue
      total += factsOf(one, level)
      nextOf(one, level, (to, toLevel) => {
        step()
        // A user whom an alias names and who is not in the group (the group would be too large) adds nothing.
        if (!group.has(to) && !one.joined.has(to)) total += through(member, to, toLevel)
      })
    }
    for (const member of group) ofLevel.set(member, total)
    return total
  }

  /** What `to` counts at a level, less what it counts only because it leads back to `from`. */
  function through(from: string, to: string, level: Level): bigint {
    const one = known.get(to)
    if (!one) return 0n
    const reached = level === 'lead' && !one.isOnMany ? 'core' : level
    const back = levelBack(one, reached, from)
    return totalOf(to, reached) - (back === undefined ? 0n : through(to, from, back))
  }

  return (identifier) => {
    const total = totalOf(identifier, isAnon(identifier) ? 'device' : 'core')
    return total < maxWeight ? total : maxWeight
  }
}

function createMembers({ known, joined, step }: Graph, matters: (device: string) => boolean) {
  const ofEmails = new Map<string, string[]>()
  const devicesOf = (email: string): string[] => {
    let devices = ofEmails.get(email)
    if (!devices) {
      devices = [...(known.get(email)?.devices ?? [])].filter((device) => {
        step()
        return matters(device)
      })
      ofEmails.set(email, devices)
    }
    return devices
  }
  function addEmail(members: Set<string>, email: string): void {
    step()
    if (members.has(email)) return
    members.add(email)
    for (const device of devicesOf(email)) members.add(device)
  }
  function addUser(members: Set<string>, user: string): void {
    members.add(user)
    const one = known.get(user)
    for (const email of one?.emails ?? []) addEmail(members, email)
    for (const device of one?.devices ?? []) {
      if (matters(device)) members.add(device)
      for (const email of known.get(device)?.emails ?? [])
        if (known.get(email)?.isOnMany === false) addEmail(members, email)
    }
  }
  return (identifier: string): string[] => {
    if (isAnon(identifier)) return [identifier]
    const members = new Set<string>()
    if (!isUser(identifier)) addEmail(members, identifier)
    else for (const user of joined(identifier).users) addUser(members, user)
    return [...members]
  }
}

interface Group {
  users: ReadonlySet<string>
  /**
   * 0: within the limit; 1: above it, so that only released aliases join; 2: these alone are above it too, so that none
   * joins.
   */
  timesTooMany: 0 | 1 | 2
}

/** Users whom trusted links join, each group once. */
function groupsOf(known: ReadonlyMap<string, Known>, most: number) {
  const groups = new Map<string, Group>()
  const tooMany = new Set<string>()
  const reachedBy = (user: string, by: 'joined' | 'released'): Set<string> => {
    const reached = new Set([user])
    // Iterating over a set also visits what is added meanwhile.
    for (const one of reached) for (const other of known.get(one)?.[by] ?? []) reached.add(other)
    return reached
  }
  function groupOf(user: string): Group {
    if (!tooMany.has(user)) {
      const users = reachedBy(user, 'joined')
      if (users.size <= most) return { users, timesTooMany: 0 }
      for (const one of users) tooMany.add(one)
    }
    const users = reachedBy(user, 'released')
    return users.size <= most ? { users, timesTooMany: 1 } : { users: new Set([user]), timesTooMany: 2 }
  }
  return (user: string): Group => {
    const there = groups.get(user)
    if (there) return there
    const group = groupOf(user)
    for (const one of group.users) groups.set(one, group)
    return group
  }
}

function factsOf(known: Known, level: Level): bigint {
  const { node, isQuarantined, isOnMany, isOfManyDevices, factsOfEmails } = known
  const isLight = isAnon(node.identifier) || level === 'loaded'
  const quarantine = isQuarantined ? (isLight ? quarantinedDeviceWeight : quarantinedCoreWeight) : 0n
  const extra = quarantine + BigInt(factsOfEmails)
  if (level === 'loaded') return extra
  const unprobed = isOnMany && level !== 'core' ? onManyDevicesWeight : 0n
  // At level `named` facts about devices do not count, except for a user whose first devices matter (R4) and for one with
  // links to other users, where the first claim of each user names the person.
  const isNameOnly = level === 'named' && !isOfManyDevices && !isAliased(known)
  return extra + unprobed + BigInt(isNameOnly ? node.coreFacts : node.facts)
}

const isAliased = ({ node, joined, users }: Known) => isUser(node.identifier) && joined.size + users.size > 0
