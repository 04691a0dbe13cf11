/** A parameter that nobody reads is a question that was not asked: it is refused, with the one that was meant. */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { TouchlineError } from '../errors.js'
import { nearest } from '../definitions/nearest.js'

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
