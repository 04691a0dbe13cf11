/** How every benchmark prints: a small markdown table, a row a measurement, the yardstick among them. */

export type Row = Readonly<Record<string, string | number>>

/** Columns are those of all rows, in the order in which they first appear. Prints, and keeps nothing. */
export function printTable(title: string, rows: readonly Row[]): void {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const text = (row: Row, column: string) => String(row[column] ?? '')
  const widths = columns.map((column) =>
    Math.max(column.length, ...rows.map((row) => text(row, column).length), 3),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`
  console.log(`\n**${title}**\n`)
  console.log(line(columns))
  console.log(line(widths.map((width) => '-'.repeat(width))))
  for (const row of rows) console.log(line(columns.map((column) => text(row, column))))
  console.log()
}

/** `0.83`, a measurement over its yardstick. */
export const ratio = (measured: number, yardstick: number): string => (measured / yardstick).toFixed(2)

/** `123,000`, rounded to three digits that mean something. */
export function rounded(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US')
}
