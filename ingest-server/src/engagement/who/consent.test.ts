import { expect, test } from 'vitest'
import { isRefused, refusingTrait } from './consent.js'

test.each([
  'denied',
  'Opt-Out',
  false,
  '{"marketing":false}',
  { marketing: 'denied', analytics: true },
  { categoryPreferences: { Advertising: false, Functional: true } },
  '{"unsubscribed":true}',
])('%j says no', (consent) => expect(isRefused(consent)).toBe(true))

test.each(['granted', true, '{"marketing":true}', { analytics: false }, '{broken', '', null])(
  '%j does not',
  (consent) => expect(isRefused(consent)).toBe(false),
)

test.each([
  [{ unsubscribed: true }, 'unsubscribed'],
  [{ Unsubscribed: 'yes' }, 'Unsubscribed'],
  [{ email_opt_out: 'true' }, 'email_opt_out'],
  [{ emailConsent: 'denied' }, 'emailConsent'],
  [{ unsubscribed: false, subscribed: true }, undefined],
  [{ plan: 'unsubscribed' }, undefined],
])('of %j it is %s', (traits, name) => expect(refusingTrait(new Map(Object.entries(traits)))).toBe(name))
