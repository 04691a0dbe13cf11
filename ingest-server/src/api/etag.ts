/**
 * The same question over the same data has the same answer, and is not asked again: its ETag is made of what the answer
 * is made of (the request, the definitions, what was written last), before anything is computed.
 *
 * What is open is open until now, so without `as_of` a tag lasts for a minute. It is a weak one: the answer's `asOf` and
 * open silences move within that minute.
 */
import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Reader } from '../clickhouse/query.js'
import { minuteMs } from '../units.js'

interface Asked {
  reader: Reader
  /** What changes when anything that the answer is made of did. */
  stamp: string
  now: number
  asOf: number | undefined
}

/** True where the client has the answer already: then 304 was sent, and there is nothing more to do. */
export async function isUnchanged(
  request: FastifyRequest,
  reply: FastifyReply,
  { reader, stamp, now, asOf }: Asked,
): Promise<boolean> {
  const until = asOf ?? Math.floor(now / minuteMs)
  const made = JSON.stringify([
    reader.project,
    request.url,
    request.headers.accept,
    request.body,
    until,
    stamp,
  ])
  const tag = `W/"${createHash('sha256').update(made).digest('base64url').slice(0, 27)}"`
  reply.header('etag', tag)
  const known = request.headers['if-none-match']?.split(',').map((one) => one.trim())
  if (!known?.includes(tag)) return false
  await reply.code(304).send()
  return true
}

/** No cache gives an answer without asking here. */
export function keepsNothing(reply: FastifyReply): void {
  reply.header('cache-control', 'private, no-cache').header('vary', 'accept')
}
