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
 */
export type Consent = '' | 'anonymous' | 'awaiting' | 'cookieless' | 'granted' | 'implied'

/** What the visitor said. */
export type Choice = 'yes' | 'no'

/** Without signals.ts only what the visitor said counts. */
export let consentOf = (choice?: Choice): Consent => (choice ? (choice === 'no' ? '' : 'granted') : 'implied')

export const decideConsent = (decide: typeof consentOf): void => {
  consentOf = decide
}

export const hasIds = (consent: Consent): boolean => consent > 'anonymous'
export const isStored = (consent: Consent): boolean => consent > 'cookieless'
