import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { buildAlias, buildGroup, buildIdentify, buildPage, buildScreen, buildTrack } from './build.js'
import { batchSchema, emailOf, eventSchema, problemOf } from './event.js'
import { acceptedFixtures } from './fixtures.js'

const common = { messageId: 'm-1', timestamp: '2026-03-01T12:00:00.000Z', userId: 'u-1', anonymousId: 'a-1' }

describe('event schemas', () => {
  test.each([
    buildTrack(common, 'Signed Up'),
    buildIdentify(common, { email: 'ada@acme.com' }),
    buildPage(common, 'Home'),
    buildScreen(common),
    buildGroup(common, 'acme', { left: true }),
    buildAlias(common, 'u-0'),
  ])('take what the builders make: $type', (event) => {
    expect(problemOf({ ...event })).toBeUndefined()
    expect(eventSchema.safeParse(event).success).toBe(true)
  })

  test('say which field is wrong', () => {
    expect(problemOf({ ...buildTrack(common, 'x'), properties: ['a'] })).toMatchObject({
      code: 'EVENT_INVALID',
      message: 'properties: must be an object.',
    })
    expect(problemOf({ type: 'track', event: 'x' })?.message).toContain('userId, anonymousId or traits.email')
  })

  test('can be written as JSON Schema, for the OpenAPI page', () => {
    const written = z.toJSONSchema(eventSchema, { io: 'input' })
    expect(JSON.stringify(written)).toContain('"const":"track"')
  })

  test('a batch is a list of up to 2,500', () => {
    expect(batchSchema.safeParse({ batch: [] }).success).toBe(true)
    expect(batchSchema.safeParse({ batch: {} }).success).toBe(false)
    expect(batchSchema.safeParse({ batch: Array(2_501).fill({}) }).success).toBe(false)
  })

  test('take every event of the accepted fixtures that is sent as it is', () => {
    const batches = acceptedFixtures().flatMap(({ request }) => {
      const body = request.body as { batch?: Record<string, unknown>[] } | undefined
      return body?.batch ?? []
    })
    expect(batches.length).toBeGreaterThan(5)
    for (const event of batches) expect(problemOf(event)).toBeUndefined()
  })
})

describe('whose address an event carries', () => {
  const traits = { email: 'info@acme.com' }
  const context = { traits: { email: 'ann@acme.com' } }

  test('the traits of an identify come before those of the context', () => {
    expect(emailOf({ type: 'identify', traits, context })).toBe('info@acme.com')
    expect(emailOf({ type: 'identify', traits: { email: 'none' }, context })).toBe('ann@acme.com')
    expect(emailOf({ type: 'identify', context })).toBe('ann@acme.com')
  })

  test('a group’s address is the account’s, not the person’s', () => {
    expect(emailOf({ type: 'group', traits })).toBeUndefined()
    expect(emailOf({ type: 'group', traits, context })).toBe('ann@acme.com')
  })
})
