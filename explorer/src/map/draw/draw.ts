/** The scene onto a canvas, from behind to the front: stages, silence, lanes, touches, then the head above them. */
import { drawHead } from './draw-head.js'
import { drawHeat } from './draw-heat.js'
import type { Paint } from './paint.js'
import type { Picture } from './picture.js'
import type { Cells, Glyph, Hairline, Pill } from '../layout/scene.js'
import { pathOf } from './shapes.js'

export function draw(context: CanvasRenderingContext2D, picture: Picture, pixelRatio: number): void {
  const { scene, geometry, paint } = picture
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0)
  context.fillStyle = paint.ground
  context.fillRect(0, 0, scene.width, geometry.height)
  context.save()
  context.translate(0, geometry.top)
  drawGrounds(context, picture)
  drawLaneLines(context, picture)
  drawHeat(context, scene, paint)
  drawBars(context, scene.bars, picture)
  for (const hairline of scene.hairlines) drawHairline(context, hairline, picture)
  drawHovered(context, picture)
  for (const mark of scene.marks)
    if (mark.is === 'glyph') drawGlyph(context, mark, picture)
    else drawPill(context, mark, picture)
  context.restore()
  drawHead(context, picture)
}

/** Every second stage pale, silence paler still; only what is still silent is amber. */
function drawGrounds(context: CanvasRenderingContext2D, { scene, paint, ticks, today }: Picture): void {
  context.fillStyle = paint.sunken
  for (const { x, width, isOdd } of scene.bands) if (isOdd) context.fillRect(x, 0, width, scene.height)
  for (const { x, width, gap } of scene.gaps) {
    if (gap.direction === 'inbound' && !gap.open) continue
    context.globalAlpha = gap.open ? 0.7 : 1
    context.fillStyle = gap.open
      ? paint.amberGround
      : paint.isDark
        ? 'rgb(0 0 0 / 32%)'
        : 'rgb(89 97 110 / 5%)'
    context.fillRect(x, 0, width, scene.height)
    context.globalAlpha = 1
  }
  context.fillStyle = paint.hairline
  for (const { x } of ticks) context.fillRect(Math.round(x), 0, 1, scene.height)
  if (today !== undefined) {
    context.fillStyle = paint.accent
    context.fillRect(Math.round(today), 0, 1, scene.height)
  }
}

function drawLaneLines(context: CanvasRenderingContext2D, { scene, paint }: Picture): void {
  context.fillStyle = paint.hairline
  for (const { y, height, detail, lane } of scene.lanes)
    if (detail !== 'heat' || lane.kind !== 'person') context.fillRect(0, y + height, scene.width, 1)
}

function drawHairline(context: CanvasRenderingContext2D, line: Hairline, { scene, paint }: Picture): void {
  const lane = scene.lanes[line.lane]
  if (lane === undefined) return
  const y = Math.round(lane.y + lane.height / 2) + 0.5
  const turn = line.known ?? (line.isKnown ? line.from : line.to)
  context.strokeStyle = paint.muted
  context.lineWidth = 1
  context.globalAlpha = 0.55
  stroke(context, line.from, Math.min(turn, line.to), y, [1, 3])
  stroke(context, Math.max(line.from, turn), line.to, y, [])
  context.globalAlpha = 1
  context.fillStyle = paint.muted
  for (const { x } of line.stages) context.fillRect(Math.round(x), lane.y + lane.height - 5, 1, 5)
  for (const x of line.joins) drawBracket(context, x, y, 3, paint)
  for (const x of line.leaves) drawBracket(context, x, y, -3, paint)
  if (line.known === null) return
  context.strokeStyle = paint.ink
  context.lineWidth = 1
  context.strokeRect(Math.round(line.known) - 0.5, y - 6, 1, 12)
  if (line.label === '') return
  context.font = paint.small
  context.fillStyle = paint.muted
  context.textBaseline = 'alphabetic'
  context.fillText(line.label, line.known + 8, lane.y + lane.height / 2 + 14)
}

function stroke(
  context: CanvasRenderingContext2D,
  from: number,
  to: number,
  y: number,
  dash: number[],
): void {
  if (to <= from) return
  context.setLineDash(dash)
  context.beginPath()
  context.moveTo(from, y)
  context.lineTo(to, y)
  context.stroke()
  context.setLineDash([])
}

/** Somebody came into the account (opens right) or left it. */
function drawBracket(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  foot: number,
  { ink }: Paint,
): void {
  context.strokeStyle = ink
  context.lineWidth = 1
  context.beginPath()
  context.moveTo(x + foot, y - 7)
  context.lineTo(x, y - 7)
  context.lineTo(x, y + 7)
  context.lineTo(x + foot, y + 7)
  context.stroke()
}

