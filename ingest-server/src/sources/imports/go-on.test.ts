/** What a run passes over of a file that it had begun before, and what it does where that file has changed. */
import { expect, test } from 'vitest'
import type { ReadRow } from '../reading/row.js'
import { openGoingOn, type DoneBefore, type Due } from './go-on.js'

const row = (number: number, text = `row ${number}`): ReadRow => ({
  ...{ number, line: number + 1, raw: '' },
  cells: [text, 'x'],
})
const rowsOf = (count: number, change: (row: ReadRow) => ReadRow = (one) => one) =>
  Array.from({ length: count }, (_, index) => change(row(index + 1)))

/** In batches of so many. */
function run(rows: readonly ReadRow[], batch: number, before?: DoneBefore) {
  let changes = 0
  const goingOn = openGoingOn(before, () => (changes += 1))
  const dues: Due[] = []
  for (let at = 0; at < rows.length; at += batch) dues.push(...goingOn.due(rows.slice(at, at + batch)))
  dues.push(...goingOn.end())
  return { numbers: dues.flatMap((due) => due.rows.map(({ number }) => number)), dues, changes }
}

/** What a run that stopped behind so many rows left. */
function stoppedBehind(rows: number): DoneBefore {
  const { dues } = run(rowsOf(rows), 7)
  return { rows, hash: dues.at(-1)?.hash ?? '' }
}

const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

test.each([1, 7, 10, 1_000])('rows that were done are passed over, in batches of %i', (batch) => {
  expect(run(rowsOf(30), batch, stoppedBehind(21))).toMatchObject({ numbers: upTo(22, 30), changes: 0 })
  expect(run(rowsOf(30), batch, stoppedBehind(30))).toMatchObject({ numbers: [], changes: 0 })
})

test.each([1, 7, 10, 1_000])(
  'a row that was mended is done, and all others again, in batches of %i',
  (batch) => {
    const mended = rowsOf(30, (one) => (one.number === 12 ? row(12, 'ROW 12') : one))
    const { numbers, changes, dues } = run(mended, batch, stoppedBehind(21))
    expect({ numbers, changes }).toEqual({ numbers: upTo(1, 30), changes: 1 })
    // What it leaves to the next run is of this file.
    expect(run(mended, 4, { rows: 30, hash: dues.at(-1)?.hash ?? '' })).toMatchObject({
      numbers: [],
      changes: 0,
    })
  },
)

test('a row that could be read before and cannot now is another row', () => {
  const bad: ReadRow = { number: 3, line: 4, reason: 'is none', raw: 'row 3\u001fx' }
  expect(run([...rowsOf(2), bad, ...rowsOf(9).slice(3)], 4, stoppedBehind(9)).changes).toBe(1)
})

test('a file that has fewer rows than were done is another one', () => {
  expect(run(rowsOf(9), 4, stoppedBehind(21))).toMatchObject({ numbers: upTo(1, 9), changes: 1 })
})

test('a large file that has changed must be sent again, for what was passed over is not held', () => {
  const wide = rowsOf(30, ({ number }) => row(number, `${number} ${'w'.repeat(200_000)}`))
  expect(() => run(wide, 7, stoppedBehind(28))).toThrow(expect.objectContaining({ code: 'IMPORT_CHANGED' }))
})
