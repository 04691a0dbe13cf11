/**
 * Where the server may send to. Whoever writes a definition names addresses that this machine then calls, so only
 * public ones count, and what a name means is decided where the connection is made: a name that pointed elsewhere
 * when it was saved, or points elsewhere the next moment, gets nowhere.
 */
import { lookup as systemLookup, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { TouchlineError } from '../../errors.js'

/** A range of addresses that the operator opened: [address, length of its prefix]. */
export type AllowedRange = ReturnType<typeof ipaddr.parseCIDR>

export const rangesOf = (texts: readonly string[]): AllowedRange[] =>
  texts.map((text) => ipaddr.parseCIDR(text.includes('/') ? text : `${text}/${isIP(text) === 4 ? 32 : 128}`))

export type AddressJudgement = { isAllowed: true } | { isAllowed: false; why: string }

/** Resolves a name to all of its addresses; of node:dns where nobody says. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>

const resolveBySystem: Resolve = (hostname) =>
  new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true, verbatim: true }, (error, found) =>
      error ? reject(error) : resolve(found),
    )
  })

/** What an address is for the guard: `::ffff:10.0.0.1` is 10.0.0.1. */
export function judgeAddress(
  text: string,
  { allowed, isLoopbackNamed = false }: { allowed: readonly AllowedRange[]; isLoopbackNamed?: boolean },
): AddressJudgement {
  if (!ipaddr.isValid(text)) return { isAllowed: false, why: `${text} is no address` }
  const address = ipaddr.process(text)
  const isOpened = allowed.some(([range, bits]) => {
    return range.kind() === address.kind() && address.match(range, bits)
  })
  const range = isUnallocated(address) ? 'reserved' : address.range()
  if (isOpened || range === 'unicast' || (range === 'loopback' && isLoopbackNamed)) return { isAllowed: true }
  return { isAllowed: false, why: `${text} is a ${words[range] ?? range} address` }
}

/** Only 2000::/3 is given out as global unicast (RFC 4291, 2.4): `::7f00:1` and `4000::1` are nobody's. */
const isUnallocated = (address: ipaddr.IPv4 | ipaddr.IPv6): boolean =>
  address.kind() === 'ipv6' && address.range() === 'unicast' && !address.match(globalUnicast)
const globalUnicast = ipaddr.parseCIDR('2000::/3')

const words: Readonly<Record<string, string>> = {
  private: 'private',
  linkLocal: 'link-local',
  uniqueLocal: 'private',
  loopback: 'loopback',
  carrierGradeNat: 'private',
  unspecified: 'unspecified',
}

const bare = (hostname: string) => hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')

/** True for names that always mean this machine; a public name that resolves to it is none. */
export function isLoopbackName(hostname: string): boolean {
  const name = bare(hostname).toLowerCase()
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  return isIP(name) !== 0 && ipaddr.process(name).range() === 'loopback'
}

/**
 * What can be said of an address before anything is resolved; undefined: nothing against it. The URL parser has
 * brought decimal, octal and hexadecimal forms of an address into the usual one.
 */
export function problemOfUrl(text: string, allowed: readonly AllowedRange[]): string | undefined {
  const url = new URL(text)
  const isHere = isLoopbackName(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere))
    return 'must begin with https://, or be on this machine (localhost)'
  if (url.username !== '' || url.password !== '') return 'must hold no user and no password'
  const host = bare(url.hostname)
  if (isIP(host) === 0) return undefined
  const judged = judgeAddress(host, { allowed, isLoopbackNamed: isHere })
  return judged.isAllowed ? undefined : `${judged.why}; ENDPOINTS_ALLOW opens ranges of addresses`
}

/**
 * For `http.request`: answers with addresses that may be connected to only, and the socket connects to those, so
 * nobody resolves the name a second time. Addresses in the URL itself are not looked up: `problemOfUrl` judges them.
 */
export function guardedLookup(
  allowed: readonly AllowedRange[],
  resolve: Resolve = resolveBySystem,
): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname)
      .then((found) => {
        const isLoopbackNamed = isLoopbackName(hostname)
        for (const { address } of found) {
          const judged = judgeAddress(address, { allowed, isLoopbackNamed })
          if (!judged.isAllowed)
            throw new TouchlineError(
              'ENDPOINT_REFUSED',
              `${hostname}: ${judged.why}; ENDPOINTS_ALLOW opens ranges of addresses`,
            )
        }
        const [first] = found
        if (first === undefined) throw new TouchlineError('ENDPOINT_REFUSED', `${hostname} has no address`)
        if (options.all === true) callback(null, [...found])
        else callback(null, first.address, first.family)
      })
      .catch((error: unknown) => callback(error as NodeJS.ErrnoException, '', 0))
  }
}
