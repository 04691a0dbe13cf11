/** What became of each call, for t.debug.js, where explain.debug.ts stands in this one's place. Here nobody asks. */
import type { EventType } from '@touchline/schemas/build'
import type { Consent } from '../visitor/consent.js'
import type { Entry } from '../queue/outbox.js'
import type { Said } from '../base/said.js'
import type { Startable } from '../page/startable.js'

/** From here on each verb says what it did. */
export const explainCalls = (_touchline: Startable): void => {}
/** An event was recorded, or without an id was not. */
export const explainEvent = (
  _type: EventType,
  _said: Said,
  _consent: Consent,
  _messageId?: string,
): void => {}
/** A request ended: with a status where the server answered, and where it is not tried again, for that reason. */
export const explainEnd = (_batch: readonly Entry[], _status?: number | true, _reason?: unknown): void => {}
