/**
 * Where a run goes on that an earlier one left: behind the rows that it had done, if they are the same rows. Whoever mends
 * a row and sends the file by the same name wants that row to be read, so rows that are passed over are compared, by a
 * hash over all of them, with those that were done.
 */
import { createHash } from 'node:crypto'
import { TouchlineError } from '../../errors.js'
import { isBad, type ReadRow } from '../reading/row.js'

/** Rows to be done, and the hash over all rows of the file up to the last of them. */
export interface Due {
  rows: readonly ReadRow[]
  hash: string
}

export interface GoingOn {
  /** What is due of a batch, with what is due before it where the file turned out to be another one. */
  due: (rows: readonly ReadRow[]) => Due[]
  /** At the end of the file. */
  end: () => Due[]
}

export interface DoneBefore {
  rows: number
  /** Over those rows. */
  hash: string
}

/** A file that has changed begins anew by itself where so much was passed over; a larger one must be sent again. */
const mostHeldBytes = 4 * 1024 * 1024

/**
 * `onChanged` is told that nothing was done before after all. `due` and `end` throw IMPORT_CHANGED where too much was
 * passed over to be held.
 */
export function openGoingOn(before: DoneBefore | undefined, onChanged: () => void): GoingOn {
  const made = createHash('sha256')
  let isPassing = before !== undefined
  let held: Due[] | undefined = []
  let heldBytes = 0

  function hashed(rows: readonly ReadRow[]): Due & { bytes: number } {
    const text = `${rows.map(textOf).join('\n')}\n`
    made.update(text)
    return { rows, hash: made.copy().digest('base64url').slice(0, 32), bytes: text.length }
  }

  function pass(rows: readonly ReadRow[]): string {
    const { bytes, ...due } = hashed(rows)
    heldBytes += bytes
    if (heldBytes > mostHeldBytes) held = undefined
    held?.push(due)
    return due.hash
  }

  function beginAnew(): Due[] {
    onChanged()
    if (held === undefined) throw new TouchlineError('IMPORT_CHANGED')
    return held
  }

  return {
    due(rows) {
      if (!isPassing || before === undefined) return [hashed(rows)]
      const passed = rows.filter(({ number }) => number <= before.rows)
      const rest = rows.slice(passed.length)
      const hash = pass(passed)
      if ((rows.at(-1)?.number ?? 0) < before.rows) return []
      isPassing = false
      const again = hash === before.hash ? [] : beginAnew()
      held = undefined
      return rest.length === 0 ? again : [...again, hashed(rest)]
    },
    end: () => (isPassing ? beginAnew() : []),
  }
}

function textOf(row: ReadRow): string {
  if (isBad(row)) return `!${row.raw}`
  return Array.isArray(row.cells) ? row.cells.join('\u001f') : row.raw
}
