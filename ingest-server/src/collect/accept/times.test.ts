import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { timeFrom } from './read-time.js'
import { isoText, latencyMs, timesOf } from './times.js'

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
    [1772362800.25, '2026-03-01T11:00:00.250Z', 'seconds with a fraction, Python time.time()'],
    [1772362800123456, '2026-03-01T11:00:00.123Z', 'microseconds'],
    [1.772362800123456e18, '2026-03-01T11:00:00.123Z', 'nanoseconds'],
    ['1772362800123456', '2026-03-01T11:00:00.123Z', 'microseconds as text'],
    ['1712010112000000', '2024-04-01T22:21:52.000Z', 'microseconds that look like a year of 1712'],
    ['1772362800123456789', '2026-03-01T11:00:00.123Z', 'nanoseconds as text'],
    ['1.7723628E9', '2026-03-01T11:00:00.000Z', 'a double as text'],
    ['2026-03-01T12:00:00+01:00[Europe/Berlin]', '2026-03-01T11:00:00.000Z', 'Java ZonedDateTime'],
    ['2026-03-01T11:00:00.123456Z[UTC]', '2026-03-01T11:00:00.123Z', 'Java, in UTC'],
    ['2026-03-01T11:00Z[Etc/UTC]', '2026-03-01T11:00:00.000Z', 'Java, without seconds'],
    ['2026-03-01T11:00:00[UTC]', '2026-03-01T11:00:00.000Z', 'Java, the region alone'],
    ['Sun Mar 01 11:00:00 UTC 2026', '2026-03-01T11:00:00.000Z', 'Java Date.toString'],
    ['2026-03-01 11:00:00.123456789 +0000 UTC m=+0.000012345', '2026-03-01T11:00:00.123Z', 'Go Time.String'],
    ['2026-03-01 12:00:00.5 +0100 CET m=-12.5', '2026-03-01T11:00:00.500Z', 'Go, elsewhere'],
    ['2026-03-01 15:00:00 +0400 +04', '2026-03-01T11:00:00.000Z', 'Go, a zone without a name'],
    ['20260301T110000Z', '2026-03-01T11:00:00.000Z', 'ISO basic'],
    ['20260301T120000.250+0100', '2026-03-01T11:00:00.250Z', 'ISO basic with fraction and zone'],
    ['20260301t1100z', '2026-03-01T11:00:00.000Z', 'ISO basic without seconds, in lower case'],
    ['20260301', '2026-03-01T00:00:00.000Z', 'ISO basic, a day'],
    ['20260301110000', '2026-03-01T11:00:00.000Z', 'glued together'],
    ['20260301110000123', '2026-03-01T11:00:00.123Z', 'glued together, with milliseconds'],
    ['2026-03-01t11:00:00.5z', '2026-03-01T11:00:00.500Z', 'lower-case t and z'],
    ['2026/03/01 11:00:00', '2026-03-01T11:00:00.000Z', 'slashes, the year first'],
    ['2026-03-01 11:00:00 GMT', '2026-03-01T11:00:00.000Z', 'GMT'],
    ['2026-03-01T07:00:00\u221204:00', '2026-03-01T11:00:00.000Z', 'a true minus'],
    ['٢٠٢٦-٠٣-٠١T١١:٠٠:٠٠Z', '2026-03-01T11:00:00.000Z', 'the digits of the phone’s language'],
    ['Sun Mar  1 11:00:00 2026', '2026-03-01T11:00:00.000Z', 'C ctime'],
    ['/Date(1772362800000+0100)/', '2026-03-01T11:00:00.000Z', '.NET'],
    ['Sun, 01 Mar 2026 06:00:00 EST', '2026-03-01T11:00:00.000Z', 'mail'],
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
    '01-03-2026',
    '01-03-2026 11:00:00',
    '2026-03-01T12:00:00[Europe/Berlin]',
    '20261301',
    '11:00',
    '123456',
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

  test('what was not taken as it was written is said, and what was is not', () => {
    const problemOf = (clientTime: unknown, sentAt?: unknown) => timesOf(clientTime, sentAt, receipt).problem
    expect(problemOf('31.12.2026 11 Uhr')).toContain('timestamp cannot be read')
    expect(problemOf('2031-01-01T00:00:00Z')).toContain('timestamp lies before 1990 or in the future')
    expect(problemOf(undefined, 'soon')).toContain('sentAt cannot be read')
    expect(problemOf(iso(receivedAtMs), 'soon')).toContain('sentAt cannot be read')
    expect([
      problemOf(undefined),
      problemOf(null, null),
      problemOf(iso(receivedAtMs), iso(receivedAtMs)),
    ]).toEqual([undefined, undefined, undefined])
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
