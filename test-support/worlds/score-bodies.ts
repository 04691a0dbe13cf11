/** Generated scores over the touches of condition-worlds.ts. */
import fc from 'fast-check'
import { isTouchAlone, scoreBody, type ScoreBody, type Subject } from '@touchline/schemas/api'
import { conditionsAbout } from './condition-worlds.js'

const pick = <Item>(items: readonly Item[]) => fc.constantFrom(...items)
const maybe = <Item>(arb: fc.Arbitrary<Item>) => fc.option(arb, { nil: undefined })

const touches = pick([
  {},
  { kind: 'visit' as const },
  { name: 'Demo Requested' },
  { page: '/pricing*' },
  { name: '50% off', direction: 'inbound' as const },
  { channel: 'Email' },
])

export function scoresAbout(subject: Subject): fc.Arbitrary<ScoreBody> {
  const rule = fc
    .record({
      when: fc.oneof(
        { weight: 3, arbitrary: touches.map((touch) => ({ touch })) },
        { weight: 2, arbitrary: conditionsAbout(subject) },
      ),
      points: fc.integer({ min: -20, max: 20 }),
      fades: pick(['halfLife', 'window', 'no']),
      length: pick(['1d', '7d', '30d', '90d']),
      cap: maybe(fc.integer({ min: 1, max: 40 })),
      floor: maybe(fc.integer({ min: -40, max: 0 })),
      oncePer: maybe(pick(['page', 'name', 'property:plan'])),
      group: pick(['behaviour', 'fit', 'product']),
    })
    .map(({ fades, length, group, oncePer, ...rest }) => ({
      ...rest,
      group,
      ...(isTouchAlone(rest.when) && { oncePer }),
      ...(fades === 'window' && { window: length }),
      ...(fades === 'halfLife' && group !== 'fit' && { halfLife: length }),
    }))
  return fc
    .record({
      rules: fc.array(rule, { minLength: 1, maxLength: 5 }),
      cap: maybe(fc.integer({ min: 5, max: 40 })),
      people: pick([undefined, 'sum', 'max', 'top3'] as const),
    })
    .map(({ rules, cap, people }) =>
      scoreBody.parse({
        subject,
        ...(subject === 'account' && people !== undefined && { people }),
        on: 60,
        off: 45,
        ...(rules.some(({ group }) => group === 'behaviour') && {
          groups: { behaviour: cap === undefined ? {} : { cap } },
        }),
        rules: rules.map((one, index) => ({ id: `r${index}`, ...one })),
      }),
    )
}
