import { describe, expect, it } from 'vitest'
import { verdictOn } from './answer.js'

const verdict = (status: number, body: unknown = '', retryAfter?: string) =>
  verdictOn({ status, retryAfter, body: typeof body === 'string' ? body : JSON.stringify(body) }, 0)
const taken = { success: true, accepted: 2, rejected: [] }
const error = { success: false, code: 'KEY_UNKNOWN', message: 'no such key', requestId: 'r1' }

const spa = '<!doctype html><html><head><title>Shop</title></head><body><div id="app"></div></body></html>'
/** What others answer to our path: no status makes them ours. */
const foreign = [
  ['nothing', ''],
  ['blanks', ' \n'],
  ['a start page that a single-page site answers to every address', spa],
  ['a page that begins with a comment', `<!-- built 2026 -->\n${spa}`],
  ['a proxy that is content', 'OK'],
  ['a health check', '{"status":"ok"}'],
  ['another service that takes Segment events', '{"success":true}'],
  ['a service that counts', '{"success":true,"accepted":"2","rejected":[]}'],
  ['a service that lists nothing', '{"success":true,"accepted":2}'],
  ['a list', '[]'],
  ['a number', '200'],
  ['null', 'null'],
  ['JSON that was cut short', '{"success":true,"accepted":2,"rej'],
  ['an answer of ours inside a script', `<script>${JSON.stringify(taken)}</script>`],
  ['an API gateway', '{"message":"Missing Authentication Token"}'],
  ['a CDN', '{"success":false,"errors":[{"code":1000,"message":"no"}]}'],
  ['a framework', '{"success":false,"code":"P2025","message":"Not found"}'],
  ['another error table', '{"statusCode":404,"code":"NOT_FOUND","message":"Route not found"}'],
  ...[
    'UNAUTHORIZED',
    'FORBIDDEN',
    'BAD_REQUEST',
    'PAYLOAD_TOO_LARGE',
    'UNAUTHENTICATED',
    'ACCESS_DENIED',
  ].map((code) => [
    `an API whose errors have the shape of ours, ${code}`,
    JSON.stringify({ success: false, code, message: 'no', requestId: '8f4e-1' }),
  ]),
] as [string, string][]

describe('an answer', () => {
  it('ends the batch where the server says that it took it', () => {
    expect(verdict(200, taken)).toEqual({ kind: 'stored', rejected: [], warnings: [] })
    expect(verdict(202, { ...taken, warnings: [{ index: 0, messageId: 'm', message: 'a robot' }] })).toEqual({
      kind: 'stored',
      rejected: [],
      warnings: [{ messageId: 'm', message: 'a robot' }],
    })
  })

  it.each(foreign)('of %s is no answer of the server, whatever its status', (_what, body) => {
    for (const status of [200, 201, 202, 204, 206, 301, 400, 401, 403, 404, 405, 410, 415, 422, 451]) {
      expect(verdict(status, body)).toMatchObject({ kind: 'retry', isMisdirected: true })
    }
    for (const status of [408, 425, 429, 500, 502, 503, 504, 520]) {
      expect(verdict(status, body)).toMatchObject({ kind: 'retry', isMisdirected: false })
    }
  })

  it('that says what it got names it, for whoever reads the warning', () => {
    expect(verdict(200, spa)).toMatchObject({ because: 'the server answered 200 and a web page' })
    expect(verdict(404, '{"message":"no"}')).toMatchObject({
      because: "the server answered 404 and JSON that is not Touchline's",
    })
  })

  it('does not end the batch with the JSON of the other kind of status', () => {
    expect(verdict(404, taken)).toMatchObject({ kind: 'retry' })
    expect(verdict(200, error)).toMatchObject({ kind: 'retry' })
    expect(verdict(500, taken)).toMatchObject({ kind: 'retry' })
  })

  it('200 names the events that the server rejected', () => {
    const rejected = [
      { index: 3, messageId: 'm', code: 'EVENT_NO_ID', message: 'no id' },
      { index: 4 },
      { code: 'EVENT_NO_ID' },
      null,
    ]
    expect(verdict(200, { success: true, accepted: 2, rejected })).toMatchObject({
      kind: 'stored',
      rejected: [
        { index: 3, code: 'EVENT_NO_ID', message: 'no id' },
        { index: 4, code: 'EVENT_INVALID', message: '' },
      ],
    })
  })

  it('413 asks for a smaller batch, and is final for one event only as the word of the server', () => {
    expect(verdict(413, { ...error, code: 'BODY_TOO_LARGE' })).toEqual({ kind: 'too-large', isFinal: true })
    expect(verdict(413, '<html>413 Request Entity Too Large</html>')).toEqual({
      kind: 'too-large',
      isFinal: false,
    })
    expect(verdict(413, { ...error, code: 'REQUEST_ENTITY_TOO_LARGE' })).toMatchObject({ isFinal: false })
  })

  it.each([400, 401, 403, 415])('%d ends the batch where the server itself says so', (status) => {
    expect(verdict(status, error)).toEqual({ kind: 'refused', code: 'KEY_UNKNOWN', message: 'no such key' })
  })

  it.each([
    [404, 'NOT_FOUND'],
    [405, 'METHOD_NOT_ALLOWED'],
    [401, 'KEY_MISSING'],
  ])('%d %s is about the way to the server and not about the events, and ends none', (status, code) => {
    expect(verdict(status, { ...error, code })).toMatchObject({ kind: 'retry', isMisdirected: true })
  })

  it.each([408, 425, 429, 500, 503])('%d is tried again, after what Retry-After says', (status) => {
    const busy = { ...error, code: 'RATE_LIMITED', message: 'slow down' }
    expect(verdict(status, busy, '3')).toMatchObject({ kind: 'retry', afterMs: 3_000, isMisdirected: false })
  })
})
