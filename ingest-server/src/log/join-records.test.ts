import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinRecords, linesOf, splitRecord } from './join-records.js'
import type { LogRecord, LogTable } from './log.js'

const projects = ['a', 'b', 'c']
const table = fc.constantFrom<LogTable>('events', 'rejected_events')
const row = fc.record({
  project: fc.constantFrom(...projects),
  text: fc.string({ unit: 'binary', maxLength: 40 }),
})

/** A record whose counts say what its lines hold. */
const record = fc
  .tuple(table, fc.array(row, { minLength: 1, maxLength: 12 }))
  .map(([name, rows]): LogRecord => {
    const counts: Record<string, number> = {}
    for (const { project } of rows) counts[project] = (counts[project] ?? 0) + 1
    return {
      table: name,
      rows: counts,
      lines: Buffer.from(rows.map((one) => `${JSON.stringify(one)}\n`).join('')),
    }
  })

function total(records: readonly LogRecord[], name: LogTable) {
  const mine = records.filter((one) => one.table === name)
  const rows: Record<string, number> = {}
  for (const one of mine)
    for (const [project, count] of Object.entries(one.rows)) rows[project] = (rows[project] ?? 0) + count
  return { bytes: Buffer.concat(mine.map(({ lines }) => lines)).toString(), rows }
}

test('joining keeps every byte in its table and every count, within the size, whatever the records are', () => {
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 12 }),
      fc.integer({ min: 1, max: 600 }),
      (records, maxBytes) => {
        const joined = joinRecords(records, maxBytes)
        for (const name of ['events', 'rejected_events'] as const)
          expect(total(joined, name)).toEqual(total(records, name))
        for (const { lines } of joined)
          expect(lines.length <= maxBytes || linesOf(lines).length === 1).toBe(true)
      },
    ),
  )
})

test('records of one table that fit become one', () => {
  const line = Buffer.from('{"project":"a"}\n')
  const one = { table: 'events' as const, lines: line, rows: { a: 1 } }
  expect(joinRecords([one, one, one], 1_000)).toEqual([
    { table: 'events', lines: Buffer.concat([line, line, line]), rows: { a: 3 } },
  ])
})

test('a record of several projects that is split counts each part by its lines', () => {
  const lines = Buffer.from('{"project":"a"}\n{"project":"b"}\n{"project":"b"}\n')
  const parts = splitRecord({ table: 'events', lines, rows: { a: 1, b: 2 } }, 20)
  expect(parts.map(({ rows }) => rows)).toEqual([{ a: 1 }, { b: 1 }, { b: 1 }])
})
