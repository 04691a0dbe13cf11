/** The equation of the line as a picture draws it: three sums, each with its sign. Pure. */
import type { Line } from '@touchline/schemas/api'

export type Term =
  'received' | 'refused' | 'inLog' | 'fromBefore' | 'handled' | 'waiting' | 'stored' | 'deadLetters'
type Part = { term: Term; n: number }

export interface Sum {
  left: readonly [Part, ...Part[]]
  right: readonly Part[]
}

export function sumsOf(line: Line): Sum[] {
  const part = (term: Term): Part => ({ term, n: line[term] })
  // Most servers left nothing behind: a term that is 0 only then stands there when it is not.
  const before = line.fromBefore > 0 ? [part('fromBefore')] : []
  return [
    { left: [part('received')], right: [part('refused'), part('inLog')] },
    { left: [part('inLog'), ...before], right: [part('handled'), part('waiting')] },
    { left: [part('handled')], right: [part('stored'), part('deadLetters')] },
  ]
}

/** As many events as the server says are not accounted for. */
export const missing = ({ differences }: Line): number =>
  differences.reduce((sum, { left, right }) => sum + Math.abs(left - right), 0)

/**
 * By how much a sum is wrong; 0: it holds. The server names a difference by its equation, `received = refused + inLog`,
 * and knows which one is only events that pass while it counts: the picture turns red for what it names alone.
 */
export const differenceOf = ({ left: [{ term }] }: Sum, { differences }: Line): number => {
  const found = differences.find(({ name }) => name.startsWith(term))
  return found === undefined ? 0 : Math.abs(found.left - found.right)
}
