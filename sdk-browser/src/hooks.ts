/** Who is told of what: the page by `touchline.on`, and the features among themselves. */
import type { EventType } from '@touchline/schemas/build'
import type { Drop, Reject } from './api.js'
import type { Visitor } from './visitor.js'
import type { BatchContext, EventContext } from './wire.js'

/** An event being made; features complete it. Only events with ids are shown. */
export interface Draft {
  type: EventType
  timeMs: number
  visitor: Visitor
  context: BatchContext
  own: EventContext
}

export interface Told {
  drop: Drop
  reject: Reject
  /** What went wrong inside, or in a listener. */
  error: unknown
  draft: Draft
  /** Before a page view. */
  page: undefined
}

const listeners: [name: string, hear: (about: never) => void][] = []

export function on<Name extends keyof Told>(name: Name, hear: (about: Told[Name]) => void): void {
  listeners.push([name, hear])
}

export function tell<Name extends keyof Told>(name: Name, about?: Told[Name]): void {
  listeners.forEach(([wanted, hear]) => {
    try {
      if (wanted === name) hear(about as never)
    } catch (error) {
      // One who hears of errors and throws is not told of their own.
      if (name !== 'error') tell('error', error)
    }
  })
}
