import { describe, expect, it } from 'vitest'
import { TouchlineError } from './errors.js'
import { checkCall, eventWriter, type EventArguments, type EventType } from './event.js'

const at = Date.parse('2026-03-04T05:06:07.008Z')
const written = (type: EventType, args: EventArguments): Record<string, unknown> =>
  JSON.parse(eventWriter(() => at)(type, args, args.messageId ?? 'm0')) as Record<string, unknown>

describe('a call', () => {
  const refused: [EventType, EventArguments, string][] = [
    ['track', { event: 'Signed Up' }, 'EVENT_NO_ID'],
    ['track', { event: 'Signed Up', userId: '' }, 'EVENT_NO_ID'],
    ['track', { event: 'Signed Up', userId: NaN }, 'EVENT_NO_ID'],
    ['track', { userId: 'u1' }, 'EVENT_NO_NAME'],
    ['track', { userId: 'u1', event: ' ' }, 'EVENT_NO_NAME'],
    ['identify', { traits: { plan: 'pro' } }, 'EVENT_NO_ID'],
    ['page', { name: 'Home' }, 'EVENT_NO_ID'],
    ['screen', {}, 'EVENT_NO_ID'],
    ['group', { userId: 'u1' }, 'EVENT_NO_GROUP'],
    ['group', { groupId: 'g1' }, 'EVENT_NO_ID'],
    ['alias', { userId: 'u1' }, 'EVENT_NO_PREVIOUS'],
    ['alias', { previousId: 'a1' }, 'EVENT_NO_PREVIOUS'],
    ['track', undefined as unknown as EventArguments, 'EVENT_NO_ID'],
    ['track', 'u1' as unknown as EventArguments, 'EVENT_NO_ID'],
  ]
  it.each(refused)('%s %j throws %s', (type, args, code) => {
    const call = () => checkCall(type, args)
    expect(call).toThrow(TouchlineError)
    expect(call).toThrow(expect.objectContaining({ code }))
  })

  const accepted: [EventType, EventArguments][] = [
    ['track', { event: 'Signed Up', userId: 'u1' }],
    ['track', { event: 'Signed Up', userId: 7 }],
    ['track', { event: 'Signed Up', anonymousId: 'a1' }],
    ['track', { event: 'Signed Up', context: { traits: { email: 'a@b.example' } } }],
    ['identify', { traits: { email: 'a@b.example' } }],
    ['group', { anonymousId: 'a1', groupId: 'g1' }],
    ['alias', { userId: 'u1', previousId: 'a1' }],
  ]
  it.each(accepted)('%s %j passes', (type, args) => {
    expect(() => checkCall(type, args)).not.toThrow()
  })
})

