import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { membersOf, spansOf, type Span } from './spans.js'

const slice = (text: string, span: Span | undefined) =>
  span && (JSON.parse(text.slice(span.start, span.end)) as unknown)
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

const part = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })),
)
const event = fc.record(
  {
    type: fc.string(),
    context: part,
    properties: part,
    traits: part,
    batch: fc.string(),
    'x"\\': fc.string(),
  },
  { requiredKeys: [] },
)

describe('spans', () => {
  test('the text of each part parses to the part, in single events', () => {
    fc.assert(
      fc.property(event, fc.constantFrom(undefined, 1, '\t'), (sent, space) => {
        const text = JSON.stringify(sent, null, space)
        const parsed = JSON.parse(text) as Record<string, unknown>
        const { root, rootMembers } = spansOf(text)
        expect(root.members).toBe(membersOf(parsed))
        expect(rootMembers).toBe(Object.keys(parsed).length)
        for (const name of ['context', 'properties', 'traits'] as const) {
          const expected = isObject(parsed[name]) ? parsed[name] : undefined
          expect(slice(text, root[name])).toEqual(expected)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('the text of each event and part parses to it, in batches', () => {
    const body = fc.record(
      {
        context: part,
        batch: fc.array(fc.oneof(event, fc.jsonValue({ maxDepth: 2 })), { maxLength: 5 }),
        after: part,
      },
      { requiredKeys: ['batch'] },
    )
    fc.assert(
      fc.property(body, fc.constantFrom(undefined, 1), (sent, space) => {
        const text = JSON.stringify(sent, null, space)
        const parsed = JSON.parse(text) as { batch: unknown[]; context?: unknown }
        const { root, events } = spansOf(text)
        expect(slice(text, root.context)).toEqual(isObject(parsed.context) ? parsed.context : undefined)
        parsed.batch.forEach((one, index) => {
          const span = events[index]
          if (!isObject(one)) return expect(span).toBeUndefined()
          const object = one as Record<string, unknown>
          expect(slice(text, span)).toEqual(object)
          expect(span?.members).toBe(membersOf(object))
          for (const name of ['context', 'properties', 'traits'] as const) {
            expect(slice(text, span?.[name])).toEqual(isObject(object[name]) ? object[name] : undefined)
          }
        })
      }),
      { numRuns: 500 },
    )
  })

  test('depth is counted below the event, not below the body', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
    expect(spansOf(JSON.stringify({ a: nested(3) })).root.depth).toBe(3)
    expect(spansOf(JSON.stringify({ batch: [{ a: nested(3) }] })).events[0]?.depth).toBe(3)
    expect(spansOf(JSON.stringify({ a: 1 })).root.depth).toBe(0)
  })

  test('a name written twice is seen twice', () => {
    const text = '{"batch":[{"context":{"a":1},"context":{"a":2,"a":3}}]}'
    const parsed = JSON.parse(text) as { batch: [object] }
    expect(spansOf(text).events[0]?.members).toBe(5)
    expect(membersOf(parsed.batch[0])).toBe(2)
  })

  test('the last of two batches counts', () => {
    const text = '{"batch":[{"context":{"a":1}},{}],"batch":[{"context":{"a":2}}]}'
    const { events, rootMembers } = spansOf(text)
    expect(events).toHaveLength(1)
    expect(slice(text, events[0]?.context)).toEqual({ a: 2 })
    expect(rootMembers).toBe(2)
  })

  test('200,000 levels cost no stack', () => {
    const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
    expect(spansOf(deep).root.depth).toBe(200_000)
  })
})
