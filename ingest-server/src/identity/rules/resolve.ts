/**
 * Who is who: recorded links in, people out. Pure, and a function of the set of facts alone: no permutation
 * and no duplication of them changes the answer. docs/identity.md explains the rules R1–R8 by example.
 *
 * The graph is made of users and emails. Users join only by a verified alias; an email belongs to one user or
 * to itself; an anonymous id belongs to one person at a time and joins nobody. So a person is one group of
 * users, the emails these won, and intervals of devices.
 */
import {
  byClaimTime,
  compare,
  effectiveLinks,
  isAnon,
  isEmail,
  isTrusted,
  isUser,
  type Link,
  type ResolveOptions,
} from './effective-links.js'
import { unsignedEmailClaimMs } from './links.js'

export type { Link, ResolveOptions } from './effective-links.js'

/** `self`: the person is named by this identifier. The others are the rules of docs/identity.md. */
export type Rule = 'self' | 'R1' | 'R2' | 'R3' | 'R4'

/** Half-open [from, to) in ISO 8601; null is open. people.ts has the same in milliseconds, for whoever reads rows. */
export interface ResolvedInterval {
  from: string | null
  to: string | null
}

export interface Why {
  /** The message that decided. */
  because: string
  rule: Rule
  verified: boolean
}

export interface ResolvedOwnership extends ResolvedInterval, Why {
  person: string
}

export interface ResolvedHolding extends ResolvedInterval, Why {
  identifier: string
}

/** How a person that no link makes holds the identifier that names it. */
export const selfHolding = (identifier: string, verified: boolean): ResolvedHolding => ({
  identifier,
  from: null,
  to: null,
  because: '',
  rule: 'self',
  verified,
})

export interface ResolvedPerson {
  /** The canonical identifier: the earliest claiming user, else the email. */
  id: string
  identifiers: ResolvedHolding[]
}

export interface ContestedEmail {
  email: string
  owner: string
  /** Claims that changed nothing, the first of each user. */
  claims: { by: string; at: string; because: string; verified: boolean }[]
}

export interface Resolution {
  /** Sorted by id. An identifier that no counting link names is nobody's, and stands for itself. */
  people: ResolvedPerson[]
  owners: Map<string, ResolvedOwnership[]>
  contested: ContestedEmail[]
  /** `others`: how many others it was linked to. */
  quarantined: { identifier: string; others: number }[]
}

/**
 * Forms people of recorded links by the rules R1–R8 (docs/identity.md).
 *
 * `recorded` may have any order and duplicates; it is not changed. Identifiers have a kind in front
 * (`user:`, `email:`, `anon:`); times are ISO 8601 in UTC, and `options.asOf` is compared with them as text.
 * `owners`: identifier → its owners, with the interval of each. An identifier that no link of `recorded` names is
 * missing there: the caller takes it for a person of its own. Pure, throws nothing.
 */
export function resolve(recorded: Iterable<Link>, options: ResolveOptions = {}): Resolution {
  const { links, quarantined, areUnlinked, onManyDevices, notInferring } = effectiveLinks(recorded, options)
  links.sort(byClaimTime)
  const facts = sortedFacts(links)
  const users = joinUsers(facts)
  const emails = winEmails(
    facts,
    users,
    (email, claim) =>
      !onManyDevices.has(email) && !notInferring.has(claim) && !areUnlinked(email, claim.identifier),
  )
  const owners = new Map<string, ResolvedOwnership[]>([...users.owners, ...emails.owners])
  const personOf = (claimer: string) => owners.get(claimer)?.[0]?.person ?? claimer
  for (const [anon, claims] of facts.claimsOnAnon) owners.set(anon, shareOut(claims, personOf))
  return {
    people: peopleOf(owners),
    owners,
    contested: emails.contested,
    quarantined: [...quarantined]
      .map(([identifier, others]) => ({ identifier, others }))
      .sort((a, b) => compare(a.identifier, b.identifier)),
  }
}

type Facts = ReturnType<typeof sortedFacts>

/**
 * The counting links by what they are about, each list in the order of claims. `firstClaimBy`: of each claimer the
 * first verified one, else the first (R5), so that nobody puts a claim of their own before it.
 */
