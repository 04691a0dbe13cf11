/**
 * Bounds the memory of requests under way, of all and of one address. What of a body has arrived counts, not what was
 * announced: who announces much and sends nothing takes no room from others.
 */
import { limits } from '@touchline/schemas'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { TouchlineError } from '../../errors.js'
import { networkOf } from '../base/ip.js'

export interface InFlight {
  /** The error to answer where a body would find no room now, before it is read. */
  admit(request: FastifyRequest, reply: FastifyReply): TouchlineError | undefined
  /**
   * Counts bytes of an admitted request's body, until its answer is out or its connection gone. The error to answer
   * where there is no room for them; they are counted then too, for they are there.
   */
  arrived(request: FastifyRequest, bytes: number): TouchlineError | undefined
  /** Goes on counting what arrived of a request until `release`, also where its connection is gone before. */
  hold(request: FastifyRequest): { release(): void }
  /** Counts bytes that were made of a request's body, until `release`. Throws OVERLOADED where there is no room. */
  reserve(request: FastifyRequest, bytes: number): { release(): void }
  /** The sender of an admitted request, as `networkOf` counts one. */
  addressOf(request: FastifyRequest): string
  bytes(): number
}

/** Of all the room, for one address: a flood from one leaves the other half to everybody else. */
const shareOfAddress = 1 / 2

const overloaded = () => new TouchlineError('OVERLOADED', undefined, { retryAfterSeconds: 1 })
const overShare = () =>
  new TouchlineError('OVERLOADED', 'Too much is in flight from this address. Wait as Retry-After says.', {
    retryAfterSeconds: 1,
  })

export function boundInFlight(maxBytes: number): InFlight {
  const maxOfAddress = maxBytes * shareOfAddress
  let total = 0
  const ofAddress = new Map<string, number>()
  const charges = new WeakMap<FastifyRequest, Charge>()

  const noRoomFor = (address: string, more: number): TouchlineError | undefined => {
    if (total + more > maxBytes) return overloaded()
    return (ofAddress.get(address) ?? 0) + more > maxOfAddress ? overShare() : undefined
  }
  const count = (address: string, bytes: number): void => {
    total += bytes
    const now = (ofAddress.get(address) ?? 0) + bytes
    if (now === 0) ofAddress.delete(address)
    else ofAddress.set(address, now)
  }
  const addressOf = (request: FastifyRequest) => charges.get(request)?.address ?? ''

  return {
    admit(request, reply) {
      if (request.method !== 'POST') return undefined
      const charge: Charge = { address: networkOf(request.ip), bytes: 0, isOver: false, isHeld: false }
      charges.set(request, charge)
      const refused = noRoomFor(charge.address, announcedBy(request))
      if (refused) return refused
      // `close` comes once, whether the answer went out or the client went away.
      reply.raw.once('close', () => {
        charge.isOver = true
        if (!charge.isHeld) count(charge.address, -charge.bytes)
      })
      return undefined
    },
    arrived(request, bytes) {
      const charge = charges.get(request)
      if (charge === undefined || charge.isOver) return undefined
      const refused = noRoomFor(charge.address, bytes)
      charge.bytes += bytes
      count(charge.address, bytes)
      return refused
    },
    hold(request) {
      const charge = charges.get(request)
      if (charge === undefined || charge.isOver) return { release: () => undefined }
      charge.isHeld = true
      return {
        release() {
          charge.isHeld = false
          if (charge.isOver) count(charge.address, -charge.bytes)
        },
      }
    },
    reserve(request, bytes) {
      const address = addressOf(request)
      const refused = noRoomFor(address, bytes)
      if (refused) throw refused
      count(address, bytes)
      return { release: () => count(address, -bytes) }
    },
    addressOf,
    bytes: () => total,
  }
}

/** What one request holds. */
interface Charge {
  /** As one sender counts; kept, for a connection that is gone no longer has one. */
  address: string
  bytes: number
  /** Its answer is out, or its connection gone. */
  isOver: boolean
  isHeld: boolean
}

/** Larger ones are refused for their size. */
const announcedBy = ({ headers }: FastifyRequest) =>
  Math.min(Number(headers['content-length']) || 0, limits.bodyBytes)
