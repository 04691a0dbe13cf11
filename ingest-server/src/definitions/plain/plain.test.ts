/** What is worked out from touches in the process, against what the compiled SQL makes of the same conditions and scores. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Condition, Subject } from '@touchline/schemas/api'
import { startTestClickHouse, type TestClickHouse } from '../../../../test-support/clickhouse.js'
import {
  asOf,
  conditionsAbout,
  insertWorld,
  makeWorld,
  subjectsOf,
} from '../../../../test-support/worlds/condition-worlds.js'
import { scoresAbout } from '../../../../test-support/worlds/score-bodies.js'
import { query } from '../../clickhouse/query.js'
import { readHistories } from '../../engagement/histories.js'
import { openPoints } from '../../engagement/scores/points-of.js'
import { compilePoints, compileTimes } from '../compile.js'
import type { Definition } from '../documents/definition.js'
import { noReferences, type References } from '../documents/references.js'
import { plainSetOf } from './plain-set.js'

const dayMs = 86_400_000
const world = makeWorld()
const definition = <Kind extends 'segments' | 'scores'>(kind: Kind, id: string, body: unknown) =>
  ({ kind, id, version: 1, name: id, body, author: '', at: 0, note: '' }) as Definition<Kind>
const references: References = {
  ...noReferences,
  segments: new Map(
    Object.entries(world.segments).map(([id, body]) => [id, definition('segments', id, body)]),
  ),
}
let clickhouse: TestClickHouse
beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  await insertWorld(clickhouse.app, world)
}, 120_000)
afterAll(() => clickhouse.close())

const source = () => ({ client: clickhouse.app, project: 'default', signedOnly: false })

/** Times of a condition by SQL; who has none is left out. */
async function timesBySql(condition: Condition, subject: Subject, now: number, only: readonly string[]) {
  const { sql, params, settings } = compileTimes([condition], { subject, asOf: now, references, only })
  const rows = await query<{ subject: string; times: number[] }>(
    source(),
    {
      name: 'test-times',
      sql: `SELECT subject, times0 AS times FROM (${sql}) WHERE notEmpty(times0)`,
      settings,
    },
    params,
  )
  return Object.fromEntries(rows.map(({ subject: id, times }) => [id, times]))
}

describe.each<Subject>(['person', 'account'])('of a %s', (subject) => {
  const only = [...subjectsOf(world, subject), 'nobody']

  test('conditions about their own touches begin and end when they do in SQL', async () => {
    const conditions = fc.sample(conditionsAbout(subject), { numRuns: 260, seed: 31 })
    const segments = conditions.map((when, n) => definition('segments', `s${n}`, { subject, when }))
    const set = plainSetOf(subject, segments, [], references)
    expect(set.segments.length + set.others.segments.length).toBe(segments.length)
    expect(set.segments.length).toBeGreaterThan(90)
    let found = 0
    for (const [n, now] of [asOf, asOf - 40 * dayMs].entries()) {
      const histories = (await readHistories(source(), subject, set, { asOf: now, only })) ?? []
      for (const { segment, membershipTimes: timesOf } of set.segments.filter(
        (_, place) => place % 2 === n,
      )) {
        const when = (segment.body as { when: Condition }).when
        const plain = Object.fromEntries(
          histories.flatMap((one) => {
            const times = timesOf(one.history)
            return times.length === 0 ? [] : [[one.subject, times]]
          }),
        )
        found += Object.keys(plain).length
        expect(plain, JSON.stringify(when)).toEqual(await timesBySql(when, subject, now, only))
      }
    }
    expect(found).toBeGreaterThan(set.segments.length)
  }, 300_000)

  test('scores of their own touches are what they are in SQL, and change next when they do there', async () => {
    const bodies = fc.sample(scoresAbout(subject), { numRuns: 400, seed: 37 })
    const scores = bodies.map((body, n) => definition('scores', `s${n}`, body))
    const set = plainSetOf(subject, [], scores, references)
    expect(set.scores.length).toBeGreaterThan(15)
    const histories = (await readHistories(source(), subject, set, { asOf, only })) ?? []
    for (const { score, spansOf } of set.scores) {
      const { sql, params, settings } = compilePoints(score.body, { asOf, references, only })
      const rows = await query<{ subject: string; points: number[]; next: number }>(
        source(),
        { name: 'test-points', sql: `SELECT subject, points, next FROM (${sql})`, settings },
        params,
      )
      const bySql = new Map(rows.map((row) => [row.subject, row]))
      for (const { subject: id, history } of histories) {
        const own = spansOf(history)
        const plain = openPoints(score.body)(own, asOf)
        const bounds = own.flat(2).filter((ms) => ms > asOf && ms < 9_000_000_000_000_000)
        const next = bounds.length === 0 ? 0 : Math.min(...bounds)
        const { points = plain.points.map(() => 0), next: wantedNext = 0 } = bySql.get(id) ?? {}
        expect(plain.points.length).toBe(points.length)
        for (const [place, one] of plain.points.entries())
          expect(one, `${id} ${JSON.stringify(score.body)}`).toBeCloseTo(points[place] ?? 0, 9)
        expect(next, `${id} ${JSON.stringify(score.body)}`).toBe(wantedNext)
      }
    }
  }, 300_000)
})
