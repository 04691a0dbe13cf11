/**
 * Who this browser is, shared by all tabs and sub-domains: URI-encoded JSON in one cookie, `tl`, with a copy in
 * localStorage. It is read anew for every event, so that what one tab learns the others know.
 */
import { hasIds, isKept } from './consent.js'
import { guard } from './guard.js'
import { setItem } from './storage.js'
import type { Visitor } from './who.js'

let memory: Visitor = {}
// Labels of the cookie's domain, from the right.
let depth = 2

export const cookieDomain = (): string => location.hostname.split('.').slice(-depth).join('.')

const readCookie = (): string | undefined => (document.cookie.match(/(^| )tl=([^;]+)/) || [])[2]
const readStored = guard(
  () => JSON.parse(decodeURIComponent(readCookie() || (localStorage['tl'] as string) || '0')) as Visitor | 0,
)

export const readVisitor = (): Visitor => {
  const visitor = readStored() || memory
  return isKept(visitor) ? visitor : { ...(hasIds(visitor) && memory), choice: visitor.choice }
}

export const writeVisitor = guard((visitor: Visitor) => {
  const text = encodeURIComponent(JSON.stringify(visitor))
  memory = visitor
  // A refusal is remembered whatever the state: otherwise it would have to be said on every page. Reading a cookie
  // that was just written takes a millisecond, so nothing is written that is there already.
  if ((visitor.choice === 'no' || isKept(visitor)) && text !== readCookie()) {
    setItem('tl', text)
    // The highest domain that takes it: browsers refuse public suffixes (co.uk), and none says which those are.
    // An attribute `false` is none. Chromium grants a cookie 400 days; these are 385.
    do {
      document.cookie = `tl=${text};path=/;samesite=lax;max-age=33333333;domain=${cookieDomain()};${isSecureContext && 'secure'}`
    } while (readCookie() !== text && depth++ < 9)
  }
})
