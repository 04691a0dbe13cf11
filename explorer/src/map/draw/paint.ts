/** What the map is drawn with: colours of the page's theme, its letters, and where the parts of the picture begin. */
import type { Scene } from '../layout/scene.js'

export interface Paint {
  ground: string
  sunken: string
  ink: string
  muted: string
  hairline: string
  accent: string
  amber: string
  amberGround: string
  channels: readonly string[]
  /** The same as 0xAABBGGRR without alpha, for pixels written by hand. */
  channelPixels: readonly number[]
  small: string
  smallBold: string
  isDark: boolean
}

/** Read from the style sheet, so that there is one palette. */
export function paintOf(element: Element, slots: readonly number[], isDark: boolean): Paint {
  const style = getComputedStyle(element)
  const named = (name: string) => style.getPropertyValue(name).trim()
  const family = style.fontFamily
  const channels = slots.map((slot) => named(`--channel-${slot}`))
  return {
    ground: named('--ground'),
    sunken: named('--sunken'),
    ink: named('--ink'),
    muted: named('--muted'),
    hairline: isDark ? 'rgb(232 234 238 / 10%)' : 'rgb(21 24 29 / 8%)',
    accent: named('--accent'),
    amber: named('--amber'),
    amberGround: named('--amber-ground'),
    channels,
    channelPixels: channels.map(pixelOf),
    small: `12px ${family}`,
    smallBold: `600 12px ${family}`,
    isDark,
  }
}

/** `#2563eb` as little-endian canvas pixels have it. */
export function pixelOf(colour: string): number {
  const value = Number.parseInt(colour.slice(1), 16)
  return ((value & 0xff) << 16) | (value & 0xff00) | (value >> 16)
}

export interface Geometry {
  flags: number
  bands: number
  axis: number
  silence: number
  /** Where the lanes begin: all of the above together. */
  top: number
  height: number
}

export const flagRowPx = 22
export const bandPx = 22
export const axisPx = 22
export const silencePx = 20

export function geometryOf(
  scene: Pick<Scene, 'flagRows' | 'height'>,
  has: { stages: boolean; gaps: boolean },
): Geometry {
  const flags = scene.flagRows === 0 ? 0 : scene.flagRows * flagRowPx + 2
  const bands = has.stages ? bandPx : 0
  const silence = has.gaps ? silencePx : 0
  const top = flags + bands + axisPx + silence
  return { flags, bands, axis: axisPx, silence, top, height: top + scene.height + 1 }
}

const widths = new Map<string, number>()
const mostWidths = 5_000
let measuring: CanvasRenderingContext2D | null | undefined

/** How wide a text is in the small letters; each is measured once. */
export function measured(text: string, font: string): number {
  const key = `${font}\n${text}`
  const known = widths.get(key)
  if (known !== undefined) return known
  measuring ??= document.createElement('canvas').getContext('2d')
  if (measuring === null || measuring === undefined) return text.length * 7
  measuring.font = font
  const { width } = measuring.measureText(text)
  if (widths.size >= mostWidths) widths.clear()
  widths.set(key, width)
  return width
}
