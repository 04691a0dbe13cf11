import type { ComponentChildren } from 'preact'

export interface Column<Row> {
  id: string
  title: string
  cell: (row: Row) => ComponentChildren
  /** Figures stand right; the wide one takes what is left, and is cut. */
  is?: 'number' | 'wide'
  /** Set where the column can be sorted by: what the header does. */
  sort?: () => void
  /** How it is sorted now. */
  sorted?: 'ascending' | 'descending' | undefined
}

interface TableProps<Row> {
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string | number
  /** Of another question than the one asked now. */
  isOld?: boolean
  /** The caption is for readers of the page's structure only. */
  isCaptionUnseen?: boolean
}

/** A real table: headers that sort are buttons, and a narrow screen scrolls it sideways. */
export function Table<Row>({ caption, columns, rows, keyOf, isOld, isCaptionUnseen }: TableProps<Row>) {
  return (
    <div class={isOld ? 'table-wrap is-old' : 'table-wrap'} tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class={isCaptionUnseen ? 'unseen' : undefined}>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ id, title, is, sort, sorted }) => (
              <th key={id} scope="col" class={is} aria-sort={sorted}>
                {sort === undefined ? (
                  title
                ) : (
                  <button type="button" onClick={sort}>
                    {title}
                    <span aria-hidden="true">
                      {sorted === undefined ? '' : sorted === 'ascending' ? '↑' : '↓'}
                    </span>
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ id, cell, is }) => (
                <td key={id} class={is}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
