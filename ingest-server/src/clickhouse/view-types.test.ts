/** Views as analysts join them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'

let clickhouse: TestClickHouse
beforeAll(async () => {
  clickhouse = await startTestClickHouse()
})
afterAll(() => clickhouse.close())

interface Column {
  name: string
  type: string
}
const rowsOf = async <Row>(query: string): Promise<Row[]> =>
  (await clickhouse.app.query({ query, format: 'JSONEachRow' })).json<Row>()

/** Those that take no parameters, which only a call gives. */
const plainViews = () =>
  rowsOf<{ name: string; as_select: string }>(`
    SELECT name, as_select FROM system.tables
    WHERE database = currentDatabase() AND engine = 'View' AND create_table_query NOT LIKE '%{%:%}%'`)
const columnsOf = (view: string) =>
  rowsOf<Column>(
    `SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = '${view}'`,
  )

test('a view’s texts are of the types that its SELECT gives', async () => {
  const views = await plainViews()
  expect(views.length).toBeGreaterThan(15)
  const off: string[] = []
  for (const { name, as_select: select } of views) {
    const given = new Map(
      (await rowsOf<Column>(`DESCRIBE TABLE (${select})`)).map(({ name: column, type }) => [column, type]),
    )
    for (const { name: column, type } of await columnsOf(name)) {
      const types = [type, given.get(column) ?? type]
      if (types[0] !== types[1] && types.some((one) => /^(LowCardinality\()?String/.test(one)))
        off.push(`${name}.${column}: ${types.join(' of ')}`)
    }
  }
  expect(off).toEqual([])
})

// A condition on the column of one side is asked of the other side too.
test('any two of them are joined by project and a condition on either side', async () => {
  const views: string[] = []
  for (const { name } of await plainViews())
    if ((await columnsOf(name)).some((column) => column.name === 'project')) views.push(name)
  expect(views).toEqual(expect.arrayContaining(['accounts', 'journeys', 'persons', 'touchpoints']))
  const refused: string[] = []
  for (const one of ['accounts', 'touchpoints', 'persons', 'journeys'])
    for (const other of views)
      for (const side of ['a', 'b'])
        await rowsOf(
          `SELECT count() FROM ${one} AS a INNER JOIN ${other} AS b ON a.project = b.project WHERE ${side}.project = 'default'`,
        ).catch((error: unknown) => refused.push(`${one}, ${other}, ${side}: ${String(error).slice(0, 120)}`))
  expect(refused).toEqual([])
})
