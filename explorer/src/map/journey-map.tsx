import { useMemo, useRef, useState } from 'preact/hooks'
import type { JourneyMap } from '@touchline/schemas/api'
import { useMoreKeys } from '../frame/more-keys.js'
import { useReady } from '../frame/ready.js'
import { slotsOf } from '../parts/channels.js'
import { lazy } from '../parts/lazy.js'
import { HoverCard, type Under } from './around/hover-card.js'
import { journeyOf, type Journey } from './journey/journey.js'
import { LaneLabels } from './around/lane-labels.js'
import './map.css'
import { Minimap } from './around/minimap.js'
import { useTell, type Tell } from './tell.js'
import { ChannelChips, Toolbar } from './around/toolbar.js'
import type { Opened } from './around/touch-drawer.js'
import { stretchAt, underPoint } from './under.js'
import { useMap, type MapState } from './use-map.js'
import { usePaint, usePicture, type Drawn } from './use-picture.js'
import { usePointer } from './use-pointer.js'
import { useWidth } from '../parts/use-width.js'
import { laneOfPeople, placeOf, walked, type Step } from './journey/walk.js'
import { fitted, panned, showing, zoomed } from './journey/window.js'

// What is not there at the first look comes when it is asked for.
const MapTable = lazy(() => import('./around/map-table.js').then((module) => module.MapTable))
const TouchDrawer = lazy(() => import('./around/touch-drawer.js').then((module) => module.TouchDrawer))
const files = () => import('./export.js')

interface JourneyMapProps {
  answer: JourneyMap
  /** Who it is about, for the PNG. */
  title: string
  /** Of the whole journey, where `answer` holds the touches of a stretch only. */
  overview?: JourneyMap | undefined
  /** Of another question than the one asked now. */
  isOld?: boolean
  /** One person: a single lane needs neither names nor orders. */
  isStrip?: boolean
}

/** S5: who was involved, in which stage, where it went quiet, what moved the deal. */
export function JourneyMapView(props: JourneyMapProps) {
  const { answer, title, overview = answer, isOld = false, isStrip = false } = props
  const journey = useMemo(() => journeyOf(answer), [answer])
  const wholeJourney = useMemo(
    () => (overview === answer ? journey : journeyOf(overview)),
    [overview, journey],
  )
  const slots = useMemo(() => slotsOf(journey.channels), [journey])
  const map = useMap(journey)
  const paint = usePaint(slots)
  const tell = useTell(journey, paint)
  const [opened, setOpened] = useState<Opened>()
  const picture = useRef<Drawn>(undefined)
  const open = (what: Opened | undefined) => {
    setOpened(what)
    map.select(what?.is === 'touch' ? what.mark : undefined)
  }
  const shownDrawer: Opened | undefined =
    opened ?? (map.selected === undefined ? undefined : { is: 'touch', mark: map.selected })
  useReady(!isOld)
  return (
    <section class={isOld ? 'map is-old' : 'map'} aria-label={tell.t.map}>
      <ChannelChips journey={journey} map={map} tell={tell} slots={slots} />
      <Toolbar
        journey={journey}
        map={map}
        tell={tell}
        slots={slots}
        isStrip={isStrip}
        csv={() => void files().then(({ saveCsv }) => saveCsv(journey))}
        png={() =>
          void files().then(({ savePng }) => picture.current && savePng(picture.current.picture, tell, title))
        }
      />
      {map.isTable ? (
        <MapTable journey={journey} map={map} tell={tell} slots={slots} />
      ) : (
        <MapPicture {...{ journey, map, tell, slots, paint, picture, open, isStrip, wholeJourney }} />
      )}
      <Notes journey={journey} tell={tell} />
      {shownDrawer !== undefined && (
        <TouchDrawer
          opened={shownDrawer}
          journey={journey}
          tell={tell}
          slots={slots}
          open={open}
          close={() => open(undefined)}
        />
      )}
    </section>
  )
}

