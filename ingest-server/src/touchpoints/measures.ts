/** What a touchpoint was worth and who spoke to whom. */
import type { TouchpointKind } from '@touchline/schemas'
import { numberFrom } from './numbers.js'

export interface Money {
  /** Null where the event names no amount. */
  value: number | null
  /** Three capitals, or empty. */
  currency: string
}

// In Segment's order: what was earned before what it was worth, before what was on the bill.
const amounts = ['revenue', 'value', 'total', 'amount'] as const
const currencyCode = /^[A-Z]{3}$/

export function moneyOf(properties: Readonly<Record<string, unknown>>): Money {
  for (const name of amounts) {
    const value = numberFrom(properties[name])
    if (value === null) continue
    const currency = typeof properties.currency === 'string' ? properties.currency.trim().toUpperCase() : ''
    return { value, currency: currencyCode.test(currency) ? currency : '' }
  }
  return { value: null, currency: '' }
}

export type Direction = 'inbound' | 'outbound'

const outreach: ReadonlySet<TouchpointKind> = new Set(['email', 'ad', 'crm'])

/** What the importer says; else our own outreach (an email, an ad, a call from the CRM) is outbound, all else comes from them. */
export function directionOf(kind: TouchpointKind, said: string): Direction {
  if (said === 'inbound' || said === 'outbound') return said
  return outreach.has(kind) ? 'outbound' : 'inbound'
}
