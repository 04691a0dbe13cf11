/**
 * Which accounts a person counts in, and when. Pure. By `group`, retroactively; only where no group ever said
 * anything about the person, by the domain of their emails.
 *
 * Verified facts come first (R5): unverified facts change nothing about an account that a verified group or a
 * verified address names. They only add other accounts, for times in which no verified fact puts the person anywhere.
 */
import { compare } from './effective-links.js'
import { claimedDomain, corporateDomain, noDomainRules, type DomainRules } from './domains.js'
import type { ResolvedHolding, ResolvedInterval } from './resolve.js'
import { outranks } from './outranks.js'
import { isWithin } from '../interval.js'

/** A fact: this identifier joined or left this account. */
export interface MembershipFact {
  identifier: string
  account: string
  at: string
  left: boolean
  messageId: string
  verified: boolean
}

/** A fact: this was said about an account. `value` is JSON text. */
export interface AccountTrait {
  account: string
  name: string
  value: string
  at: string
  messageId: string
  verified: boolean
  /** Email addresses that the claimer has stated, at any time. Only read where the claim is not verified. */
  addresses: readonly string[]
}

export interface ResolvedStay extends ResolvedInterval {
  account: string
  how: 'group' | 'domain'
  /** The message that made the person join, or that stated the email. */
  because: string
  verified: boolean
}

export interface DomainClaim {
  account: string
  verified: boolean
  at: string
  because: string
}

/** What an email domain means. An account is undefined where several claim it equally: then nobody gets it. */
export interface DomainMeaning {
  domain: string
  account: string | undefined
  /** The account by verified claims alone: for a person whose address there is verified. */
  verifiedAccount: string | undefined
  state: '' | 'contested'
  /** Verified ones first, then by time. */
  claims: DomainClaim[]
}

export interface PersonFacts {
  identifiers: readonly ResolvedHolding[]
  /** Memberships of any of the identifiers; a device's membership counts for the owner of the device at that time. */
  memberships: readonly MembershipFact[]
  meaningOf: (domain: string) => DomainMeaning
  /** Of the project. */
  domainRules?: DomainRules | undefined
}

/** Sorted by account, then time. */
export function accountsOf(facts: PersonFacts): ResolvedStay[] {
  const { identifiers, memberships, meaningOf, domainRules = noDomainRules } = facts
  const said = memberships.filter(({ identifier, at }) =>
    identifiers.some((held) => held.identifier === identifier && isWithin(held, at)),
  )
  const proven = said.filter(({ verified }) => verified)
  const byDomain = proven.length > 0 ? [] : staysByDomain(identifiers, meaningOf, domainRules)
  const firm = proven.length > 0 ? staysByGroup(proven) : byDomain.filter(({ verified }) => verified)
  const spokenOf = new Set([...proven, ...firm].map(({ account }) => account))
  const others = said.filter(({ account, verified }) => !verified && !spokenOf.has(account))
  const claimed = said.length > 0 ? staysByGroup(others) : byDomain.filter(({ verified }) => !verified)
  const stays = [...firm, ...claimed.flatMap((stay) => outside(stay, firm))]
  return stays.sort((a, b) => compare(a.account, b.account) || compare(a.from ?? '', b.from ?? ''))
}

/** The parts of a stay that lie outside the times of `others`. */
function outside(stay: ResolvedStay, others: readonly ResolvedInterval[]): ResolvedStay[] {
  let parts = [stay]
  for (const other of others)
    parts = parts.flatMap((part) => [
      ...(other.from === null ? [] : [{ ...part, to: earlierEnd(part.to, other.from) }]),
      ...(other.to === null ? [] : [{ ...part, from: laterStart(part.from, other.to) }]),
    ])
  return parts.filter(({ from, to }) => from === null || to === null || from < to)
}

const earlierEnd = (a: string | null, b: string) => (a === null || b < a ? b : a)
const laterStart = (a: string | null, b: string) => (a === null || b > a ? b : a)

/** True where a person counts in two accounts at once: what they do then is `shared`. */
export const isShared = (stays: readonly ResolvedStay[], at: string) =>
  new Set(stays.filter((stay) => isWithin(stay, at)).map(({ account }) => account)).size > 1

/** Company domains of the emails among some identifiers. */
export const domainsOf = (identifiers: readonly string[], rules: DomainRules = noDomainRules): string[] => [
  ...new Set(identifiers.flatMap((identifier) => corporateDomainOf(identifier, rules) ?? [])),
]

