import type { Line } from '@touchline/schemas/api'
import { useState } from 'preact/hooks'
import { send } from '../../api/client.js'
import { endpoints, pathOf } from '../../api/endpoints.js'
import { indented } from '../../api/exact-json.js'
import { useResource } from '../../api/resource.js'
import { useSession } from '../../api/session.js'
import { ErrorPanel } from '../../frame/error-panel.js'
import { useKey } from '../../frame/keys.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Answer } from '../../parts/answer.js'
import { Code } from '../../parts/code.js'
import { downloadCsv } from '../../parts/csv.js'
import { Drawer } from '../../parts/drawer.js'
import { Table, type Column } from '../../parts/table.js'
import { displayText } from '../../parts/text.js'
import { Time } from '../../parts/time.js'
import { Link } from '../../url/link.js'
import { hrefOf, setQuery, useQuery } from '../../url/url.js'
import { missing } from './line.js'
import { Picture } from './picture.js'
import { words } from './words.js'
import '../../parts/questions.css'
import './health.css'

const lookEveryMs = 2_000
type Reason = Line['refusedByReason'][number]

/** S9: is every event accounted for, and what waits? */
export default function Health() {
  const t = useWords(words)
  const formats = useFormats()
  const answer = useResource(endpoints.line(), { everyMs: lookEveryMs })
  const { data, error } = answer
  const [open, setOpen] = useQuery('reason')
  useReady(data !== undefined || error !== undefined)
  useKey('e', () => data && saveCsv(data.refusedByReason))
  const opened = data?.refusedByReason.find(({ code }) => code === open)
  return (
    <>
      <h1 class="unseen">{t.title}</h1>
      <Answer of={answer}>
        {(line) => (
          <>
            <section class="block">
              <Verdict line={line} />
              <Picture line={line} />
              <p class="muted small">
                {t.since(formats.moment(line.since))} {line.scope === 'process' && t.ofProcess}
              </p>
            </section>
            <Figures line={line} />
            <section class="block">
              <h2>{t.byReason}</h2>
              <Reasons rows={line.refusedByReason} done={answer.reload} />
            </section>
            {line.deadLetters > 0 && <DeadLetters done={answer.reload} />}
          </>
        )}
      </Answer>
      {opened !== undefined && (
        <Drawer title={opened.code} label={`${t.example}: ${opened.code}`} close={() => setOpen(null)}>
          <Code label={t.example} text={indented(opened.example)} />
        </Drawer>
      )}
    </>
  )
}

function Verdict({ line }: { line: Line }) {
  const t = useWords(words)
  const { number } = useFormats()
  if (line.differences.length === 0)
    return (
      <p class="light lead" data-on="" role="status">
        {t.holds}
      </p>
    )
  return (
    <div class="lead" role="alert">
      <p class="verdict">{t.holdsNot(number(missing(line)))}</p>
      {line.differences.map(({ name, left, right }) => (
        <p key={name}>
          {t.difference(displayText(name, 120), number(left), number(right), number(Math.abs(left - right)))}
        </p>
      ))}
    </div>
  )
}

function Figures({ line }: { line: Line }) {
  const t = useWords(words)
  const formats = useFormats()
  const span = (ms: number | null) => (ms === null ? t.unknown : formats.span(ms))
  const rows: [string, string][] = [
    [t.lag, formats.number(line.lag)],
    [t.oldest, line.lag === 0 ? t.fine : formats.span(line.oldestWaitingMs)],
    [t.insert, span(line.insertP95Ms)],
    [t.stitch, line.stitchAgeMs === 0 ? t.fine : span(line.stitchAgeMs)],
    [t.disk, line.diskFreeBytes === null ? t.unknown : bytes(line.diskFreeBytes, formats.locale)],
  ]
  return (
    <section class="block">
      <h2>{t.figures}</h2>
      <dl class="figures">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt class="muted small">{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function Reasons({ rows, done }: { rows: readonly Reason[]; done: () => void }) {
  const t = useWords(words)
  const { number } = useFormats()
  if (rows.length === 0) return <p>{t.noRefused}</p>
  const columns: Column<Reason>[] = [
    { id: 'code', title: t.code, cell: ({ code }) => <code>{displayText(code, 60)}</code> },
    { id: 'n', title: t.count, is: 'number', cell: ({ n }) => number(n) },
    { id: 'first', title: t.first, cell: ({ first }) => <Time at={first} /> },
    { id: 'last', title: t.last, cell: ({ last }) => <Time at={last} /> },
    {
      id: 'example',
      title: t.example,
      cell: ({ code }) => (
        <button
          type="button"
          class="plain"
          aria-haspopup="dialog"
          onClick={() => setQuery({ reason: code }, { push: true })}
        >
          {t.showExample}
        </button>
      ),
    },
    {
      id: 'replay',
      title: t.replay,
      cell: ({ code }) => (
        <Replay path={pathOf('/v1/rejected/replay', { code, limit: 10_000 })} label={t.replay} done={done} />
      ),
    },
  ]
  return (
    <>
      <Table caption={t.byReason} isCaptionUnseen columns={columns} rows={rows} keyOf={({ code }) => code} />
      <p class="notes">
        <span>
          {t.replayHow} <Link href={hrefOf('/live', { only: 'refused' })}>{t.liveLink}</Link>
        </span>
      </p>
    </>
  )
}

function Replay({ path, label, done }: { path: string; label: string; done: () => void }) {
  const t = useWords(words)
  const { number } = useFormats()
  const mayChange = useSession()?.role === 'admin'
  const [state, setState] = useState<{ isAsked: boolean; said?: string; error?: unknown }>({ isAsked: false })
  const replay = async () => {
    setState({ isAsked: true })
    try {
      const { replayed, refused = 0 } = await send<{ replayed: number; refused?: number }>(path, {
        method: 'POST',
      })
      setState({ isAsked: false, said: t.replayed(number(replayed), number(refused)) })
      done()
    } catch (error) {
      setState({ isAsked: false, error })
    }
  }
  return (
    <>
      <button
        type="button"
        class="plain"
        disabled={!mayChange || state.isAsked}
        title={mayChange ? undefined : t.readOnly}
        onClick={() => void replay()}
      >
        {state.isAsked ? t.replaying : label}
      </button>
      {state.said !== undefined && (
        <span class="small" role="status">
          {' '}
          {state.said}
        </span>
      )}
      {state.error !== undefined && <ErrorPanel error={state.error} />}
    </>
  )
}

function DeadLetters({ done }: { done: () => void }) {
  const t = useWords(words)
  return (
    <section class="block">
      <h2>{t.deadTitle}</h2>
      <p>
        {t.deadHow}{' '}
        <Replay
          path={pathOf('/v1/dead-letters/replay', { limit: 10_000 })}
          label={t.deadReplay}
          done={done}
        />
      </p>
    </section>
  )
}

function bytes(n: number, locale: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
  const step = Math.min(units.length - 1, n < 1 ? 0 : Math.floor(Math.log(n) / Math.log(1_000)))
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: units[step],
    maximumFractionDigits: 1,
  }).format(n / 1_000 ** step)
}

function saveCsv(rows: readonly Reason[]): void {
  downloadCsv(
    'refused',
    ['code', 'n', 'first', 'last', 'example'],
    rows.map(({ code, n, first, last, example }) => [code, n, first, last, example]),
  )
}
