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
import { guard } from './guard.js'
import { options } from './options.js'
import { storeEntries, takeBatch, wipeEntries, type Entry } from './outbox.js'
import { wake } from './send.js'
import { readVisitor } from './visitor.js'

export type Consent = '' | 'anonymous' | 'awaiting' | 'cookieless' | 'granted' | 'implied'

/** What the visitor said. */
export type Choice = 'yes' | 'no'

// Crawlers that say what they are the server recognises. These do not. Asked once: a browser that was told to name itself
// otherwise may forget that while its page goes, and what waits would be wiped.
let isBot: boolean | undefined

export function consentOf(choice?: Choice): Consent {
  const { webdriver, userAgent, globalPrivacyControl, doNotTrack } = navigator
  isBot = isBot === undefined ? webdriver || userAgent.includes('Headless') : isBot
  if (choice === 'no' || (isBot && !options.bots)) return ''
  if (!choice) {
    if (options.consent) return 'awaiting'
    if ((globalPrivacyControl || (options.dnt && doNotTrack === '1')) && options.gpc !== 'full')
      return options.gpc ? '' : 'anonymous'
  }
  return options.storage || (choice ? 'granted' : 'implied')
}

export const hasIds = (choice?: Choice): boolean => consentOf(choice) > 'anonymous'

/** Whether anything is kept in the browser. */
export const isKept = (choice?: Choice): boolean => consentOf(choice) > 'cookieless'

/** What waited for the visitor's word may be kept and sent. */
export function releaseHeld(): void {
  if (isKept('yes')) storeEntries()
  wake()
}

/** What may be sent now: nothing before consent, nor while the page is only being prerendered. */
export function nextBatch(): Entry[] {
  const state = consentOf(readVisitor().choice)
  // Refused in another tab.
  if (!state) guard(wipeEntries)()
  return state === 'awaiting' || document.prerendering ? [] : takeBatch()
}