/**
 * What domains mean, by these traits. Among the accounts whose latest trait is a domain verified ones come
 * first; two that stand equally get nobody. An unverified claim counts only from somebody with an address there.
 */
export function domainMeanings(
  traits: readonly AccountTrait[],
  rules: DomainRules = noDomainRules,
): (domain: string) => DomainMeaning {
  const claims = new Map<string, Map<string, DomainClaim>>()
  for (const trait of latestByAccount(traits.filter((trait) => isOfTheirDomain(trait, rules)))) {
    const domain = claimedDomain(trait.value, rules)
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
  const proven = claims.filter(({ verified }) => verified)
  const best = proven.length > 0 ? proven : claims
  const accountOf = (some: readonly DomainClaim[]) =>
    some.length > 1 ? undefined : (some[0]?.account ?? `domain:${domain}`)
  return {
    domain,
    account: accountOf(best),
    verifiedAccount: accountOf(proven),
    state: best.length > 1 ? 'contested' : '',
    claims,
  }
}

function isOfTheirDomain({ verified, value, addresses }: AccountTrait, rules: DomainRules): boolean {
  if (verified) return true
  const domain = claimedDomain(value, rules)
  return domain !== undefined && addresses.some((address) => corporateDomain(address, rules) === domain)
}

function staysByGroup(memberships: readonly MembershipFact[]): ResolvedStay[] {
  const byAccount = new Map<string, MembershipFact[]>()
  for (const fact of memberships) {
    const list = byAccount.get(fact.account)
    if (list) list.push(fact)
    else byAccount.set(fact.account, [fact])
  }
  return [...byAccount].flatMap(([account, facts]) => periodsOf(account, facts))
}

/**
 * The first period has no beginning, for the journey before the first `group` counts too; so where the first
 * known fact is that they left, they were there until then. A later join counts from its own time.
 */
function periodsOf(account: string, facts: MembershipFact[]): ResolvedStay[] {
  const periods: ResolvedStay[] = []
  facts.sort((a, b) => compare(a.at, b.at) || compare(a.messageId, b.messageId))
  for (const { at, left, messageId: because, verified } of facts) {
    const last = periods.at(-1)
    const common = { account, how: 'group' as const, because, verified }
    if (!last) periods.push({ ...common, from: null, to: left ? at : null })
    else if (left && last.to === null) last.to = at
    else if (!left && last.to !== null) periods.push({ ...common, from: at, to: null })
  }
  return mergeTouching(periods)
}

/** Left and joined again at one instant is not a gap, and joined and left at one instant is not a stay. */
function mergeTouching(periods: readonly ResolvedStay[]): ResolvedStay[] {
  const merged: ResolvedStay[] = []
  for (const period of periods) {
    const last = merged.at(-1)
    if (last && last.to === period.from) last.to = period.to
    else if (period.from === null || period.from !== period.to) merged.push({ ...period })
  }
  return merged
}

function staysByDomain(
  identifiers: readonly ResolvedHolding[],
  meaningOf: (domain: string) => DomainMeaning,
  rules: DomainRules,
): ResolvedStay[] {
  const stays = new Map<string, ResolvedStay>()
  // Verified addresses first: the first address that names an account decides about the stay there.
  for (const { identifier, because, verified } of [...identifiers].sort(byVerified)) {
    const domain = corporateDomainOf(identifier, rules)
    const meaning = domain === undefined ? undefined : meaningOf(domain)
    const account = verified ? meaning?.verifiedAccount : meaning?.account
    if (account === undefined || stays.has(account)) continue
    stays.set(account, { account, how: 'domain', from: null, to: null, because, verified })
  }
  return [...stays.values()]
}

const byVerified = (a: ResolvedHolding, b: ResolvedHolding) => Number(b.verified) - Number(a.verified)

const corporateDomainOf = (identifier: string, rules: DomainRules) =>
  identifier.startsWith('email:') ? corporateDomain(identifier.slice('email:'.length), rules) : undefined

/** Per account and name the trait that counts (outranks.ts). */
function latestByAccount(traits: readonly AccountTrait[]): AccountTrait[] {
  const latest = new Map<string, AccountTrait>()
  for (const trait of traits) {
    const key = `${trait.account}\n${trait.name}`
    const known = latest.get(key)
    if (!known || outranks(trait, known)) latest.set(key, trait)
  }
  return [...latest.values()]
}

const byStanding = (a: DomainClaim, b: DomainClaim) =>
  Number(b.verified) - Number(a.verified) ||
  compare(a.at, b.at) ||
  compare(a.account, b.account) ||
  compare(a.because, b.because)
