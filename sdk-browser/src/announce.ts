/** What features are told while an event is made. t.core.js has none of them: announce.core.ts stands in its place. */
import type { EventType } from '@touchline/schemas/build'
import { tell } from './hooks.js'
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

export const announceDraft = (draft: Draft): void => tell('draft', draft)
export const announcePage = (): void => tell('page')
