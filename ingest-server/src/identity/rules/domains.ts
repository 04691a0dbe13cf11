/**
 * Which domain an address or a website belongs to, and whether people there are one company. The registrable
 * domain comes from the public-suffix list, private suffixes included: two customers of `uk.com` or
 * `github.io` are two companies; so are two tenants of what is no public suffix (`a.onmicrosoft.com`).
 *
 * No company's are, by kind: free mail (three lists together, and the brands under any country), throw-away
 * addresses (two lists), aliases and relays, hosts that nobody reads. A project adds and exempts domains of its own.
 */
import { createRequire } from 'node:module'
import { parse } from 'tldts'
import { canonicalHost } from '@touchline/schemas'
import {
  freeMailBrands,
  isKnownCompany,
  neverCompanies,
  privateTopLevels,
  relayLabels,
  secondNames,
  sharedByKind,
  tenantSuffixes,
} from './shared-domains.js'

const require = createRequire(import.meta.url)
// Each has gaps that another fills. `all` of the first, for its shorter list misses hundreds of national providers.
const listed: readonly ReadonlySet<string>[] = [
  new Set(require('email-providers/all.json') as string[]),
  (require('free-email-domains-list') as { DOMAINS: ReadonlySet<string> }).DOMAINS,
  new Set(require('disposable-email-domains') as string[]),
  new Set(require('disposable-email-domains/wildcard.json') as string[]),
  new Set((require('mailchecker') as { blacklist: () => string[] }).blacklist()),
]

/** What a project says of domains; both with their sub-domains. */
export interface DomainRules {
  /** Shared by strangers: no account. */
  shared: ReadonlySet<string>
  /** One company each, whatever the lists say. */
  companies: ReadonlySet<string>
}

export const noDomainRules: DomainRules = { shared: new Set(), companies: new Set() }

type DomainSettings = Readonly<Record<keyof DomainRules, readonly string[]>>
const rulesBySettings = new WeakMap<DomainSettings, DomainRules>()

/** The rules that a project's settings make; the same object for the same settings. */
export function domainRulesOf(settings: DomainSettings | undefined): DomainRules {
  if (settings === undefined) return noDomainRules
  const known = rulesBySettings.get(settings)
  if (known) return known
  const hosts = (names: readonly string[]) => new Set(names.flatMap((name) => canonicalHost(name) ?? []))
  const rules = { shared: hosts(settings.shared), companies: hosts(settings.companies) }
  rulesBySettings.set(settings, rules)
  return rules
}

/** The company domain of an address, or undefined for one that strangers share, or that nobody can register. */
export function corporateDomain(address: string, rules: DomainRules = noDomainRules): string | undefined {
  const host = canonicalHost(address.slice(address.lastIndexOf('@') + 1))?.replace(secondNames, '')
  if (host === undefined) return undefined
  const tenant = parentsOf(host).find((name) => tenantSuffixes.has(parentOf(name)))
  const { domain, domainWithoutSuffix, isIp } = parse(host, { allowPrivateDomains: true })
  if (domain === null || isIp) return undefined
  const names = parentsOf(host).filter((name) => name.length >= domain.length)
  if (names.some((name) => rules.companies.has(name))) return tenant ?? domain
  if (names.some((name) => rules.shared.has(name))) return undefined
  // Below a company's domain `reply` is a host that nobody reads; `reply.com` is a company.
  const isRelay = host
    .slice(0, -domain.length)
    .split('.')
    .some((label) => relayLabels.has(label))
  if (
    isRelay ||
    privateTopLevels.has(host.slice(host.lastIndexOf('.') + 1)) ||
    neverCompanies.has(domainWithoutSuffix ?? '') ||
    names.some((name) => sharedByKind.has(name))
  )
    return undefined
  if (tenant !== undefined) return tenant
  if (isKnownCompany(domain)) return domain
  const isShared = freeMailBrands.has(domainWithoutSuffix ?? '') || names.some(isListed)
  return isShared ? undefined : domain
}

const isListed = (name: string) => listed.some((names) => names.has(name))

const parentOf = (name: string) => name.slice(name.indexOf('.') + 1)

/** `a.b.c`, `b.c`, `c`. */
function parentsOf(host: string): string[] {
  const labels = host.split('.')
  return labels.map((_label, index) => labels.slice(index).join('.'))
}

// Stands in migrations/002_identity.sql as well, where account_hosts is filled: change both or neither.
const hostOfTrait = /^(?:[a-z][a-z0-9+.-]*:\/\/|\/\/)?(?:[^/?#@]*@)?([^/?#:]+)/

/** The domain that a `domain` or `website` trait claims; nobody can claim a free-mail provider's. */
export function claimedDomain(jsonText: string, rules: DomainRules = noDomainRules): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(jsonText)
  } catch {
    return undefined // A trait is kept as sent; one that is not JSON claims nothing.
  }
  if (typeof value !== 'string') return undefined
  const host = hostOfTrait.exec(value.trim().toLowerCase())?.[1]?.replace(/\.+$/, '')
  return host === undefined ? undefined : corporateDomain(`@${host}`, rules)
}
