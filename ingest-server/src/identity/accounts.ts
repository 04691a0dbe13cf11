/**
 * Which accounts a person counts in, and when. Pure. By `group`, retroactively; only where no group ever said
 * anything about the person, by the domain of their emails.
 */
import { compare } from './effective-links.js'
import { claimedDomain, corporateDomain } from './domains.js'
import type { Holding, Interval } from './resolve.js'

/** A fact: this identifier joined or left this account. */
export interface Membership {
  identifier: string
  account: string
  at: string
  left: boolean
  messageId: string
}

/** A fact: this was said about an account. `value` is JSON text. */
export interface AccountTrait {
  account: string
  name: string
  value: string
  at: string
  messageId: string
  verified: boolean
}

export interface AccountStay extends Interval {
  account: string
  how: 'group' | 'domain'
  /** The message that made the person join, or that stated the email. */
  because: string
}

export interface DomainClaim {
  account: string
  verified: boolean
  at: string
  because: string
}

/** What an email domain means. `account` is undefined where several claim it equally: then nobody gets it. */
export interface DomainMeaning {
  domain: string
  account: string | undefined
  state: '' | 'contested'
  /** Verified ones first, then by time. */
  claims: DomainClaim[]
}

export interface PersonFacts {
  identifiers: readonly Holding[]
  /** Of any of the identifiers; those of a device count for whoever owned it then. */
  memberships: readonly Membership[]
  meaningOf: (domain: string) => DomainMeaning
}

/** Sorted by account, then time. */
export function accountsOf({ identifiers, memberships, meaningOf }: PersonFacts): AccountStay[] {
  const said = memberships.filter(({ identifier, at }) =>
    identifiers.some((held) => held.identifier === identifier && isWithin(held, at)),
  )
  const stays = said.length > 0 ? staysByGroup(said) : staysByDomain(identifiers, meaningOf)
  return stays.sort((a, b) => compare(a.account, b.account) || compare(a.from ?? '', b.from ?? ''))
}

/** True where a person counts in two accounts at once: what they do then is `shared`. */
export const isShared = (stays: readonly AccountStay[], at: string) =>
  new Set(stays.filter((stay) => isWithin(stay, at)).map(({ account }) => account)).size > 1

/** Company domains of the emails among some identifiers. */
export const domainsOf = (identifiers: readonly string[]): string[] => [
  ...new Set(identifiers.flatMap((identifier) => corporateDomainOf(identifier) ?? [])),
]

/**
 * What domains mean, by these traits. Among the accounts whose latest trait is a domain verified ones come
 * first; two that stand equally get nobody.
 */
export function domainMeanings(traits: readonly AccountTrait[]): (domain: string) => DomainMeaning {
  const claims = new Map<string, Map<string, DomainClaim>>()
  for (const trait of latestTraits(traits)) {
    const domain = claimedDomain(trait.value)
    if (domain === undefined) continue
    const { account, verified, at, messageId: because } = trait
    const claim = { account, verified, at, because }
    const ofDomain = claims.get(domain) ?? new Map<string, DomainClaim>()
    claims.set(domain, ofDomain)
    const known = ofDomain.get(account)
    if (!known || byStanding(claim, known) < 0) ofDomain.set(account, claim)
  }
  return (domain) => meaningOf(domain, [...(claims.get(domain)?.values() ?? [])].sort(byStanding))
}

function meaningOf(domain: string, claims: DomainClaim[]): DomainMeaning {
  const best = claims.filter(({ verified }) => verified === claims[0]?.verified)
  if (best.length > 1) return { domain, account: undefined, state: 'contested', claims }
  return { domain, account: best[0]?.account ?? `domain:${domain}`, state: '', claims }
}

function staysByGroup(memberships: readonly Membership[]): AccountStay[] {
  const byAccount = new Map<string, Membership[]>()
  for (const fact of memberships) {
    const list = byAccount.get(fact.account)
    if (list) list.push(fact)
    else byAccount.set(fact.account, [fact])
  }
  return [...byAccount].flatMap(([account, facts]) => periodsOf(account, facts))
}

/**
 * The first period has no beginning, for the journey before the first `group` counts too; so leaving as the
 * first thing known says that they were there until then. A later join counts from its own time.
 */
function periodsOf(account: string, facts: Membership[]): AccountStay[] {
  const periods: AccountStay[] = []
  facts.sort((a, b) => compare(a.at, b.at) || compare(a.messageId, b.messageId))
  for (const { at, left, messageId: because } of facts) {
    const last = periods.at(-1)
    if (!last) periods.push({ account, how: 'group', from: null, to: left ? at : null, because })
    else if (left && last.to === null) last.to = at
    else if (!left && last.to !== null) periods.push({ account, how: 'group', from: at, to: null, because })
  }
  return mergeTouching(periods)
}

/** Left and joined again at one instant is not a gap, and joined and left at one instant is not a stay. */
function mergeTouching(periods: readonly AccountStay[]): AccountStay[] {
  const merged: AccountStay[] = []
  for (const period of periods) {
    const last = merged.at(-1)
    if (last && last.to === period.from) last.to = period.to
    else if (period.from === null || period.from !== period.to) merged.push({ ...period })
  }
  return merged
}

function staysByDomain(
  identifiers: readonly Holding[],
  meaningOf: (domain: string) => DomainMeaning,
): AccountStay[] {
  const stays = new Map<string, AccountStay>()
  for (const { identifier, because } of identifiers) {
    const domain = corporateDomainOf(identifier)
    const account = domain === undefined ? undefined : meaningOf(domain).account
    if (account === undefined || stays.has(account)) continue
    stays.set(account, { account, how: 'domain', from: null, to: null, because })
  }
  return [...stays.values()]
}

const corporateDomainOf = (identifier: string) =>
  identifier.startsWith('email:') ? corporateDomain(identifier.slice('email:'.length)) : undefined

/** Per account and name the latest; verified before unverified, ties by the larger messageId. */
function latestTraits(traits: readonly AccountTrait[]): AccountTrait[] {
  const latest = new Map<string, AccountTrait>()
  for (const trait of traits) {
    const key = `${trait.account}\n${trait.name}`
    const known = latest.get(key)
    if (!known || isLater(trait, known)) latest.set(key, trait)
  }
  return [...latest.values()]
}

function isLater(a: AccountTrait, b: AccountTrait): boolean {
  if (a.verified !== b.verified) return a.verified
  return (compare(a.at, b.at) || compare(a.messageId, b.messageId)) > 0
}

const byStanding = (a: DomainClaim, b: DomainClaim) =>
  Number(b.verified) - Number(a.verified) ||
  compare(a.at, b.at) ||
  compare(a.account, b.account) ||
  compare(a.because, b.because)

const isWithin = ({ from, to }: Interval, at: string) =>
  (from === null || at >= from) && (to === null || at < to)
