/**
 * Which domain an address or a website belongs to, and whether people there are one company. The registrable
 * domain comes from the public-suffix list, private suffixes included: two customers of `uk.com` or
 * `github.io` are two companies.
 */
import { createRequire } from 'node:module'
import { getDomain } from 'tldts'

const require = createRequire(import.meta.url)
// `all`, for the shorter list misses hundreds of national providers.
const freeMail = new Set(require('email-providers/all.json') as string[])
const disposable = new Set([
  ...(require('disposable-email-domains') as string[]),
  ...(require('disposable-email-domains/wildcard.json') as string[]),
])

/** The company domain of an address, or undefined for free-mail, disposable and unregistrable ones. */
export function corporateDomain(address: string): string | undefined {
  const host = address.slice(address.lastIndexOf('@') + 1)
  const domain = registrableDomain(host)
  if (domain === undefined) return undefined
  const isAnybodys = (name: string) => freeMail.has(name) || disposable.has(name)
  return isAnybodys(host) || isAnybodys(domain) ? undefined : domain
}

// Stands in migrations/002_identity.sql as well, where account_hosts is filled: change both or neither.
const hostOfTrait = /^(?:[a-z][a-z0-9+.-]*:\/\/|\/\/)?(?:[^/?#@]*@)?([^/?#:]+)/

/** The domain that a `domain` or `website` trait claims; nobody can claim a free-mail provider's. */
export function claimedDomain(jsonText: string): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(jsonText)
  } catch {
    return undefined // A trait is kept as sent; one that is not JSON claims nothing.
  }
  if (typeof value !== 'string') return undefined
  const host = hostOfTrait.exec(value.trim().toLowerCase())?.[1]?.replace(/\.+$/, '')
  return host === undefined ? undefined : corporateDomain(`@${host}`)
}

const registrableDomain = (host: string) => getDomain(host, { allowPrivateDomains: true }) ?? undefined
