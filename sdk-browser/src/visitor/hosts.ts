/** Whose site a host belongs to. */
import { isKept } from './consent.js'
import { options } from '../options/options.js'
import { cookieDomain, readVisitor } from './visitor.js'

/** Of a web address; undefined where there is none. */
export const hostOf = (href: string): string | undefined => href.split(/[/:]+/)[1]

export const isWithin = (host: string | undefined, domain: string): boolean =>
  `.${host}`.endsWith(`.${domain}`)

/** True for the host of this page and its sister sub-domains. */
export const isOwnHost = (host: string): boolean =>
  isWithin(
    host,
    // Without a cookie nothing tells where the site ends.
    isKept(readVisitor()) ? cookieDomain() : location.hostname.replace(/^www\./, ''),
  )

/** True for a host of one of the sites that `linkDomains` names. */
export const isLinkedHost = (host: string | undefined): boolean =>
  [options.linkDomains]
    .join()
    .split(',')
    .some((domain) => !!domain && isWithin(host, domain.trim()))
