import { emailOf, problemOf, type EventProblemCode } from '@touchline/schemas'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mergedContext, readEvent, type Json } from './read-event.js'

const noRoot = { context: undefined, sentAt: undefined }

// Values near the borders of what a field may be, so that both verdicts are met often.
const idLike = fc.oneof(
  fc.constantFrom<unknown>(
    'u-1',
    'null',
    '',
    ' ',
    '0',
    '-',
    'undefined',
    'x'.repeat(500),
    'x'.repeat(501),
    '"guest"',
  ),
  fc.constantFrom<unknown>(
    0,
    42,
    -1,
    1.5,
    2 ** 53,
    1e21,
    Infinity,
    true,
    null,
    undefined,
    {},
    [],
    'a\u0000',
    'a\ud800',
  ),
  fc.string(),
)
const textLike = fc.oneof(
  fc.constantFrom<unknown>(
    'Tested',
    '',
    ' ',
    'x'.repeat(200),
    'x'.repeat(201),
    7,
    Infinity,
    NaN,
    null,
    undefined,
    {},
    [],
    true,
  ),
  fc.string(),
)
const traits = fc.oneof(
  fc.record(
    { email: fc.constantFrom<unknown>('a@b.co', 'A@B.co ', 'a@b', '', 7, null) },
    { requiredKeys: [] },
  ),
  fc.constantFrom<unknown>(null, undefined, 'text', 7, [], [1]),
)
const objectLike = fc.oneof(
  fc.constantFrom<unknown>({}, { a: 1 }, null, undefined, [], 'text', 7, true),
  fc.record({ traits, groupId: idLike }, { requiredKeys: [] }),
)
const anyType = fc.constantFrom(
  'track',
  'Track',
  ' PAGE ',
  'identify',
  'page',
  'screen',
  'group',
  'alias',
  'unlink',
  'click',
  7,
  null,
)
const anyEvent = fc.record(
  {
    messageId: textLike,
    timestamp: textLike,
    originalTimestamp: textLike,
    sentAt: textLike,
    anonymousId: idLike,
    userId: idLike,
    groupId: idLike,
    previousId: idLike,
    event: textLike,
    name: textLike,
    category: textLike,
    properties: objectLike,
    traits,
    context: objectLike,
  },
  { requiredKeys: [] },
)

const codeOf = (read: ReturnType<typeof readEvent>): EventProblemCode | undefined =>
  typeof read === 'string' ? read : undefined

describe('readEvent', () => {
  test('decides as the schemas do', () => {
    const verdicts = new Map<string, number>()
    fc.assert(
      fc.property(anyEvent, anyType, (event, type) => {
        const verdict = codeOf(readEvent(event, type, noRoot, {}))
        verdicts.set(verdict ?? 'accepted', (verdicts.get(verdict ?? 'accepted') ?? 0) + 1)
        expect(verdict).toBe(problemOf({ ...event, type })?.code)
      }),
      { numRuns: 20_000 },
    )
    // Had the generator met only one side, the property would say nothing.
    expect([...verdicts.keys()].sort()).toEqual([
      'EVENT_INVALID',
      'EVENT_NO_GROUP',
      'EVENT_NO_ID',
      'EVENT_NO_NAME',
      'EVENT_NO_PREVIOUS',
      'EVENT_TYPE_UNKNOWN',
      'accepted',
    ])
  })

  test('an email in the batch’s context is enough to know who it was', () => {
    const root = { context: { traits: { email: 'a@b.co' } }, sentAt: undefined }
    expect(readEvent({ event: 'Tested' }, 'track', root, {})).toMatchObject({ email: 'a@b.co' })
  })

  test('never changes what it was given', () => {
    fc.assert(
      fc.property(anyEvent, anyType, objectLike, (event, type, context) => {
        const before = JSON.stringify([event, context])
        const root = {
          context: typeof context === 'object' ? (context as Json) : undefined,
          sentAt: undefined,
        }
        readEvent(event, type, Array.isArray(context) || context === null ? noRoot : root, {})
        expect(JSON.stringify([event, context])).toBe(before)
      }),
    )
  })

  test('an event’s own context comes before the batch’s, name by name', () => {
    expect(mergedContext({ a: 1, b: 1 }, { b: 2, c: 2 })).toEqual({ a: 1, b: 2, c: 2 })
    expect(mergedContext({ a: 1 }, null)).toEqual({ a: 1 })
    expect(mergedContext(undefined, { a: 1 })).toEqual({ a: 1 })
  })

  test('__proto__ in a context is a name like any other', () => {
    const own = JSON.parse('{"__proto__":{"traits":{"email":"evil@b.co"}}}') as Json
    const merged = mergedContext({ library: { name: 'x' } }, own) as Json
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype)
    expect(emailOf({ type: 'track', context: merged })).toBeUndefined()
  })

  test('a missing messageId gets one of its own each time, a useless one too', () => {
    const idOf = (messageId: unknown) => {
      const read = readEvent({ event: 'x', userId: 'u-1', messageId }, 'track', noRoot, {})
      return typeof read === 'string' ? read : read.messageId
    }
    expect(idOf('m-1')).toBe('m-1')
    expect(idOf(7)).toBe('7')
    for (const useless of [undefined, null, '', ' ', 'undefined', '[object Object]', 2 ** 53, 1e21]) {
      expect(idOf(useless)).toMatch(/^[0-9a-f-]{36}$/)
      expect(idOf(useless)).not.toBe(idOf(useless))
    }
  })

  test('an empty list, as PHP writes its empty map, is an empty object; a list that says something is refused', () => {
    const read = (event: Json, type: string) => readEvent({ userId: 'u-1', ...event }, type, noRoot, {})
    expect(read({ event: 'x', properties: [], context: [] }, 'track')).toMatchObject({ name: 'x' })
    expect(read({ traits: [], context: { traits: [], page: [] } }, 'identify')).toMatchObject({
      userId: 'u-1',
    })
    expect(read({ groupId: 'g', traits: [] }, 'group')).toMatchObject({ groupId: 'g' })
    expect(read({ context: [] }, 'page')).toMatchObject({ context: undefined })
    const root = { context: { library: { name: 'php' } }, sentAt: undefined }
    expect(readEvent({ userId: 'u', context: [] }, 'screen', root, {})).toMatchObject({
      context: root.context,
    })
    expect(read({ event: 'x', properties: ['a'] }, 'track')).toBe('EVENT_INVALID')
    expect(read({ context: [{}] }, 'page')).toBe('EVENT_INVALID')
  })

  test.each(['Alias', ' SCREEN', 'Page\n', 'pAGE'])(
    'a type %j is that type, however it is written',
    (type) => {
      const read = readEvent({ userId: 'u-1', previousId: 'u-0' }, type, noRoot, {})
      expect(read).toMatchObject({ type: type.trim().toLowerCase() })
    },
  )

  test.each([2 ** 53, 1.2345678901234567e19, -(2 ** 60), 1e300])(
    'a number that JSON readers round, %d, is nobody’s id',
    (number) => {
      expect(readEvent({ userId: number, event: 'x' }, 'track', noRoot, {})).toBe('EVENT_NO_ID')
      expect(readEvent({ userId: 'u', groupId: number }, 'group', noRoot, {})).toBe('EVENT_NO_GROUP')
      expect(readEvent({ userId: number, anonymousId: 'a' }, 'page', noRoot, {})).toMatchObject({
        userId: '',
      })
    },
  )
})
