/** docs/sql.md: every query runs as the user it is for, and every table and column stands in it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createClient } from '@clickhouse/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { openStageKeeper } from '../journeys/stage-keeper.js'
import { rebuildTouchpoints } from '../touchpoints/upkeep/rebuild.js'
import { eventRow, insertPeople, insertRowsOf } from '../../../test-support/event-rows.js'

const file = fileURLToPath(new URL('../../../docs/sql.md', import.meta.url))
const text = readFileSync(file, 'utf8')
const queries = [...text.matchAll(/```sql\n([^]*?)```/g)].map(([, query = '']) => query)

let clickhouse: TestClickHouse

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  const visit = {
    type: 'page',
    channel: 'Paid Search',
    campaign: 'spring',
    anonymous_id: 'a1',
    path: '/pricing',
  }
  await insertRowsOf(clickhouse.app, [
    eventRow({ at: '2026-03-01T10:00:00Z', ...visit }),
    eventRow({ at: '2026-03-02T10:00:00Z', name: 'Signed Up', user_id: 'u1' }),
    eventRow({
      at: '2026-03-02T10:00:01Z',
      type: 'identify',
      user_id: 'u1',
      anonymous_id: 'a1',
      person_traits: [{ name: 'plan', value: '"pro"' }],
    }),
    eventRow({ at: '2026-03-09T10:00:00Z', name: 'Deal Won', user_id: 'u1', kind: 'crm', origin: 'crm' }),
    eventRow({ at: '2026-03-10T10:00:00Z', name: 'Read', anonymous_id: 'a9', is_bot: true }),
  ])
  await insertPeople(clickhouse.app, [
    {
      person: 'user:u1',
      identifiers: [{ identifier: 'user:u1' }, { identifier: 'anon:a1' }],
      accounts: [{ account: 'acme' }],
    },
  ])
  await rebuildTouchpoints({ clickhouse })
  await clickhouse.app.insert({
    table: 'definitions',
    format: 'JSONEachRow',
    values: [
      {
        project: 'default',
        kind: 'goals',
        id: 'won',
        version: 1,
        at: '2026-01-01 00:00:00',
        body: JSON.stringify({ subject: 'account', when: { touch: { name: 'Deal Won' } }, count: 'first' }),
      },
      {
        project: 'default',
        kind: 'stages',
        id: 'default',
        version: 1,
        at: '2026-01-01 00:00:00',
        body: JSON.stringify({
          subject: 'account',
          stages: [{ id: 'came', enter: { touch: { kind: 'visit' } } }],
        }),
      },
    ],
  })
  await openStageKeeper({ clickhouse, clock: Date.now, logger: silentLogger }).pass()
})
afterAll(() => clickhouse.close())

test('there are at least twenty queries', () => {
  expect(queries.length).toBeGreaterThanOrEqual(20)
})

const titled = queries.map((query) => ({ title: /^-- (.*)/.exec(query)?.[1] ?? query, query }))

test.each(titled)('an analyst can ask: $title', async ({ query }) => {
  const { url, user, password } = clickhouse.analyst
  const client = createClient({ url, username: user, password: password ?? '', database: 'touchline' })
  try {
    const answer = await client.query({ query, format: 'JSONEachRow' })
    const rows = await answer.json()
    // What the small company here has not got: a contested email, a second source, a recent week.
    if (
      !/state = 'contested'|length\(sources\)|now\(\)|rejected_events|AI Assistant|AND shared|users = 0/.test(
        query,
      )
    )
      expect(rows.length).toBeGreaterThan(0)
  } finally {
    await client.close()
  }
})

const start =
  '<!-- tables: written by ingest-server/src/api/docs.test.ts from the comments in the database -->\n'
const end = '<!-- /tables -->'

test('every table and column is told, in the words of the database', async () => {
  const expected = `${start}\n${await tablesAsMarkdown()}${end}`
  const from = text.indexOf(start)
  const to = text.indexOf(end) + end.length
  if (process.env['UPDATE_DOCS'] !== undefined) {
    writeFileSync(file, text.slice(0, from) + expected + text.slice(to))
    return
  }
  const how = 'UPDATE_DOCS=1 npx vitest run --project ingest-server src/api/docs.test.ts'
  expect(text.slice(from, to), `docs/sql.md is behind the tables; run ${how}`).toBe(expected)
})

test('every view is told', async () => {
  const views = await ask<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = 'touchline' AND engine = 'View'",
  )
  for (const { name } of views) expect(text).toContain(`\`${name}`)
  const columns = await ask<{ name: string }>(
    "SELECT DISTINCT name FROM system.columns WHERE database = 'touchline' AND table IN ('touchpoints', 'persons', 'accounts', 'identity_changes', 'conversions', 'journeys', 'silent_gaps', 'channel_performance')",
  )
  for (const { name } of columns) expect(text).toContain(`\`${name}\``)
})

interface Column {
  table: string
  tableComment: string
  key: string
  name: string
  type: string
  comment: string
}

async function tablesAsMarkdown(): Promise<string> {
  const columns = await ask<Column>(`
    SELECT c.table AS table, t.comment AS tableComment, t.sorting_key AS key, c.name AS name, c.type AS type, c.comment AS comment
    FROM system.columns AS c
    INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
    WHERE c.database = 'touchline' AND t.engine LIKE '%MergeTree' AND c.table != 'schema_migrations'
    ORDER BY c.table = 'events' DESC, c.table, c.position`)
  let markdown = ''
  let table = ''
  for (const column of columns) {
    if (column.table !== table) {
      if (table !== '') markdown += '\n'
      markdown += `### ${column.table}\n\n${column.tableComment}. Key: \`${column.key}\`.\n\n| column | type | meaning |\n| --- | --- | --- |\n`
      table = column.table
    }
    const type = column.type.replace(/LowCardinality\((\w+)\)/g, '$1').replaceAll("(3, 'UTC')", '')
    markdown += `| \`${column.name}\` | ${type} | ${column.comment.replaceAll('|', '\\|')} |\n`
  }
  return `${markdown}\n`
}

async function ask<Row>(query: string): Promise<Row[]> {
  return (await clickhouse.app.query({ query, format: 'JSONEachRow' })).json<Row>()
}
