/** In t.core.js only what the visitor said counts: a refusal ends everything, and without one everything is kept. */
import type { Choice, Consent } from './consent.js'

export const askBrowser = (): void => {}
export const consentOf = (choice?: Choice): Consent => (choice === 'no' ? '' : choice || 'implied')

export const hasIds = (): boolean => true
export const isKept = (): boolean => true
export const releaseHeld = (): void => {}
export { takeBatch as nextBatch } from './outbox.js'