const dimmed = 0.14

function drawGlyph(
  context: CanvasRenderingContext2D,
  glyph: Glyph,
  { scene, journey, paint, selected }: Picture,
): void {
  const lane = scene.lanes[glyph.lane]
  if (lane === undefined) return
  const y = lane.y + lane.height / 2
  const channel = journey.channel[glyph.mark] ?? 0
  const path = pathOf(journey.kinds[journey.kind[glyph.mark] ?? 0] ?? '')
  context.save()
  context.translate(glyph.x, y)
  if (glyph.isLit) {
    // A ring of the ground keeps the shape apart from the hairline behind it.
    context.strokeStyle = paint.ground
    context.lineWidth = 3
    context.stroke(path)
  } else context.globalAlpha = dimmed
  const colour = paint.channels[channel] ?? paint.muted
  if (journey.isOutbound[glyph.mark] === 1) {
    context.fillStyle = paint.ground
    context.fill(path)
    context.strokeStyle = colour
    context.lineWidth = 2
    context.stroke(path)
  } else {
    context.fillStyle = colour
    context.fill(path)
  }
  if (glyph.mark === selected) drawRing(context, paint, 9, 9)
  context.restore()
  if (glyph.label === '') return
  context.font = paint.small
  context.fillStyle = paint.ink
  context.textBaseline = 'alphabetic'
  // Above the line, which would go through the words.
  context.fillText(glyph.label, glyph.x + 8, y - 5)
}

function drawRing(
  context: CanvasRenderingContext2D,
  { ink }: Paint,
  halfWidth: number,
  halfHeight: number,
): void {
  context.strokeStyle = ink
  context.lineWidth = 2
  context.beginPath()
  context.roundRect(-halfWidth, -halfHeight, halfWidth * 2, halfHeight * 2, 4)
  context.stroke()
}

function drawPill(context: CanvasRenderingContext2D, pill: Pill, { scene, paint, selected }: Picture): void {
  const lane = scene.lanes[pill.lane]
  if (lane === undefined) return
  const height = Math.min(16, lane.height - 4)
  const y = lane.y + (lane.height - height) / 2
  context.globalAlpha = pill.isLit ? 1 : dimmed
  context.fillStyle = paint.channels[pill.channel] ?? paint.muted
  context.beginPath()
  context.roundRect(pill.x, y, pill.width, height, height / 2)
  context.fill()
  context.globalAlpha = 1
  if (pill.isLit && height >= 12) {
    context.font = paint.smallBold
    context.fillStyle = paint.ground
    context.textAlign = 'center'
    context.textBaseline = 'middle'
    context.fillText(String(pill.n), pill.x + pill.width / 2, y + height / 2 + 1)
    context.textAlign = 'start'
  }
  if (selected !== undefined && pill.marks.includes(selected)) {
    context.save()
    context.translate(pill.x + pill.width / 2, y + height / 2)
    drawRing(context, paint, pill.width / 2 + 3, height / 2 + 3)
    context.restore()
  }
}

/** As high as the square root of their number, so that one is seen beside a hundred. */
function drawBars(context: CanvasRenderingContext2D, bars: Cells, { scene, paint }: Picture): void {
  let most = 1
  for (let i = 0; i < bars.size; i += 1) most = Math.max(most, bars.n[i] ?? 0)
  for (let i = 0; i < bars.size; i += 1) {
    const lane = scene.lanes[bars.lane[i] ?? 0]
    if (lane === undefined) continue
    const room = Math.max(2, lane.height - (lane.height >= 16 ? 8 : 2))
    const height = Math.max(2, room * Math.sqrt((bars.n[i] ?? 0) / most))
    context.globalAlpha = bars.isLit[i] === 1 ? 1 : dimmed
    context.fillStyle = paint.channels[bars.channel[i] ?? 0] ?? paint.muted
    const y = lane.y + (lane.height - height) / 2
    context.fillRect(bars.x[i] ?? 0, y, Math.max(1, bars.width[i] ?? 0), height)
  }
  context.globalAlpha = 1
}

function drawHovered(context: CanvasRenderingContext2D, { hovered, scene, paint }: Picture): void {
  const lane = hovered === undefined ? undefined : scene.lanes[hovered.lane]
  if (hovered === undefined || lane === undefined) return
  context.strokeStyle = paint.accent
  context.lineWidth = 1
  const height = Math.min(lane.height, 22)
  context.beginPath()
  context.roundRect(hovered.x - 3.5, lane.y + (lane.height - height) / 2 + 0.5, hovered.width + 7, height, 5)
  context.stroke()
}
