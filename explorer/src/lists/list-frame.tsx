import type { ComponentChildren } from 'preact'
import type { Meta } from '@touchline/schemas/api'
import { ErrorPanel } from '../frame/error-panel.js'
import { useKey } from '../frame/keys.js'
import { useReady } from '../frame/ready.js'
import { useFormats } from '../i18n/formats.js'
import { useWords } from '../i18n/dictionary.js'
import { Table, type Column } from '../parts/table.js'
import { words as partsWords } from '../parts/words.js'
import { Link } from '../url/link.js'
import { hrefOf } from '../url/url.js'
import { Filters } from './filters.js'
import type { Pages } from './pages.js'
import { hasFilter, type ListQuery } from './query.js'
import { words } from './words.js'

interface ListFrameProps<Row> {
  caption: string
  /** Of the screen, where all filters are taken away. */
  path: string
  meta: Meta
  query: ListQuery
  list: Omit<Pages<Row>, 'isLoading'> & { isLoading: boolean }
  columns: readonly Column<Row>[]
  save: (rows: readonly Row[]) => void
  /** Stands between the filters and the count. */
  children?: ComponentChildren
}

/** Filters, the table, and what comes after its first page. */
export function ListFrame<Row extends { id: string }>(props: ListFrameProps<Row>) {
  const { caption, path, meta, query, list, columns, save } = props
  const t = useWords(words)
  const p = useWords(partsWords)
  const formats = useFormats()
  const { rows } = list
  const csv = () => rows && save(rows)
  useReady(rows !== undefined && !list.isOld && !list.isLoading)
  useKey('e', csv)
  return (
    <>
      <Filters meta={meta} query={query}>
        {props.children}
        <span class="muted small end" role="status">
          {rows && t.shown(formats.number(rows.length))}
        </span>
        <button type="button" onClick={csv}>
          {p.csv}
        </button>
      </Filters>
      {list.error !== undefined && <ErrorPanel error={list.error} retry={list.reload} />}
      {rows?.length === 0 && (
        <p>
          {p.nothingFits}{' '}
          {hasFilter(query) && <Link href={hrefOf(path, { channel: null, segment: null })}>{p.clear}</Link>}
        </p>
      )}
      {rows !== undefined && rows.length > 0 && (
        <Table
          caption={caption}
          isCaptionUnseen
          columns={columns}
          rows={rows}
          keyOf={({ id }) => id}
          isOld={list.isOld}
        />
      )}
      {list.more !== undefined && (
        <button type="button" onClick={list.more}>
          {p.more}
        </button>
      )}
    </>
  )
}
