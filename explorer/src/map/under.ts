/** What a point of the canvas is on: a touch of a lane, or one of the things in the head. */
import type { Under } from './around/hover-card.js'
import type { Drawn } from './use-picture.js'
import { flagRowPx } from './draw/paint.js'

export function underPoint(
  { scene, geometry, hitTest }: Drawn,
  { x, y }: { x: number; y: number },
): Under | undefined {
  if (y >= geometry.top) {
    const hit = hitTest()(x, y - geometry.top)
    const lane = hit && scene.lanes[hit.lane]
    if (hit !== undefined && lane !== undefined) return { is: 'touches', hit, lane }
    return undefined
  }
  const flag = scene.flags.find(({ row, boxX, boxWidth, x: pole }) =>
    boxWidth > 0
      ? y >= row * flagRowPx && y < (row + 1) * flagRowPx && x >= boxX && x <= boxX + boxWidth
      : y < geometry.flags + 10 && Math.abs(x - pole) < 8,
  )
  if (flag !== undefined) return { is: 'flag', flag }
  if (y >= geometry.top - geometry.silence) {
    const gap = scene.gaps.find((one) => x >= one.x && x <= one.x + one.width)
    return gap && { is: 'gap', gap }
  }
  const isBand = y >= geometry.flags && y < geometry.flags + geometry.bands
  const band = isBand ? scene.bands.find((one) => x >= one.x && x < one.x + one.width) : undefined
  return band && { is: 'band', band }
}

/** What a double click fits: the silence it is in, else the stage. */
export function stretchAt({ scene, geometry }: Drawn, { x, y }: { x: number; y: number }, asOf: number) {
  const gap = scene.gaps.find((one) => x >= one.x && x <= one.x + one.width)
  if (gap !== undefined && y >= geometry.top - geometry.silence)
    return { from: gap.gap.from, to: gap.gap.to ?? asOf }
  const band = scene.bands.find((one) => x >= one.x && x < one.x + one.width)
  return band && { from: band.from, to: band.to }
}
