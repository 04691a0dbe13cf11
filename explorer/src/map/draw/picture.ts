/** All that a frame of the map is drawn from. */
import type { Journey } from '../journey/journey.js'
import type { Geometry, Paint } from './paint.js'
import type { Scene } from '../layout/scene.js'
import type { Tick } from '../journey/ticks.js'

export interface Picture {
  scene: Scene
  journey: Journey
  geometry: Geometry
  paint: Paint
  ticks: readonly { x: number; label: string; tick: Tick }[]
  /** The mark or cell under the pointer, and the touch that the keys stand on or that is open. */
  hovered: { lane: number; x: number; width: number } | undefined
  selected: number | undefined
  /** A brush that is being drawn, in pixels of the plot. */
  brush: readonly [number, number] | undefined
  today: number | undefined
}
