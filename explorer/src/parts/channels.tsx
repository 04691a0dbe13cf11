/** Each channel has a colour and, because colours alone tell nothing to many, a shape beside its word. */
import { displayText } from './text.js'

export const slots = 12
/** Of what came by no channel: grey. */
export const noSlot = slots

/**
 * Slots of the palette (`--channel-0` …) for the channels that the server and its ready maps know; others: `slotOf`. There
 * are more channels than slots: a rarer one takes that of a channel that it seldom stands beside; seen together, `slotsOf`
 * gives one of them another. A channel is called the same in every language of the Explorer.
 */
const slotsOfKnown: Record<string, number> = {
  Direct: 0,
  'Paid Search': 1,
  'Organic Search': 2,
  'Paid Social': 3,
  'Organic Social': 4,
  Email: 5,
  Referral: 6,
  Display: 7,
  'AI Assistant': 8,
  Affiliates: 9,
  Offline: 10,
  CRM: 11,
  'Paid Video': 10,
  'Organic Video': 9,
  'Paid Shopping': 11,
  'Organic Shopping': 8,
  'Paid Other': 7,
  'Cross-network': 6,
  Audio: 4,
  SMS: 5,
  'Mobile Push Notifications': 3,
  Unassigned: 0,
}

/** Looked up as data: importers may call a channel `constructor`. */
const preferred = new Map(Object.entries(slotsOfKnown))

export const isKnownChannel = (channel: string): boolean => preferred.has(channel)

/** Of a channel that nobody foresaw its name decides, so that it looks the same everywhere. */
export const slotOf = (channel: string): number =>
  channel === '' ? noSlot : (preferred.get(channel) ?? hash(channel) % slots)

/** The slots of channels that are seen together: up to twelve, none twice; who is named first chooses first. */
export function slotsOf(channels: readonly string[]): number[] {
  const taken = new Set<number>()
  const found = new Map<string, number>()
  const inOrder = [...channels].sort((a, b) => Number(isKnownChannel(b)) - Number(isKnownChannel(a)))
  for (const channel of inOrder) {
    let slot = slotOf(channel)
    for (let tries = 0; slot < slots && taken.has(slot) && tries < slots; tries += 1)
      slot = (slot + 1) % slots
    taken.add(slot)
    found.set(channel, slot)
  }
  return channels.map((channel) => found.get(channel) ?? 0)
}

function hash(text: string): number {
  let value = 7
  for (let at = 0; at < text.length; at += 1) value = (value * 31 + text.charCodeAt(at)) >>> 0
  return value
}

// A square, turned, cut …: twelve outlines in a box of 8.
const outlines = [
  'M0 0h8v8H0z',
  'M4 0a4 4 0 1 1 0 8a4 4 0 0 1 0-8z',
  'M4 0l4 8H0z',
  'M4 0l4 4l-4 4l-4-4z',
  'M0 0h8l-4 8z',
  'M0 2h8v4H0z',
  'M2 0h4v8H2z',
  'M0 0l8 4l-8 4z',
  'M8 0v8l-8-4z',
  'M3 0h2v3h3v2H5v3H3V5H0V3h3z',
  'M0 0h8v3H3v5H0z',
  'M0 4a4 4 0 0 1 8 0z',
]

export function ChannelMark({ slot }: { slot: number }) {
  return (
    <svg viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
      <path d={outlines[slot]} class={`fill-${slot}`} />
    </svg>
  )
}

/** `slot` where several are seen together (`slotsOf`). An empty name is told as `none`. */
export function Channel({
  name,
  slot = slotOf(name),
  none = '–',
}: {
  name: string
  slot?: number
  none?: string
}) {
  if (name === '') return <span class="muted">{none}</span>
  return (
    <span class="channel">
      <ChannelMark slot={slot} />
      <span class="cut">{displayText(name)}</span>
    </span>
  )
}
