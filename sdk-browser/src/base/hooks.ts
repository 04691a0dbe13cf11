/** Who is told of what: the page by `touchline.on`, and the features among themselves. */
import type { Drop, Reject } from './api.js'

export interface Told {
  drop: Drop
  reject: Reject
  /** What went wrong inside, or in a listener. */
  error: unknown
  /** Before a page view. */
  page: undefined
}

const listeners: [name: string, hear: (about: never) => void][] = []

export const on = <Name extends keyof Told>(
  ...heard: [name: Name, hear: (about: Told[Name]) => unknown]
): unknown => listeners.push(heard)

export const tell = <Name extends keyof Told>(name: Name, about?: Told[Name]): void => {
  listeners.forEach(([wanted, hear]) => {
    try {
      if (wanted === name) hear(about as never)
    } catch (error) {
      // One who hears of errors and throws is not told of their own.
      if (name !== 'error') tell('error', error)
    }
  })
}
