import { useState } from 'preact/hooks'
import type { JourneyMap } from '@touchline/schemas/api'
import { endpoints, type PersonTimeline, type Touchpoint } from '../../api/endpoints.js'
import { useFormats } from '../../i18n/formats.js'
import { useWords } from '../../i18n/dictionary.js'
import { usePages } from '../../lists/pages.js'
import { outlineOf } from '../../map/draw/shapes.js'
import { ErrorPanel } from '../../frame/error-panel.js'
import { useReady } from '../../frame/ready.js'
import { Channel } from '../../parts/channels.js'
import { displayText } from '../../parts/text.js'
import { Time } from '../../parts/time.js'
import { TouchDetail } from '../../parts/touch-detail.js'
import { dayMs } from '../../units.js'
import { words } from './words.js'

/** A silence worth a line of its own. */
const quietMs = 14 * dayMs

interface TimelineProps {
  id: string
  answer: JourneyMap | undefined
  parameters: Record<string, string>
}

/** Touch by touch, the latest first; what was done before anybody knew who it was has a dotted edge. */
export function Timeline({ id, answer, parameters }: TimelineProps) {
  const t = useWords(words)
  const formats = useFormats()
  const list = usePages<PersonTimeline, Touchpoint>(
    (cursor) => endpoints.personTimeline(id, { ...parameters, limit: 100, cursor }),
    ({ touchpoints = [], nextCursor }) => ({ rows: touchpoints, nextCursor }),
  )
  const anonymousUntil = answer?.people[0]?.anonymousUntil ?? null
  const { rows } = list
  useReady(rows !== undefined && !list.isOld)
  return (
    <section aria-label={t.timeline}>
      <h2>{t.timeline}</h2>
      {list.error !== undefined && <ErrorPanel error={list.error} retry={list.reload} />}
      {rows?.length === 0 && <p class="muted">{t.nothing}</p>}
      <ol class={list.isOld ? 'timeline is-old' : 'timeline'}>
        {rows?.map((touch, index) => {
          const later = rows[index - 1]
          const silence = later === undefined ? 0 : Date.parse(later.at) - Date.parse(touch.until ?? touch.at)
          return (
            <>
              {silence > quietMs && (
                <li class="timeline__gap" key={`gap ${touch.at} ${touch.messageIds[0]}`}>
                  {t.silentFor(formats.days(Math.floor(silence / dayMs)))}
                </li>
              )}
              <Row
                key={`${touch.at} ${touch.messageIds[0]}`}
                touch={touch}
                isAnonymous={
                  answer !== undefined && (anonymousUntil === null || Date.parse(touch.at) < anonymousUntil)
                }
              />
            </>
          )
        })}
      </ol>
      {list.more !== undefined && (
        <button type="button" onClick={list.more}>
          {t.older}
        </button>
      )}
    </section>
  )
}

function Row({ touch, isAnonymous }: { touch: Touchpoint; isAnonymous: boolean }) {
  const t = useWords(words)
  const formats = useFormats()
  const [isOpen, setIsOpen] = useState(false)
  const { pages = [], value, currency = null } = touch
  return (
    <li class={isAnonymous ? 'timeline__touch is-anonymous' : 'timeline__touch'}>
      <div class="timeline__line">
        <Time at={touch.at} />
        <svg viewBox="-6 -6 12 12" width="12" height="12" aria-hidden="true">
          <path d={outlineOf(touch.kind)} fill="currentColor" />
        </svg>
        <button type="button" class="plain" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          <span class="said">{titleOf(touch, t)}</span>
        </button>
        {touch.channel !== '' && <Channel name={touch.channel} />}
        {value !== undefined && <strong>{formats.money(value, currency)}</strong>}
        {pages.length > 0 && (
          <span class="muted">{t.pages(formats.number(pages.length), pages.length === 1)}</span>
        )}
        {touch.durationSeconds !== undefined && touch.durationSeconds > 0 && (
          <span class="muted">{formats.span(touch.durationSeconds * 1_000)}</span>
        )}
        {isAnonymous && <span class="muted small">{t.asVisitorOnly}</span>}
      </div>
      {isOpen && (
        <div class="timeline__detail">
          <TouchDetail touch={touch} person={touch.person} />
        </div>
      )}
    </li>
  )
}

function titleOf(
  { kind, name }: Touchpoint,
  t: { identified: (name: string) => string; joined: string },
): string {
  if (kind === 'identified') return t.identified(displayText(name, 80))
  return kind === 'joined_account' ? `${t.joined} ${displayText(name, 80)}` : displayText(name, 120)
}
