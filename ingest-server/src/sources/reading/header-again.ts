/**
 * Exports that were put one behind the other: the header comes again, and need not be the same one. Rows below it are read
 * by it: in its order, without the columns that it lacks, and without those that only it has.
 */
import { plainName } from './row.js'

/** How the rows of a table lie until the next header. */
export interface Layout {
  /** How many cells a row has. */
  width: number
  /** For each column of the first header the cell of it, -1 where there is none; undefined: as they stand. */
  order: readonly number[] | undefined
}

/** Undefined where the row is none. `names` are those of the first header, as `namesOf` has them. */
export function headerAgain(cells: readonly string[], names: Names): Layout | undefined {
  // One of the first two decides for nearly all rows.
  if (!names.known.has(nameOf(cells[0])) && !names.known.has(nameOf(cells[1]))) return undefined
  const again = numbered(cells)
  const filled = again.filter((name) => name !== '')
  const shared = new Set(filled.filter((name) => names.known.has(name))).size
  const isMost = shared * 2 > filled.length && shared * 2 >= names.known.size
  if (!isMost || shared < Math.min(2, names.known.size)) return undefined
  const order = names.list.map((name, index) => (again[index] === name ? index : again.indexOf(name)))
  const isSame = again.length === order.length && order.every((at, index) => at === index)
  return { width: again.length, order: isSame ? undefined : order }
}

/** What to tell of it. */
export function headerAgainReason({ width, order }: Layout, columns: readonly string[]): string {
  if (order === undefined) return 'is the header again'
  const missing = columns.filter((_, index) => order[index] === -1)
  const without = missing.length === 0 ? '' : `, which has no ${missing.slice(0, 5).join(', ')}`
  const how =
    without === '' && width === columns.length ? 'its columns in another order' : 'with other columns'
  return `is the header again, ${how}: rows below are read by it${without}`
}

/** As the layout has them. */
export const cellsBy = (cells: string[], { order }: Layout): string[] =>
  order === undefined ? cells : order.map((at) => cells[at] ?? '')

export interface Names {
  list: readonly string[]
  known: ReadonlySet<string>
}

export function namesOf(columns: readonly string[]): Names {
  const list = numbered(columns)
  return { list, known: new Set(list.filter((name) => name !== '')) }
}

/** No column is called by more. */
const longestName = 300

/** Case and signs do not count, where there is anything else. */
const nameOf = (cell = '') => (cell.length > longestName ? '' : plainName(cell) || cell.trim())

/** The second column of a name is another one than the first. */
function numbered(cells: readonly string[]): string[] {
  const seen = new Map<string, number>()
  return cells.map((cell) => {
    const name = nameOf(cell)
    const before = seen.get(name) ?? 0
    seen.set(name, before + 1)
    return before === 0 || name === '' ? name : `${name} ${before}`
  })
}
