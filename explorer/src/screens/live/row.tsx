import type { LiveRow } from '@touchline/schemas/api'
import { useMemo } from 'preact/hooks'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Channel } from '../../parts/channels.js'
import { displayText } from '../../parts/text.js'
import { Detail } from './detail.js'
import { words } from './words.js'

interface RowProps {
  row: LiveRow
  isOpen: boolean
  toggle: (row: LiveRow) => void
}

/** Drawn anew only where the row itself changed: hundreds of them stand in the page. */
export function Row({ row, isOpen, toggle }: RowProps) {
  const t = useWords(words)
  const formats = useFormats()
  return useMemo(
    () => (
      <li class={row.state === 'refused' ? 'live-row live-row--refused' : 'live-row'} data-state={row.state}>
        <button type="button" aria-expanded={isOpen} onClick={() => toggle(row)}>
          <time dateTime={new Date(row.at).toISOString()} title={formats.utc(row.at)}>
            {formats.clock(row.at)}
          </time>
          <span class="live-name cut">
            {displayText(row.name || row.kind, 80)}
            {row.bot && <span class="tag">{t.bot}</span>}
            {row.test && <span class="tag">{t.test}</span>}
          </span>
          <span class="live-who cut">
            <Who row={row} />
          </span>
          <span class="live-channel cut">{row.channel !== '' && <Channel name={row.channel} />}</span>
          <State row={row} />
        </button>
        {isOpen && <Detail row={row} messageId={row.messageId} />}
      </li>
    ),
    [row, isOpen, t, formats],
  )
}

/** `user:u7 → Aiko Tanaka`; of a refused one why. */
function Who({ row }: { row: LiveRow }) {
  if (row.state === 'refused') return <span class="live-reason">{displayText(row.reason ?? '', 160)}</span>
  const { subject, person } = row
  return (
    <>
      {subject === null ? <span class="muted">–</span> : displayText(subject, 80)}
      {person !== null && (
        <>
          {' '}
          <span class="muted" aria-hidden="true">
            →
          </span>{' '}
          <strong>{displayText(person.name, 60)}</strong>
        </>
      )}
    </>
  )
}

function State({ row: { state, storedAfterMs, code } }: { row: LiveRow }) {
  const t = useWords(words)
  const formats = useFormats()
  return (
    <span class={`live-state live-state--${state}`}>
      <span aria-hidden="true">{marks[state]}</span>{' '}
      {state === 'refused' ? (code ?? t['state.refused']) : t[`state.${state}`]}
      {storedAfterMs !== null && state !== 'refused' && (
        <span class="muted"> {formats.span(storedAfterMs)}</span>
      )}
    </span>
  )
}

const marks = { durable: '○', stored: '◐', linked: '●', refused: '✕' } as const
