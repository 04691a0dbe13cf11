import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import type { Journey } from '../journey/journey.js'
import type { Paint } from '../draw/paint.js'
import type { MapState } from '../use-map.js'
import { panned, type Window } from '../journey/window.js'

const heightPx = 40
const columnPx = 4
const edgePx = 8

interface MinimapProps {
  journey: Journey
  map: MapState
  paint: Paint
  width: number
  label: string
}

/** The whole journey as bars, with the window on it: dragged in the middle it moves, at an edge it grows. */
export function Minimap({ journey, map, paint, width, label }: MinimapProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const { whole, window } = map
  const bars = useMemo(
    () => barsOf(journey, whole, Math.max(1, Math.floor(width / columnPx))),
    [journey, whole, width],
  )
  useDrag(canvas, map, width)
  useLayoutEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context || width < 20) return
    const ratio = devicePixelRatio
    element.width = Math.round(width * ratio)
    element.height = heightPx * ratio
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    drawMinimap(context, { bars, paint, width, ends: endsOf(window, whole, width), journey, whole })
  }, [bars, paint, width, window.from, window.to])
  return <canvas ref={canvas} class="minimap no-print" role="img" aria-label={label} />
}

const endsOf = (window: Window, whole: Window, width: number): [number, number] => {
  const scale = width / (whole.to - whole.from)
  return [(window.from - whole.from) * scale, (window.to - whole.from) * scale]
}

function barsOf(journey: Journey, whole: Window, columns: number): Float64Array {
  const bars = new Float64Array(columns)
  const scale = columns / (whole.to - whole.from)
  for (let i = 0; i < journey.at.length; i += 1) {
    const column = Math.floor(((journey.at[i] as number) - whole.from) * scale)
    if (column >= 0 && column < columns) bars[column] = (bars[column] as number) + (journey.n[i] as number)
  }
  return bars
}

interface DrawMinimap {
  bars: Float64Array
  paint: Paint
  width: number
  ends: [number, number]
  journey: Journey
  whole: Window
}
function drawMinimap(
  context: CanvasRenderingContext2D,
  { bars, paint, width, ends, journey, whole }: DrawMinimap,
) {
  context.fillStyle = paint.sunken
  context.fillRect(0, 0, width, heightPx)
  const most = Math.max(1, ...bars)
  context.fillStyle = paint.muted
  for (const [column, n] of bars.entries()) {
    if (n === 0) continue
    const height = Math.max(2, Math.sqrt(n / most) * (heightPx - 10))
    context.fillRect(column * columnPx, heightPx - height, columnPx - 1, height)
  }
  context.fillStyle = paint.ink
  const scale = width / (whole.to - whole.from)
  for (const { at } of journey.milestones) context.fillRect((at - whole.from) * scale, 0, 1, heightPx)
  const [from, to] = ends
  if (to - from >= width - 1) return
  context.fillStyle = paint.ground
  context.globalAlpha = 0.7
  context.fillRect(0, 0, from, heightPx)
  context.fillRect(to, 0, width - to, heightPx)
  context.globalAlpha = 1
  context.strokeStyle = paint.accent
  context.lineWidth = 2
  context.strokeRect(from + 1, 1, Math.max(2, to - from - 2), heightPx - 2)
}

function useDrag(canvas: { current: HTMLCanvasElement | null }, map: MapState, width: number): void {
  const latest = useRef({ map, width })
  latest.current = { map, width }
  useEffect(() => {
    const element = canvas.current
    if (element === null) return
    const end = new AbortController()
    let grip: 'from' | 'to' | 'window' | undefined
    let before = 0
    const xOf = (event: PointerEvent) => event.clientX - element.getBoundingClientRect().left
    element.addEventListener(
      'pointerdown',
      (event) => {
        const { map: now, width: wide } = latest.current
        const [from, to] = endsOf(now.window, now.whole, wide)
        const x = xOf(event)
        element.setPointerCapture(event.pointerId)
        before = x
        grip = gripAt(x, from, to)
        // Beside the window: it comes to the pointer.
        if (grip === undefined) {
          grip = 'window'
          move(now, wide, x - (from + to) / 2, grip)
        }
      },
      { signal: end.signal },
    )
    element.addEventListener(
      'pointermove',
      (event) => {
        if (grip === undefined) return
        const x = xOf(event)
        move(latest.current.map, latest.current.width, x - before, grip)
        before = x
      },
      { signal: end.signal },
    )
    for (const name of ['pointerup', 'pointercancel'] as const)
      element.addEventListener(name, () => (grip = undefined), { signal: end.signal })
    return () => end.abort()
  }, [canvas])
}

function gripAt(x: number, from: number, to: number): 'from' | 'to' | 'window' | undefined {
  if (Math.abs(x - from) < edgePx) return 'from'
  if (Math.abs(x - to) < edgePx) return 'to'
  return x > from && x < to ? 'window' : undefined
}

function move(
  { whole, setWindow }: MapState,
  width: number,
  byPx: number,
  grip: 'from' | 'to' | 'window',
): void {
  const by = (byPx * (whole.to - whole.from)) / width
  const least = (whole.to - whole.from) / width
  setWindow((now) => {
    if (grip === 'window') return panned(now, by, whole)
    if (grip === 'from')
      return { ...now, from: Math.min(Math.max(now.from + by, whole.from), now.to - least * 8) }
    return { ...now, to: Math.max(Math.min(now.to + by, whole.to), now.from + least * 8) }
  })
}
