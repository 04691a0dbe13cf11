import { useKey } from '../../frame/keys.js'
import { displayText } from '../../parts/text.js'
import { words as partsWords } from '../../parts/words.js'
import { useWords } from '../../i18n/dictionary.js'
import { setQuery } from '../../url/url.js'
import type { Journey } from '../journey/journey.js'
import { groupings, mostLanes, orders } from '../journey/lanes.js'
import { outlineOf } from '../draw/shapes.js'
import { kindName, type Tell } from '../tell.js'
import type { MapState } from '../use-map.js'
import { panned, zoomed } from '../journey/window.js'

export interface ToolbarProps {
  journey: Journey
  map: MapState
  tell: Tell
  slots: readonly number[]
  isStrip: boolean
  csv: () => void
  png: () => void
}

/** Each move of the pointer as a button and a key. */
export function Toolbar({ journey, map, tell, csv, png, isStrip }: ToolbarProps) {
  const { t } = tell
  const p = useWords(partsWords)
  const { window, whole, setWindow, isTable } = map
  const middle = (window.from + window.to) / 2
  const pan = (share: number) => setWindow((now) => panned(now, (now.to - now.from) * share, whole))
  const zoom = (factor: number) =>
    setWindow((now) => zoomed(now, (now.from + now.to) / 2 || middle, factor, whole))
  const fit = () => setWindow(() => whole)
  const toggle = () => setQuery({ view: isTable ? null : 'table' }, { push: true })
  useKey('+', () => zoom(0.6))
  useKey('-', () => zoom(1 / 0.6))
  useKey('0', fit)
  useKey(',', () => pan(-0.25))
  useKey('.', () => pan(0.25))
  useKey('t', toggle)
  useKey('e', csv)
  return (
    <div class="bar map-bar no-print">
      <span class="buttons" role="group" aria-label={t.map}>
        <IconButton label={t.earlier} keys="," icon="M10 3L5 8l5 5" act={() => pan(-0.25)} />
        <IconButton label={t.later} keys="." icon="M6 3l5 5-5 5" act={() => pan(0.25)} />
        <IconButton label={t.zoomOut} keys="-" icon="M3 8h10" act={() => zoom(1 / 0.6)} />
        <IconButton label={t.zoomIn} keys="+" icon="M3 8h10M8 3v10" act={() => zoom(0.6)} />
        <button type="button" aria-keyshortcuts="0" onClick={fit}>
          {t.fit}
        </button>
      </span>
      {!isStrip && <LaneChoices journey={journey} map={map} tell={tell} />}
      <span class="buttons end">
        <button type="button" aria-keyshortcuts="t" aria-pressed={isTable} onClick={toggle}>
          {isTable ? t.picture : t.table}
        </button>
        <button type="button" aria-keyshortcuts="e" onClick={csv}>
          {p.csv}
        </button>
        <button type="button" onClick={png}>
          {t.png}
        </button>
      </span>
    </div>
  )
}

function LaneChoices({
  journey,
  map: { choice },
  tell: { t, formats },
}: Pick<ToolbarProps, 'journey' | 'map' | 'tell'>) {
  return (
    <>
      <select
        aria-label={t.order}
        value={choice.order}
        onChange={(event) => setQuery({ order: event.currentTarget.value })}
      >
        {orders.map((order) => (
          <option key={order} value={order}>
            {t[`order.${order}`]}
          </option>
        ))}
      </select>
      <select
        aria-label={t.grouping}
        value={choice.grouping}
        onChange={(event) => setQuery({ group: event.currentTarget.value, open: null })}
      >
        {groupings.map((grouping) => (
          <option key={grouping} value={grouping}>
            {t[`grouping.${grouping}`]}
          </option>
        ))}
      </select>
      {journey.people.length > mostLanes + 1 && (
        <button
          type="button"
          onClick={() => setQuery({ all: choice.isExpanded ? null : '1' }, { push: true })}
        >
          {choice.isExpanded ? t.fewer : t.all(formats.number(journey.people.length))}
        </button>
      )}
    </>
  )
}

function IconButton({
  label,
  keys,
  icon,
  act,
}: {
  label: string
  keys: string
  icon: string
  act: () => void
}) {
  return (
    <button
      type="button"
      class="icon"
      aria-label={label}
      title={`${label} (${keys})`}
      aria-keyshortcuts={keys}
      onClick={act}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <path d={icon} fill="none" stroke="currentColor" stroke-width="1.5" />
      </svg>
    </button>
  )
}

/** The legend is the filter: a channel's colour, its word, its number; choosing it dims the others. */
export function ChannelChips({
  journey,
  map,
  tell,
  slots,
}: Pick<ToolbarProps, 'journey' | 'map' | 'tell' | 'slots'>) {
  const { t, formats } = tell
  const counts = countsOf(journey)
  const chips = journey.channels
    .map((name, index) => ({ name, index, n: counts[index] ?? 0 }))
    .filter(({ n }) => n > 0)
    .sort((a, b) => b.n - a.n || a.index - b.index)
  const kinds = journey.isFolded
    ? []
    : [...new Set(journey.kind)].sort((a, b) => a - b).map((index) => journey.kinds[index] ?? '')
  return (
    <div class="chips map-chips">
      <ul class="chips" aria-label={t.channelsFilter}>
        {chips.map(({ name, index, n }) => (
          <li key={index}>
            <button
              type="button"
              class={map.lit === undefined ? 'chip' : 'chip is-dim'}
              aria-pressed={map.lit?.has(index) ?? false}
              onClick={() => map.toggleChannel(name === '' ? '-' : name)}
            >
              <svg viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
                <circle cx="4" cy="4" r="4" class={`fill-${slots[index] ?? 0}`} />
              </svg>
              {displayText(name, 40) || t.noChannel} <span class="muted">{formats.number(n)}</span>
            </button>
          </li>
        ))}
      </ul>
      <ul class="chips kinds" aria-label={t.legend}>
        {kinds.map((kind) => (
          <li key={kind} class="small muted channel">
            <svg viewBox="-6 -6 12 12" width="10" height="10" aria-hidden="true">
              <path d={outlineOf(kind)} fill="currentColor" />
            </svg>
            {kindName(t, kind)}
          </li>
        ))}
      </ul>
    </div>
  )
}

const counted = new WeakMap<Journey, number[]>()
/** Touches by channel, counted once for a journey. */
export function countsOf(journey: Journey): number[] {
  const known = counted.get(journey)
  if (known !== undefined) return known
  const counts = journey.channels.map(() => 0)
  for (let i = 0; i < journey.at.length; i += 1) {
    const channel = journey.channel[i] ?? 0
    counts[channel] = (counts[channel] ?? 0) + (journey.n[i] ?? 0)
  }
  counted.set(journey, counts)
  return counts
}
