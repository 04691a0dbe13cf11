/** Pointer and wheel on the map, told as what they mean. Plain wheels scroll the page, as everywhere. */
import { useEffect, useRef } from 'preact/hooks'

export interface PointerActs {
  /** Of the canvas; undefined once the pointer has left. */
  hover: (point: { x: number; y: number } | undefined) => void
  pan: (byPx: number) => void
  zoom: (atX: number, factor: number) => void
  click: (point: { x: number; y: number }) => void
  doubleClick: (point: { x: number; y: number }) => void
  /** A stretch drawn on the axis; `isDone` when the button is let go. */
  brush: (from: number, to: number, isDone: boolean) => void
  /** Above this a drag is a brush. */
  axisBottom: () => number
}

const clickWithinPx = 4

export function usePointer(canvas: { current: HTMLCanvasElement | null }, acts: PointerActs): void {
  const latest = useRef(acts)
  latest.current = acts
  useEffect(() => {
    const element = canvas.current
    if (element === null) return
    const end = new AbortController()
    listenToWheel(element, latest, end.signal)
    listenToDrags(element, latest, end.signal)
    return () => end.abort()
  }, [canvas])
}

function listenToWheel(
  element: HTMLCanvasElement,
  acts: { current: PointerActs },
  signal: AbortSignal,
): void {
  element.addEventListener(
    'wheel',
    (event) => {
      const step = event.deltaMode === 1 ? 16 : 1
      // A pinch on a touchpad comes as a wheel with ctrl.
      if (event.ctrlKey || event.metaKey)
        acts.current.zoom(pointOf(element, event).x, Math.exp(event.deltaY * step * 0.004))
      else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
        acts.current.pan((event.deltaX || event.deltaY) * step)
      else return
      event.preventDefault()
    },
    { signal, passive: false },
  )
}

function listenToDrags(
  element: HTMLCanvasElement,
  acts: { current: PointerActs },
  signal: AbortSignal,
): void {
  const fingers = new Map<number, { x: number; y: number }>()
  let began: { x: number; y: number; isBrush: boolean } | undefined
  let hasMoved = false
  const on = <Name extends keyof HTMLElementEventMap>(
    name: Name,
    act: (event: HTMLElementEventMap[Name]) => void,
  ) => element.addEventListener(name, act, { signal })
  on('pointerdown', (event) => {
    if (event.button !== 0) return
    const point = pointOf(element, event)
    fingers.set(event.pointerId, point)
    element.setPointerCapture(event.pointerId)
    began = { ...point, isBrush: point.y < acts.current.axisBottom() && event.pointerType !== 'touch' }
    hasMoved = false
  })
  on('pointermove', (event) => {
    const point = pointOf(element, event)
    const before = fingers.get(event.pointerId)
    if (before === undefined || began === undefined) {
      acts.current.hover(point)
      return
    }
    if (Math.abs(point.x - began.x) > clickWithinPx) hasMoved = true
    const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, at]) => at)
    fingers.set(event.pointerId, point)
    if (other !== undefined) pinch(acts.current, other, before, point)
    else if (began.isBrush) acts.current.brush(began.x, point.x, false)
    else if (hasMoved) acts.current.pan(before.x - point.x)
  })
  on('pointerup', (event) => {
    const point = pointOf(element, event)
    const wasOnly = fingers.size === 1
    fingers.delete(event.pointerId)
    if (began === undefined || !wasOnly) return
    if (!hasMoved) acts.current.click(point)
    else if (began.isBrush) acts.current.brush(began.x, point.x, true)
    began = undefined
  })
  on('pointercancel', (event) => {
    fingers.delete(event.pointerId)
    began = undefined
  })
  on('pointerleave', () => acts.current.hover(undefined))
  on('dblclick', (event) => acts.current.doubleClick(pointOf(element, event)))
}

function pinch(acts: PointerActs, other: { x: number }, before: { x: number }, now: { x: number }): void {
  const [was, is] = [Math.abs(before.x - other.x), Math.abs(now.x - other.x)]
  if (was > 10 && is > 10) acts.zoom((now.x + other.x) / 2, was / is)
}

function pointOf(element: HTMLElement, event: MouseEvent): { x: number; y: number } {
  const box = element.getBoundingClientRect()
  return { x: event.clientX - box.left, y: event.clientY - box.top }
}