function Notes({ journey, tell: { t, formats } }: { journey: Journey; tell: Tell }) {
  const { others } = journey
  return (
    <>
      {journey.isFolded && (
        <p class="muted small">
          {t.folded(formats.number(journey.touches), formats.number(columnsOf(journey)))}
        </p>
      )}
      {others !== null && (
        <p class="muted small">{t.beyond(formats.number(others.people), formats.number(others.touches))}</p>
      )}
    </>
  )
}

const columnsOf = ({ from, to, length }: Journey) =>
  Math.round((to - from) / Math.max(1, length[0] ?? to - from))

interface MapPictureProps {
  journey: Journey
  map: MapState
  tell: Tell
  slots: readonly number[]
  paint: ReturnType<typeof usePaint>
  picture: { current: Drawn | undefined }
  isStrip: boolean
  wholeJourney: Journey
  open: (what: Opened | undefined) => void
}

function MapPicture(props: MapPictureProps) {
  const { journey, map, tell, slots, paint, picture, open, isStrip } = props
  const canvas = useRef<HTMLCanvasElement>(null)
  const plot = useRef<HTMLDivElement>(null)
  const width = useWidth(plot)
  const [hover, setHover] = useState<{ under: Under; at: { x: number; y: number } }>()
  const [brush, setBrush] = useState<readonly [number, number]>()
  const hit = hover?.under.is === 'touches' ? hover.under.hit : undefined
  const [walkedTo, walk] = useWalk(journey, map)
  const current = walkedTo ?? map.selected
  const drawn = usePicture(canvas, { journey, map, tell, paint, width, hovered: hit, brush, current })
  picture.current = drawn
  useReady(drawn !== undefined)
  useActs({ canvas, drawn, journey, map, open, setHover, setBrush })
  useMoreKeys([
    [',  .', `${tell.t.earlier} · ${tell.t.later}`],
    ['+  -  0', `${tell.t.zoomIn} · ${tell.t.zoomOut} · ${tell.t.fit}`],
  ])
  const laneOf = useMemo(() => laneOfPeople(journey, map.lanes), [journey, map.lanes])
  const currentLane = current === undefined ? undefined : laneOf[journey.person[current] ?? -1]
  return (
    <>
      <div class={isStrip ? 'map-frame is-strip' : 'map-frame'}>
        {!isStrip && (
          <LaneLabels lanes={map.lanes} top={drawn?.geometry.top ?? 0} tell={tell} current={currentLane} />
        )}
        <div class="plot" ref={plot}>
          <canvas
            ref={canvas}
            tabIndex={0}
            role="application"
            aria-label={tell.t.map}
            aria-description={tell.t.mapHint}
            onKeyDown={(event) => {
              const step = stepOf(event)
              if (event.key === 'Enter' && current !== undefined) open({ is: 'touch', mark: current })
              else if (step === undefined) return
              else walk(step)
              event.preventDefault()
              event.stopPropagation()
            }}
          />
          {hover !== undefined && <HoverCard {...hover} journey={journey} tell={tell} slots={slots} />}
        </div>
        {!isStrip && <div class="under-labels" />}
        <Minimap journey={props.wholeJourney} map={map} paint={paint} width={width} label={tell.t.minimap} />
      </div>
      <p class="map-status small muted" role="status">
        {walkedTo === undefined ? '' : statusOf(journey, map, tell, walkedTo)}
      </p>
    </>
  )
}

const steps: Record<string, Step> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  Home: 'first',
  End: 'last',
}
const stepOf = (event: KeyboardEvent): Step | undefined =>
  event.metaKey || event.ctrlKey || event.altKey ? undefined : steps[event.key]

