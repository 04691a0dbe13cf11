/**
 * Where in the text of a body each event, and in it `properties`, `traits` and `context`, stand.
 *
 * What JSON.parse read need not be written again by JSON.stringify: the row can hold the text as it came,
 * which costs a fifth (bench/collect.ts) and keeps numbers that no double can hold. The scan trusts that
 * the text is valid JSON, because JSON.parse has read it before; it only counts brackets, strings, colons.
 *
 * A name written twice is the one thing it cannot see (JSON.parse keeps the last), so each span says how
 * many members it saw: a caller that counts fewer in the parsed value must not use the text.
 */
export interface Span {
  start: number
  /** After its last character. */
  end: number
}

export interface EventSpan extends Span {
  /** `name: value` pairs in it, at any depth. */
  members: number
  /** Levels of objects and arrays below the event itself. */
  depth: number
  properties: Span | undefined
  traits: Span | undefined
  context: Span | undefined
}

export interface BodySpans {
  /** The body as an event. */
  root: EventSpan
  /** `name: value` pairs of the body itself, those inside them not counted. */
  rootMembers: number
  /** The elements of `batch` by their place; what is no object has no entry. */
  events: (EventSpan | undefined)[]
}

type Part = 'properties' | 'traits' | 'context'

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a
const comma = 0x2c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/** Index of the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start)
  while (text.charCodeAt(end - 1) === backslash && isEscaped(text, end, start))
    end = text.indexOf('"', end + 1)
  return end
}

function isEscaped(text: string, at: number, start: number): boolean {
  let before = at - 1
  while (before >= start && text.charCodeAt(before) === backslash) before--
  return (at - 1 - before) % 2 === 1
}

function partNamed(text: string, start: number, end: number): Part | undefined {
  switch (end - start) {
    case 6:
      return text.startsWith('traits', start) ? 'traits' : undefined
    case 7:
      return text.startsWith('context', start) ? 'context' : undefined
    case 10:
      return text.startsWith('properties', start) ? 'properties' : undefined
    default:
      return undefined
  }
}

const newSpan = (start: number): EventSpan => ({
  start,
  end: start,
  members: 0,
  depth: 0,
  properties: undefined,
  traits: undefined,
  context: undefined,
})

// Depth as the number of brackets open: inside the body 1, inside its batch 2, inside an event of it 3.
const inBody = 1
const inBatch = 2
const inEvent = 3

/** `text` must be a JSON object that JSON.parse has accepted. */
export function spansOf(text: string): BodySpans {
  const root = newSpan(0)
  let events: BodySpans['events'] = []
  let rootMembers = 0
  let depth = 0
  let nameStart = 0
  let nameEnd = 0
  // The event being read and how deep its own members stand.
  let event = root
  let eventDepth = inBody
  let isBatchNext = false
  let isBatchOpen = false
  let index = 0
  let part: Part | undefined
  let partStart = -1

  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote:
        nameStart = at + 1
        at = nameEnd = endOfString(text, nameStart)
        break
      case colon:
        event.members++
        if (depth === eventDepth) {
          part = partNamed(text, nameStart, nameEnd)
          // A part that is no object, and so has no text of its own, still replaces an earlier one.
          if (part) event[part] = undefined
        }
        if (depth === inBody) {
          rootMembers++
          isBatchNext = nameEnd - nameStart === 5 && text.startsWith('batch', nameStart)
        }
        break
      case comma:
        if (depth === eventDepth) part = undefined
        if (depth === inBody) isBatchNext = false
        else if (isBatchOpen && depth === inBatch) index++
        break
      case openBrace:
      case openBracket:
        if (depth === eventDepth && part) partStart = at
        if (depth === inBody && isBatchNext && text.charCodeAt(at) === openBracket) {
          isBatchOpen = true
          events = []
          index = 0
        } else if (isBatchOpen && depth === inBatch && text.charCodeAt(at) === openBrace) {
          event = events[index] = newSpan(at)
          eventDepth = inEvent
          part = undefined
        }
        depth++
        if (depth - eventDepth > event.depth) event.depth = depth - eventDepth
        break
      case closeBrace:
      case closeBracket:
        depth--
        if (partStart !== -1 && depth === eventDepth) {
          if (part && text.charCodeAt(at) === closeBrace) event[part] = { start: partStart, end: at + 1 }
          partStart = -1
        }
        if (isBatchOpen && depth === inBatch && event !== root) {
          event.end = at + 1
          event = root
          eventDepth = inBody
        } else if (depth === inBody) isBatchOpen = false
        break
    }
  }
  root.end = text.length
  return { root, rootMembers, events }
}

/** How many `name: value` pairs a parsed value has, at any depth. Recursive: only for what is known to be shallow. */
export function membersOf(value: object): number {
  let members = 0
  if (Array.isArray(value)) {
    for (const item of value as unknown[])
      if (typeof item === 'object' && item !== null) members += membersOf(item)
    return members
  }
  for (const name in value) {
    members++
    const inner = (value as Record<string, unknown>)[name]
    if (typeof inner === 'object' && inner !== null) members += membersOf(inner)
  }
  return members
}
