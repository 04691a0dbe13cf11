/** Tables as files. */

type Cell = string | number | null | undefined

/** Cells that a spreadsheet would run are quoted as text by a leading apostrophe, as the API's own CSV does. */
export function csvOf(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n'
}

function cell(value: Cell): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const text = /^[\s\u0000]*[=+\-@\t\r＝＋－＠]/.test(value) ? `'${value}` : value // eslint-disable-line no-control-regex
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export function download(name: string, blob: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name.replace(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 100)
  link.click()
  // The browser has taken it by then; at once would be too early in some.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

export function downloadCsv(
  name: string,
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
): void {
  // The mark tells spreadsheets that it is UTF-8.
  download(`${name}.csv`, new Blob(['\ufeff', csvOf(header, rows)], { type: 'text/csv;charset=utf-8' }))
}
