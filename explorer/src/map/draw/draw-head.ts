/** Above the lanes: flags with their poles, stages, the axis, and one row that says where it was silent. */
import { flagRowPx, measured, type Paint } from './paint.js'
import type { Picture } from './picture.js'

export function drawHead(context: CanvasRenderingContext2D, picture: Picture): void {
  const { scene, geometry, paint } = picture
  context.textBaseline = 'middle'
  context.font = paint.small
  drawBandNames(context, picture)
  drawAxis(context, picture)
  drawSilence(context, picture)
  drawFlags(context, picture)
  context.fillStyle = paint.hairline
  context.fillRect(0, geometry.top, scene.width, 1)
  drawBrush(context, picture)
}

function drawBandNames(context: CanvasRenderingContext2D, { scene, geometry, paint }: Picture): void {
  if (geometry.bands === 0) return
  const y = geometry.flags
  context.font = paint.smallBold
  for (const { x, width, name, isOdd } of scene.bands) {
    if (isOdd) {
      context.fillStyle = paint.sunken
      context.fillRect(x, y, width, geometry.top - y)
    }
    const text = fitting(name, width - 12, paint.smallBold)
    context.fillStyle = paint.muted
    context.fillText(text, x + 6, y + geometry.bands / 2 + 1)
    context.fillStyle = paint.hairline
    context.fillRect(Math.round(x), y, 1, geometry.top - y + scene.height)
  }
  context.font = paint.small
}

function drawAxis(context: CanvasRenderingContext2D, { scene, geometry, paint, ticks }: Picture): void {
  const y = geometry.flags + geometry.bands
  for (const { x, label } of ticks) {
    context.fillStyle = paint.hairline
    context.fillRect(Math.round(x), y + 4, 1, geometry.top - y)
    if (x + measured(label, paint.small) + 8 > scene.width) continue
    context.fillStyle = paint.muted
    context.fillText(label, x + 5, y + geometry.axis / 2 + 1)
  }
}

/** A line with ends as long as the silence, its words in the middle; solid amber where it goes on. */
function drawSilence(context: CanvasRenderingContext2D, { scene, geometry, paint }: Picture): void {
  const y = geometry.top - geometry.silence
  const middle = y + geometry.silence / 2
  for (const { x, width, gap, label } of scene.gaps) {
    context.strokeStyle = context.fillStyle = gap.open ? paint.amber : paint.muted
    if (gap.open) {
      context.fillStyle = paint.amberGround
      context.beginPath()
      context.roundRect(x, y + 1, width, geometry.silence - 3, 4)
      context.fill()
      context.fillStyle = paint.amber
    }
    context.lineWidth = 1
    context.globalAlpha = gap.open ? 1 : 0.5
    const words = label === '' ? 0 : measured(label, paint.small) + 8
    const side = (width - words) / 2
    context.setLineDash(gap.direction === 'inbound' ? [2, 2] : [])
    context.beginPath()
    if (side > 3) {
      context.moveTo(x + 2.5, middle)
      context.lineTo(x + side, middle)
      context.moveTo(x + width - side, middle)
      context.lineTo(x + width - 2.5, middle)
    }
    context.moveTo(x + 2.5, middle - 3)
    context.lineTo(x + 2.5, middle + 3)
    context.moveTo(x + width - 2.5, middle - 3)
    context.lineTo(x + width - 2.5, middle + 3)
    context.stroke()
    context.setLineDash([])
    context.globalAlpha = 1
    if (label !== '') context.fillText(label, x + side + 4, middle + 1)
  }
}

function drawFlags(context: CanvasRenderingContext2D, { scene, geometry, paint }: Picture): void {
  context.font = paint.smallBold
  for (const { x, row, boxX, boxWidth, text } of scene.flags) {
    const top = text === '' ? geometry.flags : row * flagRowPx
    context.fillStyle = paint.ink
    context.globalAlpha = 0.5
    context.fillRect(Math.round(x), top, 1, geometry.height - top)
    context.globalAlpha = 1
    if (text === '') {
      drawPennant(context, x, top, paint)
      continue
    }
    context.fillStyle = paint.ink
    context.beginPath()
    context.roundRect(boxX, top, boxWidth, flagRowPx - 3, 3)
    context.fill()
    context.fillStyle = paint.ground
    context.fillText(text, boxX + 8, top + (flagRowPx - 3) / 2 + 1)
  }
  context.font = paint.small
}

function drawPennant(context: CanvasRenderingContext2D, x: number, y: number, { ink }: Paint): void {
  context.fillStyle = ink
  context.beginPath()
  context.moveTo(x, y)
  context.lineTo(x + 7, y + 4)
  context.lineTo(x, y + 8)
  context.fill()
}

function drawBrush(context: CanvasRenderingContext2D, { brush, geometry, paint }: Picture): void {
  if (brush === undefined) return
  const [from, to] = [Math.min(...brush), Math.max(...brush)]
  context.fillStyle = paint.accent
  context.globalAlpha = 0.12
  context.fillRect(from, 0, to - from, geometry.height)
  context.globalAlpha = 1
  context.fillRect(from, 0, 1, geometry.height)
  context.fillRect(to, 0, 1, geometry.height)
}

function fitting(text: string, room: number, font: string): string {
  if (measured(text, font) <= room) return text
  const letters = [...text]
  while (letters.length > 1 && measured(`${letters.join('')}…`, font) > room) letters.pop()
  return letters.length > 1 ? `${letters.join('')}…` : ''
}
