/** What happened inside, for who listens: the page by `touchline.on`, and the features among themselves. */
import type { Drop, Reject } from './api.js'

export interface HookEvents {
  drop: Drop
  reject: Reject
  /** What went wrong inside, or in a listener. */
  error: unknown
  /** Before a page view. */
  page: undefined
}

const listeners: [name: string, listener: (about: never) => void][] = []

export const on = <Name extends keyof HookEvents>(
  ...listening: [name: Name, listener: (about: HookEvents[Name]) => unknown]
): unknown => listeners.push(listening)

/** Calls who listens to `name`, one after the other; what a listener throws is an `error` of its own. */
export const emit = <Name extends keyof HookEvents>(name: Name, about?: HookEvents[Name]): void => {
  listeners.forEach(([wanted, listener]) => {
    try {
      if (wanted === name) listener(about as never)
    } catch (error) {
      // One who hears of errors and throws hears nothing of their own.
      if (name !== 'error') emit('error', error)
    }
  })
}
