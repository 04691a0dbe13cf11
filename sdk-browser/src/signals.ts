/** Consent by the options and by what the browser says: Global Privacy Control, Do Not Track, automation. */
import { decideConsent } from './consent.js'
import { listen } from './guard.js'
import { options } from './options.js'
import { wipeEntries } from './outbox.js'
import { holdUnless, wake } from './send.js'
import type { Feature } from './start.js'
import { consent } from './visitor.js'

export const signals: Feature = () => {
  // Crawlers that say what they are the server recognises. These do not.
  const isBot = navigator.webdriver || navigator.userAgent.includes('Headless')
  const hasSignal = navigator.globalPrivacyControl || (options.dnt && navigator.doNotTrack === '1')
  decideConsent((choice) => {
    if (choice === 'no' || (isBot && !options.bots)) return ''
    if (!choice) {
      if (options.consent) return 'awaiting'
      if (hasSignal && options.gpc !== 'full') return options.gpc ? '' : 'anonymous'
    }
    return options.storage || (choice ? 'granted' : 'implied')
  })
  holdUnless(() => {
    const state = consent()
    // Refused in another tab.
    if (!state) wipeEntries()
    return state !== 'awaiting' && !document.prerendering
  })
  listen(document, 'prerenderingchange', () => wake())
}