describe('an event', () => {
  it('has every field of the call, its id and its time', () => {
    const event = written('track', {
      userId: 7,
      anonymousId: 'a1',
      event: 'Order Completed',
      properties: { total: 9.5, when: new Date(0) },
      context: { ip: '203.0.113.7' },
      integrations: { All: false },
      messageId: 'm1',
    })
    expect(event).toEqual({
      type: 'track',
      messageId: 'm1',
      timestamp: '2026-03-04T05:06:07.008Z',
      userId: '7',
      anonymousId: 'a1',
      event: 'Order Completed',
      properties: { total: 9.5, when: '1970-01-01T00:00:00.000Z' },
      context: { ip: '203.0.113.7' },
      integrations: { All: false },
    })
  })

  it.each([
    ['identify', { userId: 'u1', traits: { email: 'a@b.example' } }, { traits: { email: 'a@b.example' } }],
    [
      'page',
      { userId: 'u1', name: 'Home', category: 'Docs' },
      { name: 'Home', category: 'Docs', properties: {} },
    ],
    ['screen', { userId: 'u1', name: 'Cart' }, { name: 'Cart', properties: {} }],
    ['group', { userId: 'u1', groupId: 5, traits: { left: true } }, { groupId: '5', traits: { left: true } }],
    ['alias', { userId: 'u1', previousId: 'a1' }, { previousId: 'a1' }],
  ] as [EventType, EventArguments, object][])('of type %s has what its type needs', (type, args, fields) => {
    expect(written(type, args)).toMatchObject({ type, userId: 'u1', ...fields })
  })

  it.each([
    [new Date(at - 1_000), '2026-03-04T05:06:06.008Z'],
    [at - 1_000, '2026-03-04T05:06:06.008Z'],
    ['2026-03-04T07:06:06+02:00', '2026-03-04T07:06:06+02:00'],
    [undefined, '2026-03-04T05:06:07.008Z'],
  ])('with the timestamp %j is dated %s', (timestamp, expected) => {
    expect(written('track', { userId: 'u1', event: 'x', timestamp }).timestamp).toBe(expected)
  })

  it.each<[string, unknown, string]>([
    ['seconds', 1_700_000_000, '2023-11-14T22:13:20.000Z'],
    ['seconds with a fraction', 1_700_000_000.25, '2023-11-14T22:13:20.250Z'],
    ['seconds before 1970', -86_400, '1969-12-31T00:00:00.000Z'],
    ['milliseconds', 1_700_000_000_123, '2023-11-14T22:13:20.123Z'],
    ['microseconds', 1_700_000_000_123_456, '2023-11-14T22:13:20.123Z'],
    ['nanoseconds', Number('1700000000123456789'), '2023-11-14T22:13:20.123Z'],
    ['nanoseconds as BigInt', 1_700_000_000_123_456_789n, '2023-11-14T22:13:20.123Z'],
    ['a Date in the seventies', new Date(5_000), '1970-01-01T00:00:05.000Z'],
    ['another library’s time', { valueOf: () => 1_700_000_000_123 }, '2023-11-14T22:13:20.123Z'],
    ['null', null, '2026-03-04T05:06:07.008Z'],
  ])('whose timestamp is %s happened then, and not now', (_what, timestamp, expected) => {
    const args = { userId: 'u1', event: 'x', timestamp } as EventArguments
    expect(written('track', args).timestamp).toBe(expected)
  })

  it.each<[unknown, string]>([
    [NaN, 'timestamp is NaN'],
    [Infinity, 'timestamp is Infinity'],
    [1e30, 'timestamp is 1e+30'],
    [true, 'timestamp is true'],
    [{}, 'timestamp is of type object'],
    [[2026, 1, 2], 'timestamp is an array'],
    [new Date('yesterday'), 'timestamp is an invalid Date'],
    [new Date(8.64e15), 'timestamp is a Date'],
    [() => 5, 'timestamp is of type function'],
  ])('with the timestamp %s, which nobody can read, is refused and the value named', (timestamp, words) => {
    const args = { userId: 'u1', event: 'x', timestamp } as EventArguments
    const call = () => written('track', args)
    expect(call).toThrow(expect.objectContaining({ code: 'EVENT_INVALID' }))
    expect(call).toThrow(words)
  })

  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  const deep = Array.from({ length: 100_000 }).reduce<unknown>((inner) => ({ inner }), 1) as object
  it.each([
    ['a cycle', { properties: cyclic }, 'EVENT_NOT_JSON'],
    ['a BigInt', { properties: { big: 1n } }, 'EVENT_NOT_JSON'],
    ['a nesting that overflows the stack', { properties: deep }, 'EVENT_NOT_JSON'],
    [
      'a toJSON that throws',
      {
        properties: {
          toJSON: () => {
            throw new Error('no')
          },
        },
      },
      'EVENT_NOT_JSON',
    ],
    ['an invalid date', { timestamp: new Date(NaN) }, 'EVENT_INVALID'],
  ])('with %s is refused', (_what, args, code) => {
    const call = () => written('track', { userId: 'u1', event: 'x', ...args })
    expect(call).toThrow(expect.objectContaining({ code }))
  })
})
