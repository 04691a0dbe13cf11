import { ClickHouseError } from '@clickhouse/client'
import { describe, expect, test } from 'vitest'
import { TouchlineError } from '../errors.js'
import { openErasures, reasonOf, stoppedNote } from './waiting.js'
import type { Erasure, Progress } from './erasure-ledger.js'

const refusal = new ClickHouseError({
  message: 'cannot read ada@example.com',
  code: '241',
  type: 'MEMORY_LIMIT_EXCEEDED',
})

describe('who stopped an erasure is told apart, without a word of what was stored', () => {
  test.each<[unknown, string]>([
    [refusal, 'ClickHouse refused a statement (code 241, MEMORY_LIMIT_EXCEEDED)'],
    [
      new TouchlineError('INTERNAL', undefined, { cause: refusal }),
      'ClickHouse refused a statement (code 241, MEMORY_LIMIT_EXCEEDED)',
    ],
    [new TouchlineError('STORE_UNAVAILABLE', 'ada@example.com'), 'ClickHouse does not answer'],
    [new TouchlineError('OVERLOADED', 'ada@example.com'), 'ClickHouse is busy'],
    [new TouchlineError('LOG_FULL'), 'the log is full'],
    [new TouchlineError('LOG_DAMAGED', 'ada@example.com'), 'a file of the log is damaged'],
    [
      new RangeError('Maximum call stack size exceeded at ada@example.com'),
      "a fault of Touchline's own (RangeError)",
    ],
    [
      new TouchlineError('INTERNAL', undefined, { cause: new TypeError('ada') }),
      "a fault of Touchline's own (TypeError)",
    ],
    ['ada@example.com', "a fault of Touchline's own (string)"],
  ])('%s', (error, reason) => {
    expect(reasonOf(error)).toBe(reason)
    expect(stoppedNote(error)).not.toContain('ada')
  })
})

const erasure = (erasureId: string): Erasure => ({
  project: 'shop',
  erasureId,
  requestedAtMs: 0,
  salt: '',
  person: '',
  list: [],
})
const running = (remaining: Record<string, number>, note = ''): Progress => ({
  state: 'running',
  atMs: 1,
  remaining,
  note,
})

test('each that is not finished says what it waits for', () => {
  const known = ['new', 'done', 'files', 'way', 'stuck'].map(erasure)
  const progress = new Map<string, Progress>([
    ['done', { state: 'finished', atMs: 1, remaining: {}, note: '' }],
    ['files', running({ replaced_files: 3, events: 2 })],
    ['way', running({ records_on_their_way: 9 })],
    ['stuck', running({ log_lines: 1 }, stoppedNote(new RangeError()))],
  ])
  const { erasures, problem } = openErasures(known, progress)
  expect(erasures.map(({ erasureId, waitsFor }) => [erasureId, waitsFor])).toEqual([
    ['new', 'its first look'],
    ['files', '3 replaced files that ClickHouse has not yet taken off the disk, 2 rows of events'],
    ['way', '9 records of the log that are on their way into the tables'],
    ['stuck', expect.stringMatching(/RangeError.*The last check found 1 lines of the log\.$/)],
  ])
  expect(problem).toMatch(/^1 of 4 cannot go on\. stuck: It could not go on/)
  expect(openErasures([erasure('new')], progress).problem).toBeUndefined()
  expect(openErasures(known, progress, new TouchlineError('STORE_UNAVAILABLE')).problem).toBe(
    'Erasures wait: ClickHouse does not answer.',
  )
})
