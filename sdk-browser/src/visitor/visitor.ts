/**
 * Who this browser is, shared by all tabs and sub-domains: URI-encoded JSON in one cookie, `touchline` or what the site
 * calls it, with a copy in localStorage. It is read anew for every event, so that what one tab learns the others know.
 */
import { hasIds, isKept } from './consent.js'
import { guard } from '../base/guard.js'
import { joinHeld } from './held.js'
import { options } from '../options/options.js'
import { getItem, setItem } from '../queue/storage.js'
import { toJson } from '../base/to-json.js'
import type { Visitor } from './who.js'

/** `{"anonymousId"…`, `{"choice":"granted"…` or `{"choice":"no"…`, encoded: under a name that others use too stands theirs. */
const ourShape = '=(%7B%22(anon|choice%22%3A%22[gn])[^;]+)'

let memory: Visitor = {}
let written: string
// Labels of the cookie's domain, from the right.
let depth = 2

/** Whether anything is kept of this visitor; a refusal always is, otherwise it would have to be said on every page. */
export const isRemembered = (visitor: Visitor): boolean => isKept(visitor) || visitor.choice === 'no'

/** Who is kept under that name: the first cookie of our shape, else the copy. */
export const keptAs = guard((name: string): Visitor | undefined => {
  const all = `; ${document.cookie}; ${name}=${getItem(name)}`
  return JSON.parse(decodeURIComponent((all.match(`; ${name}${ourShape}`) || [0, 0])[1] as string)) as Visitor
})

/** Until version 0.1 it was `tl`: who is known by that one stays so. */
export const cookieName = (): string => options.cookieName || (keptAs('tl') ? 'tl' : 'touchline')
export const cookieDomain = (): string => location.hostname.split('.').slice(-depth).join('.')

export const readVisitor = (): Visitor => {
  const visitor = keptAs(cookieName()) || memory
  if (!isKept(visitor)) return { ...(hasIds(visitor) && memory), choice: visitor.choice }
  joinHeld(memory, visitor, writeVisitor)
  return visitor
}

export const writeVisitor = guard((visitor: Visitor) => {
  const text = encodeURIComponent(toJson(visitor))
  const name = cookieName()
  const pair = `${name}=${text}`
  memory = visitor
  // Reading a cookie that was just written takes a millisecond, so nothing is written twice.
  if (isRemembered(visitor) && pair !== written) {
    setItem(name, text)
    written = pair
    // The highest domain that takes it: browsers refuse public suffixes (co.uk), and none says which those are.
    // An attribute `false` is none. Chromium grants a cookie 400 days; these are 385.
    do {
      document.cookie = `${pair};path=/;samesite=lax;max-age=33333333;domain=${cookieDomain()};${isSecureContext && 'secure'}`
    } while (!document.cookie.includes(pair) && depth++ < 9)
  }
})
