import type { ComponentChildren } from 'preact'
import type { Endpoint } from '../api/client.js'
import { useResource } from '../api/resource.js'
import { useKey } from '../frame/keys.js'
import { useWords } from '../i18n/dictionary.js'
import { useFormats } from '../i18n/formats.js'
import { Link } from '../url/link.js'
import { hrefOf } from '../url/url.js'
import { Answer } from './answer.js'
import { words } from './behind-words.js'
import { downloadCsv } from './csv.js'
import { Drawer } from './drawer.js'
import { nameOfIdentifier } from './names.js'
import { displayText } from './text.js'
import './questions.css'

export interface SubjectRow {
  subject: string
}
interface BehindProps<Row extends SubjectRow> {
  title: string
  endpoint: Endpoint<{ total: number; rows: Row[] }>
  subject: 'account' | 'person'
  /** What the question knows of each, beside the name. */
  about?: (row: Row) => ComponentChildren
  /** Where the number is of some of the rows only. */
  keep?: (row: Row) => boolean
  close: () => void
}

/** Who is behind a number: as many as the number says, each a link. */
export function Behind<Row extends SubjectRow>(props: BehindProps<Row>) {
  const answer = useResource(props.endpoint)
  const csv = () => answer.data && saveRows(props.title, kept(answer.data, props.keep).rows)
  useKey('e', csv)
  return (
    <Drawer title={props.title} label={props.title} close={props.close}>
      <Answer of={answer}>{(all) => <Rows {...props} {...kept(all, props.keep)} csv={csv} />}</Answer>
    </Drawer>
  )
}

interface RowsProps<Row extends SubjectRow> extends BehindProps<Row> {
  total: number
  rows: readonly Row[]
  csv: () => void
}
function Rows<Row extends SubjectRow>({ total, rows, csv, subject, about }: RowsProps<Row>) {
  const t = useWords(words)
  const formats = useFormats()
  return (
    <>
      <p class="bar">
        <strong>{(subject === 'account' ? t.accounts : t.people)(formats.number(total))}</strong>
        {rows.length < total && <span class="muted">{t.first(formats.number(rows.length))}</span>}
        <button type="button" class="end" onClick={csv}>
          {t.csv}
        </button>
      </p>
      {rows.length === 0 && <p class="muted">{t.nobody}</p>}
      <ul class="behind">
        {rows.slice(0, mostDrawn).map((row, index) => (
          <li key={index}>
            <SubjectLink id={row.subject} subject={subject} />
            {about && <span class="muted small">{about(row)}</span>}
          </li>
        ))}
      </ul>
    </>
  )
}

function kept<Row>(all: { total: number; rows: Row[] }, keep: ((row: Row) => boolean) | undefined) {
  if (keep === undefined) return all
  const rows = all.rows.filter(keep)
  return { total: rows.length, rows }
}

/** More than anybody reads; the CSV has them all. */
const mostDrawn = 500

export function SubjectLink({ id, subject }: { id: string; subject: 'account' | 'person' }) {
  const path = subject === 'account' ? 'accounts' : 'people'
  const name = subject === 'account' ? id : nameOfIdentifier(id)
  return (
    <Link class="said" href={hrefOf(`/${path}/${encodeURIComponent(id)}`)}>
      {displayText(name, 80)}
    </Link>
  )
}

function saveRows(title: string, rows: readonly SubjectRow[]): void {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  downloadCsv(
    title,
    columns,
    rows.map((row) => columns.map((column) => cellOf((row as unknown as Record<string, unknown>)[column]))),
  )
}

const cellOf = (value: unknown): string | number | null =>
  value === null || value === undefined
    ? null
    : typeof value === 'string' || typeof value === 'number'
      ? value
      : JSON.stringify(value)

/** A figure that opens what is behind it; a zero opens nothing. */
export function Opens({
  what,
  open,
  children,
}: {
  what: string
  open: (() => void) | undefined
  children: ComponentChildren
}) {
  return open === undefined ? (
    <>{children}</>
  ) : (
    <button type="button" class="opens" title={what} aria-haspopup="dialog" onClick={open}>
      {children}
    </button>
  )
}
