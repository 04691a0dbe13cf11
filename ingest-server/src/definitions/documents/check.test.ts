/** What is wrong with a definition is said with its path and the nearest right name. */
import { describe, expect, test } from 'vitest'
import { checkBody, checkCondition, checkKind } from './check.js'
import type { Definition } from './definition.js'
import { referencesFrom } from './references.js'
import { templates } from '../templates/index.js'

const stages = (stage: object) => ({ subject: 'account', stages: [{ id: 'a', enter: { touch: {} } }, stage] })

describe('a definition that is not valid is refused with the place', () => {
  test.each<[string, Parameters<typeof checkBody>[0], unknown, RegExp]>([
    ['an empty list of stages', 'stages', { stages: [] }, /^stages: /],
    [
      'an unknown field',
      'goals',
      { when: { touch: { nme: 'Demo' } } },
      /^when\.touch\.nme: .*did you mean name\?/,
    ],
    ['an unknown condition', 'goals', { when: { tuch: {} } }, /^when\.tuch: .*did you mean touch\?/],
    [
      'an unknown operator',
      'segments',
      { when: { trait: 'x', op: 'equals', value: 1 } },
      /^when\.op: "equals" .*eq/,
    ],
    [
      'a slip in an operator',
      'segments',
      { when: { trait: 'x', op: 'gtee', value: 1 } },
      /^when\.op: .*did you mean gte\?/,
    ],
    [
      'a window of nothing',
      'segments',
      { when: { silentFor: '0d' } },
      /^when\.silentFor: must be longer than 0/,
    ],
    [
      'a time that is none',
      'goals',
      { when: { touch: {}, within: '3 days' } },
      /^when\.within: must be a time such as/,
    ],
    [
      'a wrong kind of touch',
      'goals',
      { when: { touch: { kind: 'vist' } } },
      /^when\.touch\.kind: .*did you mean visit\?/,
    ],
    [
      'a condition deep inside',
      'stages',
      stages({ id: 'b', enter: { all: [{ touch: {} }, { not: { any: [{ touch: { page: 3 } }] } }] } }),
      /^stages\[1\]\.enter\.all\[1\]\.not\.any\[0\]\.touch\.page: /,
    ],
    [
      'an id that is there twice',
      'stages',
      stages({ id: 'a', enter: { touch: {} } }),
      /^stages\[1\]\.id: a is there twice/,
    ],
    [
      'a number that is compared with a word',
      'segments',
      { when: { trait: 'x', op: 'gt', value: 'many' } },
      /^when\.value: must be a number or a date/,
    ],
    [
      'a list where one value belongs',
      'segments',
      { when: { trait: 'x', op: 'eq', value: [1] } },
      /^when\.value: must be one value/,
    ],
    [
      'people of a person',
      'segments',
      { subject: 'person', when: { people: { op: 'gte', n: 2 } } },
      /^when: people are asked of accounts/,
    ],
    [
      'an unknown subject',
      'goals',
      { subject: 'persn', when: { touch: {} } },
      /^subject: .*did you mean person\?/,
    ],
    [
      'both a half-life and a window',
      'scores',
      { on: 2, off: 1, rules: [{ id: 'r', when: { touch: {} }, points: 1, halfLife: '1d', window: '2d' }] },
      /^rules\[0\]\.window: /,
    ],
    [
      'off that is not below on',
      'scores',
      { on: 2, off: 2, rules: [{ id: 'r', when: { touch: {} }, points: 1 }] },
      /^off: must be below on/,
    ],
    [
      'a secret in a definition',
      'endpoints',
      { url: 'https://x.example', secret: 'whsec_abc' },
      /^secret: must name a variable/,
    ],
    [
      'a step that is none',
      'programs',
      { enter: { segment: 's' }, steps: [{ id: 'x', wayt: '1d' }] },
      /^steps\[0\]/,
    ],
    ['a sequence of one', 'goals', { when: { sequence: [{ name: 'A' }] } }, /^when\.sequence: /],
    [
      'a field beside the right one',
      'goals',
      { subject: 'account', when: { touch: {} }, whn: 1 },
      /^whn: there is no such field here; did you mean when\?/,
    ],
    [
      'a field misspelt that must be there',
      'goals',
      { subject: 'person', wen: { touch: {} } },
      /^wen: .*did you mean when\?/,
    ],
    [
      'a frozen list misspelt',
      'segments',
      { identifers: ['a@b.example'] },
      /^identifers: .*did you mean identifiers\?/,
    ],
    [
      'a field of another kind',
      'goals',
      { when: { touch: {} }, silentAfter: '3d' },
      /^silentAfter: .*; there are name, subject, when, value, currency, count\./,
    ],
    [
      'an operator misspelt',
      'segments',
      { when: { any: [{ trait: 'x', opp: 'eq', value: 1 }] } },
      /^when\.any\[0\]\.opp: .*did you mean op\?/,
    ],
    [
      'a field of a stage',
      'stages',
      stages({ id: 'b', entr: { touch: {} } }),
      /^stages\[1\]\.entr: .*did you mean enter\?/,
    ],
    [
      'a filter of a property',
      'goals',
      { when: { touch: { where: [{ propery: 'x', op: 'exists' }] } } },
      /^when\.touch\.where\[0\]\.propery: .*did you mean property\?/,
    ],
    [
      'a field of a rule',
      'scores',
      { on: 2, off: 1, rules: [{ id: 'r', when: { touch: {} }, pionts: 1 }] },
      /^rules\[0\]\.pionts: .*did you mean points\?/,
    ],
    ['a field of an account’s personas', 'personas', { trais: ['role'] }, /^trais: .*did you mean traits\?/],
    [
      'a field of a feed',
      'feeds',
      { changes: ['score'], endpont: 'crm' },
      /^endpont: .*did you mean endpoint\?/,
    ],
    [
      'a field of a step',
      'programs',
      { enter: { segment: 's' }, steps: [{ id: 'x', wait: '1d', timeot: '2d' }] },
      /^steps\[0\]\.timeot: .*did you mean timeout\?/,
    ],
    [
      'a field of another step',
      'programs',
      { enter: { segment: 's' }, steps: [{ id: 'x', wait: '1d', timeout: '2d' }] },
      /^steps\[0\]\.timeout: there is no such field here; there are id, wait/,
    ],
    ['a condition that is a text', 'goals', { when: 'Deal Won' }, /^when: must be a condition/],
  ])('%s', (_what, kind, body, message) => {
    expect(() => checkBody(kind, body)).toThrow(message)
  })

  const nested = (levels: number, field: 'not' | 'all') => {
    const open = field === 'not' ? '{"not":' : '{"all":['
    const close = field === 'not' ? '}' : ']}'
    return JSON.parse(`${open.repeat(levels)}{"touch":{}}${close.repeat(levels)}`) as unknown
  }
  const many = (count: number) => ({
    any: Array.from({ length: count / 20 }, () => ({
      any: Array.from({ length: 20 }, (_none, place) => ({ trait: `t${place}`, op: 'exists' })),
    })),
  })

  test.each([21, 900, 100_000])(
    '%i levels of conditions are refused before anything walks them',
    (levels) => {
      const deep = /^when(\.not){21}: all, any and not stand in one another 20 deep at most/
      expect(() => checkBody('goals', { when: nested(levels, 'not') })).toThrow(deep)
      expect(() => checkBody('stages', { stages: [{ id: 'a', enter: nested(levels, 'all') }] })).toThrow(
        /^stages\[0\]\.enter\.all.*20 deep at most/,
      )
      expect(() => checkCondition(nested(levels, 'all'), 'person', ['filter'])).toThrow(
        /^filter\.all.*20 deep/,
      )
    },
  )

  test('what is deep and no condition is refused too', () => {
    const value = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown
    const steps = [
      { id: 'a', act: { webhook: 'crm', body: { value } } },
      { id: 'end', exit: 'done' },
    ]
    expect(() => checkBody('programs', { enter: { segment: 's' }, steps })).toThrow(/deeper than 100/)
  })

  test('a condition of 20 levels and one of 200 members are taken, one more is not', () => {
    expect(checkCondition(nested(20, 'not'), 'person')).toEqual(nested(20, 'not'))
    expect(checkCondition(many(200), 'person')).toEqual(many(200))
    expect(() => checkCondition(many(220), 'person')).toThrow(/^when: has 220 conditions; one may have 200/)
    expect(() => checkCondition({ any: many(2_000).any.flatMap(({ any }) => any) }, 'person')).toThrow(
      /^when\.any: /,
    )
  })

  test('an unknown kind is told with the nearest', () => {
    expect(() => checkKind('goal')).toThrow(/did you mean goals\?/)
    expect(() => checkCondition({ segmnt: 'x' }, 'person')).toThrow(/did you mean segment\?/)
  })
})

