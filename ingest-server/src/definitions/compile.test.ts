/** The compiled SQL against plain evaluation of the same conditions over generated touchpoints. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Condition, Subject } from '@touchline/schemas/api'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import {
  evaluate,
  firstTrue,
  touchesOfSubject,
  type World,
} from '../../../test-support/plainly/evaluate-condition.js'
import {
  asOf,
  conditionsAbout,
  insertWorld,
  makeWorld,
  subjectsOf,
} from '../../../test-support/worlds/condition-worlds.js'
import { query } from '../clickhouse/query.js'
import { compileCondition, compileFirstTrue, type CompiledCondition } from './compile.js'
import { noReferences, type References } from './documents/references.js'

const cases = { holding: 360, first: 160 }
const aQuery = 16

let clickhouse: TestClickHouse
const world: World = makeWorld()
const references: References = {
  ...noReferences,
  segments: new Map(
    Object.entries(world.segments).map(([id, body]) => [
      id,
      { kind: 'segments', id, version: 1, name: id, body, author: '', at: 0, note: '' },
    ]),
  ),
}

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  await insertWorld(clickhouse.app, world)
}, 120_000)
afterAll(() => clickhouse.close())

const source = () => ({ client: clickhouse.app, project: 'default' })

/** The answers of several conditions in one statement, by their place. */
async function answersOf(
  compiled: readonly CompiledCondition[],
  columns: string,
): Promise<Map<number, string[]>> {
  const parts = compiled.map(({ sql }, n) => `SELECT ${n} AS n, ${columns} AS answer FROM (${sql})`)
  const params = Object.assign({}, ...compiled.map((one) => one.params)) as Record<string, unknown>
  const named = {
    name: 'test-conditions',
    sql: `SELECT n, arraySort(groupArray(answer)) AS answers FROM (${parts.join('\nUNION ALL\n')}) GROUP BY n`,
    settings: {
      ...compiled[0]?.settings,
      max_query_size: '4000000',
      max_threads: 1,
      compile_expressions: 0 as const,
    },
  }
  const rows = await query<{ n: number; answers: string[] }>(source(), named, params)
  return new Map(rows.map(({ n, answers }) => [n, answers]))
}

async function keysById(ids: readonly string[]): Promise<Map<string, string>> {
  const sql = 'SELECT id, toString(cityHash64(id)) AS key FROM (SELECT arrayJoin({ids: Array(String)}) AS id)'
  const rows = await query<{ id: string; key: string }>(source(), { name: 'test-keys', sql }, { ids })
  return new Map(rows.map(({ id, key }) => [id, key]))
}

async function compareAll(
  subject: Subject,
  conditions: readonly Condition[],
  compile: (condition: Condition, prefix: string) => CompiledCondition,
  columns: string,
  expected: (condition: Condition, id: string, key: string) => string | undefined,
) {
  const keys = await keysById(subjectsOf(world, subject))
  let found = 0
  for (let from = 0; from < conditions.length; from += aQuery) {
    const some = conditions.slice(from, from + aQuery)
    const answers = await answersOf(
      some.map((condition, n) => compile(condition, `c${n}x`)),
      columns,
    )
    for (const [n, condition] of some.entries()) {
      const wanted = [...keys].flatMap(([id, key]) => expected(condition, id, key) ?? []).sort()
      found += wanted.length
      expect(answers.get(n) ?? [], JSON.stringify(condition)).toEqual(wanted)
    }
  }
  return found
}

describe.each<Subject>(['person', 'account'])('conditions about a %s', (subject) => {
  test('hold in SQL for whom plain evaluation says', async () => {
    const conditions = fc.sample(conditionsAbout(subject), { numRuns: cases.holding, seed: 7 })
    const found = await compareAll(
      subject,
      conditions,
      (condition, prefix) => compileCondition(condition, { subject, asOf, references, prefix }),
      'toString(key)',
      (condition, id, key) => (evaluate(condition, world, { subject, id, now: asOf }) ? key : undefined),
    )
    // Conditions that hold for nobody, or for all, would compare nothing.
    const pairs = conditions.length * subjectsOf(world, subject).length
    expect(found / pairs).toBeGreaterThan(0.1)
    expect(found / pairs).toBeLessThan(0.9)
  }, 240_000)

  test('become true in SQL when plain evaluation says', async () => {
    const conditions = fc.sample(conditionsAbout(subject), { numRuns: cases.first, seed: 11 })
    const found = await compareAll(
      subject,
      conditions,
      (condition, prefix) => compileFirstTrue(condition, { subject, asOf, references, prefix }),
      "concat(toString(key), ' ', toString(toUnixTimestamp64Milli(at)))",
      (condition, id, key) => {
        const at = firstTrue(condition, world, { subject, id, now: asOf })
        return at === undefined ? undefined : `${key} ${at}`
      },
    )
    expect(found).toBeGreaterThan(conditions.length)
  }, 240_000)
})

test('the generated touches have ties, repeated pages and silence', () => {
  const times = world.touches.map(({ at }) => at)
  expect(new Set(times).size).toBeLessThan(times.length)
  const lengths = subjectsOf(world, 'person').map(
    (id) => touchesOfSubject(world, { subject: 'person', id, now: asOf }).length,
  )
  expect(Math.min(...lengths)).toBe(0)
  expect(Math.max(...lengths)).toBeGreaterThan(8)
})
