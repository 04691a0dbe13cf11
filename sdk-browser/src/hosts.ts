/** Whose site a host belongs to. */
import { isKept } from './consent.js'
import { options } from './options.js'
import { cookieDomain, readVisitor } from './visitor.js'

export const isWithin = (host: string, domain: string): boolean => `.${host}`.endsWith(`.${domain}`)

/** True for the host of this page and its sister sub-domains. */
export const isOwnHost = (host: string): boolean =>
  isWithin(
    host,
    // Without a cookie nothing tells where the site ends.
    isKept(readVisitor()) ? cookieDomain() : location.hostname.replace(/^www\./, ''),
  )

/** True for a host of one of the sites that `linkDomains` names. */
export const isLinkedHost = (host: string): boolean =>
  [options.linkDomains]
    .join()
    .split(',')
    .some((domain) => !!domain && isWithin(host, domain.trim()))
