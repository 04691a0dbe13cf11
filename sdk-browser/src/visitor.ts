/**
 * Who this browser is, shared by all tabs and sub-domains: URI-encoded JSON in one cookie, `tl`, with a copy in
 * localStorage. It is read anew for every event, so that what one tab learns the others know.
 */
import { consentOf, isStored, type Choice, type Consent } from './consent.js'
import { guard } from './guard.js'
import { getItem, setItem } from './storage.js'

/** Times in milliseconds. The names stand in the cookie: builds of all sizes must read each other's. */
export interface Visitor {
  anonymousId?: string | undefined
  userId?: string | undefined
  groupId?: string | undefined
  sessionId?: string | undefined
  sessionStart?: number | undefined
  lastSeen?: number | undefined
  choice?: Choice | undefined
}

let memory: Visitor = {}
// Labels of the cookie's domain, from the right.
let depth = 2

export const cookieDomain = (): string => location.hostname.split('.').slice(-depth).join('.')

const readCookie = guard((name: string) => (document.cookie.match(`(^| )${name}=([^;]+)`) || [])[2])
const parse = guard((text: string) => JSON.parse(decodeURIComponent(text)) as Visitor | 0)

/** What the server kept of the visitor, see server-cookie.ts. */
export const readServerCookie = (): Visitor | 0 | undefined => parse(readCookie('tl_server') || '0')

export function readVisitor(): Visitor {
  const stored = parse(readCookie('tl') || getItem('tl') || '0') || memory
  const { choice } = stored
  return isStored(consentOf(choice)) ? stored : { ...memory, choice }
}

/** Decided by what this visitor said. */
export const consent = (): Consent => consentOf(readVisitor().choice)

export const writeVisitor = guard((visitor: Visitor) => {
  const json = JSON.stringify(visitor)
  const isNew = json !== JSON.stringify(readVisitor())
  memory = visitor
  // A refusal is remembered whatever the state: otherwise it would have to be said on every page.
  if (isNew && (visitor.choice === 'no' || isStored(consentOf(visitor.choice)))) {
    const text = encodeURIComponent(json)
    setItem('tl', text)
    // The highest domain that takes it: browsers refuse public suffixes (co.uk), and none says which those are.
    // Chromium grants a cookie 400 days.
    do {
      document.cookie = `tl=${text};path=/;samesite=lax;max-age=34560000;domain=${cookieDomain()}${location.protocol === 'https:' ? ';secure' : ''}`
    } while (readCookie('tl') !== text && depth++ < 9)
  }
})
