/** Touches counted into columns, lane by lane, in one walk over time. */
import type { Journey } from '../journey/journey.js'
import type { Cells, View } from './scene.js'

/** Marks [first, end) of the journey lie in the window; `laneOf` says the lane of each person, -1 for none. */
export interface Visible {
  first: number
  end: number
  scale: number
  laneOf: Int32Array
}
/** Of a cell in which no channel stands out. */
export const mixedChannel = 255
const standsOutFrom = 0.34

export interface CellColumns {
  ms: number
  origin: number
}

export const emptyCells = (size: number): Cells => ({
  size: 0,
  lane: new Uint16Array(size),
  x: new Float32Array(size),
  width: new Float32Array(size),
  n: new Uint32Array(size),
  channel: new Uint8Array(size),
  isLit: new Uint8Array(size),
})

/** `columns` says how each lane is cut; a lane without is left to others. */
export function cellsOf(
  journey: Journey,
  view: View,
  visible: Visible,
  columns: readonly (CellColumns | undefined)[],
): { cells: Cells; drawn: number } {
  if (columns.every((one) => one === undefined)) return { cells: emptyCells(0), drawn: 0 }
  const cells = emptyCells(Math.max(0, visible.end - visible.first))
  const counter = counterFor(cells, journey.channels.length, view, visible.scale, columns)
  let drawn = 0
  for (let i = visible.first; i < visible.end; i += 1) {
    const lane = visible.laneOf[journey.person[i] as number] as number
    if (lane < 0 || columns[lane] === undefined) continue
    const n = journey.n[i] as number
    counter.add(lane, journey.at[i] as number, journey.channel[i] as number, n)
    drawn += n
  }
  counter.flush()
  return { cells, drawn }
}

/** Holds one open column a lane: marks come in order of time, so a column that is left is done. */
function counterFor(
  cells: Cells,
  channelCount: number,
  { lit, from, width, lanes: lanesOfView }: View,
  scale: number,
  columns: readonly (CellColumns | undefined)[],
) {
  const lanes = columns.length
  // One more, for what is beyond the last.
  const channels = channelCount + 1
  const open = new Int32Array(lanes).fill(-1)
  const total = new Uint32Array(lanes)
  const counts = new Uint32Array(lanes * channels)
  const isOn = Uint8Array.from({ length: channels }, (_, one) => Number(lit === undefined || lit.has(one)))
  const isMerged = lanesOfView.map(({ kind }) => kind !== 'person')
  const close = (lane: number) => {
    const { ms, origin } = columns[lane] as CellColumns
    const left = (origin + (open[lane] as number) * ms - from) * scale
    const at = cells.size
    const x = Math.max(0, left)
    cells.lane[at] = lane
    cells.x[at] = x
    cells.width[at] = Math.max(0, Math.min(width, left + ms * scale) - x)
    cells.n[at] = total[lane] as number
    takeChannel(lane, at)
    cells.size += 1
    total[lane] = 0
  }
  /** The most frequent one of those that are lit, else of all. */
  const takeChannel = (lane: number, at: number) => {
    let [best, most, isLit] = [0, -1, 0]
    for (let one = 0; one < channels; one += 1) {
      const slot = lane * channels + one
      const n = counts[slot] as number
      if (n === 0) continue
      counts[slot] = 0
      const on = isOn[one] as number
      if (on > isLit || (on === isLit && n > most)) [best, most, isLit] = [one, n, on]
    }
    // Of many people's touches the most frequent channel says something only where it is frequent.
    const stands = !isMerged[lane] || most >= (total[lane] as number) * standsOutFrom
    cells.channel[at] = stands ? best : mixedChannel
    cells.isLit[at] = isLit
  }
  return {
    add(lane: number, at: number, channel: number, n: number) {
      const { ms, origin } = columns[lane] as CellColumns
      const column = Math.floor((at - origin) / ms)
      if (column !== open[lane]) {
        if (open[lane] !== -1) close(lane)
        open[lane] = column
      }
      const slot = lane * channels + Math.min(channel, channels - 1)
      counts[slot] = (counts[slot] as number) + n
      total[lane] = (total[lane] as number) + n
    },
    flush() {
      for (let lane = 0; lane < lanes; lane += 1) if (open[lane] !== -1) close(lane)
    },
  }
}
