import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isoText, latencyMs, timeFrom, timesOf } from './times.js'

const receivedAtMs = Date.parse('2026-03-01T12:00:00.000Z')
const receipt = { receivedAtMs, receivedAt: isoText(receivedAtMs) }
const iso = (ms: number) => new Date(ms).toISOString()

describe('a time as clients write it', () => {
  test.each<[string | number, string, string]>([
    ['2026-03-01T11:00:00.000Z', '2026-03-01T11:00:00.000Z', 'JavaScript'],
    ['2026-03-01T11:00:00.123456+00:00', '2026-03-01T11:00:00.123Z', 'Python'],
    ['2026-03-01T11:00:00.123456789Z', '2026-03-01T11:00:00.123Z', 'Go'],
    ['2026-03-01T12:00:00+01:00', '2026-03-01T11:00:00.000Z', 'a zone'],
    ['2026-03-01T12:00:00+0100', '2026-03-01T11:00:00.000Z', 'a zone without colon'],
    ['2026-03-01T06:30:00.5-04:30', '2026-03-01T11:00:00.500Z', 'a zone west'],
    ['2026-03-01 11:00:00', '2026-03-01T11:00:00.000Z', 'SQL: no zone is UTC'],
    ['2026-03-01 11:00:00 UTC', '2026-03-01T11:00:00.000Z', 'Ruby'],
    ['2026-03-01T11:00', '2026-03-01T11:00:00.000Z', 'no seconds'],
    ['2026-03-01', '2026-03-01T00:00:00.000Z', 'a day'],
    ['Sun, 01 Mar 2026 11:00:00 GMT', '2026-03-01T11:00:00.000Z', 'HTTP'],
    ['Sun Mar 01 2026 12:00:00 GMT+0100 (CET)', '2026-03-01T11:00:00.000Z', 'Date.toString'],
    [1772362800, '2026-03-01T11:00:00.000Z', 'seconds'],
    [1772362800000, '2026-03-01T11:00:00.000Z', 'milliseconds'],
    ['1772362800000', '2026-03-01T11:00:00.000Z', 'milliseconds as text'],
  ])('%s is %s (%s)', (written, meant) => {
    expect(timeFrom(written)).toBe(Date.parse(meant))
  })

  test.each([
    '',
    'yesterday',
    '2026-13-01',
    '2026-03-01T25:00:00Z',
    '01/03/2026',
    'Mar 1 2026',
    {},
    null,
    NaN,
    Infinity,
  ])('%s means none', (written) => {
    expect(timeFrom(written)).toBeUndefined()
  })

  test('a number beyond what a date can hold is no error', () => {
    expect(timesOf(8.64e15 + 1, 1e300, receipt)).toMatchObject({ occurredAt: receipt.receivedAt })
  })
})

describe('the times of an event', () => {
  test('without sentAt the client’s time is believed', () => {
    const times = timesOf('2026-02-01T00:00:00.000Z', undefined, receipt)
    expect(times).toMatchObject({
      clientTime: '2026-02-01T00:00:00.000Z',
      occurredAt: '2026-02-01T00:00:00.000Z',
    })
    expect(times).toMatchObject({ sentAt: null, timeCorrected: false })
  })

  test('a clock an hour ahead is set right by sentAt, and what the client wrote is kept', () => {
    const times = timesOf(iso(receivedAtMs + 3_590_000), iso(receivedAtMs + 3_600_000), receipt)
    expect(times.occurredAt).toBe(iso(receivedAtMs - 10_000))
    expect(times.clientTime).toBe(iso(receivedAtMs + 3_590_000))
  })

  test('a skew under five seconds is latency and left alone', () => {
    const at = receivedAtMs - 60_000
    expect(timesOf(iso(at), iso(receivedAtMs - latencyMs + 1), receipt).occurredAt).toBe(iso(at))
    expect(timesOf(iso(at), iso(receivedAtMs - latencyMs), receipt).occurredAt).toBe(iso(at + latencyMs))
  })

  test('a missing time is the time of receipt; an unreadable one too, and flagged', () => {
    expect(timesOf(undefined, undefined, receipt)).toMatchObject({
      clientTime: receipt.receivedAt,
      timeCorrected: false,
    })
    expect(timesOf(null, null, receipt)).toMatchObject({
      occurredAt: receipt.receivedAt,
      timeCorrected: false,
    })
    expect(timesOf('yesterday', undefined, receipt)).toMatchObject({
      occurredAt: receipt.receivedAt,
      timeCorrected: true,
    })
  })

  test.each(['1989-12-31T23:59:59.999Z', '2026-03-02T12:00:00.001Z', '1970-01-01T00:00:00.000Z'])(
    'an event at %s happened at its receipt, flagged, and keeps its client time',
    (written) => {
      expect(timesOf(written, undefined, receipt)).toMatchObject({
        clientTime: written,
        occurredAt: receipt.receivedAt,
        timeCorrected: true,
      })
    },
  )

  test('a client time beyond the column is clamped to it', () => {
    expect(timesOf('1066-10-14T09:00:00Z', undefined, receipt).clientTime).toBe('1900-01-01T00:00:00.000Z')
    expect(timesOf('9999-12-31T23:59:59Z', undefined, receipt).clientTime).toBe('2299-12-31T23:59:59.999Z')
    expect(timesOf('2299-12-31T23:59:59.999Z', undefined, receipt).clientTime).toBe(
      '2299-12-31T23:59:59.999Z',
    )
  })

  test('whatever is written, the row gets times that its columns hold', () => {
    const written = fc.oneof(
      fc.string(),
      fc.double(),
      fc.date({ noInvalidDate: true }).map(String),
      fc.anything(),
    )
    const columnTime = /^(19|2[0-2])\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
    fc.assert(
      fc.property(written, written, (clientTime, sentAt) => {
        const times = timesOf(clientTime, sentAt, receipt)
        expect(times.clientTime).toMatch(columnTime)
        expect(times.occurredAt).toMatch(columnTime)
        expect(Date.parse(times.occurredAt)).toBe(times.occurredAtMs)
        if (times.sentAt !== null) expect(times.sentAt).toMatch(columnTime)
      }),
    )
  })

  test('the same event sent again has the same client time', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), fc.nat(10_000_000), (date, later) => {
        const again = { receivedAtMs: receivedAtMs + later, receivedAt: iso(receivedAtMs + later) }
        const written = date.toISOString()
        expect(timesOf(written, undefined, receipt).clientTime).toBe(
          timesOf(written, undefined, again).clientTime,
        )
      }),
    )
  })
})