function sortedFacts(links: readonly Link[]) {
  const aliases: Link[] = []
  const claimsOnEmail = new Map<string, Link[]>()
  const claimsOnAnon = new Map<string, Link[]>()
  const firstClaimBy = new Map<string, Link>()
  const claims = new Map<string, FirstClaims>()
  for (const link of links) {
    const first = firstClaimBy.get(link.identifier)
    if (first === undefined || (link.verified && !first.verified)) firstClaimBy.set(link.identifier, link)
    countClaim(claims, link)
    if (isAnon(link.other)) push(claimsOnAnon, link.other, link)
    else if (isEmail(link.other)) push(claimsOnEmail, link.other, link)
    else aliases.push(link)
  }
  return { aliases, claimsOnEmail, claimsOnAnon, firstClaimBy, claims }
}

function push(map: Map<string, Link[]>, key: string, link: Link): void {
  const list = map.get(key)
  if (list) list.push(link)
  else map.set(key, [link])
}

/** R2: only verified aliases join users; what is left of `aliases` is verified. */
function joinUsers({ aliases, firstClaimBy, claims }: Facts) {
  const groups = new Map<string, Set<string>>()
  const groupOf = (user: string) => {
    let group = groups.get(user)
    if (!group) groups.set(user, (group = new Set([user])))
    return group
  }
  for (const claimer of firstClaimBy.keys()) if (isUser(claimer)) groupOf(claimer)
  const firstAlias = new Map<string, Link>()
  for (const link of aliases) {
    for (const user of [link.identifier, link.other]) if (!firstAlias.has(user)) firstAlias.set(user, link)
    const [small, large] = [groupOf(link.identifier), groupOf(link.other)].sort((a, b) => a.size - b.size)
    if (!small || !large || small === large) continue
    for (const user of small) {
      large.add(user)
      groups.set(user, large)
    }
  }
  const owners = new Map<string, ResolvedOwnership[]>()
  for (const group of new Set(groups.values())) {
    const person = nameOf(group, claims)
    for (const user of group) {
      const decided = user === person ? firstClaimBy.get(user) : firstAlias.get(user)
      owners.set(user, [always(person, user === person ? 'self' : 'R2', decided)])
    }
  }
  return { owners }
}

/** When a user first claimed anything, apart from verified claims (R5). */
interface FirstClaims {
  verified: string | undefined
  any: string
}

/**
 * The user id with the earliest verified claim, else the earliest of any; ties by the smaller. An id that only an
 * alias names never claimed.
 */
function nameOf(group: ReadonlySet<string>, claims: ReadonlyMap<string, FirstClaims>): string {
  const isProven = [...group].some((user) => claims.get(user)?.verified !== undefined)
  const claimedAt = (user: string) => (isProven ? claims.get(user)?.verified : claims.get(user)?.any) ?? '~'
  return [...group].reduce((best, user) =>
    (compare(claimedAt(user), claimedAt(best)) || compare(user, best)) < 0 ? user : best,
  )
}

function countClaim(claims: Map<string, FirstClaims>, link: Link): void {
  // An alias joins two names; which of them was there before, claims of their own say.
  const isProven = link.verified && link.kind === 'claim'
  const known = claims.get(link.identifier)
  claims.set(link.identifier, {
    verified: isProven ? earlier(known?.verified, link.at) : known?.verified,
    any: earlier(known?.any, link.at),
  })
}

const earlier = (a: string | undefined, b: string) => (a === undefined || b < a ? b : a)

/** R3, R5: a verified claim before unverified ones, else the first. R4: failing any, what devices tell. */
function winEmails(facts: Facts, users: ReturnType<typeof joinUsers>, mayBeInferred: MayBeInferred) {
  const personOf = (user: string) => users.owners.get(user)?.[0]?.person ?? user
  const owners = new Map<string, ResolvedOwnership[]>()
  const contested: ContestedEmail[] = []
  const hasStated = new Set<string>()
  for (const [email, claims] of facts.claimsOnEmail) {
    for (const claim of claims) hasStated.add(personOf(claim.identifier))
    const winner = claims.find(isTrusted) ?? claims[0]
    if (!winner) continue
    const owner = personOf(winner.identifier)
    owners.set(email, [always(owner, 'R3', winner)])
    const refused = firstOfEachClaimer(claims.filter((claim) => personOf(claim.identifier) !== owner))
    if (refused.length > 0) contested.push({ email, owner, claims: refused })
  }
  const candidates = inferences(facts, { owners, hasStated, personOf, mayBeInferred })
  for (const claimer of facts.firstClaimBy.keys()) {
    if (!isEmail(claimer) || owners.has(claimer)) continue
    const inferred = candidates.get(claimer)
    owners.set(claimer, [
      inferred
        ? { ...always(personOf(inferred.identifier), 'R4', inferred), verified: false }
        : always(claimer, 'self', facts.firstClaimBy.get(claimer)),
    ])
  }
  return { owners, contested: contested.sort((a, b) => compare(a.email, b.email)) }
}

