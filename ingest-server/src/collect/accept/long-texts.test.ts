/**
 * Texts as long as an event may be, of signs that a careless expression goes back and forth in: each is read in some
 * milliseconds. Where one costs what grows with the square of its length, this file takes its time and more.
 */
import { expect, test } from 'vitest'
import { acceptEvents, splitBody } from './accept.js'
import { parseBody } from '../request/body.js'
import type { RequestContext } from '../base/request-context.js'

const requestContext: RequestContext = {
  project: { id: 'default', identify: 'open' },
  verified: false,
  receivedAtMs: Date.parse('2026-03-01T12:00:00.000Z'),
  receivedAt: '2026-03-01T12:00:00.000Z',
  ip: '198.51.100.0',
  userAgent: '',
  acceptLanguage: '',
  byBrowser: false,
}

const bytes = 28_000
const units =
  '  |.|,|/|;|:|"|>|-|_|=|&|?|#|%|%26|%3d|%2525|a|1|é|\u200b|{|[|(|@|+|\\|~|$|utm_|utm_source=|%26utm_|a.|a/|a-|a_|a |1-|ads |direct |mail|newsletter|&amp;|login/|x=y&|x=y;|://|{{|../|bot |; |) ('.split(
    '|',
  )
const edges: readonly (readonly [string, string])[] = [
  ['', ''],
  ['a', 'x'],
  ['/', '=x@'],
]
const long = (unit: string, [before, behind]: readonly [string, string]) =>
  before + unit.repeat(Math.floor(bytes / Buffer.byteLength(JSON.stringify(unit).slice(1, -1)))) + behind

const page = (context: object) => ({ type: 'page', context })
const at = (address: object) => page({ page: { url: 'https://a.example/', ...address } })
const fields: readonly (readonly [string, (text: string) => object])[] = [
  ['source', (source) => page({ campaign: { source } })],
  ['medium', (medium) => page({ campaign: { source: 'google', medium } })],
  ['campaign', (name) => page({ campaign: { source: 'google', name } })],
  ['path', (text) => at({ url: `https://a.example/${text}` })],
  ['host', (text) => at({ url: `https://${text}` })],
  ['utm_source', (text) => at({ url: `https://a.example/?utm_source=${text}` })],
  ['utm_medium', (text) => at({ url: `https://a.example/?utm_source=google&utm_medium=${text}` })],
  ['search', (text) => at({ search: `?${text}` })],
  ['hash', (text) => at({ url: `https://a.example/#${text}` })],
  ['referrer', (text) => at({ referrer: `https://b.example/${text}` })],
  ['referring host', (text) => at({ referrer: `https://${text}` })],
  ['what is no address', (referrer) => at({ referrer })],
  ['agent', (text) => page({ userAgent: `Mozilla/5.0 (X11; ${text}` })],
  ['address', (email) => ({ type: 'identify', traits: { email } })],
  ['domain', (text) => ({ type: 'identify', traits: { email: `x@${text}.example` } })],
  ['account', (text) => ({ type: 'group', groupId: 'g', traits: { domain: text, website: text } })],
  ['ids', (text) => ({ type: 'alias', previousId: text, anonymousId: text })],
  ['time', (text) => ({ type: 'track', event: 'T', timestamp: `2026-03-01${text}` })],
  ['ip and session', (text) => ({ type: 'track', event: 'T', context: { ip: text, sessionId: text } })],
  ['value', (text) => ({ type: 'track', event: 'T', properties: { revenue: text } })],
  ['name of a property', (text) => ({ type: 'track', event: 'T', properties: { [text]: 1 } })],
]

test.each(fields)('of %s no text holds up the others', (_field, eventOf) => {
  for (const unit of units)
    for (const edge of edges) {
      const event = { userId: 'u-1', ...eventOf(long(unit, edge)) }
      const body = Buffer.from(JSON.stringify({ batch: [event] }))
      const outcome = acceptEvents(splitBody(parseBody(body), undefined, undefined), requestContext)
      expect(outcome.accepted + outcome.rejected.length).toBe(1)
      outcome.release()
    }
})
