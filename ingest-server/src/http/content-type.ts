/** Routes that take a body whatever its sender calls it. */
import type { FastifyRequest } from 'fastify'

/** Fastify refuses a body whose Content-Type is no media type (`json`, `csv`) before any parser sees it. In `onRequest`. */
export function forgetContentType({ raw }: FastifyRequest): void {
  raw.headers['content-type'] = undefined
}
