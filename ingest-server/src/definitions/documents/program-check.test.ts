/** Programs that cannot be saved, each with the place and, where a name is wrong, the nearest right one. */
import { describe, expect, test } from 'vitest'
import { fillTemplate } from './body-template.js'
import { checkBody } from './check.js'

const end = { id: 'end', exit: 'done' }
const program = (...steps: object[]) => ({ enter: { segment: 'hot' }, steps })
const post = (body: object) => program({ id: 'a', act: { webhook: 'crm', body } }, end)
const yes = { trait: 'plan', op: 'exists' }

describe('refused is', () => {
  test.each([
    ['one without an exit', program({ id: 'a', wait: '1d' }), /^steps\[0\]: after a comes nothing/],
    [
      'one whose branch leads past the exit',
      program({ id: 'b', branch: [{ when: yes, to: 'x' }], else: 'end' }, end, { id: 'x', wait: '1d' }),
      /^steps\[2\]: after x/,
    ],
    [
      'one that goes to a step that is not there',
      program({ id: 'b', branch: [{ when: yes, to: 'enx' }], else: 'end' }, end),
      /^steps\[0\]\.branch\[0\]\.to: there is no step enx; did you mean end\?/,
    ],
    [
      'one that goes round in a circle',
      program({ id: 'w', wait: '1d' }, { id: 'b', branch: [{ when: yes, to: 'end' }], else: 'w' }, end),
      /^steps\[1\]\.else: w stands before b/,
    ],
    [
      'an unknown field',
      post({ to: '{{trats.email}}' }),
      /^steps\[0\]\.act\.body\.to: .*did you mean \{\{traits\.email\}\}\?/,
    ],
    [
      'an unknown field deep in it',
      post({ a: [{ b: 'Hi {{touch.nmae}}!' }] }),
      /^steps\[0\]\.act\.body\.a\[0\]\.b: .*touch\.name/,
    ],
    [
      'an unknown part of a score',
      post({ s: '{{score.lead.totl}}' }),
      /did you mean \{\{score\.lead\.total\}\}\?/,
    ],
    ['a secret by reference', post({ key: 'env:CRM_SECRET' }), /^steps\[0\]\.act\.body\.key: no secret/],
    ['a secret as a field', post({ key: '{{env.CRM_SECRET}}' }), /^steps\[0\]\.act\.body\.key: no secret/],
    ['a secret itself', post({ key: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }), /no secret/],
    ['the secret of the endpoint', post({ key: '{{endpoint.secret}}' }), /no secret/],
    ['braces around nothing', post({ key: '{{' }), /must stand around/],
    [
      'a trait of an account',
      { subject: 'account', ...program({ id: 'a', act: { setTrait: { name: 'x', value: 1 } } }, end) },
      /^steps\[0\]\.act\.setTrait: sets a trait of a person/,
    ],
    ['a wait of no time', program({ id: 'w', wait: '0d' }, end), /^steps\[0\]/],
    ['two steps of one name', program(end, end), /^steps\[1\]\.id: end is there twice/],
  ])('%s', (_what, body, message) => {
    expect(() => checkBody('programs', body)).toThrow(message)
  })
})

test('every field that there is may stand in a body', () => {
  const fields = [
    'at',
    'person.id',
    'traits.any thing',
    'account.traits.x.y',
    'touch.page',
    'score.lead.reasons',
    'run.id',
    'step.id',
  ]
  expect(() =>
    checkBody('programs', post(Object.fromEntries(fields.map((one) => [one, `{{${one}}}`])))),
  ).not.toThrow()
})

test('a field alone keeps its kind, within text it is written out, and what nobody knows is null or nothing', () => {
  const values: Record<string, unknown> = { 'traits.n': 5, 'traits.list': ['a'], 'traits.name': 'Ada' }
  const body = {
    n: '{{traits.n}}',
    list: '{{ traits.list }}',
    text: 'Hi {{traits.name}}{{traits.gone}}!',
    gone: '{{traits.gone}}',
    as: [true, 1],
  }
  expect(fillTemplate(body, (field) => values[field])).toEqual({
    n: 5,
    list: ['a'],
    text: 'Hi Ada!',
    gone: null,
    as: [true, 1],
  })
})
