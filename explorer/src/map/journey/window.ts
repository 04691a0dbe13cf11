/** The window of time that is seen: zoomed at a point, moved, fitted; never outside the journey, never below a minute. */
import { minuteMs } from '../../units.js'
import type { Journey } from './journey.js'

export interface Window {
  from: number
  to: number
}

const leastMs = minuteMs
/** Air at both ends, so that the first touch does not stand in the corner. */
const air = 0.025

/** All of it, until now where the last silence is still open. */
export function wholeOf({ from, to, asOf, gaps }: Pick<Journey, 'from' | 'to' | 'asOf' | 'gaps'>): Window {
  const end = gaps.some(({ open }) => open) ? Math.max(to, asOf) : to
  const length = Math.max(end - from, leastMs * 60)
  return { from: from - length * air, to: from + length * (1 + air) }
}

export function zoomed(window: Window, at: number, factor: number, whole: Window): Window {
  const length = Math.min(Math.max((window.to - window.from) * factor, leastMs), whole.to - whole.from)
  const share = (at - window.from) / (window.to - window.from)
  return within({ from: at - length * share, to: at + length * (1 - share) }, whole)
}

export const panned = (window: Window, byMs: number, whole: Window): Window =>
  within({ from: window.from + byMs, to: window.to + byMs }, whole)

/** From one moment to another with a little air, whichever comes first. */
export function fitted(a: number, b: number, whole: Window): Window {
  const [from, to] = [Math.min(a, b), Math.max(a, b)]
  const length = Math.max(to - from, leastMs)
  return within({ from: from - length * air, to: to + length * air }, whole)
}

/** So that a moment can be seen, with as little movement as does it. */
export function showing(window: Window, at: number, whole: Window): Window {
  const edge = (window.to - window.from) * 0.1
  if (at < window.from + edge) return panned(window, at - window.from - edge, whole)
  return at > window.to - edge ? panned(window, at - window.to + edge, whole) : window
}

function within({ from, to }: Window, whole: Window): Window {
  const length = Math.min(to - from, whole.to - whole.from)
  const start = Math.min(Math.max(from, whole.from), whole.to - length)
  return { from: start, to: start + length }
}

/** In the address: seconds since 1970, `1772500000-1773500000`. What is none, or lies outside, is the whole. */
export function windowNamed(text: string | null, whole: Window): Window {
  const [, from = '', to = ''] = /^(\d{1,11})-(\d{1,11})$/.exec(text ?? '') ?? []
  const window = { from: Number(from) * 1_000, to: Number(to) * 1_000 }
  if (from === '' || window.to - window.from < leastMs) return whole
  if (window.to <= whole.from || window.from >= whole.to) return whole
  return within(window, whole)
}

export function nameOfWindow(window: Window, whole: Window): string | null {
  const isWhole = window.to - window.from >= (whole.to - whole.from) * 0.999
  return isWhole ? null : `${Math.round(window.from / 1_000)}-${Math.round(window.to / 1_000)}`
}
