import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import type { SourceVendor } from '@touchline/schemas/api'
import { isSecret, isSigned } from './signatures.js'

// Standard Webhooks reads it as base64, the others as it stands.
const secret = `whsec_${Buffer.from('secret of a test').toString('base64')}`
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
  standard: (at) => ({
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(at / 1000),
    'webhook-signature': `v1,${'A'.repeat(43)}= ${new Webhook(secret).sign('msg_1', new Date(at), body.toString())}`,
  }),
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
    expect(check(vendor, headersOf[vendor](nowMs), { secrets: ['bmV3', secret] })).toBe(true)
  })

  it('refuses a body that was changed, another secret, and no signature at all', () => {
    expect(check(vendor, headersOf[vendor](nowMs), { sent: Buffer.from('{}') })).toBe(false)
    expect(check(vendor, headersOf[vendor](nowMs), { secrets: ['b3RoZXI='] })).toBe(false)
    expect(check(vendor, headersOf[vendor](nowMs), { secrets: [] })).toBe(false)
    expect(check(vendor, {})).toBe(false)
    for (const name of Object.keys(headersOf[vendor](nowMs)))
      expect(check(vendor, { ...headersOf[vendor](nowMs), [name]: 'nonsense' })).toBe(false)
  })
})

it.each([
  ['stripe', 5],
  ['standard', 5],
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

it('Stripe signs twice in one header while its secret is rolled, in two headers behind a proxy, and once for another time', () => {
  const at = nowMs / 1000
  const [good, other] = [hex(`${at}.`, body), 'f'.repeat(64)]
  for (const written of [
    `t=${at},v1=${other},v1=${good}`,
    `t=${at}, v1=${good}, v1=${other}`,
    `v1=${good},t=${at}`,
    `t=${at},v1=${good}, t=${at},v1=${other}`,
  ])
    expect(check('stripe', { 'stripe-signature': written }), written).toBe(true)
  for (const written of [
    `t=${at},v0=${good}`,
    `t=${at - 1},v1=${good}`,
    `v1=${good}`,
    `t=,v1=${good}`,
    `t=${at}`,
    `t=NaN,v1=${good}`,
    `t=${at},v1=${good.slice(0, -2)}`,
    good,
  ])
    expect(check('stripe', { 'stripe-signature': written }), written).toBe(false)
})

it.each(Object.keys(headersOf) as SourceVendor[])(
  '%s: a body that says the same in other bytes is another body',
  (vendor) => {
    for (const sent of [
      JSON.stringify(JSON.parse(body.toString()), null, 1),
      '{"id":"evt_1","text":"\\u00e4"}',
      `${body.toString()}\n`,
      `\ufeff${body.toString()}`,
    ])
      expect(check(vendor, headersOf[vendor](nowMs), { sent: Buffer.from(sent) })).toBe(false)
    expect(check(vendor, headersOf[vendor](nowMs), { sent: Buffer.from(body.toString(), 'latin1') })).toBe(
      false,
    )
  },
)

it('a signature of one vendor opens no other', () => {
  for (const vendor of Object.keys(headersOf) as SourceVendor[])
    for (const other of Object.keys(headersOf) as SourceVendor[])
      if (other !== vendor)
        expect(check(vendor, headersOf[other](nowMs)), `${other} as ${vendor}`).toBe(false)
})

it('what is no key of Standard Webhooks is no secret, an empty one of nobody', () => {
  for (const good of [secret, 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'bmV3'])
    expect(isSecret('standard', good), good).toBe(true)
  for (const bad of ['', 'whsec_', 'plain text', 'whsec_abc', 'YWJj\n'])
    expect(isSecret('standard', bad), bad).toBe(false)
  expect(isSecret('stripe', 'plain text')).toBe(true)
  expect(isSecret('github', '')).toBe(false)
})
