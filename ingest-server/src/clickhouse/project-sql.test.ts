import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { eventRow, insertRowsOf } from '../../../test-support/event-rows.js'
import { createMetrics } from '../metrics.js'
import { openClickHouse } from './open-clickhouse.js'
import { observeQueries } from './query-observer.js'
import { openProjectSql, type ProjectSql } from './project-sql.js'

let clickhouse: TestClickHouse
let sql: ProjectSql
beforeAll(async () => {
  clickhouse = await startTestClickHouse({ projects: ['default', 'empty'] })
  await insertRowsOf(clickhouse.app, [
    eventRow({ at: '2026-03-01T10:00:00Z', name: 'Bought', user_id: 'u1' }),
  ])
  sql = openProjectSql(clickhouse)
})
afterAll(async () => {
  await sql.close()
  await clickhouse.close()
})

test('a statement is asked as the SQL user of its project, whatever it says', async () => {
  const statement = 'SELECT name, currentUser() AS who FROM events -- of all projects;'
  expect(await sql.ask('default', statement, 10)).toEqual({
    columns: [
      { name: 'name', type: 'String' },
      { name: 'who', type: 'String' },
    ],
    rows: [['Bought', 'project_default']],
    hasMore: false,
  })
  expect(await sql.ask('empty', statement, 10)).toMatchObject({ rows: [], hasMore: false })
})

test('numbers beyond a double, semicolons and a named format are taken as they are meant', async () => {
  const answer = await sql.ask('default', 'SELECT toUInt64(18446744073709551615) AS n FORMAT Pretty ; ;', 1)
  expect(JSON.stringify(answer.rows)).toContain('18446744073709551615')
  expect(await sql.ask('default', "SELECT ' FORMAT CSV' AS text", 1)).toMatchObject({
    rows: [[' FORMAT CSV']],
  })
})

test('a statement that fails while it answers is refused with what ClickHouse says', async () => {
  const statement =
    "SELECT throwIf(number = 150000, 'too far') FROM numbers(200000) SETTINGS limit = 0, max_block_size = 1000"
  await expect(sql.ask('default', statement, 200_000)).rejects.toMatchObject({
    code: 'QUERY_INVALID',
    message: expect.stringContaining('too far') as string,
  })
})

test('on a server of one’s own the analyst serves the only project, and nobody once there are two', async () => {
  const projects = ['default']
  const own = await openClickHouse({
    logger: silentLogger,
    url: clickhouse.analyst.url,
    user: 'app',
    password: clickhouse.embedded?.appPassword,
    analystUser: clickhouse.analyst.user,
    analystPassword: clickhouse.analyst.password,
    isOnlyProject: (project) => projects.every((one) => one === project),
  })
  const ofOwn = openProjectSql(own)
  try {
    const statement = 'SELECT name, currentUser() AS who FROM events'
    expect(await ofOwn.ask('default', statement, 10)).toMatchObject({ rows: [['Bought', 'analyst']] })
    for (const forbidden of [
      'INSERT INTO events (project) VALUES (1)',
      'DROP TABLE events',
      "SELECT * FROM file('/etc/passwd', LineAsString)",
      "SELECT * FROM url('http://127.0.0.1/', LineAsString)",
      'SELECT 1 SETTINGS max_execution_time = 1000',
      'SELECT 1 SETTINGS readonly = 0',
    ])
      await expect(ofOwn.ask('default', forbidden, 10), forbidden).rejects.toMatchObject({
        code: 'QUERY_INVALID',
      })
    projects.push('second')
    await expect(ofOwn.ask('default', statement, 10)).rejects.toMatchObject({ code: 'QUERY_INVALID' })
    await expect(ofOwn.ask('second', statement, 10)).rejects.toMatchObject({ code: 'QUERY_INVALID' })
  } finally {
    await ofOwn.close()
    await own.close()
  }
})

test('a project without an SQL user is told so, and what else there is', async () => {
  await expect(sql.ask('younger', 'SELECT 1', 1)).rejects.toMatchObject({
    code: 'QUERY_INVALID',
    message: expect.stringMatching(/no SQL user here.*needs a restart.*other tools/s) as string,
  })
})

test('statements are measured together; one that is wrong is no failure of ours, and its text in no log', async () => {
  const metrics = createMetrics()
  const lines: unknown[] = []
  const note = (...line: unknown[]) => void lines.push(line)
  observeQueries(clickhouse.reader, { metrics, logger: { info: note, warn: note, error: note } })
  await sql.ask('default', 'SELECT 1', 1)
  await expect(sql.ask('default', "SELECT notAFunction('ada@example.com')", 1)).rejects.toMatchObject({
    code: 'QUERY_INVALID',
  })
  const text = await metrics.registry.metrics()
  expect(text).toContain('touchline_query_seconds_count{query="project-sql"} 2')
  expect(text).toContain('touchline_query_failures_total{query="project-sql",code="INTERNAL"} 0')
  expect(lines).toEqual([])
})
