/**
 * Numbers that JSON.parse rounded, from the text of the body. A part that stands in the row word for word needs no look
 * at it; what is written anew (traits one by one, a context merged or without its address, what a privacy rule changed)
 * gets its exact numbers back by their place.
 */
import { mayBeInexact, parseExact, withExactNumbers } from '../../exact-json.js'
import type { Json } from './read-event.js'
import type { EventSpan, Span } from './spans.js'

/** The text of a body, and where in it the parts of an event and of the batch's context stand; undefined where it is not certain. */
export interface PartsSource {
  text: string
  event: EventSpan | undefined
  rootContext: Span | undefined
}

export type PartName = 'properties' | 'traits' | 'context'

/** The part with its numbers as they were sent. */
export function exactPart(value: Json, part: PartName, source: PartsSource): Json {
  const own = exactIn(source, source.event?.[part])
  if (part === 'properties') return restored(value, [own])
  const context = part === 'context' ? own : exactIn(source, source.event?.context)
  const root = exactIn(source, source.rootContext)
  return restored(value, part === 'context' ? [own, root] : [own, traitsIn(context), traitsIn(root)])
}

function restored(value: Json, sources: readonly unknown[]): Json {
  const found = sources.filter((source) => source !== undefined)
  return found.length === 0 ? value : (withExactNumbers(value, found) as Json)
}

/** Undefined where no number of it can have been rounded. */
function exactIn({ text }: PartsSource, span: Span | undefined): unknown {
  if (span === undefined) return undefined
  const part = text.slice(span.start, span.end)
  return mayBeInexact(part) ? parseExact(part) : undefined
}

const traitsIn = (context: unknown): unknown => (context as { traits?: unknown } | undefined)?.traits

/** The event with its numbers as they were sent, for what is kept of a refused one. */
export function exactEvent(event: Json, { text, event: span }: PartsSource): Json {
  const exact = exactIn({ text, event: span, rootContext: undefined }, span)
  return exact === undefined ? event : (withExactNumbers(event, [exact]) as Json)
}
