/** What a reader hands on: rows, and lines that are none with the reason. */

/** A row of a table by its columns, or what a line of JSON holds. */
export type Cells = readonly string[] | Record<string, unknown>

export interface Row {
  /** From 1, bad rows and empty ones counted: what `resumedAfter` of an import counts. */
  number: number
  /** Of the file, from 1, where the row begins. */
  line: number
  cells: Cells
  /** The row as it stands in the file, without its line end. */
  raw: string
}

export interface BadRow {
  number: number
  line: number
  reason: string
  /** Its beginning. */
  raw: string
}

export type ReadRow = Row | BadRow

export const isBad = (row: ReadRow): row is BadRow => 'reason' in row

/** How a file was found to be written. */
export interface FileForm {
  format: 'csv' | 'ndjson'
  encoding: string
  /** Empty for NDJSON. */
  delimiter: string
  /** Of a table: its header. */
  columns: readonly string[]
}

/** Names of columns are compared by letters and digits alone: `Close Date`, `close_date` and ` Close date` are one. */
export const plainName = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')

/** Those that are tried. */
export const delimiters = [',', ';', '\t', '|']
