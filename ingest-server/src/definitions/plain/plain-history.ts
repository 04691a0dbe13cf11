/** The touches of one subject, by the filters that they match. */
import type { PlainTouch } from './touch-matcher.js'

export interface PlainHistory {
  /** In the order of at, message, touch. */
  touches: readonly PlainTouch[]
  /** Time (ms) of the first of them; 0 where there is none. */
  begin: number
  /** Those that match a filter, in order. */
  of: (filter: number) => readonly PlainTouch[]
}

const none: readonly PlainTouch[] = []

export function historyOf(touches: readonly PlainTouch[]): PlainHistory {
  const lists: (PlainTouch[] | undefined)[] = []
  for (const touch of touches)
    for (const filter of touch.matched) {
      const list = lists[filter]
      if (list === undefined) lists[filter] = [touch]
      else list.push(touch)
    }
  return { touches, begin: touches[0]?.at ?? 0, of: (filter) => lists[filter] ?? none }
}
