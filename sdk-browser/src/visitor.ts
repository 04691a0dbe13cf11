/**
 * Who this browser is, shared by all tabs and sub-domains: JSON in one cookie, `tl`, with a copy in localStorage. It
 * is read anew for every event, so that what one tab learns the others know.
 */
import { consentOf, isStored, type Choice, type Consent } from './consent.js'
import { attempt, storage } from './storage.js'

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

export function readVisitor(): Visitor {
  const stored =
    attempt(() => {
      const cookie = document.cookie.match(/(?:^| )tl=([^;]+)/)
      return JSON.parse(cookie ? decodeURIComponent(cookie[1] as string) : storage.get('tl')) as Visitor
    }) || memory
  const { choice } = stored
  return isStored(consentOf(choice)) ? stored : { ...memory, choice }
}

/** Decided by what this visitor said. */
export const consent = (): Consent => consentOf(readVisitor().choice)

export function writeVisitor(visitor: Visitor): void {
  memory = visitor
  // A refusal is remembered whatever the level: otherwise it would have to be said on every page.
  if (visitor.choice !== 'no' && !isStored(consentOf(visitor.choice))) return
  const text = JSON.stringify(visitor)
  const value = encodeURIComponent(text)
  storage.set('tl', text)
  attempt(() => {
    // The highest domain that takes it: browsers refuse public suffixes (co.uk), and none says which those are.
    // Chromium grants a cookie 400 days.
    do {
      document.cookie = `tl=${value};domain=${cookieDomain()};path=/;max-age=34560000;samesite=lax${location.protocol === 'https:' ? ';secure' : ''}`
    } while (document.cookie.indexOf(value) < 0 && depth++ < 9)
  })
}
