import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { timeFrom } from './read-time.js'
import { isoText, latencyMs, eventTimes } from './times.js'

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
    ['2026-03-01T12:00:00 01:00', '2026-03-01T11:00:00.000Z', 'a plus that a query lost'],
    ['2026-03-01 16:30:00.5 05:30', '2026-03-01T11:00:00.500Z', 'a plus that a form lost'],
    ['2026-03-01T12%3A00%3A00%2B01%3A00', '2026-03-01T11:00:00.000Z', 'encoded as in an address'],
    ['2026-03-02T01:00:00+14:00', '2026-03-01T11:00:00.000Z', 'the farthest zone in use'],
  ])('%s is %s (%s)', (written, meant) => {
    expect(timeFrom(written)).toBe(Date.parse(meant))
  })

  test.each<[unknown, string]>([
    [{ $date: '2026-03-01T11:00:00Z' }, 'MongoDB'],
    [{ $date: { $numberLong: '1772362800000' } }, 'MongoDB, canonical'],
    [{ seconds: 1772362800, nanoseconds: 0 }, 'Firestore'],
    [{ _seconds: 1772362800, _nanoseconds: 400 }, 'Firestore, as its server SDK writes it'],
    [{ seconds: '1772362800', nanos: 0 }, 'protobuf'],
    [{ date: '2026-03-01 11:00:00.000000', timezone_type: 3, timezone: 'UTC' }, 'PHP, DateTime as JSON'],
    [{ date: '2026-03-01 06:00:00.000000', timezone_type: 3, timezone: 'America/New_York' }, 'PHP, a region'],
    [{ date: '2026-03-01 16:30:00.000000', timezone_type: 1, timezone: '+05:30' }, 'PHP, an offset'],
    [{ date: '2026-03-01 12:00:00.000000', timezone_type: 2, timezone: 'CET' }, 'PHP, letters'],
  ])('%j is a time (%s)', (written) => {
    expect(timeFrom(written)).toBe(Date.parse('2026-03-01T11:00:00Z'))
  })

  test.each<[unknown]>([
    ...['2026-03-01T11:00:00+99:00', '2026-03-01T11:00:00-16:00', '2026-03-01T11:00+01:75'].map((t) => [t]),
    ...[[{ date: '2026-03-01 11:00:00', timezone_type: 3, timezone: 'Mars/Phobos' }]],
    ...[[[2026, 3, 1]], [{}], [{ $date: { $date: 1 } }], [true]],
    ...['soon', '', ' ', [], true, null].map((seconds): [unknown] => [{ seconds, nanoseconds: 0 }]),
  ] as [unknown][])('%j is none, and yet its event is kept and its sender told', (written) => {
    expect(timeFrom(written)).toBeUndefined()
    expect(eventTimes(written, undefined, receipt)).toMatchObject({
      occurredAt: receipt.receivedAt,
      timeCorrected: true,
      problem: expect.stringContaining('timestamp cannot be read') as string,
    })
  })

  test.each([
    ['March 1, 2026 at 11:00AM', '2026-03-01T11:00:00Z'],
    ['March 01, 2026 at 11:00 PM', '2026-03-01T23:00:00Z'],
    ['Sunday, March 1st, 2026 11:00:05', '2026-03-01T11:00:05Z'],
    ['Mar 1 2026', '2026-03-01T00:00:00Z'],
    ['Sept. 3, 2026, 9:05 a.m.', '2026-09-03T09:05:00Z'],
    ['1 March 2026 11:00', '2026-03-01T11:00:00Z'],
    ['01-Mar-2026 11:00:00', '2026-03-01T11:00:00Z'],
    ['Sun, 1 Mar 2026 12:00 CET', '2026-03-01T11:00:00Z'],
    ['March 1, 2026 at 12:00:00 Europe/Berlin', '2026-03-01T11:00:00Z'],
    ['2026-W09-7T11:00:00Z', '2026-03-01T11:00:00Z'],
    ['2026W097', '2026-03-01T00:00:00Z'],
    ['2026-W10', '2026-03-02T00:00:00Z'],
    ['2026-060T12:00:00+01:00', '2026-03-01T11:00:00Z'],
    ['2024-366', '2024-12-31T00:00:00Z'],
  ])('%s names one day to everybody, though not as a calendar of ISO', (written, meant) => {
    expect(timeFrom(written)).toBe(Date.parse(meant))
  })

  test.each([
    ['2026-03-01T11:00:00.029:Z', '2026-03-01T11:00:00.029Z'],
    ['2026-03-01T11:00:00:029Z', '2026-03-01T11:00:00.029Z'],
    ['2026-03-01T11:06:21 am+0400', '2026-03-01T07:06:21.000Z'],
    ['2026-03-01T11:06:21 p.m.+0400', '2026-03-01T19:06:21.000Z'],
    ['2026-03-01 12:06 AM', '2026-03-01T00:06:00.000Z'],
    ['2026-03-01 16:06 PM', '2026-03-01T16:06:00.000Z'],
    ['༢༠༢༦-༠༣-༠༡T༨:༡༢:༡༠+0800', '2026-03-01T00:12:10.000Z'],
    ['২০২৬-০৩-০১T১১:০০:০০Z', '2026-03-01T11:00:00.000Z'],
    ['2026-3-1T9:05:00+1', '2026-03-01T08:05:00.000Z'],
    ['2026-03-01T11:00:00GMT+02:00', '2026-03-01T09:00:00.000Z'],
    ['Sun Mar 01 11:00:00 +0100 2026', '2026-03-01T10:00:00.000Z'],
    ['"2026-03-01T11:00:00.000Z"', '2026-03-01T11:00:00.000Z'],
    ['639079596000000000', '2026-03-01T11:00:00.000Z'],
    [134168364000000000, '2026-03-01T11:00:00.000Z'],
    ['2024-02-29T24:00:00.000Z', '2024-03-01T00:00:00.000Z'],
    ['2026-03-01 12:00:00 CET', '2026-03-01T11:00:00.000Z'],
    ['2026-07-01 12:00:00.5 CEST', '2026-07-01T10:00:00.500Z'],
    ['2026-03-01T06:00:00 EST', '2026-03-01T11:00:00.000Z'],
    ['2026-03-01T06:00EST', '2026-03-01T11:00:00.000Z'],
    ['Sun Mar 01 20:00:00 JST 2026', '2026-03-01T11:00:00.000Z'],
    ['Wed Jul  1 13:00:00 MESZ 2026', '2026-07-01T11:00:00.000Z'],
    ['Sunday, 01-Mar-2026 12:00:00 CET', '2026-03-01T11:00:00.000Z'],
    ['Mar 1, 2026 1:00:00 PM EET', '2026-03-01T11:00:00.000Z'],
    ['2026-03-01 22:00:00 (AEDT)', '2026-03-01T11:00:00.000Z'],
    ['2026-03-01T12:00:00[Europe/Berlin]', '2026-03-01T11:00:00.000Z'],
    ['2026-07-01T12:00 Europe/Berlin', '2026-07-01T10:00:00.000Z'],
    ['2026-03-01 06:00:00 America/New_York', '2026-03-01T11:00:00.000Z'],
    ['2026-03-01 16:30:00 Asia/Kolkata', '2026-03-01T11:00:00.000Z'],
    ['2026-10-25 02:30:00 Europe/Berlin', '2026-10-25T00:30:00.000Z'],
    ['2026-03-01T12:00:00+01:00 Europe/Berlin', '2026-03-01T11:00:00.000Z'],
    ['2026-03-01T12:00:00+01:00CET', '2026-03-01T11:00:00.000Z'],
  ])('%s is the time that its writer meant', (written, meant) => {
    expect(iso(timeFrom(written) ?? NaN)).toBe(meant)
  })

  test.each([
    '',
    'yesterday',
    '2026-13-01',
    '2026-03-01T25:00:00Z',
    '01/03/2026',
    'March 2026',
    'Feb 30, 2026',
    'Marching 1, 2026',
    'March 1, 2026 at noon',
    'Sonntag, 1. März 2026',
    '2026-W54-1',
    '2026-366',
    '2026-000',
    '01-03-2026',
    '01-03-2026 11:00:00',
    '2026-03-01T12:00:00[Europe/Nowhere]',
    '2026-03-01 12:00:00 IST',
    '1772362800 CET',
    '12:00 CET',
    '2026-02-30T00:00:00.000Z',
    '2026-04-31',
    '20260431',
    '1900-02-29T00:00:00Z',
    'Sun Mar  1 11:00:00 QQQ 2026',
    '3/1/2026, 11:00:00 AM',
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
    expect(eventTimes(8.64e15 + 1, 1e300, receipt)).toMatchObject({ occurredAt: receipt.receivedAt })
  })
})

