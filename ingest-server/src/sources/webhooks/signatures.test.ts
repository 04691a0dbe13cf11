import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { SourceVendor } from '@touchline/schemas/api'
import { isSigned } from './signatures.js'

const secret = 'whsec_test'
const nowMs = Date.parse('2026-03-01T10:00:00Z')
const body = Buffer.from('{"id":"evt_1","text":"ä"}')
const url = 'https://touchline.example/v1/sources/x?writeKey=wk_1'
const hex = (...parts: (string | Buffer)[]) => made('hex', parts)
const base64 = (...parts: (string | Buffer)[]) => made('base64', parts)
function made(encoding: 'hex' | 'base64', parts: (string | Buffer)[]): string {
  const hmac = createHmac('sha256', secret)
  for (const part of parts) hmac.update(part)
  return hmac.digest(encoding)
}

/** What each vendor would send at this time. */
const headersOf: Record<SourceVendor, (atMs: number) => Record<string, string>> = {
  generic: () => ({ 'x-signature': `sha256=${hex(body)}` }),
  github: () => ({ 'x-hub-signature-256': `sha256=${hex(body)}` }),
  cal: () => ({ 'x-cal-signature-256': hex(body) }),
  stripe: (at) => ({ 'stripe-signature': `t=${at / 1000},v1=${hex(`${at / 1000}.`, body)},v0=old` }),
  calendly: (at) => ({ 'calendly-webhook-signature': `t=${at / 1000},v1=${hex(`${at / 1000}.`, body)}` }),
  hubspot: (at) => ({
    'x-hubspot-request-timestamp': String(at),
    'x-hubspot-signature-v3': base64('POST', url, body, String(at)),
  }),
}

const check = (
  vendor: SourceVendor,
  headers: Record<string, string>,
  { sent = body, secrets = [secret] }: { sent?: Buffer; secrets?: string[] } = {},
) =>
  isSigned(
    vendor,
    { method: 'POST', urls: [url.replace('https', 'http'), url], headers, body: sent },
    { secrets, header: 'X-Signature', nowMs },
  )

describe.each(Object.keys(headersOf) as SourceVendor[])('%s', (vendor) => {
  it('takes what is signed with the secret, or with the one before it', () => {
    expect(check(vendor, headersOf[vendor](nowMs))).toBe(true)
    expect(check(vendor, headersOf[vendor](nowMs), { secrets: ['new', secret] })).toBe(true)
  })

  it('refuses a body that was changed, another secret, and no signature at all', () => {
    expect(check(vendor, headersOf[vendor](nowMs), { sent: Buffer.from('{}') })).toBe(false)
    expect(check(vendor, headersOf[vendor](nowMs), { secrets: ['other'] })).toBe(false)
    expect(check(vendor, headersOf[vendor](nowMs), { secrets: [] })).toBe(false)
    expect(check(vendor, {})).toBe(false)
    for (const name of Object.keys(headersOf[vendor](nowMs)))
      expect(check(vendor, { ...headersOf[vendor](nowMs), [name]: 'nonsense' })).toBe(false)
  })
})

it.each([
  ['stripe', 5],
  ['calendly', 3],
  ['hubspot', 5],
] as const)(
  '%s: what is older than %d minutes is refused, and what comes from the future',
  (vendor, minutes) => {
    const before = nowMs - minutes * 60_000
    expect(check(vendor, headersOf[vendor](before))).toBe(true)
    expect(check(vendor, headersOf[vendor](before - 1_000))).toBe(false)
    expect(check(vendor, headersOf[vendor](nowMs + minutes * 60_000 + 1_000))).toBe(false)
  },
)

it('a signature that was made for another time is refused', () => {
  const at = nowMs / 1000
  const moved = { 'stripe-signature': `t=${at},v1=${hex(`${at - 9_999}.`, body)}` }
  expect(check('stripe', moved)).toBe(false)
})

it('a generic source may sign in base64', () => {
  expect(check('generic', { 'x-signature': base64(body) })).toBe(true)
})

it('HubSpot signs the address with some characters decoded', () => {
  const at = String(nowMs)
  const written = 'https://touchline.example/v1/sources/x?writeKey=wk_1&at=10%3A00'
  const headers = {
    'x-hubspot-request-timestamp': at,
    'x-hubspot-signature-v3': base64('POST', written.replace('%3A', ':'), body, at),
  }
  const pushed = { method: 'POST', urls: [written], headers, body }
  expect(isSigned('hubspot', pushed, { secrets: [secret], nowMs })).toBe(true)
})
