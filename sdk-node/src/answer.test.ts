import { describe, expect, it } from 'vitest'
import { verdictOn } from './answer.js'

const verdict = (status: number, body: unknown = '', retryAfter?: string) =>
  verdictOn({ status, retryAfter, body: typeof body === 'string' ? body : JSON.stringify(body) }, 0)

describe('an answer', () => {
  it.each([200, 202, 204])('%d ends the batch, also with no body', (status) => {
    expect(verdict(status)).toEqual({ kind: 'stored', rejected: [] })
  })

  it('200 names the events that the server rejected', () => {
    const rejected = [
      { index: 3, messageId: 'm', code: 'EVENT_NO_ID', message: 'no id' },
      { index: 4 },
      { code: 'EVENT_NO_ID' },
      null,
    ]
    expect(verdict(200, { success: true, accepted: 2, rejected })).toEqual({
      kind: 'stored',
      rejected: [
        { index: 3, code: 'EVENT_NO_ID', message: 'no id' },
        { index: 4, code: 'EVENT_INVALID', message: '' },
      ],
    })
  })

  it('413 asks for a smaller batch', () => {
    expect(verdict(413)).toEqual({ kind: 'too-large' })
  })

  it.each([400, 401, 403, 404, 405, 415])('%d ends the batch where the server itself says so', (status) => {
    const error = { success: false, code: 'KEY_UNKNOWN', message: 'no such key' }
    expect(verdict(status, error)).toEqual({ kind: 'refused', code: 'KEY_UNKNOWN', message: 'no such key' })
  })

  it.each([301, 302, 400, 401, 403, 404, 502])('%d of something in between is tried again', (status) => {
    expect(verdict(status, '<html>nothing here</html>')).toMatchObject({ kind: 'retry', afterMs: 0 })
  })

  it.each([408, 425, 429, 500, 503])('%d is tried again, after what Retry-After says', (status) => {
    const error = { success: false, code: 'RATE_LIMITED', message: 'slow down' }
    expect(verdict(status, error, '3')).toMatchObject({ kind: 'retry', afterMs: 3_000 })
  })
})
