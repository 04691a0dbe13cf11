/** The row of figures above a timeline, of all touchpoints that its pages show. */
import type { Touchpoint } from '../touchpoints/touchpoint.js'
import { dayMs } from '../units.js'

export interface Summary {
  /** False where there are too many events to form every touchpoint: then sessions and channels are counted by event. */
  exact: boolean
  /** Until when the tables that it is read from were up to date, where it is read from them. */
  asOf?: string
  touchpoints: number
  channels: number
  sessions: number
  people: number
  firstAt: string | null
  lastAt: string | null
  /** Whole days of 24 hours between the first and the last. */
  days: number
  longestGapDays: number
  anonymousTouchpoints: number
}

export const wholeDays = (ms: number) => Math.floor(ms / dayMs)

/** `touchpoints` oldest first. */
export function summaryOf(touchpoints: readonly Touchpoint[]): Summary {
  const first = touchpoints[0]?.at
  const last = touchpoints.at(-1)?.at
  const channels = new Set(touchpoints.map(({ acquisition }) => acquisition.channel))
  channels.delete('')
  let longestGap = 0
  let before = first ?? 0
  for (const { at } of touchpoints) {
    longestGap = Math.max(longestGap, at - before)
    before = at
  }
  return {
    exact: true,
    touchpoints: touchpoints.length,
    channels: channels.size,
    sessions: touchpoints.filter(({ kind, sameSession }) => kind === 'visit' && !sameSession).length,
    people: new Set(touchpoints.map(({ person }) => person)).size,
    firstAt: first === undefined ? null : new Date(first).toISOString(),
    lastAt: last === undefined ? null : new Date(last).toISOString(),
    days: first === undefined || last === undefined ? 0 : wholeDays(last - first),
    longestGapDays: wholeDays(longestGap),
    anonymousTouchpoints: touchpoints.filter(({ isAnonymous }) => isAnonymous).length,
  }
}
