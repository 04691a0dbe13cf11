/** Numbers as they are found in properties. */

const numeric = /^\s*-?\d+(\.\d+)?([eE][+-]?\d+)?\s*$/

/** A number, or text that is one; null for anything else and for what no double holds. */
export function numberFrom(value: unknown): number | null {
  const text = isExact(value) ? value.value : value
  const number = typeof text === 'string' ? (numeric.test(text) ? Number(text) : NaN) : text
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

/** A number that no double holds, as text (exact-json.ts). */
const isExact = (value: unknown): value is { value: string } =>
  typeof value === 'object' && value !== null && 'isLosslessNumber' in value && 'value' in value
