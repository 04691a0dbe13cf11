import { ClickHouseError, createClient } from '@clickhouse/client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../../test-support/server.js'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import type { TouchlineError } from '../errors.js'
import { createMetrics } from '../metrics.js'
import { queryErrorOf } from './query-errors.js'
import { observeQueries } from './query-observer.js'
import { chunksBy, query, queryRows, queryStream, type NamedQuery } from './query.js'

let clickhouse: TestClickHouse
const metrics = createMetrics()
const logged: { level: string; fields: Record<string, unknown> }[] = []
const logger = {
  info: () => undefined,
  warn: (fields: object) => void logged.push({ level: 'warn', fields: { ...fields } }),
  error: (fields: object) => void logged.push({ level: 'error', fields: { ...fields } }),
}

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  observeQueries(clickhouse.reader, { logger, metrics })
})
afterEach(() => logged.splice(0))
afterAll(() => clickhouse.close())

const source = () => ({ client: clickhouse.reader, project: 'default' })
const errorOf = (asked: Promise<unknown>) =>
  asked.then(
    () => undefined,
    (error: unknown) => error as TouchlineError,
  )

describe('a list of keys that is too long for one request', () => {
  const echo: NamedQuery = {
    name: 'echo',
    splitBy: 'keys',
    sql: 'SELECT arrayJoin({keys: Array(String)}) AS key',
  }

  test('is asked in parts, each key once', async () => {
    const keys = Array.from({ length: 5_000 }, (_, at) => `anon:${String(at).padStart(300, 'ü')}`)
    const rows = await query<{ key: string }>(source(), echo, { keys: [...keys, ...keys] })
    expect(rows.map(({ key }) => key).sort()).toEqual([...keys].sort())
  })

  test('asks nothing without keys', async () => {
    expect(await queryRows(source(), { ...echo, sql: 'not even SQL' }, { keys: [] })).toEqual([])
  })

  test('may bring along what follows from the keys of each part', async () => {
    const named: NamedQuery = {
      ...echo,
      along: (keys) => ({ longest: Math.max(...keys.map((key) => key.length)) }),
      sql: 'SELECT length(arrayJoin({keys: Array(String)})) <= {longest: UInt32} AS ok',
    }
    const keys = Array.from({ length: 2_000 }, (_, at) => 'x'.repeat(100) + at)
    const rows = await queryRows<[number | boolean]>(source(), named, { keys })
    expect(rows).toHaveLength(2_000)
    expect(rows.every(([ok]) => Boolean(ok))).toBe(true)
  })

  test('is cut where any of several lists would be too long', () => {
    const items = Array.from({ length: 10 }, (_, at) => ({ short: String(at), long: 'y'.repeat(20_000) }))
    const parts = chunksBy(items, ({ short, long }) => [short, long])
    expect(parts.map((part) => part.length)).toEqual([2, 2, 2, 2, 2])
    expect(parts.flat()).toEqual(items)
    expect(chunksBy([], () => [])).toEqual([])
  })
})

describe('a query that fails', () => {
  test.each([
    ['memory', 'SELECT groupArray(toString(number)) FROM numbers(100000000)', /memory/],
    ['result rows', 'SELECT number FROM numbers(300000)', /rows that one answer may have \(200,000\)/],
  ])('over its cap on %s names the cap and what to ask instead', async (_cap, sql, words) => {
    const error = await errorOf(query(source(), { name: 'too-much', sql }))
    expect(error).toMatchObject({ code: 'QUERY_TOO_LARGE' })
    expect(error?.message).toMatch(words)
    expect(error?.message).toMatch(/too-much.*Ask for a shorter time/s)
  })

  test('because ClickHouse refuses it is ours, and logged with its name and cause', async () => {
    const error = await errorOf(query(source(), { name: 'misspelt', sql: 'SELECT nothing FROM nowhere' }))
    expect(error?.code).toBe('INTERNAL')
    expect(logged).toMatchObject([{ level: 'error', fields: { query: 'misspelt', code: 'INTERNAL' } }])
    expect(String(logged[0]?.fields.err)).toContain('nowhere')
    expect(logged[0]?.fields.seconds).toEqual(expect.any(Number))
  })

  test('because a parameter is too long for a request is ours, and not an absent ClickHouse', async () => {
    const named = { name: 'unsplit', sql: 'SELECT length({text: String})' }
    expect((await errorOf(query(source(), named, { text: 'z'.repeat(300_000) })))?.code).toBe('INTERNAL')
  })

  test.each([
    ['is too long', `SELECT ${'1 + '.repeat(70_000)}1`],
    ['has subqueries too deep in one another', `${'SELECT * FROM ('.repeat(120)}SELECT 1${')'.repeat(120)}`],
    ['has brackets too deep in one another', `SELECT ${'('.repeat(1_500)}1${')'.repeat(1_500)}`],
  ])('because the statement %s says that its conditions are too large', async (_what, sql) => {
    const error = await errorOf(query(source(), { name: 'any', sql }))
    expect(error).toMatchObject({ code: 'QUERY_TOO_LARGE' })
    expect(error?.message).toMatch(/too large together/)
  })

  test('because nobody answers says that ClickHouse does not answer', async () => {
    const client = createClient({ url: `http://127.0.0.1:${await freePort()}`, log: { level: 127 } })
    const error = await errorOf(query({ client }, { name: 'any', sql: 'SELECT 1' }))
    await client.close()
    expect(error?.code).toBe('STORE_UNAVAILABLE')
  })
})

test.each([
  ['745', 'SERVER_OVERLOADED'],
  ['202', 'TOO_MANY_SIMULTANEOUS_QUERIES'],
  ['173', 'CANNOT_ALLOCATE_MEMORY'],
])('a machine that is too busy says so, and is no fault of ours: %s %s', (code, type) => {
  const cause = new ClickHouseError({ message: 'CPU is overloaded', code, type })
  expect(queryErrorOf(cause, 'anything')).toMatchObject({ code: 'OVERLOADED', cause })
})

test('each query is measured by its name, failures by their code', async () => {
  await query(source(), { name: 'measured', sql: 'SELECT 1' })
  await errorOf(query(source(), { name: 'measured', sql: 'SELECT nonsense' }))
  const stream = queryStream(source(), { name: 'read-halfway', sql: 'SELECT number FROM numbers(100000)' })
  for await (const [first] of stream) if (first !== undefined) break
  const text = await metrics.registry.metrics()
  expect(text).toContain('touchline_query_seconds_count{query="read-halfway"} 1')
  expect(text).toContain('touchline_query_failures_total{query="read-halfway",code="INTERNAL"} 0')
  expect(text).toContain('touchline_query_seconds_count{query="measured"} 2')
  expect(text).toContain('touchline_query_failures_total{query="measured",code="INTERNAL"} 1')
})