/** Where the arrow keys stand; the window follows. */
function useWalk(journey: Journey, map: MapState): [number | undefined, (step: Step) => void] {
  const [at, setAt] = useState<{ of: Journey; mark: number }>()
  const mark = at?.of === journey ? at.mark : undefined
  const walk = (step: Step) => {
    const next = walked(journey, map.lanes, { mark: mark ?? map.selected, windowFrom: map.window.from }, step)
    if (next === undefined) return
    setAt({ of: journey, mark: next })
    map.setWindow((window) => showing(window, journey.at[next] ?? window.from, map.whole))
  }
  return [mark, walk]
}

function statusOf(journey: Journey, { lanes }: MapState, tell: Tell, mark: number): string {
  const { t, formats } = tell
  const { n, of } = placeOf(journey, lanes, mark)
  const channel = tell.channel(journey.channel[mark] ?? 0)
  const what = [tell.kind(mark), tell.touch(mark), channel].filter(
    (part, at, all) => part !== '' && all.indexOf(part) === at,
  )
  return t.walk(
    tell.person(journey.person[mark] ?? 0),
    what.join(', '),
    formats.moment(journey.at[mark] ?? 0),
    t.place(formats.number(n), formats.number(of)),
  )
}

interface ActsOptions {
  canvas: { current: HTMLCanvasElement | null }
  drawn: Drawn | undefined
  journey: Journey
  map: MapState
  open: (what: Opened | undefined) => void
  setHover: (hover: { under: Under; at: { x: number; y: number } } | undefined) => void
  setBrush: (brush: readonly [number, number] | undefined) => void
}

function useActs({ canvas, drawn, journey, map, open, setHover, setBrush }: ActsOptions): void {
  const { window, whole, setWindow } = map
  const msPerPx = drawn === undefined ? 0 : (window.to - window.from) / drawn.scene.width
  const timeAt = (x: number) => window.from + x * msPerPx
  usePointer(canvas, {
    hover(at) {
      const under = at && drawn && underPoint(drawn, at)
      setHover(at && under && { under, at })
      if (canvas.current !== null) canvas.current.style.cursor = under?.is === 'touches' ? 'pointer' : ''
    },
    pan(byPx) {
      setHover(undefined)
      setWindow((now) => panned(now, byPx * msPerPx, whole))
    },
    zoom(x, factor) {
      setHover(undefined)
      setWindow((now) => {
        const share = x / (drawn?.scene.width ?? 1)
        return zoomed(now, now.from + (now.to - now.from) * share, factor, whole)
      })
    },
    brush(from, to, isDone) {
      setBrush(isDone ? undefined : [from, to])
      if (isDone && Math.abs(to - from) > 4) setWindow(() => fitted(timeAt(from), timeAt(to), whole))
    },
    click(at) {
      const under = drawn && underPoint(drawn, at)
      if (under?.is !== 'touches') return
      const [first] = under.hit.marks
      if (under.hit.n === 1 && first !== undefined) open({ is: 'touch', mark: first })
      else open({ is: 'touches', marks: marksOfHit(journey, map, under.hit, timeAt) })
    },
    doubleClick(at) {
      const stretch = drawn && stretchAt(drawn, at, journey.asOf)
      if (stretch) setWindow(() => fitted(stretch.from, stretch.to, whole))
    },
    axisBottom: () => drawn?.geometry.top ?? 0,
  })
}

/** Of a column the touches of its lane and time. */
function marksOfHit(
  journey: Journey,
  map: MapState,
  hit: { lane: number; x: number; width: number; marks: readonly number[] },
  timeAt: (x: number) => number,
): readonly number[] {
  if (hit.marks.length > 0) return hit.marks
  const laneOf = laneOfPeople(journey, map.lanes)
  const [from, to] = [timeAt(hit.x), timeAt(hit.x + hit.width)]
  const marks: number[] = []
  for (let mark = 0; mark < journey.at.length; mark += 1) {
    const at = journey.at[mark] ?? 0
    if (at >= from && at <= to && laneOf[journey.person[mark] ?? -1] === hit.lane) marks.push(mark)
  }
  return marks
}
