/**
 * The journey map as boxes: pure, so that what it draws can be counted. Level of detail by the height of a lane:
 *   below 6 px, merged lanes   heat: columns of 3 px (of merged lanes a week), the most frequent channel
 *   6 to 15 px                 bars by column
 *   from 16 px                 a glyph where a touch is alone within 10 px, else a pill with the number
 *   from 28 px, 80 px free     the touch's name beside its glyph
 */
import { cellsOf, type CellColumns } from './cells.js'
import { firstFrom, type Journey } from '../journey/journey.js'
import { weekMs } from '../journey/lanes.js'
import { marksOf } from './marks.js'
import { bandsOf, flagsOf, gapsOf, hairlinesOf } from './overlays.js'
import type { Detail, LaneBox, Scene, View } from './scene.js'

const heatBelowPx = 6
const marksFromPx = 16
const heatColumnPx = 3
const barColumnPx = 5

export function layout(view: View, journey: Journey): Scene {
  const scale = view.width / (view.to - view.from)
  const lanes = stacked(view)
  const laneOf = lanesOfPeople(view, journey.people.length)
  const [first, end] = [firstFrom(journey, view.from), firstFrom(journey, view.to)]
  const columns = lanes.map((box) => columnsFor(box, view, scale))
  const visible = { first, end, scale, laneOf }
  const heat = cellsOf(
    journey,
    view,
    visible,
    columns.map((one, at) => (lanes[at]?.detail === 'heat' ? one : undefined)),
  )
  const bars = cellsOf(
    journey,
    view,
    visible,
    columns.map((one, at) => (lanes[at]?.detail === 'bars' ? one : undefined)),
  )
  const found = marksOf(journey, view, visible, lanes)
  const flags = flagsOf(journey, view, scale)
  return {
    width: view.width,
    height: lanes.reduce((sum, { height }) => sum + height, 0),
    lanes,
    marks: found.marks,
    bars: joined(bars.cells, found.dense),
    heat: heat.cells,
    hairlines: hairlinesOf(journey, view, scale, lanes),
    bands: bandsOf(journey, view, scale),
    gaps: gapsOf(journey, view, scale),
    flags,
    flagRows: flags.reduce((most, { row, text }) => (text === '' ? most : Math.max(most, row + 1)), 0),
    drawn: heat.drawn + bars.drawn + found.drawn,
  }
}

function stacked({ lanes }: View): LaneBox[] {
  let y = 0
  return lanes.map((lane) => {
    const box = { lane, y, height: lane.height, detail: detailOf(lane) }
    y += lane.height
    return box
  })
}

function detailOf({ kind, height }: LaneBox['lane']): Detail {
  if (kind !== 'person' || height < heatBelowPx) return 'heat'
  return height < marksFromPx ? 'bars' : 'marks'
}

/** A person whose group is open has a lane of their own below it; what is theirs is counted there and not twice. */
function lanesOfPeople({ lanes }: View, people: number): Int32Array {
  const laneOf = new Int32Array(people).fill(-1)
  for (const [index, { people: inIt, isOpen }] of lanes.entries())
    if (isOpen !== true) for (const person of inIt) laneOf[person] = index
  return laneOf
}

function columnsFor({ lane, detail }: LaneBox, { from }: View, scale: number): CellColumns {
  const pixels = detail === 'heat' ? heatColumnPx : barColumnPx
  const least = pixels / scale
  const ms = lane.kind === 'person' ? least : Math.max(least, weekMs)
  // Cut at multiples since 1970 and not at the window's edge, so that nothing flickers while it is moved.
  return { ms, origin: Math.floor(from / ms) * ms }
}

function joined(a: Scene['bars'], b: Scene['bars']): Scene['bars'] {
  if (b.size === 0) return a
  if (a.size === 0) return b
  const add = <Kind extends Uint8Array | Uint16Array | Uint32Array | Float32Array>(
    to: Kind,
    one: Kind,
    two: Kind,
  ) => {
    to.set(one.subarray(0, a.size))
    to.set(two.subarray(0, b.size), a.size)
    return to
  }
  const size = a.size + b.size
  return {
    size,
    lane: add(new Uint16Array(size), a.lane, b.lane),
    x: add(new Float32Array(size), a.x, b.x),
    width: add(new Float32Array(size), a.width, b.width),
    n: add(new Uint32Array(size), a.n, b.n),
    channel: add(new Uint8Array(size), a.channel, b.channel),
    isLit: add(new Uint8Array(size), a.isLit, b.isLit),
  }
}
