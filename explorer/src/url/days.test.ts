import { describe, expect, test } from 'vitest'
import { dayOf, rangeNamed, shifted, startOf, startOfMonth } from './days.js'
import { safePath } from './safe-path.js'

const now = Date.parse('2026-11-29T03:00:00Z')

describe('ranges', () => {
  test('two days are inclusive, in the calendar of the zone', () => {
    const range = rangeNamed('2026-03-01..2026-03-31', 'Asia/Tokyo', now)
    expect(new Date(range?.from ?? 0).toISOString()).toBe('2026-02-28T15:00:00.000Z')
    expect(new Date(range?.to ?? 0).toISOString()).toBe('2026-03-31T15:00:00.000Z')
  })

  test('what is no range counts as absent', () => {
    for (const name of [
      '',
      '8d',
      '2026-02-30..2026-03-01',
      '2026-03-02..2026-03-01',
      '2026-03-01',
      'a..b',
      '2026-03-01..2026-03-02..2026-03-03',
    ])
      expect(rangeNamed(name, 'UTC', now)).toBeUndefined()
  })

  test('back and forth by its own length, and never into the future', () => {
    const week = rangeNamed('7d', 'UTC', now)
    expect(week && shifted(week, 1, 'UTC', now)).toBeUndefined()
    const before = week && shifted(week, -1, 'UTC', now)
    expect(before).toBe('2026-11-16..2026-11-22')
    const range = rangeNamed(before ?? null, 'UTC', now)
    expect(range && shifted(range, 1, 'UTC', now)).toBe('2026-11-23..2026-11-29')
    expect(range && shifted(range, -1, 'UTC', now)).toBe('2026-11-09..2026-11-15')
  })

  test.each([
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z'],
    ['Europe/Berlin', '2026-03-30', '2026-03-29T22:00:00.000Z'],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z'],
    ['Asia/Kolkata', '2026-06-01', '2026-05-31T18:30:00.000Z'],
    ['Pacific/Apia', '2026-06-01', '2026-05-31T11:00:00.000Z'],
  ])('%s begins %s at %s, where its clock changes too', (zone, day, start) => {
    expect(new Date(startOf(day, zone)).toISOString()).toBe(start)
    expect(dayOf(startOf(day, zone), zone)).toBe(day)
  })
})

test.each([
  ['America/New_York', '2026-03-01T03:00:00Z', 0, '2026-02-01T05:00:00.000Z'],
  ['America/New_York', '2026-03-01T06:00:00Z', 1, '2026-04-01T04:00:00.000Z'],
  ['Asia/Tokyo', '2026-01-31T15:00:00Z', -11, '2025-02-28T15:00:00.000Z'],
  ['UTC', '2026-12-31T23:59:59Z', 1, '2027-01-01T00:00:00.000Z'],
])('in %s the month of %s, %i later, begins at %s', (zone, at, later, start) => {
  expect(new Date(startOfMonth(Date.parse(at), zone, later)).toISOString()).toBe(start)
})

describe('where a sign-in may lead', () => {
  test('only to a path of this host', () => {
    expect(safePath('/accounts/acme?range=90d')).toBe('/accounts/acme?range=90d')
    for (const to of [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example',
      '/\t/evil.example',
      '/%09',
      'javascript:alert(1)',
      '',
      null,
    ])
      expect(safePath(to) ?? '/').toMatch(/^\/(?![/\\])/)
    expect(safePath('//evil.example')).toBeUndefined()
    expect(safePath('/\n/evil.example')).toBeUndefined()
  })
})