/** Whether a user's claim of a device makes them the one who typed the address there. */
type MayBeInferred = (email: string, claim: Link) => boolean

interface InferenceContext {
  owners: ReadonlyMap<string, ResolvedOwnership[]>
  hasStated: ReadonlySet<string>
  personOf: (user: string) => string
  mayBeInferred: MayBeInferred
}

/**
 * R4: for each email that nobody claimed, the earliest claim by a user that came right after the email's own
 * on some device. An unsigned one is dated like an unsigned claim of the email itself (R5), or a device whose
 * clock says 1990 could take a stranger's lead.
 */
function inferences(facts: Facts, context: InferenceContext): Map<string, Link> {
  const best = new Map<string, Link>()
  for (const claims of facts.claimsOnAnon.values()) {
    for (const [index, next] of claims.entries()) {
      const email = claims[index - 1]?.identifier
      if (email === undefined || !isEmail(email) || !isUser(next.identifier)) continue
      if (context.owners.has(email) || !context.mayBeInferred(email, next)) continue
      if (context.hasStated.has(context.personOf(next.identifier))) continue
      const known = best.get(email)
      if (known === undefined || byInferenceTime(next, known) < 0) best.set(email, next)
    }
  }
  return best
}

const byInferenceTime = (a: Link, b: Link) => compare(inferenceTime(a), inferenceTime(b)) || byClaimTime(a, b)

function inferenceTime(link: Link): string {
  if (link.verified) return link.at
  const earliest = new Date(Date.parse(link.receivedAt) - unsignedEmailClaimMs).toISOString()
  return link.at < earliest ? earliest : link.at
}

function firstOfEachClaimer(claims: readonly Link[]): ContestedEmail['claims'] {
  const first = new Map<string, Link>()
  for (const claim of claims) {
    const known = first.get(claim.identifier)
    if (known !== undefined && (known.verified || !claim.verified)) continue
    // Taken out first: where a verified claim stands among the others may not depend on an unverified one.
    first.delete(claim.identifier)
    first.set(claim.identifier, claim)
  }
  return [...first.values()].map(({ identifier, at, messageId, verified }) => ({
    by: identifier,
    at,
    because: messageId,
    verified,
  }))
}

/**
 * R1: what came before the first claim is the first claimer's; from a claim by somebody else on, theirs. Of
 * several claims at one instant the last holds, for nothing can happen between them.
 */
function shareOut(claims: readonly Link[], personOf: (claimer: string) => string): ResolvedOwnership[] {
  const owners: ResolvedOwnership[] = []
  for (const claim of claims) {
    const person = personOf(claim.identifier)
    if (owners.at(-1)?.person === person) continue
    if (owners.at(-1)?.from === claim.at) owners.pop()
    const last = owners.at(-1)
    if (last) last.to = last.person === person ? null : claim.at
    if (last?.person === person) continue
    owners.push({ ...always(person, 'R1', claim), from: last ? claim.at : null, verified: isTrusted(claim) })
  }
  return owners
}

function always(person: string, rule: Rule, decided: Link | undefined): ResolvedOwnership {
  return {
    person,
    from: null,
    to: null,
    because: decided?.messageId ?? '',
    rule,
    verified: decided?.verified ?? false,
  }
}

function peopleOf(owners: ReadonlyMap<string, ResolvedOwnership[]>): ResolvedPerson[] {
  const people = new Map<string, ResolvedPerson>()
  for (const [identifier, ownerships] of owners) {
    for (const { person: id, from, to, because, rule, verified } of ownerships) {
      let person = people.get(id)
      if (!person) people.set(id, (person = { id, identifiers: [] }))
      person.identifiers.push({ identifier, from, to, because, rule, verified })
    }
  }
  for (const { identifiers } of people.values())
    identifiers.sort((a, b) => compare(a.identifier, b.identifier) || compare(a.from ?? '', b.from ?? ''))
  return [...people.values()].sort((a, b) => compare(a.id, b.id))
}
