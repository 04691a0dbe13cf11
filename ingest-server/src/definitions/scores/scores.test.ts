/** Compiled scores against plain evaluation over generated touches and facts. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ScoreBody, Subject } from '@touchline/schemas/api'
import { startTestClickHouse, type TestClickHouse } from '../../../../test-support/clickhouse.js'
import { asOf, insertWorld, makeWorld, subjectsOf } from '../../../../test-support/worlds/condition-worlds.js'
import { scoresAbout } from '../../../../test-support/worlds/score-bodies.js'
import { spansOfSubject } from '../../../../test-support/plainly/evaluate-score.js'
import { evaluateScore } from '../../engagement/scores/evaluate.js'
import { query } from '../../clickhouse/query.js'
import { compileLowest, compilePoints, compileTimes } from '../compile.js'
import type { Definition } from '../documents/definition.js'
import { noReferences, type References } from '../documents/references.js'

const dayMs = 86_400_000
let clickhouse: TestClickHouse
const world = makeWorld()
const segments: References['segments'] = new Map(
  Object.entries(world.segments).map(([id, body]) => [
    id,
    { kind: 'segments', id, version: 1, name: id, body, author: '', at: 0, note: '' },
  ]),
)
const references: References = { ...noReferences, segments }

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  await insertWorld(clickhouse.app, world)
}, 120_000)
afterAll(() => clickhouse.close())

const source = () => ({ client: clickhouse.app, project: 'default' })

const planOf = (body: ScoreBody, id: string, now: number) =>
  evaluateScore(body, spansOfSubject(body, world, { subject: body.subject, id, now }), now)

const tolerance = 1e-9

describe.each<Subject>(['person', 'account'])('scores of a %s', (subject) => {
  const scores = fc.sample(scoresAbout(subject), { numRuns: subject === 'person' ? 45 : 45, seed: 23 })

  test('are in SQL what plain evaluation says, to the last decimals', async () => {
    let compared = 0
    let notZero = 0
    for (const [index, body] of scores.entries()) {
      const now = asOf - (index % 4) * 9 * dayMs
      const { sql, params, settings } = compilePoints(body, { asOf: now, references })
      const rows = await query<{ subject: string; points: number[] }>(
        source(),
        { name: 'test-points', sql: `SELECT subject, points FROM (${sql})`, settings },
        params,
      )
      const found = new Map(rows.map((row) => [row.subject, row.points]))
      for (const id of subjectsOf(world, subject)) {
        const wanted = planOf(body, id, now)
        const points = found.get(id) ?? wanted.contributions.map(() => 0)
        const total = points.reduce((sum, one) => sum + one, 0)
        compared += 1
        if (wanted.total !== 0) notZero += 1
        expect(Math.abs(total - wanted.total), `${id} ${JSON.stringify(body)}`).toBeLessThan(tolerance)
        const inOrder = wanted.contributions.map((one) => one.points)
        const isByPerson = subject === 'account' && body.people !== undefined && body.people !== 'sum'
        // Of people with equal totals either may be the one that counts.
        if (!isByPerson)
          for (const [place, one] of inOrder.entries())
            expect(
              Math.abs((points[place] ?? 0) - one),
              `${id} ${place} ${JSON.stringify(body)}`,
            ).toBeLessThan(tolerance)
      }
    }
    expect(compared).toBeGreaterThan(subject === 'person' ? 500 : 250)
    expect(notZero / compared).toBeGreaterThan(0.3)
  }, 240_000)

  test('pass a limit in SQL when plain evaluation says, to the millisecond', async () => {
    let seen = 0
    for (const [index, body] of scores.slice(0, 20).entries()) {
      // Points of both signs that fade may pass a limit twice between two touches; that is not looked for.
      const rules = body.rules.map((rule) =>
        rule.halfLife === undefined ? rule : { ...rule, points: Math.abs(rule.points) },
      )
      const score = { ...body, rules }
      const definition: Definition<'scores'> = {
        kind: 'scores',
        id: 's',
        version: 1,
        name: 's',
        body: score,
        author: '',
        at: 0,
        note: '',
      }
      const n = [3, 10, 0, -4][index % 4] ?? 3
      const op = index % 3 === 0 ? ('lt' as const) : ('gte' as const)
      const all = { ...references, scores: new Map([['s', definition]]) }
      const { sql, params, settings } = compileTimes([{ score: 's', op, n }], {
        subject,
        asOf,
        references: all,
      })
      const rows = await query<{ subject: string; times0: number[] }>(
        source(),
        { name: 'test-times', sql: `SELECT subject, times0 FROM (${sql})`, settings },
        params,
      )
      for (const { subject: id, times0 } of rows) {
        const spans = spansOfSubject(score, world, { subject, id, now: asOf })
        const holds = (at: number) => {
          const { total } = evaluateScore(score, spans, at)
          // Where the total is the limit but for rounding either is right.
          if (Math.abs(total - n) < tolerance && total !== n) return undefined
          return op === 'lt' ? total < n : total >= n
        }
        const first = Math.min(
          ...[...spans.own, ...spans.people.flatMap(([, list]) => list)].flat().map(([from]) => from),
        )
        const times = [
          ...times0.flatMap((at) => [at - 1, at]),
          ...[0, 3, 17, 40, 80].map((days) => asOf - days * dayMs - 1),
        ]
        for (const at of times.filter((one) => one <= asOf && one >= first && Number.isFinite(first))) {
          const wanted = holds(at)
          if (wanted === undefined) continue
          const isIn = times0.filter((one) => one <= at).length % 2 === 1
          // What was so before anything happened begins with the first touch.
          if (wanted && times0[0] !== undefined && at < times0[0]) continue
          seen += 1
          expect(
            isIn,
            `${id} ${new Date(at).toISOString()} ${n} ${op} ${JSON.stringify(score)} ${String(times0)}`,
          ).toBe(wanted)
        }
      }
    }
    expect(seen).toBeGreaterThan(300)
  }, 240_000)

  test('have as their least the least at any time since', async () => {
    for (const body of scores.slice(0, 12)) {
      const since = asOf - 40 * dayMs
      const { sql, params, settings } = compileLowest(body, `toInt64(${since})`, { asOf, references })
      const rows = await query<{ key: string; lowest: number }>(
        source(),
        { name: 'test-lowest', sql: `SELECT toString(key) AS key, lowest FROM (${sql})`, settings },
        params,
      )
      const keys = await query<{ id: string; key: string }>(
        source(),
        {
          name: 'keys',
          sql: 'SELECT id, toString(cityHash64(id)) AS key FROM (SELECT arrayJoin({ids: Array(String)}) AS id)',
        },
        { ids: subjectsOf(world, subject) },
      )
      for (const { id, key } of keys) {
        const lowest = rows.find((row) => row.key === key)?.lowest
        if (lowest === undefined) continue
        const spans = spansOfSubject(body, world, { subject, id, now: asOf })
        const bounds = [...spans.own, ...spans.people.flatMap(([, list]) => list)].flat(2)
        const times = [asOf, ...bounds.flatMap((at) => [at - 1, at])].filter(
          (at) => at === asOf || (at > since && at <= asOf),
        )
        const wanted = Math.min(...times.map((at) => evaluateScore(body, spans, at).total))
        expect(Math.abs(lowest - wanted), `${id} ${JSON.stringify(body)}`).toBeLessThan(tolerance)
      }
    }
  }, 240_000)
})
