/** What layout() makes of a journey: boxes in pixels of the plot, left above at 0, 0; nothing of them lies outside. */
import type { Journey } from '../journey/journey.js'
import type { Lane } from '../journey/lanes.js'

/** What is asked to be seen: a window of time, so and so wide, by these lanes. */
export interface View {
  from: number
  to: number
  width: number
  lanes: readonly Lane[]
  /** Channels that are lit, as indices; undefined: all are. */
  lit?: ReadonlySet<number> | undefined
  text: MapText
}

/** Words and how wide they are: only what draws them knows. */
export interface MapText {
  measure: (text: string, isBold?: boolean) => number
  /** From the longest to the shortest. */
  gap: (gap: Journey['gaps'][number]) => readonly string[]
  flag: (milestone: Journey['milestones'][number]) => string
  became: (person: Journey['people'][number]) => string
  touch: (mark: number) => string
}

export type Detail = 'heat' | 'bars' | 'marks'

export interface LaneBox {
  lane: Lane
  y: number
  height: number
  detail: Detail
}

/** A touch that stands alone. */
export interface Glyph {
  is: 'glyph'
  lane: number
  mark: number
  x: number
  isLit: boolean
  /** Its name, where there is room for it. */
  label: string
  n: 1
}
/** Touches too near each other to be told apart: a pill with their number. */
export interface Pill {
  is: 'pill'
  lane: number
  x: number
  width: number
  n: number
  channel: number
  isLit: boolean
  /** Marks [first, last] of the lane are in it, both inclusive; `marks` are all of them. */
  marks: readonly number[]
}

/** Many small boxes, field by field: fifty thousand objects a frame would be the frame. */
export interface Cells {
  size: number
  lane: Uint16Array
  x: Float32Array
  width: Float32Array
  n: Uint32Array
  channel: Uint8Array
  isLit: Uint8Array
}

export interface Hairline {
  lane: number
  /** From the first touch to the last, dotted until `known`. */
  from: number
  to: number
  /** null: known or anonymous all along, as `isKnown` says. */
  known: number | null
  isKnown: boolean
  label: string
  /** Where the person came into the account and left it. */
  joins: readonly number[]
  leaves: readonly number[]
  /** Own stages. */
  stages: readonly { x: number; stage: string }[]
}

export interface Band {
  x: number
  width: number
  name: string
  isOdd: boolean
  from: number
  to: number
}
export interface GapBox {
  x: number
  width: number
  gap: Journey['gaps'][number]
  label: string
}
export interface Flag {
  x: number
  row: number
  /** Left edge and width of the words; empty words where there is no room for them. */
  boxX: number
  boxWidth: number
  text: string
  milestone: Journey['milestones'][number]
}

export interface Scene {
  width: number
  height: number
  lanes: readonly LaneBox[]
  marks: readonly (Glyph | Pill)[]
  bars: Cells
  heat: Cells
  hairlines: readonly Hairline[]
  bands: readonly Band[]
  gaps: readonly GapBox[]
  flags: readonly Flag[]
  flagRows: number
  /** Touches that are drawn, all of those of the lanes in the window. */
  drawn: number
}
