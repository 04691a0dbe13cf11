/** The dbt models: their SQL on the demo's company, with and without dbt. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rebuildTouchpoints } from '../../ingest-server/src/touchpoints/upkeep/rebuild.js'
import { startTestClickHouse } from '../../test-support/clickhouse.js'
import { storeCompany } from '../../test-support/worlds/invented-company.js'
import { type TestServer, until } from '../../test-support/server.js'
import { playedServer } from './played.js'

const project = fileURLToPath(new URL('../dbt/', import.meta.url))
const models = (await readdir(join(project, 'models'))).filter((name) => name.endsWith('.sql'))

let server: TestServer
beforeAll(async () => {
  server = await playedServer()
  await until(
    async () => (await server.sql("SELECT 1 FROM accounts WHERE stage = 'conversion' LIMIT 1"))[0],
    { what: 'stages to be worked out', everyMs: 500, timeoutMs: 120_000 },
  )
}, 400_000)
afterAll(() => server?.stop())

/** What dbt makes of a model for a reader: sources by name, other models in their place. Knows no more than they use. */
async function compiled(name: string): Promise<string> {
  let sql = await readFile(join(project, 'models', `${name}.sql`), 'utf8')
  for (const [call, model = ''] of sql.matchAll(/\{\{ ref\('(\w+)'\) \}\}/g))
    sql = sql.replace(call, `(${await compiled(model)})`)
  const filled = sql
    .replace(/\{\{ source\('(\w+)', '(\w+)'\) \}\}/g, '$1.$2')
    .replaceAll('{{ var("project") }}', 'default')
    .replaceAll('{{ var("goal") }}', 'won')
  expect(filled, 'a call of dbt that this test does not know').not.toContain('{{')
  return filled
}

test.each(models)('%s has rows, as the read-only user', async (file) => {
  const rows = await server.sql(await compiled(file.replace('.sql', '')))
  expect(rows.length).toBeGreaterThan(0)
  for (const column of Object.keys(rows[0] ?? {}))
    expect(
      rows.some((row) => row[column] !== null && row[column] !== ''),
      column,
    ).toBe(true)
})

test('the models tell what HTTP tells', async () => {
  const won = await server.sql<{ account: string }>(await compiled('won_journeys'))
  const { body } = await server.get<{ conversions: number }>('/v1/attribution?goal=won')
  expect(won).toHaveLength(body.conversions)
  const silent = await server.sql<{ account: string; first_channel: string }>(
    await compiled('silent_accounts'),
  )
  for (const { account, first_channel } of silent.slice(0, 3)) {
    const { body: timeline } = await server.get<{ touchpoints: { channel: string }[] }>(
      `/v1/accounts/${encodeURIComponent(account)}/timeline?order=asc&limit=1`,
    )
    expect(timeline.touchpoints[0]?.channel, account).toBe(first_channel)
  }
})

const dbt = process.env.DBT ?? 'dbt'
const version = await run(['--version'], {}).catch(() => undefined)
if (version === undefined)
  console.warn(
    'dbt is not here (pip install dbt-core dbt-clickhouse; DBT names it): its own run of the models is skipped',
  )

function run(
  args: readonly string[],
  { cwd, env }: { cwd?: string; env?: Record<string, string> },
): Promise<string> {
  const settings = {
    PATH: process.env.PATH ?? '',
    HOME: tmpdir(),
    DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
    ...env,
  }
  return new Promise((resolve, reject) => {
    execFile(dbt, [...args], { cwd, env: settings, timeout: 300_000 }, (error, out, err) => {
      if (error) reject(new Error(`dbt ${args.join(' ')}:\n${out}${err}`, { cause: error }))
      else resolve(out)
    })
  })
}

const asUser = (url: string, user: string, password: string) => ({
  TOUCHLINE_CLICKHOUSE_HOST: new URL(url).hostname,
  TOUCHLINE_CLICKHOUSE_PORT: new URL(url).port,
  TOUCHLINE_CLICKHOUSE_USER: user,
  TOUCHLINE_CLICKHOUSE_PASSWORD: password,
})

describe.skipIf(version === undefined)('dbt itself', () => {
  let dir: string
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'touchline-dbt-'))
    await cp(project, dir, { recursive: true })
  })
  afterAll(() => rm(dir, { recursive: true, force: true }))

  const asReader = (...args: string[]) => {
    const { username, password } = new URL(server.clickhouseUrl)
    const env = asUser(server.clickhouseUrl, username, password)
    return run([...args, '--profiles-dir', '.'], { cwd: dir, env })
  }

  test('compiles, tests and shows the models as the read-only user of the embedded server', async () => {
    expect(await asReader('compile')).toMatch(/3 models/)
    expect(await asReader('test')).toMatch(/PASS=6 WARN=0 ERROR=0/)
    for (const file of models) {
      const name = file.replace('.sql', '')
      const shown = await asReader('show', '--select', name, '--output', 'json', '--limit', '3')
      const { show } = JSON.parse(shown.slice(shown.indexOf('{'))) as { show: object[] }
      expect(show, name).toHaveLength(3)
    }
  }, 300_000)

  test('makes tables in a database of its own, with a user that may', async () => {
    const rights =
      'CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, ALTER, INSERT, SELECT, TRUNCATE'
    const clickhouse = await startTestClickHouse({ extraAppGrants: [`GRANT ${rights} ON marts.*`] })
    try {
      await storeCompany(clickhouse.app)
      await rebuildTouchpoints({ clickhouse })
      const won = { subject: 'account', when: { touch: { name: 'Deal Won' } }, count: 'first' }
      const goal = { project: 'default', kind: 'goals', id: 'won', version: 1, at: '2026-01-01 00:00:00' }
      await clickhouse.app.insert({
        table: 'definitions',
        format: 'JSONEachRow',
        values: [{ ...goal, body: JSON.stringify(won) }],
      })
      const { url = '', appPassword = '' } = clickhouse.embedded ?? {}
      const marts = { cwd: dir, env: asUser(url, 'app', appPassword) }
      const args = ['--profiles-dir', '.', '--target', 'marts']
      expect(await run(['run', ...args], marts)).toMatch(/PASS=3 WARN=0 ERROR=0/)
      expect(await run(['test', ...args], marts)).toMatch(/PASS=6 WARN=0 ERROR=0/)
      const answer = await clickhouse.app.query({
        query: 'SELECT account FROM marts.won_journeys ORDER BY account',
        format: 'JSONEachRow',
      })
      expect(await answer.json()).toEqual(['acme', 'globex', 'initech'].map((account) => ({ account })))
    } finally {
      await clickhouse.close()
    }
  }, 300_000)
})
