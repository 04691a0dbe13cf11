/** Lanes with room: a touch that stands alone is a glyph, those that touch are a pill, a long row of them is bars. */
import { emptyCells, type Visible } from './cells.js'
import type { Journey } from '../journey/journey.js'
import type { Cells, Glyph, LaneBox, Pill, View } from './scene.js'

const aloneWithinPx = 10
const glyphRadiusPx = 5
/** A row of touches longer than this is no pill any more. */
const longestPillPx = 56
const denseColumnPx = 6
const labelFromLanePx = 28
const labelFreePx = 80
const labelGapPx = 10

/** Consecutive marks of a lane, `marks[first] … marks[last]`, that are drawn as one. */
interface Run {
  first: number
  last: number
  /** Where the outermost are, in pixels. */
  from: number
  to: number
  n: number
}

export function marksOf(
  journey: Journey,
  view: View,
  { first, end, scale, laneOf }: Visible,
  lanes: readonly LaneBox[],
): { marks: (Glyph | Pill)[]; dense: Cells; drawn: number } {
  const ofLane = lanes.map(({ detail }): number[] | undefined => (detail === 'marks' ? [] : undefined))
  let drawn = 0
  let most = 0
  if (ofLane.some((one) => one !== undefined))
    for (let i = first; i < end; i += 1) {
      const list = ofLane[laneOf[journey.person[i] as number] as number]
      if (list === undefined) continue
      list.push(i)
      drawn += journey.n[i] as number
      most += 1
    }
  const marks: (Glyph | Pill)[] = []
  const dense = emptyCells(most)
  for (const [lane, list] of ofLane.entries()) {
    if (list === undefined) continue
    const draw = { journey, view, scale, lane, list }
    const runs = settled(runsOf(draw))
    for (const [index, run] of runs.entries()) {
      if (isGlyph(run)) {
        const next = runs[index + 1]
        const free = (next === undefined ? view.width : leftOf(next)) - run.from
        marks.push(glyphOf(draw, run, (lanes[lane]?.height ?? 0) >= labelFromLanePx ? free : 0))
      } else if (run.to - run.from <= longestPillPx) marks.push(pillOf(draw, run))
      else addDense(dense, draw, run)
    }
  }
  return { marks, dense, drawn }
}

interface Draw {
  journey: Journey
  view: View
  scale: number
  lane: number
  list: readonly number[]
}

const isGlyph = ({ n }: Run) => n === 1

/** Marks within 10 px of the one before are one run. */
function runsOf({ journey, view, scale, list }: Draw): Run[] {
  const runs: Run[] = []
  let open: Run | undefined
  for (const [at, mark] of list.entries()) {
    const x = ((journey.at[mark] as number) - view.from) * scale
    const n = journey.n[mark] as number
    if (open !== undefined && x - open.to <= aloneWithinPx) {
      open.last = at
      open.to = x
      open.n += n
    } else {
      open = { first: at, last: at, from: x, to: x, n }
      runs.push(open)
    }
  }
  return runs
}

const halfOf = (run: Run): number =>
  isGlyph(run) ? glyphRadiusPx : Math.max((run.to - run.from) / 2 + 6, 5 + 4 * String(run.n).length)
const middleOf = ({ from, to }: Run) => (from + to) / 2
const isLong = ({ from, to }: Run) => to - from > longestPillPx
const leftOf = (run: Run) => (isLong(run) ? run.from - denseColumnPx : middleOf(run) - halfOf(run))
const rightOf = (run: Run) => (isLong(run) ? run.to + denseColumnPx : middleOf(run) + halfOf(run))

/** A pill is wider than its touches: what it would cover becomes part of it. */
function settled(runs: readonly Run[]): Run[] {
  const done: Run[] = []
  for (const run of runs) {
    let next = run
    for (
      let before = done.at(-1);
      before !== undefined && rightOf(before) > leftOf(next);
      before = done.at(-1)
    ) {
      done.pop()
      next = { first: before.first, last: next.last, from: before.from, to: next.to, n: before.n + next.n }
    }
    done.push(next)
  }
  return done
}

function glyphOf({ journey, view, lane, list }: Draw, run: Run, free: number): Glyph {
  const mark = list[run.first] as number
  const isLit = view.lit === undefined || view.lit.has(journey.channel[mark] as number)
  return {
    is: 'glyph',
    lane,
    mark,
    x: clamp(run.from, view.width),
    isLit,
    label: free >= labelFreePx && isLit ? fitting(view, mark, free - labelGapPx - 4) : '',
    n: 1,
  }
}

/** A name of which a part at least can be read. */
function fitting({ text }: View, mark: number, room: number): string {
  const name = text.touch(mark)
  if (text.measure(name) <= room) return name
  let letters = [...name].slice(0, 40)
  while (letters.length > 6 && text.measure(`${letters.join('')}…`) > room) letters = letters.slice(0, -2)
  const cut = `${letters.join('').trimEnd()}…`
  return letters.length > 5 && text.measure(cut) <= room ? cut : ''
}

function pillOf({ journey, view, lane, list }: Draw, run: Run): Pill {
  const marks = list.slice(run.first, run.last + 1)
  const counts = new Map<number, number>()
  for (const mark of marks) {
    const channel = journey.channel[mark] as number
    counts.set(channel, (counts.get(channel) ?? 0) + (journey.n[mark] as number))
  }
  const isOn = (channel: number) => Number(view.lit === undefined || view.lit.has(channel))
  // What came by a channel names the pill, however many identifications stand in it.
  const has = (channel: number) => Number(journey.channels[channel] !== '')
  const [[channel] = [0]] = [...counts].sort(
    (a, b) => isOn(b[0]) - isOn(a[0]) || has(b[0]) - has(a[0]) || b[1] - a[1] || a[0] - b[0],
  )
  const [left, right] = [clamp(leftOf(run), view.width), clamp(rightOf(run), view.width)]
  return {
    is: 'pill',
    lane,
    x: left,
    width: right - left,
    n: run.n,
    channel,
    isLit: isOn(channel) === 1,
    marks,
  }
}

/** Columns of 6 px, cut at multiples since 1970 so that they stay where they are while the window moves. */
function addDense(cells: Cells, { journey, view, scale, lane, list }: Draw, run: Run): void {
  const ms = denseColumnPx / scale
  let column = Number.NaN
  for (let at = run.first; at <= run.last; at += 1) {
    const mark = list[at] as number
    const time = journey.at[mark] as number
    const channel = journey.channel[mark] as number
    const isLit = Number(view.lit === undefined || view.lit.has(channel))
    if (Math.floor(time / ms) !== column) {
      column = Math.floor(time / ms)
      const x = clamp((column * ms - view.from) * scale, view.width)
      cells.lane[cells.size] = lane
      cells.x[cells.size] = x
      cells.width[cells.size] = Math.max(0, Math.min(denseColumnPx - 1, view.width - x))
      cells.channel[cells.size] = channel
      cells.size += 1
    }
    const last = cells.size - 1
    cells.n[last] = (cells.n[last] as number) + (journey.n[mark] as number)
    // The first one that is lit names the column.
    if (isLit === 1 && cells.isLit[last] === 0) {
      cells.isLit[last] = 1
      cells.channel[last] = channel
    }
  }
}

const clamp = (x: number, width: number) => Math.min(Math.max(x, 0), width)
