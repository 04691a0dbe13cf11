/** A parameter that nobody reads is a question that was not asked: it is refused, with the one that was meant. */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { TouchlineError } from '../errors.js'

/** Throws QUERY_INVALID for a parameter that the route's schema does not name. */
export function refuseUnknownParameters(request: FastifyRequest): void {
  const { querystring } = request.routeOptions.schema ?? {}
  const known = querystring instanceof z.ZodObject ? Object.keys(querystring.shape) : []
  const unknown = Object.keys(request.query as object).find((name) => !known.includes(name))
  if (unknown === undefined) return
  const meant = nearest(unknown, known)
  const way = meant ? `did you mean ${meant}?` : `there are ${known.join(', ') || 'none'}.`
  throw new TouchlineError('QUERY_INVALID', `${shortened(unknown)}: there is no such parameter here; ${way}`)
}

const shownLength = 50
const shortened = (name: string) => (name.length > shownLength ? `${name.slice(0, shownLength)}…` : name)

const plain = (name: string) => name.toLowerCase().replace(/[^a-z]/g, '')

/** The known name that is a slip of the finger away from `name`; undefined where none is near. */
function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > shownLength) return undefined
  const [best] = known
    .map((one) => ({ one, edits: editsBetween(plain(name), plain(one)) }))
    .filter(({ one, edits }) => edits <= Math.min(2, one.length / 2))
    .sort((a, b) => a.edits - b.edits)
  return best?.one
}

/** Levenshtein's distance, two neighbours that changed places counting as one edit. */
function editsBetween(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  const at = (i: number, j: number) => rows[i]?.[j] ?? Infinity
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    rows.push(row)
    for (let j = 1; j <= b.length; j++) {
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row.push(
        Math.min(
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
          isSwap ? at(i - 2, j - 2) + 1 : Infinity,
        ),
      )
    }
  }
  return at(a.length, b.length)
}