test('definitions that name each other in a circle are refused with the circle', () => {
  const segment = (id: string, names: string): Definition => ({
    kind: 'segments',
    id,
    version: 1,
    name: id,
    body: { subject: 'person', when: { all: [{ touch: {} }, { not: { segment: names } }] } },
    author: '',
    at: 0,
    note: '',
  })
  const all = [segment('a', 'b'), segment('b', 'c'), segment('c', 'a')]
  expect(() => referencesFrom(all, [{ segment: 'a' }], { subject: 'person' })).toThrow(
    'segments/a → segments/b → segments/c → segments/a',
  )
  const root = { kind: 'segments', id: 'a' }
  expect(() => referencesFrom(all, [{ segment: 'b' }], { subject: 'person', root, isLenient: true })).toThrow(
    'circle',
  )
  expect(() => referencesFrom(all.slice(0, 2), [{ segment: 'a' }], { subject: 'person' })).toThrow(
    /segment c: there is no such segment/,
  )
})

test.each(
  templates.flatMap(({ id, definitions }) =>
    definitions.map((one) => [`${id} ${one.kind}/${one.id}`, one] as const),
  ),
)('the template’s definition %s is valid', (_name, { kind, body }) => {
  expect(checkBody(kind, body)).toMatchObject(body)
})
