/** Lanes of a few pixels: written straight into one image, which takes a fifteenth of the time that rectangles take. */
import type { Paint } from './paint.js'
import type { Cells, Scene } from '../layout/scene.js'

const levels = 8
const faintest = 0.3
const dimmed = 0.1
/** Where no channel stands out: grey on both grounds. */
const mixedPixel = 0x99918a
/** Below this many cells rectangles are as fast, and sharp on any screen. */
const worthAnImage = 1_500

let scratch: { canvas: HTMLCanvasElement; context: CanvasRenderingContext2D; image: ImageData } | undefined

export function drawHeat(context: CanvasRenderingContext2D, scene: Scene, paint: Paint): void {
  const { heat } = scene
  if (heat.size === 0) return
  const levelOf = levelsOf(heat)
  if (heat.size < worthAnImage) drawRectangles(context, scene, paint, levelOf)
  else drawImage(context, scene, paint, levelOf)
}

/** By the square root: days of one touch are still seen beside days of a hundred. */
function levelsOf(heat: Cells): (n: number) => number {
  let most = 1
  for (let i = 0; i < heat.size; i += 1) most = Math.max(most, heat.n[i] as number)
  const scale = (levels - 1) / Math.sqrt(most)
  const table = Uint8Array.from({ length: 256 }, (_, n) =>
    Math.min(levels - 1, Math.round(Math.sqrt(n) * scale)),
  )
  return (n) => (n < 256 ? (table[n] as number) : Math.min(levels - 1, Math.round(Math.sqrt(n) * scale)))
}

const alphaOf = (level: number) => faintest + ((1 - faintest) * level) / (levels - 1)

function drawRectangles(
  context: CanvasRenderingContext2D,
  { heat, lanes }: Scene,
  paint: Paint,
  levelOf: (n: number) => number,
): void {
  for (let i = 0; i < heat.size; i += 1) {
    const lane = lanes[heat.lane[i] as number]
    if (lane === undefined) continue
    const inset = lane.height >= 16 ? 6 : 0
    context.globalAlpha = heat.isLit[i] === 1 ? alphaOf(levelOf(heat.n[i] as number)) : dimmed
    context.fillStyle = paint.channels[heat.channel[i] as number] ?? paint.muted
    const width = Math.max(1, (heat.width[i] as number) - 1)
    context.fillRect(heat.x[i] as number, lane.y + inset, width, lane.height - inset * 2)
  }
  context.globalAlpha = 1
}

function drawImage(
  context: CanvasRenderingContext2D,
  { heat, lanes, width, height }: Scene,
  { channelPixels }: Paint,
  levelOf: (n: number) => number,
): void {
  const [columns, rows] = [Math.max(1, Math.ceil(width)), Math.max(1, Math.ceil(height))]
  const there = scratchOf(columns, rows)
  if (there === undefined) return
  const pixels = new Uint32Array(there.image.data.buffer)
  pixels.fill(0)
  const alphas = Uint32Array.from({ length: levels }, (_, level) => Math.round(alphaOf(level) * 255))
  const faint = Math.round(dimmed * 255)
  for (let i = 0; i < heat.size; i += 1) {
    const lane = lanes[heat.lane[i] as number]
    if (lane === undefined) continue
    const alpha = heat.isLit[i] === 1 ? (alphas[levelOf(heat.n[i] as number)] as number) : faint
    const pixel = ((alpha << 24) | (channelPixels[heat.channel[i] as number] ?? mixedPixel)) >>> 0
    const left = Math.round(heat.x[i] as number)
    const right = Math.max(left + 1, Math.round((heat.x[i] as number) + (heat.width[i] as number)))
    const end = Math.min(right, columns)
    const inset = lane.height >= 16 ? 6 : 0
    for (let y = lane.y + inset; y < lane.y + lane.height - inset; y += 1)
      pixels.fill(pixel, y * columns + left, y * columns + end)
  }
  there.context.putImageData(there.image, 0, 0)
  context.imageSmoothingEnabled = false
  context.drawImage(there.canvas, 0, 0)
}

/** One image for all frames of one size. */
function scratchOf(columns: number, rows: number) {
  if (scratch?.canvas.width === columns && scratch.canvas.height === rows) return scratch
  const canvas = document.createElement('canvas')
  canvas.width = columns
  canvas.height = rows
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (context === null) return undefined
  scratch = { canvas, context, image: context.createImageData(columns, rows) }
  return scratch
}
