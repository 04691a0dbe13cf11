/**
 * R7: how many users aliases may make one person. An alias is as good as the key that it came with, and so a loop that
 * gives each login a new id, or a key that leaked, makes one person of thousands, and each change of it would need
 * all of them. The aliases of a group above the limit join nobody, except those that an operator released.
 *
 * The whole group is never read: as soon as the users found so far are more than the limit, all of them are set apart,
 * whoever else belongs to the group. So what is read is bounded, and the answer does not depend on which user of the
 * group was asked about.
 */
import { isUser, otherSide, type Link } from './link.js'

/** Groups of users, built up pair by pair, and whether a group is larger than the limit. */
export interface Groups {
  join(user: string, other: string): void
  areTooMany(user: string): boolean
}

export function openGroups(most: number): Groups {
  const parents = new Map<string, string>()
  const sizes = new Map<string, number>()
  const rootOf = (user: string): string => {
    let root = user
    for (let next = parents.get(root); next !== undefined; next = parents.get(root)) root = next
    for (let one = user; one !== root;) {
      const next = parents.get(one) ?? root
      parents.set(one, root)
      one = next
    }
    return root
  }
  const sizeOf = (root: string) => sizes.get(root) ?? 1
  return {
    join(user, other) {
      const [small, large] = [rootOf(user), rootOf(other)].sort((a, b) => sizeOf(a) - sizeOf(b))
      if (small === undefined || large === undefined || small === large) return
      parents.set(small, large)
      sizes.set(large, sizeOf(small) + sizeOf(large))
    },
    areTooMany: (user) => sizeOf(rootOf(user)) > most,
  }
}

/** An alias that makes two users one person (R2). */
export const joinsUsers = (link: Link): boolean =>
  link.kind === 'alias' && link.verified && isUser(link.identifier) && isUser(link.other)

/** Whether a verified release names this pair, in either order. */
export function releasedPairs(links: Iterable<Link>): (identifier: string, other: string) => boolean {
  const released = new Map<string, Set<string>>()
  for (const { kind, verified, identifier, other } of links) {
    if (kind !== 'release' || !verified) continue
    for (const [one, two] of [
      [identifier, other],
      [other, identifier],
    ] as const) {
      const others = released.get(one)
      if (others) others.add(two)
      else released.set(one, new Set([two]))
    }
  }
  return (identifier, other) => released.get(identifier)?.has(other) ?? false
}

export interface OfLarge {
  /** Aliases that stop counting. */
  quarantinedLinks: ReadonlySet<Link>
  /** User → how many others aliases that stop counting would join them with. */
  others: ReadonlyMap<string, number>
}

/**
 * Aliases of users who would be more than `most` in one person. Released aliases go on counting while they alone join
 * no more than that.
 */
export function apartOfLarge(links: readonly Link[], most: number): OfLarge {
  const aliases = links.filter(joinsUsers)
  if (aliases.length < most) return { quarantinedLinks: new Set(), others: new Map() }
  const isReleased = releasedPairs(links)
  const [all, released] = [openGroups(most), openGroups(most)]
  for (const { identifier, other } of aliases) {
    all.join(identifier, other)
    if (isReleased(identifier, other)) released.join(identifier, other)
  }
  const quarantinedLinks = new Set<Link>()
  const apartFrom = new Map<string, Set<string>>()
  for (const link of aliases) {
    const { identifier, other } = link
    if (!all.areTooMany(identifier)) continue
    if (isReleased(identifier, other) && !released.areTooMany(identifier)) continue
    quarantinedLinks.add(link)
    for (const user of [identifier, other]) {
      const others = apartFrom.get(user) ?? new Set<string>()
      apartFrom.set(user, others.add(otherSide(link, user)))
    }
  }
  return { quarantinedLinks, others: new Map([...apartFrom].map(([user, others]) => [user, others.size])) }
}
