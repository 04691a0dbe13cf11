/** The equation of the line as a picture draws it: three sums, each with its sign. Pure. */
import type { Line } from '@touchline/schemas/api'

export type Term = 'received' | 'refused' | 'inLog' | 'handled' | 'waiting' | 'stored' | 'deadLetters'

export interface Sum {
  whole: { term: Term; n: number }
  parts: readonly { term: Term; n: number }[]
}

export function sumsOf(line: Line): Sum[] {
  const sum = (whole: Term, ...parts: Term[]): Sum => ({
    whole: { term: whole, n: line[whole] },
    parts: parts.map((term) => ({ term, n: line[term] })),
  })
  return [
    sum('received', 'refused', 'inLog'),
    sum('inLog', 'handled', 'waiting'),
    sum('handled', 'stored', 'deadLetters'),
  ]
}

/**
 * What the server itself says does not hold. It reads its counters one after another while events pass, and knows which
 * difference is no such overlap; the picture turns red for these alone.
 */
export const missing = ({ differences }: Line): number =>
  differences.reduce((sum, { left, right }) => sum + Math.abs(left - right), 0)

/** By how much a sum is wrong; 0: it holds. The server names a difference by its equation: `received = refused + inLog`. */
export const differenceOf = ({ whole }: Sum, { differences }: Line): number => {
  const found = differences.find(({ name }) => name.startsWith(whole.term))
  return found === undefined ? 0 : Math.abs(found.left - found.right)
}
