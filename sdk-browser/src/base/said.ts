import type { OutgoingEvent } from '@touchline/schemas/build'

/**
 * What a verb says; the rest is added here. The same shape as the event builders make, whose types hold this to it:
 * the builders themselves would cost 120 bytes.
 */
export type Said = {
  [Key in Exclude<keyof OutgoingEvent, 'type' | 'messageId' | 'timestamp' | 'context'>]?:
    OutgoingEvent[Key] | undefined
}
