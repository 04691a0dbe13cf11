/**
 * Who is an operator, and so sees tenants, volumes, versions and paths in `/metrics` and in the details of
 * `/health/ready`. With METRICS_TOKEN the operator is the client that sends it as `Authorization: Bearer …`.
 * Without, a program on this machine that connects to this process directly.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { BlockList } from 'node:net'
import type { FastifyRequest } from 'fastify'

export interface OperatorOptions {
  token?: string | undefined
  /** Somebody stands in front, so that a connection of this machine may be anybody's. */
  isBehindProxy: boolean
}

export type OperatorCheck = (request: Pick<FastifyRequest, 'headers' | 'socket'>) => boolean

export function createOperatorCheck({ token, isBehindProxy }: OperatorOptions): OperatorCheck {
  if (token !== undefined) {
    const wanted = sha256(token)
    // Of hashes, so that neither length nor beginning of the token can be measured.
    return ({ headers }) => timingSafeEqual(sha256(bearerOf(headers.authorization)), wanted)
  }
  return ({ headers, socket }) =>
    !isBehindProxy &&
    isLoopback(socket.remoteAddress) &&
    // Under another name it is a page whose name was made to lead here (DNS rebinding).
    isLoopback(hostOf(headers.host)) &&
    forwarding.every((name) => headers[name] === undefined)
}

/** What proxies add. */
const forwarding = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')
loopback.addSubnet('::ffff:127.0.0.0', 104, 'ipv6')

function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false
  if (address === 'localhost') return true
  return loopback.check(address, address.includes(':') ? 'ipv6' : 'ipv4')
}

/** Without the port and the brackets of an IPv6 address. */
const hostOf = (host: string | undefined) =>
  host
    ?.toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')

/** Of a Host header. */
export const isLoopbackHost = (host: string | undefined): boolean => isLoopback(hostOf(host))

const bearerOf = (header: string | undefined) => /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? ''

const sha256 = (text: string) => createHash('sha256').update(text).digest()
