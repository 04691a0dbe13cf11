/** Bounds the memory of requests under way: beyond it a request is refused before its body is read. */
import { limits } from '@touchline/schemas'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { TouchlineError } from '../../errors.js'

export interface InFlight {
  /** Counts a request until its answer is out or its connection gone; the error to answer where there is no room. */
  admit(request: FastifyRequest, reply: FastifyReply): TouchlineError | undefined
  /** Counts what a body decoded to, until `release`. Throws OVERLOADED where there is no room. */
  reserve(bytes: number): { release(): void }
  bytes(): number
}

const overloaded = () => new TouchlineError('OVERLOADED', undefined, { retryAfterSeconds: 1 })

export function boundInFlight(maxBytes: number): InFlight {
  let bytes = 0
  return {
    reserve(more) {
      if (bytes + more > maxBytes) throw overloaded()
      bytes += more
      return {
        release() {
          bytes -= more
        },
      }
    },
    admit(request, reply) {
      const charge = chargeOf(request)
      if (charge === 0) return undefined
      if (bytes + charge > maxBytes) return overloaded()
      bytes += charge
      // `close` comes once, whether the answer went out or the client went away.
      reply.raw.once('close', () => {
        bytes -= charge
      })
      return undefined
    },
    bytes: () => bytes,
  }
}

/** What a request's body occupies as it is read: its length, or the most that can hide behind chunks. */
function chargeOf({ method, headers }: FastifyRequest): number {
  if (method !== 'POST') return 0
  const length = headers['content-length']
  return length === undefined ? limits.bodyBytes : Math.min(Number(length) || 0, limits.bodyBytes)
}
