import type { Line, Meta } from '@touchline/schemas/api'
import { describe, expect, test } from 'vitest'
import { bestFinding, lateStages, newAtDeals, silentLate, troubleIn, unsentIn } from './choose.js'

const stages = ['discovery', 'education', 'conversion', 'retention'].map((id) => ({ id, name: id }))
const now = Date.parse('2026-06-10T08:00:00Z')
const line = (change: Partial<Line>): Line =>
  ({
    differences: [],
    deadLetters: 0,
    lag: 0,
    oldestWaitingMs: 0,
    refusedByReason: [],
    ...change,
  }) as unknown as Line

describe('what is worth a card', () => {
  test('late stages are the later half, and one stage is late itself', () => {
    expect(lateStages(stages).map(({ id }) => id)).toEqual(['conversion', 'retention'])
    expect(lateStages(stages.slice(0, 3)).map(({ id }) => id)).toEqual(['education', 'conversion'])
    expect(lateStages(stages.slice(0, 1))).toHaveLength(1)
    expect(lateStages([] as Meta['stages'])).toEqual([])
  })

  test('silence early in a journey is nobody’s morning; late it is, the latest and longest first', () => {
    const gap = (subject: string, stage: string | null, days: number) => ({ subject, stage, days, from: '' })
    const found = silentLate(
      [gap('a', 'discovery', 400), gap('b', 'conversion', 70), gap('c', 'retention', 60), gap('d', null, 90)],
      stages,
    )
    expect(found.map(({ subject }) => subject)).toEqual(['c', 'b'])
  })

  test('a new person counts where an account of theirs is a deal', () => {
    const person = (id: string, accounts: string[]) => ({ id, accounts, identifiers: [], traits: {} })
    const found = newAtDeals(
      [person('p', ['x', 'acme']), person('q', ['y'])],
      [{ id: 'acme', traits: {}, people: 2 }],
    )
    expect(found.map((one) => [one.person.id, one.account.id])).toEqual([['p', 'acme']])
  })

  test('an endpoint is trouble while something waits for it that it does not take', () => {
    const endpoint = (id: string, change: object) => ({
      ...{
        id,
        url: '',
        problem: null,
        circuit: 'closed' as const,
        failuresInRow: 0,
        waiting: 0,
        delivered: 0,
      },
      ...{ gaveUp: 0, lastSuccessAt: null, lastFailureAt: null, lastStatus: null, lastAnswer: null },
      ...change,
    })
    const endpoints = [
      endpoint('well', { waiting: 40 }),
      endpoint('failed once, and nothing waits', { failuresInRow: 1 }),
      endpoint('fails', { failuresInRow: 2, waiting: 3 }),
      endpoint('no secret', { problem: 'the secret env:CRM is missing', waiting: 1 }),
    ]
    expect(unsentIn({ endpoints })).toEqual([
      { kind: 'unsent', n: 3, endpoint: 'fails' },
      { kind: 'unsent', n: 1, endpoint: 'no secret' },
    ])
  })

  test('a line that holds is no trouble; a difference, dead letters, a long wait and fresh refusals are', () => {
    expect(troubleIn(line({}), now)).toEqual([])
    expect(troubleIn(line({ oldestWaitingMs: 900_000 }), now)).toEqual([])
    const reason = (code: string, last: string) => ({ code, n: 3, first: last, last, example: '' })
    const found = troubleIn(
      line({
        differences: [{ name: 'x', left: 10, right: 7 }],
        deadLetters: 2,
        lag: 5,
        oldestWaitingMs: 300_000,
        refusedByReason: [
          reason('EVENT_NO_ID', '2026-06-10T07:00:00Z'),
          reason('OLD', '2026-06-01T07:00:00Z'),
        ],
      }),
      now,
    )
    expect(found).toEqual([
      { kind: 'differs', n: 3 },
      { kind: 'dead', n: 2 },
      { kind: 'waits', ms: 300_000 },
      { kind: 'refused', n: 3, code: 'EVENT_NO_ID' },
    ])
  })

  test('only a finding that is one, says buying, and can be named is a reason', () => {
    const finding = (value: string, lift: number, isSignificant = true) => ({
      trait: 't',
      value,
      lift,
      isSignificant,
    })
    expect(
      bestFinding([
        finding('Retail', 0.4),
        finding('200–500', 3),
        finding('Media', 1.3),
        finding('Steel', 1.9),
        finding('Toys', 4, false),
      ]),
    ).toMatchObject({ value: 'Steel' })
    expect(bestFinding([finding('Retail', 0.4)])).toBeUndefined()
  })
})
