/**
 * Who this browser is, shared by all tabs and sub-domains: JSON in one cookie, `tl`, with a copy in localStorage. It
 * is read anew for every event, so that what one tab learns the others know.
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

/** The visitor that a cookie holds. */
export const readCookie = guard((name: string) => {
  const found = document.cookie.match(`(^| )${name}=([^;]+)`)
  return found && (JSON.parse(decodeURIComponent(found[2] as string)) as Visitor)
})

const readItem = guard(() => JSON.parse(getItem('tl') as string) as Visitor)

export function readVisitor(): Visitor {
  const stored = readCookie('tl') || readItem() || memory
  const { choice } = stored
  return isStored(consentOf(choice)) ? stored : { ...memory, choice }
}

/** Decided by what this visitor said. */
export const consent = (): Consent => consentOf(readVisitor().choice)

export const writeVisitor = guard((visitor: Visitor) => {
  const text = JSON.stringify(visitor)
  const isNew = text !== JSON.stringify(readVisitor())
  memory = visitor
  // A refusal is remembered whatever the state: otherwise it would have to be said on every page.
  if (isNew && (visitor.choice === 'no' || isStored(consentOf(visitor.choice)))) {
    const cookie = 'tl=' + encodeURIComponent(text)
    setItem('tl', text)
    // The highest domain that takes it: browsers refuse public suffixes (co.uk), and none says which those are.
    // Chromium grants a cookie 400 days.
    do {
      document.cookie = `${cookie};path=/;samesite=lax;max-age=34560000;domain=${cookieDomain()}${location.protocol === 'https:' ? ';secure' : ''}`
    } while (!document.cookie.includes(cookie) && depth++ < 9)
  }
})
