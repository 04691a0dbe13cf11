/** What the text of an event (spans.ts) saves: walking it to measure it, and writing its parts anew. */
import { limits } from '@touchline/schemas'
import { measure, type Measure } from './measure.js'
import type { CopiedParts, Json } from './read-event.js'
import { membersOf, type EventSpan, type Span } from './spans.js'

// One UTF-16 unit is at most 3 bytes of UTF-8.
const maxBytesPerUnit = 3

/** Whether an event keeps its limits, `extraBytes` (a batch's context merged under it) counted in. */
export function measureEvent(
  event: Json,
  span: EventSpan | undefined,
  text: string,
  extraBytes: number,
): Measure {
  if (span === undefined) return measure(event, extraBytes)
  if (span.depth > limits.eventDepth) return 'too-deep'
  const units = span.end - span.start
  if (units * maxBytesPerUnit + extraBytes <= limits.eventBytes) return 'fits'
  if (units + extraBytes > limits.eventBytes) return 'too-large'
  return Buffer.byteLength(text.slice(span.start, span.end)) + extraBytes > limits.eventBytes
    ? 'too-large'
    : 'fits'
}

/** The texts of the parts of an event that fits its limits. A name written twice in it makes them unusable. */
export function copiedParts(event: Json, span: EventSpan | undefined, text: string): CopiedParts {
  if (span === undefined || span.members !== membersOf(event)) return nothing
  const copied: CopiedParts = {}
  if (span.properties)
    copied.properties = { of: event.properties as Json, text: textOf(span.properties, text) }
  if (span.traits) copied.traits = { of: event.traits as Json, text: textOf(span.traits, text) }
  if (span.context) copied.context = { of: event.context as Json, text: textOf(span.context, text) }
  return copied
}

const nothing: CopiedParts = {}

function textOf(span: Span, text: string): string {
  const part = text.slice(span.start, span.end)
  // A line feed ends a row; in JSON it can only stand between tokens.
  return part.includes('\n') ? part.replaceAll('\n', ' ') : part
}
