import { EventEmitter } from 'node:events'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { boundInFlight } from './in-flight.js'

const sent = (ip: string) => ({ method: 'POST', ip, headers: {} }) as unknown as FastifyRequest
const replies = () => {
  const raw = new EventEmitter()
  return { reply: { raw } as unknown as FastifyReply, close: () => raw.emit('close') }
}

test('addresses within their halves fill all the room together; the next finds none until one is answered', () => {
  const inFlight = boundInFlight(100)
  const first = replies()
  for (const [ip, { reply }] of [
    ['192.0.2.1', first],
    ['198.51.100.1', replies()],
  ] as const) {
    const request = sent(ip)
    expect(inFlight.admit(request, reply)).toBeUndefined()
    expect(inFlight.arrived(request, 50)).toBeUndefined()
  }
  const third = sent('203.0.113.1')
  expect(inFlight.admit(third, replies().reply)).toBeUndefined()
  expect(inFlight.arrived(third, 1)).toMatchObject({ code: 'OVERLOADED' })
  expect(() => inFlight.reserve(third, 1)).toThrow(expect.objectContaining({ code: 'OVERLOADED' }) as Error)
  first.close()
  expect(inFlight.arrived(third, 1)).toBeUndefined()
  expect(inFlight.bytes()).toBe(52)
})

test('what is held counts until it is let go, also after the connection is gone', () => {
  const inFlight = boundInFlight(100)
  const [gone, answered] = [replies(), replies()]
  const [first, second] = [sent('192.0.2.1'), sent('198.51.100.1')]
  inFlight.admit(first, gone.reply)
  inFlight.admit(second, answered.reply)
  inFlight.arrived(first, 40)
  inFlight.arrived(second, 30)
  const held = [first, second].map((request) => inFlight.hold(request))
  gone.close()
  expect(inFlight.bytes()).toBe(70)
  held[0]?.release()
  expect(inFlight.bytes()).toBe(30)
  held[1]?.release()
  expect(inFlight.bytes()).toBe(30)
  answered.close()
  expect(inFlight.bytes()).toBe(0)
})
