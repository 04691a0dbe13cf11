/** Numbers as they are found in properties. */
import { isExactNumber, textOfNumber } from '../exact-json.js'

const numeric = /^\s*-?\d+(\.\d+)?([eE][+-]?\d+)?\s*$/

/** A number, or text that is one, as near as a double comes; null for anything else and beyond what a double reaches. */
export function numberFrom(value: unknown): number | null {
  const text = isExactNumber(value) ? textOfNumber(value) : value
  const number = typeof text === 'string' ? (numeric.test(text) ? Number(text) : NaN) : text
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}
