/** Which of the first records is the header of a table, and which delimiter it has. */
import { cellsOfOne } from './csv-rows.js'
import { delimiters, plainName } from './row.js'
import type { RawRecord } from './split-records.js'

export interface Header {
  delimiter: string
  columns: string[]
  /** How many records stand before the rows. */
  before: number
}

const separatorLine = /^sep=(.)$/i

/**
 * The header among the first records, and the delimiter by which it has most of the columns that are wanted. Reports
 * begin with lines about themselves, so it need not be the first. Undefined where no record has any of them.
 */
export function findHeader(
  records: readonly RawRecord[],
  wanted: readonly (readonly string[])[],
  given: string | undefined,
): Header | undefined {
  const said = separatorLine.exec(records[0]?.bytes.toString('utf8').trim() ?? '')?.[1]
  // What Excel says of itself may be of before somebody saved it by another.
  const tried = given !== undefined ? [given] : said !== undefined ? [said, ...delimiters] : delimiters
  const plain = wanted.map((names) => names.map(plainName))
  let best: (Header & { score: number }) | undefined
  for (const delimiter of tried)
    for (const [index, record] of records.entries()) {
      if (record.reason !== undefined) continue
      const cells = cellsOfOne(record, delimiter)[0]?.cells ?? []
      const names = new Set(cells.map(plainName))
      const score = plain.filter((alternatives) => alternatives.some((name) => names.has(name))).length
      if (score > (best?.score ?? 0))
        best = { delimiter, columns: cells.map((cell) => cell.trim()), before: index + 1, score }
    }
  return best
}

/** Of a file without a header: the delimiter that gives as many columns as there are. */
export function findDelimiter(
  records: readonly RawRecord[],
  columns: number,
  given: string | undefined,
): string {
  if (given !== undefined) return given
  const fits = (delimiter: string) =>
    records.filter((record) => cellsOfOne(record, delimiter)[0]?.cells.length === columns).length
  return [...delimiters].sort((a, b) => fits(b) - fits(a))[0] ?? ','
}
