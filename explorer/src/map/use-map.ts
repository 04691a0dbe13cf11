/** What of the map stands in the address: window, lanes, lit channels, the touch that is open. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { setQuery, setQueryList, useUrl } from '../url/url.js'
import { firstFrom, type Journey } from './journey/journey.js'
import { groupings, lanesOf, manyLanes, orders, type Lane, type LaneChoice } from './journey/lanes.js'
import { nameOfWindow, wholeOf, windowNamed, type Window } from './journey/window.js'

const writeAfterMs = 200

export interface MapState {
  whole: Window
  window: Window
  setWindow: (change: (window: Window) => Window) => void
  choice: LaneChoice
  lanes: readonly Lane[]
  /** Indices of channels; undefined: all. */
  lit: ReadonlySet<number> | undefined
  toggleChannel: (name: string) => void
  selected: number | undefined
  select: (mark: number | undefined) => void
  isTable: boolean
}

export function useMap(journey: Journey): MapState {
  const { query } = useUrl()
  const whole = useMemo(() => wholeOf(journey), [journey])
  const [window, setWindow] = useWindow(query.get('w'), whole)
  const choice = useChoice(journey, query)
  const lanes = useMemo(() => lanesOf(journey, choice), [journey, choice])
  const names = query.getAll('channel')
  const lit = useMemo(() => litOf(journey, names), [journey, names.join('\n')])
  const touch = query.get('touch')
  const selected = useMemo(() => markNamed(journey, touch), [journey, touch])
  return {
    whole,
    window,
    setWindow,
    choice,
    lanes,
    lit,
    toggleChannel: (name) =>
      setQueryList('channel', names.includes(name) ? names.filter((one) => one !== name) : [...names, name]),
    selected,
    select: (mark) => setQuery({ touch: mark === undefined ? null : nameOfMark(journey, mark) }),
    isTable: query.get('view') === 'table',
  }
}

/** Drawn at once, at most once a frame, and written into the address when it rests. */
function useWindow(named: string | null, whole: Window): [Window, MapState['setWindow']] {
  const [window, set] = useState(() => windowNamed(named, whole))
  const latest = useRef(window)
  const written = useRef(named)
  const bounds = useRef(whole)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const frame = useRef(0)
  useEffect(() => {
    // The address was changed by somebody else (back, a link), or the journey is another.
    const isSame = bounds.current.from === whole.from && bounds.current.to === whole.to
    if (named === written.current && isSame) return
    bounds.current = whole
    written.current = named
    latest.current = windowNamed(named, whole)
    set(latest.current)
  }, [named, whole])
  useEffect(
    () => () => {
      clearTimeout(timer.current)
      cancelAnimationFrame(frame.current)
    },
    [],
  )
  const change = (how: (window: Window) => Window) => {
    latest.current = how(latest.current)
    cancelAnimationFrame(frame.current)
    frame.current = requestAnimationFrame(() => set(latest.current))
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      written.current = nameOfWindow(latest.current, whole)
      setQuery({ w: written.current })
    }, writeAfterMs)
  }
  return [window, change]
}

function useChoice(journey: Journey, query: URLSearchParams): LaneChoice {
  const [order, grouping, all] = [query.get('order'), query.get('group'), query.get('all')]
  const open = query.getAll('open')
  const isMany = all === '1' && journey.people.length > manyLanes
  const hasGroups = useMemo(() => journey.people.some(({ group }) => group !== ''), [journey])
  return useMemo(
    () => ({
      order: orders.find((one) => one === order) ?? 'story',
      grouping: groupings.find((one) => one === grouping) ?? (isMany && hasGroups ? 'group' : 'none'),
      isExpanded: all === '1',
      openGroups: open,
    }),
    [order, grouping, all, open.join('\n'), isMany, hasGroups],
  )
}

function litOf(journey: Journey, names: readonly string[]): ReadonlySet<number> | undefined {
  const lit = new Set(
    names.flatMap((name) => {
      const at = journey.channels.indexOf(name === '-' ? '' : name)
      return at === -1 ? [] : [at]
    }),
  )
  // A channel that nobody here came by dims nothing.
  return lit.size === 0 ? undefined : lit
}

/** `1772500000000~user:u7`: holds in another answer about the same journey, too. */
function nameOfMark(journey: Journey, mark: number): string {
  return `${journey.at[mark]}~${journey.people[journey.person[mark] ?? -1]?.id ?? ''}`
}

function markNamed(journey: Journey, name: string | null): number | undefined {
  const [, at = '', id = ''] = /^(\d{1,16})~(.+)$/s.exec(name ?? '') ?? []
  if (at === '') return undefined
  for (let mark = firstFrom(journey, Number(at)); journey.at[mark] === Number(at); mark += 1)
    if (journey.people[journey.person[mark] ?? -1]?.id === id) return mark
  return undefined
}
