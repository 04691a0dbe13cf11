import { expect, test } from 'vitest'
import { endOfQuiet, isZone, nextLocal } from './zone.js'

const at = (text: string) => Date.parse(text)
const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString())
const night = { from: '21:00', to: '08:00' }

test.each([
  ['in the middle of the night', '2026-01-10T02:00:00Z', 'Europe/Berlin', '2026-01-10T07:00:00.000Z'],
  ['at its first minute', '2026-01-10T20:00:00Z', 'Europe/Berlin', '2026-01-11T07:00:00.000Z'],
  ['at its end it is over', '2026-01-10T07:00:00Z', 'Europe/Berlin', undefined],
  ['by day', '2026-01-10T12:00:00Z', 'Europe/Berlin', undefined],
  ['elsewhere it is another time', '2026-01-10T12:00:00Z', 'Asia/Tokyo', '2026-01-10T23:00:00.000Z'],
  [
    'the night in which clocks go forward is an hour shorter',
    '2026-03-28T22:00:00Z',
    'Europe/Berlin',
    '2026-03-29T06:00:00.000Z',
  ],
  [
    'the night in which they go back is an hour longer',
    '2026-10-24T21:00:00Z',
    'Europe/Berlin',
    '2026-10-25T07:00:00.000Z',
  ],
  ['where offsets are of half an hour', '2026-01-10T20:00:00Z', 'Asia/Kolkata', '2026-01-11T02:30:00.000Z'],
])('quiet hours, %s', (_what, now, zone, end) => {
  expect(iso(endOfQuiet(at(now), night, zone))).toBe(end)
})

test.each([
  ['today', '2026-01-10T06:00:00Z', '09:00', '2026-01-10T08:00:00.000Z'],
  ['tomorrow, where it has passed', '2026-01-10T08:00:00Z', '09:00', '2026-01-11T08:00:00.000Z'],
  [
    'a time that is skipped comes as the first minute after',
    '2026-03-29T00:30:00Z',
    '02:30',
    '2026-03-29T01:00:00.000Z',
  ],
  [
    'a time that comes twice comes the first time',
    '2026-10-24T23:30:00Z',
    '02:30',
    '2026-10-25T00:30:00.000Z',
  ],
  ['midnight', '2026-01-10T12:00:00Z', '00:00', '2026-01-10T23:00:00.000Z'],
])('a local time, %s', (_what, now, time, next) => {
  expect(iso(nextLocal(at(now), time, 'Europe/Berlin'))).toBe(next)
})

test('a name that is none is no zone', () => {
  expect([isZone('Europe/Berlin'), isZone('Mars/Olympus'), isZone(''), isZone(5)]).toEqual([
    true,
    false,
    false,
    false,
  ])
})

test('what is no zone is none, however long it is and however often it is asked', () => {
  const wrong = [
    '',
    'Mars/Olympus',
    'Europe/Berlin'.repeat(10_000),
    ...Array.from({ length: 3_000 }, (_, n) => `Z/${n}`),
  ]
  for (const zone of [...wrong, ...wrong]) expect(isZone(zone), zone.slice(0, 20)).toBe(false)
  expect(['Europe/Berlin', 'America/Argentina/ComodRivadavia', 'UTC'].every(isZone)).toBe(true)
})
