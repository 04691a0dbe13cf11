/**
 * Whether what another system pushes is signed by whoever knows the secret, as each vendor documents it:
 *
 *     generic    HEADER: [sha256=]HMAC(body), hex or base64
 *     standard   webhook-signature: v1,HMAC(webhook-id.webhook-timestamp.body), base64, several with blanks; 5 minutes.
 *                Standard Webhooks, which Svix, Clerk, Resend, Supabase and Touchline itself send
 *     github     X-Hub-Signature-256: sha256=HMAC(body), hex
 *     cal        X-Cal-Signature-256: HMAC(body), hex
 *     stripe     Stripe-Signature: t=SECONDS,v1=HMAC(t.body), hex; several v1 while a secret is rolled; 5 minutes
 *     calendly   Calendly-Webhook-Signature: t=SECONDS,v1=HMAC(t.body), hex; 3 minutes
 *     hubspot    X-HubSpot-Signature-V3: HMAC(method, URL, body, X-HubSpot-Request-Timestamp), base64; 5 minutes
 *
 * All HMAC-SHA256, compared in constant time.
 */
import type { SourceVendor } from '@touchline/schemas/api'
import { createHmac, timingSafeEqual } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { minuteMs } from '../../units.js'

export interface Pushed {
  method: string
  /** As its sender may have written it: host and path, by http or https, behind a proxy or not. */
  urls: readonly string[]
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: Buffer
}

interface Checking {
  /** The one in force, and the one before it. */
  secrets: readonly string[]
  /** generic: the name of the header. */
  header?: string | undefined
  nowMs: number
}

export function isSigned(vendor: SourceVendor, pushed: Pushed, checking: Checking): boolean {
  return checking.secrets.some((secret) => checks[vendor](pushed, secret, checking))
}

/** Whether a secret may be one of that vendor's: nobody signs with nothing, and Standard Webhooks writes keys in base64. */
export function isSecret(vendor: SourceVendor, secret: string): boolean {
  if (vendor !== 'standard') return secret !== ''
  const key = secret.replace(/^whsec_/, '')
  return key !== '' && Buffer.from(key, 'base64').toString('base64') === key
}

type Check = (pushed: Pushed, secret: string, checking: Checking) => boolean

const headerOf = ({ headers }: Pushed, name: string): string => {
  const value = headers[name.toLowerCase()]
  return typeof value === 'string' ? value.trim() : ''
}

const hmac = (secret: string, ...parts: (string | Buffer)[]): Buffer => {
  const made = createHmac('sha256', secret)
  for (const part of parts) made.update(part)
  return made.digest()
}

/** `written` in hex or base64. */
function isSame(written: string, expected: Buffer): boolean {
  const bytes = Buffer.from(written, /^[0-9a-f]{64}$/i.test(written) ? 'hex' : 'base64')
  return bytes.length === expected.length && timingSafeEqual(bytes, expected)
}

const ofBody =
  (name: string): Check =>
  (pushed, secret) =>
    isSame(headerOf(pushed, name).replace(/^sha256=/i, ''), hmac(secret, pushed.body))

/** `t=…,v1=…`, the signature over both. */
const timed =
  (name: string, withinMs: number): Check =>
  (pushed, secret, { nowMs }) => {
    const parts = headerOf(pushed, name)
      .split(',')
      .map((part) => part.trim().split('='))
    const at = parts.find(([key]) => key === 't')?.[1] ?? ''
    if (!isRecent(Number(at) * 1_000, withinMs, nowMs)) return false
    const expected = hmac(secret, `${at}.`, pushed.body)
    return parts.filter(([key]) => key === 'v1').some(([, value = '']) => isSame(value, expected))
  }

/** Clocks differ a little; a time that is no number is never recent. */
const isRecent = (atMs: number, withinMs: number, nowMs: number) =>
  atMs > 0 && Math.abs(nowMs - atMs) <= withinMs

// HubSpot signs the URL with these decoded.
const decodedByHubSpot: Readonly<Record<string, string>> = {
  ...{ '%3A': ':', '%2F': '/', '%3F': '?', '%40': '@', '%21': '!', '%24': '$' },
  ...{ '%27': "'", '%28': '(', '%29': ')', '%2A': '*', '%2C': ',', '%3B': ';' },
}
const asHubSpot = (url: string) =>
  url.replace(
    /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi,
    (found) => decodedByHubSpot[found.toUpperCase()] ?? found,
  )

const hubspot: Check = (pushed, secret, { nowMs }) => {
  const at = headerOf(pushed, 'x-hubspot-request-timestamp')
  if (!isRecent(Number(at), 5 * minuteMs, nowMs)) return false
  const written = headerOf(pushed, 'x-hubspot-signature-v3')
  return pushed.urls.some((url) =>
    isSame(written, hmac(secret, pushed.method, asHubSpot(url), pushed.body, at)),
  )
}

const standard: Check = (pushed, secret, { nowMs }) => {
  const at = Number(headerOf(pushed, 'webhook-timestamp')) * 1_000
  if (!isRecent(at, 5 * minuteMs, nowMs)) return false
  const id = headerOf(pushed, 'webhook-id')
  const made = new Webhook(secret).sign(id, new Date(at), pushed.body.toString('utf8'))
  const expected = Buffer.from(made.replace(/^v1,/, ''), 'base64')
  const written = headerOf(pushed, 'webhook-signature').split(/[ ,]+/)
  return written.some((one) => one !== 'v1' && isSame(one, expected))
}

const checks: Readonly<Record<SourceVendor, Check>> = {
  standard,
  generic: (pushed, secret, checking) => ofBody(checking.header ?? '')(pushed, secret, checking),
  github: ofBody('x-hub-signature-256'),
  cal: ofBody('x-cal-signature-256'),
  stripe: timed('stripe-signature', 5 * minuteMs),
  calendly: timed('calendly-webhook-signature', 3 * minuteMs),
  hubspot,
}
