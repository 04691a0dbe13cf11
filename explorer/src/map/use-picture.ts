/** From a view to pixels: the scene where something of it changed, the picture where only a hover did. */
import { useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks'
import { isDark, usePreferences } from '../preferences.js'
import { draw } from './draw/draw.js'
import type { Picture } from './draw/picture.js'
import { hitTestOf, type Hit, type HitTest } from './layout/hit.js'
import type { Journey } from './journey/journey.js'
import { layout } from './layout/layout.js'
import { geometryOf, paintOf, type Geometry, type Paint } from './draw/paint.js'
import type { Scene } from './layout/scene.js'
import type { Tell } from './tell.js'
import { ticksOf } from './journey/ticks.js'
import type { MapState } from './use-map.js'

export interface Drawn {
  scene: Scene
  geometry: Geometry
  picture: Picture
  hitTest: () => HitTest
}

export function usePaint(slots: readonly number[]): Paint {
  const { theme } = usePreferences()
  const [isPrinting, setIsPrinting] = useState(false)
  useEffect(() => {
    // Paper is light.
    const before = () => {
      document.documentElement.dataset.theme = 'light'
      setIsPrinting(true)
    }
    const after = () => {
      document.documentElement.dataset.theme = isDark() ? 'dark' : 'light'
      setIsPrinting(false)
    }
    addEventListener('beforeprint', before)
    addEventListener('afterprint', after)
    return () => {
      removeEventListener('beforeprint', before)
      removeEventListener('afterprint', after)
    }
  }, [])
  const dark = isDark() && !isPrinting
  return useMemo(() => paintOf(document.documentElement, slots, dark), [slots, theme, dark])
}

interface PictureOptions {
  journey: Journey
  map: MapState
  tell: Tell
  paint: Paint
  width: number
  hovered: Hit | undefined
  brush: readonly [number, number] | undefined
  /** The touch that the keys stand on, or that is open. */
  current: number | undefined
}

export function usePicture(
  canvas: { current: HTMLCanvasElement | null },
  options: PictureOptions,
): Drawn | undefined {
  const { journey, map, tell, paint, width, hovered, brush, current } = options
  const { window, lanes, lit } = map
  const scene = useMemo(
    () => (width < 20 ? undefined : layout({ ...window, width, lanes, lit, text: tell.text }, journey)),
    [journey, window.from, window.to, width, lanes, lit, tell],
  )
  const drawn = useMemo(
    () => (scene === undefined ? undefined : pictureOf(scene, { journey, map, tell, paint })),
    [scene, paint],
  )
  const picture = drawn && { ...drawn.picture, hovered, selected: current, brush }
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d', { alpha: false })
    if (canvas.current === null || !context || picture === undefined) return
    size(canvas.current, width, picture.geometry.height)
    draw(context, picture, devicePixelRatio)
  }, [scene, paint, hovered, current, brush?.[0], brush?.[1]])
  return drawn && picture && { ...drawn, picture }
}

function pictureOf(
  scene: Scene,
  { journey, map, tell, paint }: Pick<PictureOptions, 'journey' | 'map' | 'tell' | 'paint'>,
): Drawn {
  const { window } = map
  const { formats } = tell
  const scale = scene.width / (window.to - window.from)
  const geometry = geometryOf(scene, { stages: journey.stages.length > 0, gaps: journey.gaps.length > 0 })
  const ticks = ticksOf({ ...window, width: scene.width }, formats.zone).map((tick) => ({
    tick,
    x: (tick.at - window.from) * scale,
    label: formats.tick(tick.at, tick.as),
  }))
  const today = (journey.asOf - window.from) * scale
  let hitTest: HitTest | undefined
  return {
    scene,
    geometry,
    picture: {
      scene,
      journey,
      geometry,
      paint,
      ticks,
      hovered: undefined,
      selected: undefined,
      brush: undefined,
      today: today > 0 && today < scene.width ? today : undefined,
    },
    // Made when the pointer first asks, not while the window moves.
    hitTest: () => (hitTest ??= hitTestOf(scene)),
  }
}

/** Only where it changed: setting the size of a canvas empties it and asks for new memory. */
function size(canvas: HTMLCanvasElement, width: number, height: number): void {
  const [columns, rows] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)]
  if (canvas.width !== columns) canvas.width = columns
  if (canvas.height !== rows) canvas.height = rows
  canvas.style.height = `${height}px`
}
