/**
 * How big and how deep a parsed event is, found in bounded work and stack: what JSON.parse accepts (it
 * keeps no stack) JSON.stringify may not (it does).
 */
import { limits } from '@touchline/schemas'
import { isExactNumber, textOfNumber } from '../../exact-json.js'

export type Measure = 'fits' | 'too-deep' | 'too-large'

/** Whether an event keeps its limits. `extraBytes` (a batch's context merged under it) count as well. */
export function measure(event: object, extraBytes = 0): Measure {
  if (isDeeperThan(event, limits.eventDepth)) return 'too-deep'
  return Buffer.byteLength(JSON.stringify(event)) + extraBytes > limits.eventBytes ? 'too-large' : 'fits'
}

/** Recursive, but never more than `levels` deep. */
function isDeeperThan(value: object, levels: number): boolean {
  for (const name in value) {
    const inner = (value as Record<string, unknown>)[name]
    if (typeof inner !== 'object' || inner === null) continue
    if (levels === 0 || isDeeperThan(inner, levels - 1)) return true
  }
  return false
}

/**
 * JSON text of anything that JSON.parse made, cut after `maxChars` characters; without recursion, so
 * that 200,000 levels cost no stack. For what is kept of a refused event.
 */
export function jsonUpTo(value: unknown, maxChars: number): string {
  let text = ''
  // What is still to be written, last first: plain text, or a value in a box.
  const rest: (string | { value: unknown })[] = [{ value }]
  while (rest.length > 0 && text.length < maxChars) {
    const next = rest.pop() as string | { value: unknown }
    if (typeof next === 'string') text += next
    else if (isExactNumber(next.value)) text += textOfNumber(next.value)
    else if (typeof next.value === 'object' && next.value !== null) open(next.value)
    else text += typeof next.value === 'string' ? quoted(next.value) : (JSON.stringify(next.value) ?? 'null')
  }
  return text.length > maxChars ? text.slice(0, maxChars) : text

  function open(container: object) {
    const isArray = Array.isArray(container)
    text += isArray ? '[' : '{'
    rest.push(isArray ? ']' : '}')
    // Only as many members as can still be written, so that a long array costs no more than its cut.
    const members = isArray ? (container as unknown[]).slice(0, maxChars) : Object.entries(container)
    for (let i = members.length - 1; i >= 0; i--) {
      const member = members[i]
      if (isArray) rest.push({ value: member })
      else {
        const [key, inner] = member as [string, unknown]
        rest.push({ value: inner }, `${quoted(key)}:`)
      }
      if (i > 0) rest.push(',')
    }
  }

  function quoted(string: string) {
    return JSON.stringify(string.length > maxChars ? string.slice(0, maxChars) : string)
  }
}
