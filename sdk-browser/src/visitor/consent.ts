/**
 * What may be done for this visitor, decided anew for every event. Events carry the state in `context.consent`. In
 * alphabetical order each allows what those before it allow, but for `awaiting`, which sends nothing.
 *
 *     ''          nothing at all
 *     anonymous   events without any id; no identify; nothing kept in the browser
 *     awaiting    ids in memory, for as long as the page lives; nothing is sent before `optIn()`
 *     cookieless  ids in memory
 *     granted     ids kept in the browser, for the visitor agreed
 *     implied     the same, for the visitor was not asked
 *
 * By the visitor's word, the options, and what the browser says: Global Privacy Control, Do Not Track, automation. In
 * t.core.js consent.core.ts stands in its place.
 */
import { chosen } from '../options/chosen.js'
import { warn } from '../base/warn.js'
import type { Visitor } from './who.js'

export type Consent = '' | 'anonymous' | 'awaiting' | 'cookieless' | 'granted' | 'implied'

let isBot: unknown
let inMemory: 'cookieless' | undefined
/** For a visitor who said nothing. */
let unasked: Consent

/**
 * Asked once: a browser that was told to name itself otherwise may forget that while its page goes, and what waits would
 * be wiped.
 */
export const askBrowser = (): void => {
  // Crawlers that say what they are the server recognises. These do not.
  isBot =
    chosen('bots', 'allow', 'no') !== 'allow' && (navigator.webdriver || /Headless/.test(navigator.userAgent))
  if (isBot) warn('automated: needs data-bots="allow"')
  inMemory = chosen('storage', 'cookieless') as typeof inMemory
  const gpc = chosen('gpc', 'anonymous', 'full', 'off')
  const isPrivate = navigator.globalPrivacyControl || (chosen('dnt', 'honor') && navigator.doNotTrack === '1')
  unasked = chosen('consent', 'required')
    ? 'awaiting'
    : isPrivate && gpc !== 'full'
      ? gpc === 'off'
        ? ''
        : 'anonymous'
      : inMemory || 'implied'
}

export const consentOf = (visitor: Visitor): Consent =>
  visitor.choice === 'no' || isBot ? '' : visitor.choice ? inMemory || visitor.choice : unasked

export const hasIds = (visitor: Visitor): boolean => consentOf(visitor) > 'anonymous'

/** Whether anything is kept in the browser. */
export const isKept = (visitor: Visitor): boolean => consentOf(visitor) > 'cookieless'
