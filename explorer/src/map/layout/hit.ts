/** What lies under a point of the lanes: found by lane and by halving, so that it costs nothing at any size. */
import type { Cells, Glyph, Pill, Scene } from './scene.js'

export interface Hit {
  lane: number
  x: number
  width: number
  n: number
  channel: number
  /** The touches themselves, where there are few enough to name. */
  marks: readonly number[]
}
export type HitTest = (x: number, y: number) => Hit | undefined

const nearPx = 6

/** Made once for a scene, asked for every move of the pointer. */
export function hitTestOf(scene: Scene): HitTest {
  const marks = byLane(scene, scene.marks, (mark) => mark.lane)
  const cells = [scene.heat, scene.bars].map((one) => cellsByLane(scene, one))
  return (x, y) => {
    const lane = laneAt(scene, y)
    if (lane === undefined) return undefined
    const mark = nearest(marks[lane] ?? [], x)
    if (mark !== undefined) return hitOfMark(mark)
    for (const [which, indices] of cells.entries()) {
      const found = cellAt(which === 0 ? scene.heat : scene.bars, indices[lane] ?? [], x)
      if (found !== undefined) return found
    }
    return undefined
  }
}

export function laneAt({ lanes }: Scene, y: number): number | undefined {
  let [low, high] = [0, lanes.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const lane = lanes[middle]
    if (lane !== undefined && lane.y + lane.height <= y) low = middle + 1
    else high = middle
  }
  const lane = lanes[low]
  return lane !== undefined && y >= lane.y ? low : undefined
}

export const leftOf = (mark: Glyph | Pill) => (mark.is === 'glyph' ? mark.x - 5 : mark.x)
export const widthOf = (mark: Glyph | Pill) => (mark.is === 'glyph' ? 10 : mark.width)
export const marksIn = (mark: Glyph | Pill): readonly number[] =>
  mark.is === 'glyph' ? [mark.mark] : mark.marks

const hitOfMark = (mark: Glyph | Pill): Hit => ({
  lane: mark.lane,
  x: leftOf(mark),
  width: widthOf(mark),
  n: mark.n,
  channel: mark.is === 'pill' ? mark.channel : -1,
  marks: marksIn(mark),
})

function byLane<One>({ lanes }: Scene, all: readonly One[], laneOf: (one: One) => number): One[][] {
  const lists: One[][] = lanes.map(() => [])
  for (const one of all) lists[laneOf(one)]?.push(one)
  return lists
}

function cellsByLane({ lanes }: Scene, cells: Cells): number[][] {
  const lists: number[][] = lanes.map(() => [])
  for (let i = 0; i < cells.size; i += 1) lists[cells.lane[i] as number]?.push(i)
  return lists
}

/** In order of x; the one that the point is in, else the nearest within a few pixels. */
function nearest(marks: readonly (Glyph | Pill)[], x: number): Glyph | Pill | undefined {
  let [low, high] = [0, marks.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (leftOf(marks[middle] as Glyph | Pill) <= x) low = middle + 1
    else high = middle
  }
  const away = (mark: Glyph | Pill) => Math.max(leftOf(mark) - x, x - leftOf(mark) - widthOf(mark), 0)
  return [marks[low - 1], marks[low]]
    .filter((mark) => mark !== undefined)
    .sort((a, b) => away(a) - away(b))
    .find((mark) => away(mark) <= nearPx)
}

function cellAt(cells: Cells, indices: readonly number[], x: number): Hit | undefined {
  let [low, high] = [0, indices.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((cells.x[indices[middle] as number] as number) <= x) low = middle + 1
    else high = middle
  }
  const at = indices[low - 1]
  if (at === undefined) return undefined
  const [left, width] = [cells.x[at] as number, cells.width[at] as number]
  if (x > left + Math.max(width, 3)) return undefined
  return {
    lane: cells.lane[at] as number,
    x: left,
    width,
    n: cells.n[at] as number,
    channel: cells.channel[at] as number,
    marks: [],
  }
}
