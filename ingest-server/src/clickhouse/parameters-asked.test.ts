import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'

let clickhouse: TestClickHouse
beforeAll(async () => {
  clickhouse = await startTestClickHouse()
})
afterAll(() => clickhouse.close())

const ask = async (query: string, parameters: Record<string, string> = {}) => {
  const answer = await clickhouse.reader.query({ query, query_params: parameters, format: 'JSONEachRow' })
  return answer.json()
}

test.each([
  [`user_timeline(project = 'default', id = 'u1', as_of = '2026-01-01')`, 'user_timeline'],
  [`user_timeline(AS_OF = 1, project = 'default', id = 'u1')`, 'user_timeline'],
  ['user_timeline(project = {p:String}, id = {p:String}, until = {p:String})', 'user_timeline'],
  [
    "touchpoints JOIN user_timeline(project = 'default', id = 'it''s', `from` = 1) AS t USING at",
    'user_timeline',
  ],
  [
    `touchline.account_timeline (\n project = 'default',\n id = concat('a', '('),\n bots = true)`,
    'account_timeline',
  ],
  [
    `attribution(project = 'd', goal = 'g', model = 'first', lookback_days = 30, as_of = '2026-01-01')`,
    'attribution',
  ],
  [
    `attribution_by_milestones(project = 'd', goal = 'g', lead = '', opportunity = '', model = 'w', lookback_days = 30, as_of = 1)`,
    'attribution_by_milestones',
  ],
  [
    `channel_transitions(project = 'd', goal = 'g', lookback_days = 30, account = 'acme')`,
    'channel_transitions',
  ],
])('a parameter that a view does not have is refused, and not looked over: %s', async (from, view) => {
  await expect(ask(`SELECT count() FROM ${from}`, { p: 'x' })).rejects.toThrow(
    `${view} has no other parameters than `,
  )
})

test.each([
  [`user_timeline(project = 'default', id = 'as_of = 1')`, ''],
  [
    `user_timeline(id = concat('user:', toString(1)), project = 'default')`,
    `WHERE kind = 'visit' AND at = now()`,
  ],
  [`user_timeline(project = {p:String}, id = {p:String})`, '/* user_timeline(as_of = 1) */'],
  [`account_timeline(project = 'default', id = '\\'as_of = 1')`, '-- account_timeline(as_of = 1)'],
  [`attribution(project = 'd', goal = 'g', model = 'u', lookback_days = 7.5)`, 'WHERE conversions = 1'],
])('what a query says elsewhere is no parameter: %s %s', async (from, rest) => {
  expect(await ask(`SELECT * FROM ${from} ${rest}`, { p: 'x' })).toEqual([])
})

test('no view with parameters takes one that it does not have', async () => {
  const views = (await ask(
    `SELECT name, arrayDistinct(extractAll(create_table_query, '\\\\{(\\\\w+:\\\\w+)\\\\}')) AS parameters
     FROM system.tables WHERE database = currentDatabase() AND notEmpty(parameters)`,
  )) as { name: string; parameters: string[] }[]
  expect(views.length).toBeGreaterThan(4)
  for (const { name, parameters } of views) {
    const given = parameters.map((parameter) => {
      const [of = '', type] = parameter.split(':')
      return `${of} = ${type === 'String' ? `'${of === 'model' ? (name === 'attribution' ? 'first' : 'w') : 'x'}'` : '1'}`
    })
    await expect(
      ask(`SELECT * FROM ${name}(${[...given, "as_of = '2026-01-01'"].join(', ')})`),
    ).rejects.toThrow(`${name} has no other parameters than `)
  }
})
