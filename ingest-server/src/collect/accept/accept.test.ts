import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { acceptEvents, splitBody } from './accept.js'
import type { RequestContext } from '../base/request-context.js'
import { parseBody } from '../request/body.js'

const requestContext: RequestContext = {
  project: { id: 'default', identify: 'open' },
  verified: false,
  receivedAtMs: Date.parse('2026-03-01T12:00:00.000Z'),
  receivedAt: '2026-03-01T12:00:00.000Z',
  ip: '198.51.100.0',
  userAgent: '',
  acceptLanguage: '',
  byBrowser: false,
}

const accept = (text: string) =>
  acceptEvents(splitBody(parseBody(Buffer.from(text)), undefined, undefined), requestContext)
const rowsIn = (lines: Buffer) =>
  lines
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>)

const json = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
const known = fc.constantFrom(
  'https://acme.com/p?utm_source=a"b&utm_campaign=%22',
  '$direct',
  'a\\b',
  '\u2028',
  'ü',
)
const event = fc.record(
  {
    type: fc.constantFrom('track', 'identify', 'page', 'group'),
    event: fc.constant('Tested'),
    groupId: fc.constant('acme'),
    anonymousId: fc.constant('a-1'),
    userId: fc.string(),
    messageId: fc.string(),
    properties: json,
    traits: json,
    context: fc.record(
      {
        page: fc.record({ url: known, referrer: known, title: fc.string() }, { requiredKeys: [] }),
        locale: fc.string(),
        library: fc.record({ name: fc.string(), version: fc.string() }),
        consent: json,
        extra: fc.jsonValue(),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['type', 'event', 'groupId', 'anonymousId'] },
)

describe('acceptEvents', () => {
  test('what was sent is what the line says, however it was written', () => {
    const written = fc.constantFrom(
      (value: unknown) => JSON.stringify(value),
      (value: unknown) => JSON.stringify(value, null, 2),
      // As Python does: everything beyond ASCII escaped.
      (value: unknown) =>
        JSON.stringify(value).replace(
          /[\u0080-\uffff]/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
        ),
      (value: unknown) => JSON.stringify(value).replaceAll('/', '\\/'),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 4 }), written, (batch, write) => {
        const text = write({ batch })
        const sent = (JSON.parse(text) as { batch: typeof batch }).batch
        const { lines, accepted, rejected } = accept(text)
        expect(rejected).toEqual([])
        const rows = rowsIn(lines)
        expect(rows).toHaveLength(accepted)
        sent.forEach((one, index) => {
          const row = rows[index] ?? {}
          expect(row.type).toBe(one.type)
          expect(row.properties).toEqual(one.properties)
          expect(row.traits).toEqual(one.traits)
          expect(row.context).toEqual(one.context)
          expect(row.title ?? '').toBe(one.context?.page?.title ?? '')
          expect(row.url ?? '').toBe(one.context?.page?.url ?? '')
        })
      }),
      { numRuns: 500 },
    )
  })

  test('an event that was changed since it was parsed is not stored as it was sent', () => {
    const body = '{"batch":[{"type":"track","event":"T","userId":"u-1","properties":{"card":"4111"}}]}'
    const batch = splitBody(parseBody(Buffer.from(body)), undefined, undefined)
    const changed = batch.events.map((one) => ({ ...(one as object), properties: { card: 'sha256:…' } }))
    const { lines } = acceptEvents({ ...batch, events: changed }, requestContext)
    expect(lines.toString()).not.toContain('4111')
    expect(rowsIn(lines)[0]?.properties).toEqual({ card: 'sha256:…' })
  })

  test('two batches written twice in one body are not mixed up', () => {
    const body =
      '{"batch":[{"type":"track","event":"T","userId":"u-1","properties":{"a":1}}],"batch":[{"type":"track","event":"T","userId":"u-1","properties":{"a":2}}]}'
    expect(rowsIn(accept(body).lines)[0]?.properties).toEqual({ a: 2 })
    const escaped = body.replace('],"batch"', '],"b\\u0061tch"')
    expect(rowsIn(accept(escaped).lines)[0]?.properties).toEqual({ a: 2 })
  })

  test('a name hidden behind an escape is still the same name', () => {
    const body =
      '{"batch":[{"type":"track","event":"T","userId":"u-1","properties":{"a":1},"prop\\u0065rties":{"a":2}}]}'
    expect(rowsIn(accept(body).lines)[0]?.properties).toEqual({ a: 2 })
  })

  test('PHP’s list from which an element was taken is a batch, its numbers as they were sent', () => {
    const { lines, rejected } = accept(
      '{"batch":{"1":{"type":"track","event":"A","userId":"u-1","properties":{"n":12345678901234567890}},' +
        '"2":7,"10":{"type":"track","event":"B","userId":"u-1"}}}',
    )
    expect(rowsIn(lines).map(({ name }) => name)).toEqual(['A', 'B'])
    expect(rejected.map(({ index }) => index)).toEqual([1])
    expect(lines.toString()).toContain('12345678901234567890')
  })

  test.each([
    '{"batch":{}}',
    '{"batch":{"a":{}}}',
    '{"batch":{"0":{},"1":{}}}',
    '{"batch":{"1":{},"x":{}}}',
    '{"batch":null}',
    '{"batch":"[]"}',
  ])('%s is no batch', (body) => {
    expect(() => accept(body)).toThrow(expect.objectContaining({ code: 'BODY_NOT_BATCH' }) as Error)
  })

  test('a batch that fails half-way leaves no lines to the next', () => {
    const batch = splitBody(
      parseBody(Buffer.from('{"batch":[{"type":"track","event":"A","userId":"u-1"}]}')),
      undefined,
      undefined,
    )
    const broken = {
      ...batch,
      events: [
        batch.events[0],
        {
          get type(): string {
            throw new Error('broken')
          },
        },
      ],
    }
    expect(() => acceptEvents(broken, requestContext)).toThrow('broken')
    expect(rowsIn(acceptEvents(batch, requestContext).lines)).toHaveLength(1)
  })
})

describe('an identify whose email is no address', () => {
  const identify = (email: unknown) =>
    accept(
      JSON.stringify({ type: 'identify', userId: 'u-1', messageId: 'm-1', traits: { email, plan: 'pro' } }),
    )

  test.each(['ann at acme.com', 'ann@', 5, true, { a: 1 }])(
    'is taken as a mere trait, with a warning: %j',
    (email) => {
      const { accepted, warnings, lines } = identify(email)
      expect(accepted).toBe(1)
      expect(warnings).toEqual([
        { index: 0, messageId: 'm-1', message: expect.stringContaining('traits.email') as string },
      ])
      const [row] = rowsIn(lines)
      expect(row).toMatchObject({
        traits: { email, plan: 'pro' },
        person_traits: [
          { name: 'email', value: JSON.stringify(email) },
          { name: 'plan', value: '"pro"' },
        ],
      })
      expect(row).not.toHaveProperty('email')
    },
  )

  test.each(['ann@acme.com', ' Ann@Acme.com ', null, ''])('is not one of %j', (email) => {
    const { warnings, lines } = identify(email)
    expect(warnings).toEqual([])
    expect(rowsIn(lines)[0]?.['person_traits']).toContainEqual({
      name: 'email',
      value: JSON.stringify(email),
    })
  })
})