describe('the times of an event', () => {
  test('without sentAt the client’s time is believed', () => {
    const times = eventTimes('2026-02-01T00:00:00.000Z', undefined, receipt)
    expect(times).toMatchObject({
      clientTime: '2026-02-01T00:00:00.000Z',
      occurredAt: '2026-02-01T00:00:00.000Z',
    })
    expect(times).toMatchObject({ sentAt: null, timeCorrected: false })
  })

  test('a clock an hour ahead is set right by sentAt, and what the client wrote is kept', () => {
    const times = eventTimes(iso(receivedAtMs + 3_590_000), iso(receivedAtMs + 3_600_000), receipt)
    expect(times.occurredAt).toBe(iso(receivedAtMs - 10_000))
    expect(times.clientTime).toBe(iso(receivedAtMs + 3_590_000))
  })

  test('a skew under five seconds is latency and left alone', () => {
    const at = receivedAtMs - 60_000
    expect(eventTimes(iso(at), iso(receivedAtMs - latencyMs + 1), receipt).occurredAt).toBe(iso(at))
    expect(eventTimes(iso(at), iso(receivedAtMs - latencyMs), receipt).occurredAt).toBe(iso(at + latencyMs))
  })

  test('a missing time is the time of receipt; an unreadable one too, and flagged', () => {
    expect(eventTimes(undefined, undefined, receipt)).toMatchObject({
      clientTime: receipt.receivedAt,
      timeCorrected: false,
    })
    expect(eventTimes(null, null, receipt)).toMatchObject({
      occurredAt: receipt.receivedAt,
      timeCorrected: false,
    })
    expect(eventTimes('yesterday', undefined, receipt)).toMatchObject({
      occurredAt: receipt.receivedAt,
      timeCorrected: true,
    })
  })

  test('what was not taken as it was written is said, and what was is not', () => {
    const problemOf = (clientTime: unknown, sentAt?: unknown) =>
      eventTimes(clientTime, sentAt, receipt).problem
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
      expect(eventTimes(written, undefined, receipt)).toMatchObject({
        clientTime: written,
        occurredAt: receipt.receivedAt,
        timeCorrected: true,
      })
    },
  )

  test.each(['2026-02-29', '2026-02-30', '2025-04-31', '2025-11-31'])(
    'the %s is no day: the time of receipt is taken, and that is said',
    (day) => {
      for (const written of [day, `${day}T08:00:00.000Z`, `${day} 08:00:00`])
        expect(eventTimes(written, undefined, receipt)).toMatchObject({
          clientTime: receipt.receivedAt,
          occurredAt: receipt.receivedAt,
          timeCorrected: true,
          problem: expect.stringContaining('cannot be read') as string,
        })
      const at = iso(receivedAtMs)
      expect(eventTimes(at, `${day}T08:00:00.000Z`, receipt)).toMatchObject({ sentAt: null, occurredAt: at })
    },
  )

  test('the row holds each time as ClickHouse reads it, not as it was written', () => {
    const midnight = eventTimes('2024-02-28T24:00:00.000Z', '2024-02-28T24:00:00.000Z', receipt)
    expect(midnight).toMatchObject({
      clientTime: '2024-02-29T00:00:00.000Z',
      sentAt: '2024-02-29T00:00:00.000Z',
    })
  })

  test('a client time beyond the column is clamped to it', () => {
    expect(eventTimes('1066-10-14T09:00:00Z', undefined, receipt).clientTime).toBe('1900-01-01T00:00:00.000Z')
    expect(eventTimes('9999-12-31T23:59:59Z', undefined, receipt).clientTime).toBe('2299-12-31T23:59:59.999Z')
    expect(eventTimes('2299-12-31T23:59:59.999Z', undefined, receipt).clientTime).toBe(
      '2299-12-31T23:59:59.999Z',
    )
  })

  test('whatever is written, the row gets times that its columns hold', () => {
    const digits = (least: number, most: number) =>
      fc.integer({ min: least, max: most }).map((number) => String(number).padStart(2, '0'))
    const nearlyIso = fc
      .tuple(fc.integer({ min: 1990, max: 2030 }), digits(0, 13), digits(0, 32), digits(0, 25), digits(0, 61))
      .map(([year, month, day, hour, minute]) => `${year}-${month}-${day}T${hour}:${minute}:00.000Z`)
    const written = fc.oneof(
      fc.string(),
      nearlyIso,
      fc.double(),
      fc.date({ noInvalidDate: true }).map(String),
      fc.anything(),
    )
    const columnTime = /^(19|2[0-2])\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
    fc.assert(
      fc.property(written, written, (clientTime, sentAt) => {
        const times = eventTimes(clientTime, sentAt, receipt)
        expect(times.clientTime).toMatch(columnTime)
        expect(times.occurredAt).toMatch(columnTime)
        expect(iso(times.occurredAtMs)).toBe(times.occurredAt)
        expect(iso(Date.parse(times.clientTime))).toBe(times.clientTime)
        if (times.sentAt !== null) expect(times.sentAt).toMatch(columnTime)
      }),
    )
  })

  test('the same event sent again has the same client time', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), fc.nat(10_000_000), (date, later) => {
        const again = { receivedAtMs: receivedAtMs + later, receivedAt: iso(receivedAtMs + later) }
        const written = date.toISOString()
        expect(eventTimes(written, undefined, receipt).clientTime).toBe(
          eventTimes(written, undefined, again).clientTime,
        )
      }),
    )
  })
})
