import type { LiveCount, LiveRow } from '@touchline/schemas/api'
import { useEffect, useRef, useState } from 'preact/hooks'
import { endpoints } from '../../api/endpoints.js'
import { useResource } from '../../api/resource.js'
import { useKey } from '../../frame/keys.js'
import { useMoreKeys } from '../../frame/more-keys.js'
import { useReady } from '../../frame/ready.js'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { downloadCsv } from '../../parts/csv.js'
import { NoEvents } from '../../parts/setup/index.js'
import { useQuery } from '../../url/url.js'
import { Detail } from './detail.js'
import { Row } from './row.js'
import { useLive } from './stream.js'
import { words } from './words.js'
import '../../parts/questions.css'
import './live.css'

const filterAfterMs = 300

/** S1: did my event arrive? Why not? What became of it? */
export default function Live() {
  const t = useWords(words)
  const meta = useResource(endpoints.meta())
  const [id, setId] = useQuery('id')
  const [only, setOnly] = useQuery('only')
  const [openId, setOpenId] = useQuery('event')
  const [isPaused, setIsPaused] = useState(false)
  const live = useLive(id, isPaused)
  const isRefusedOnly = only === 'refused'
  const rows = isRefusedOnly ? live.rows.filter(({ state }) => state === 'refused') : live.rows
  const hasNothing = meta.data?.events.total === 0 && (live.count?.received ?? 0) === 0
  useReady(meta.data !== undefined && live.count !== undefined)
  useKey('p', () => setIsPaused(!isPaused))
  useKey('e', () => saveCsv(rows))
  useMoreKeys([
    ['↑  ↓', t.key],
    ['Enter', t.openKey],
    ['p', t.pauseKey],
  ])
  if (hasNothing) return <NoEvents />
  return (
    <>
      <h1 class="unseen">{t.title}</h1>
      <Head live={live} isFiltered={id !== null} isPaused={isPaused} pause={() => setIsPaused(!isPaused)} />
      <div class="bar">
        <Filter value={id ?? ''} set={(text) => setId(text === '' ? null : text)} />
        <button
          type="button"
          aria-pressed={isRefusedOnly}
          onClick={() => setOnly(isRefusedOnly ? null : 'refused')}
        >
          {t.onlyRefused}
        </button>
        {id !== null && <span class="muted small">{t.filterHint}</span>}
      </div>
      {live.hasFailed && !live.isOpen && <p class="muted">{t.lost}</p>}
      {openId !== null && !rows.some(({ messageId }) => messageId === openId) && (
        <section class="live-alone">
          <Detail row={undefined} messageId={openId} />
          <button type="button" onClick={() => setOpenId(null)}>
            {t.close}
          </button>
        </section>
      )}
      {rows.length === 0 ? (
        <p class="light" data-on={live.isOpen ? '' : undefined}>
          {id === null && !isRefusedOnly ? t.listening : t.noneFits}
        </p>
      ) : (
        <List rows={rows} open={openId} setOpen={setOpenId} />
      )}
    </>
  )
}

interface HeadProps {
  live: ReturnType<typeof useLive>
  isFiltered: boolean
  isPaused: boolean
  pause: () => void
}
function Head({ live, isFiltered, isPaused, pause }: HeadProps) {
  const t = useWords(words)
  return (
    <div class="bar live-bar">
      {live.count === undefined ? (
        <span class="muted">{t.connecting}</span>
      ) : (
        <Counts count={live.count} drawn={live.rows} isFiltered={isFiltered} />
      )}
      <button type="button" class="end" aria-pressed={isPaused} aria-keyshortcuts="p" onClick={pause}>
        {isPaused ? <Resume held={live.held} /> : t.pause}
      </button>
    </div>
  )
}

function Counts({
  count,
  drawn,
  isFiltered,
}: {
  count: LiveCount
  drawn: readonly LiveRow[]
  isFiltered: boolean
}) {
  const t = useWords(words)
  const { number } = useFormats()
  const refused = drawn.filter(({ state }) => state === 'refused').length
  // Rows come at once and counts once a second: what is drawn was received.
  const received = Math.max(count.received, drawn.length)
  const notShown = received - drawn.length
  return (
    <>
      <p
        class="facts"
        title={t.since}
        data-live-counts={JSON.stringify({ ...count, drawn: drawn.length, notShown })}
      >
        <strong>{t.received(number(received))}</strong>
        <span>{t.stored(number(count.stored))}</span>
        <span class={count.refused > 0 ? 'live-state--refused' : undefined}>
          {t.refused(number(count.refused))}
        </span>
        <span>{t.waiting(number(count.waiting))}</span>
      </p>
      <p class="facts">
        <span>{t.shown(number(drawn.length), number(received))}</span>
        {notShown > 0 && <span>{t.notShown(number(notShown))}</span>}
        {count.logAway && <span>{t.logAway}</span>}
        {count.refused > 0 && !isFiltered && (
          <span>{refused >= count.refused ? t.everyRefused : t.lastRefused(number(refused))}</span>
        )}
      </p>
    </>
  )
}

function Resume({ held }: { held: number }) {
  const t = useWords(words)
  const { number } = useFormats()
  return <>{t.resume(number(held))}</>
}

function Filter({ value, set }: { value: string; set: (text: string) => void }) {
  const t = useWords(words)
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  useEffect(() => {
    if (text.trim() === value) return
    const timer = setTimeout(() => set(text.trim()), filterAfterMs)
    return () => clearTimeout(timer)
  }, [text, value])
  return (
    <input
      type="search"
      class="live-filter"
      aria-label={t.filter}
      placeholder={t.filter}
      maxLength={600}
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
    />
  )
}

interface ListProps {
  rows: readonly LiveRow[]
  open: string | null
  setOpen: (messageId: string | null) => void
}
function List({ rows, open, setOpen }: ListProps) {
  const t = useWords(words)
  const list = useRef<HTMLOListElement>(null)
  // What has no messageId of its own is open by its place; the address cannot name it.
  const [openSeq, setOpenSeq] = useState<number>()
  const isOpen = (row: LiveRow) => (row.messageId === '' ? row.seq === openSeq : row.messageId === open)
  const toggle = (row: LiveRow) => {
    if (row.messageId === '') setOpenSeq(row.seq === openSeq ? undefined : row.seq)
    else setOpen(row.messageId === open ? null : row.messageId)
  }
  const latest = useRef(toggle)
  latest.current = toggle
  const [stable] = useState(() => (row: LiveRow) => latest.current(row))
  const walk = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step === undefined || !(event.target instanceof HTMLElement)) return
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>(':scope > li > button') ?? [])]
    const at = buttons.indexOf(event.target)
    if (at < 0) return
    event.preventDefault()
    buttons[at + step]?.focus()
  }
  return (
    <ol class="live-list" ref={list} aria-label={t.list} onKeyDown={walk}>
      {rows.map((row) => (
        <Row key={row.seq} row={row} isOpen={isOpen(row)} toggle={stable} />
      ))}
    </ol>
  )
}

function saveCsv(rows: readonly LiveRow[]): void {
  downloadCsv(
    'live',
    [
      'at',
      'kind',
      'name',
      'subject',
      'person',
      'messageId',
      'state',
      'storedAfterMs',
      'channel',
      'bot',
      'code',
      'reason',
    ],
    rows.map((row) => [
      new Date(row.at).toISOString(),
      row.kind,
      row.name,
      row.subject,
      row.person?.id,
      row.messageId,
      row.state,
      row.storedAfterMs,
      row.channel,
      String(row.bot),
      row.code,
      row.reason,
    ]),
  )
}
