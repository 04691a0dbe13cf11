/** The map as files: all its touches as CSV, what is seen as PNG. */
import { download, downloadCsv } from '../parts/csv.js'
import { displayText } from '../parts/text.js'
import { draw } from './draw/draw.js'
import type { Picture } from './draw/picture.js'
import { foldedKind, type Journey } from './journey/journey.js'
import { laneName } from './around/hover-card.js'
import { measured } from './draw/paint.js'
import type { Tell } from './tell.js'

export function saveCsv(journey: Journey): void {
  const header = ['at', 'person', 'name', 'kind', 'touch', 'channel', 'direction', 'touches', 'messageId']
  const rows = [...journey.at].map((at, i) => {
    const person = journey.people[journey.person[i] ?? -1]
    return [
      new Date(at).toISOString(),
      person?.id,
      person?.name,
      journey.kind[i] === foldedKind ? '' : journey.kinds[journey.kind[i] ?? 0],
      journey.isFolded ? '' : journey.names[journey.name[i] ?? 0],
      journey.channels[journey.channel[i] ?? 0],
      journey.isFolded ? '' : journey.isOutbound[i] === 1 ? 'outbound' : 'inbound',
      journey.n[i],
      journey.ids?.[i],
    ]
  })
  downloadCsv(`journey-${journey.account.id}`, header, rows)
}

const labelsPx = 224
const titlePx = 48
const padPx = 24

/** With the names of the lanes and a title: what hangs in a presentation must say what it is. */
export function savePng(picture: Picture, tell: Tell, title: string): void {
  const { scene, geometry, paint } = picture
  const ratio = Math.max(2, devicePixelRatio)
  const [width, height] = [labelsPx + scene.width + padPx * 2, titlePx + geometry.height + padPx * 2]
  const sheet = document.createElement('canvas')
  sheet.width = width * ratio
  sheet.height = height * ratio
  const context = sheet.getContext('2d')
  const map = document.createElement('canvas')
  map.width = scene.width * ratio
  map.height = geometry.height * ratio
  const onMap = map.getContext('2d')
  if (context === null || onMap === null) return
  draw(onMap, { ...picture, hovered: undefined, brush: undefined }, ratio)
  context.scale(ratio, ratio)
  context.fillStyle = paint.ground
  context.fillRect(0, 0, width, height)
  context.drawImage(map, padPx + labelsPx, padPx + titlePx, scene.width, geometry.height)
  context.fillStyle = paint.ink
  context.font = paint.smallBold
  context.fillText(title, padPx, padPx + 16)
  drawNames(context, picture, tell)
  sheet.toBlob((blob) => blob && download(`journey-${picture.journey.account.id}.png`, blob), 'image/png')
}

function drawNames(context: CanvasRenderingContext2D, { scene, geometry, paint }: Picture, tell: Tell): void {
  context.textBaseline = 'middle'
  context.font = paint.small
  for (const box of scene.lanes) {
    if (box.height < 16) continue
    const y = padPx + titlePx + geometry.top + box.y + box.height / 2
    const { lane } = box
    const name =
      lane.kind === 'person'
        ? [lane.name, lane.title].filter((part) => part !== '').join(' · ')
        : laneName(box, tell)
    const count = tell.formats.number(lane.touches)
    context.fillStyle = paint.ink
    context.fillText(cut(displayText(name, 60), labelsPx - 56, paint.small), padPx, y)
    context.fillStyle = paint.muted
    context.fillText(count, padPx + labelsPx - 16 - measured(count, paint.small), y)
  }
}

function cut(text: string, room: number, font: string): string {
  const letters = [...text]
  while (letters.length > 1 && measured(letters.join(''), font) > room) letters.pop()
  return letters.length < [...text].length ? `${letters.slice(0, -1).join('')}…` : text
}
