/**
 * In t.core.js there is all or nothing: a refusal ends everything, and without a word nothing is recorded under Global
 * Privacy Control or where consent is required, and everything elsewhere.
 */
import { options } from '../options/options.js'
import type { Consent } from './consent.js'
import type { Visitor } from './who.js'

export const askBrowser = (): void => {}
export const consentOf = (visitor: Visitor): Consent =>
  (visitor.choice !== 'no' &&
    (visitor.choice || (!navigator.globalPrivacyControl && options.consent == null && 'implied'))) as Consent

export const hasIds = (): boolean => true
export const isKept = (): boolean => true
