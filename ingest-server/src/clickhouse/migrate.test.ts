import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { checksum, migrate, readMigrations, type Migration } from './migrate.js'

let clickhouse: TestClickHouse

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
})

afterAll(async () => {
  await clickhouse.close()
})

const table = (name: string) =>
  `CREATE TABLE IF NOT EXISTS ${name} (a Int8 COMMENT 'x') ENGINE = MergeTree ORDER BY a COMMENT 'x'`
const migrateWith = (migrations: readonly Migration[]) =>
  migrate(clickhouse.app, { logger: silentLogger, migrations })

test('every migration is recorded once, and running them again does nothing', async () => {
  const logger = { ...silentLogger, info: vi.fn() }
  await migrate(clickhouse.app, { logger })
  expect(logger.info).not.toHaveBeenCalled()
  const names = (await rows('SELECT name FROM schema_migrations ORDER BY name')).map((row) => row['name'])
  expect(names).toEqual(readMigrations().map((migration) => migration.name))
})

// What stands in data folders of earlier versions. A line is added when its migration goes out; none is ever changed.
const applied = {
  '001_events.sql': 'eb1a50da119d1964',
  '002_identity.sql': 'c5e1d96f3158eee0',
  '003_refused.sql': '71b76bb7a48c129d',
  '004_timeline_views.sql': 'b5dd18d22a8984ee',
  '005_erasure.sql': '235e164080b8ece7',
}

test('migrations that went out stand as they were, so that a folder of an earlier version starts', () => {
  const present = readMigrations().map((migration) => [migration.name, checksum(migration).slice(0, 16)])
  expect(Object.fromEntries(present)).toMatchObject(applied)
})

test('no two migrations have one number, and none is left out', () => {
  const numbers = readMigrations().map(({ name }) => Number(name.slice(0, 3)))
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
})

test('every table and every column says what it is for', async () => {
  const mute = await rows(`
    SELECT table, name FROM system.columns WHERE database = currentDatabase() AND comment = '' AND table IN
      (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree')
    UNION ALL
    SELECT name, '' FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND comment = ''`)
  expect(mute).toEqual([])
})

test('a migration that stopped half-way is done to its end the next time', async () => {
  const name = '900_half.sql'
  await expect(
    migrateWith([{ name, statements: [table('half_a'), 'SELEKT', table('half_b')] }]),
  ).rejects.toThrow()
  expect(await rows("SELECT name FROM system.tables WHERE name = 'migration_lock'")).toEqual([])
  await migrateWith([{ name, statements: [table('half_a'), table('half_b')] }])
  expect(await rows("SELECT name FROM system.tables WHERE name LIKE 'half_%'")).toHaveLength(2)
})

test('a migration that was changed after it was applied stops the start', async () => {
  const name = '901_changed.sql'
  await migrateWith([{ name, statements: [table('first')] }])
  await migrateWith([{ name, statements: [table('first').replace(' (', '\n   (')] }])
  await expect(migrateWith([{ name, statements: [table('second')] }])).rejects.toThrow(
    /901_changed.sql was changed after it was applied/,
  )
})

test('of processes that start at once one migrates and the others wait', async () => {
  const migration = {
    name: '902_slow.sql',
    statements: ['SELECT sleepEachRow(0.5) FROM numbers(3) FORMAT Null', table('slow')],
  }
  const waited = { ...silentLogger, info: vi.fn<(fields: object, message: string) => void>() }
  await Promise.all([1, 2, 3].map(() => migrate(clickhouse.app, { logger: waited, migrations: [migration] })))
  const said = waited.info.mock.calls.map(([, message]) => message)
  expect(said).toContain('Waiting for another process to finish the migrations')
  expect(said.filter((message) => message === 'Applied a migration')).toHaveLength(1)
  expect(await rows("SELECT name FROM schema_migrations WHERE name = '902_slow.sql'")).toHaveLength(1)
})

test('a lock whose holder died is overruled', async () => {
  await clickhouse.app.command({
    query: `CREATE TABLE migration_lock (alive_at DateTime64(3)) ENGINE = MergeTree ORDER BY alive_at`,
  })
  const logger = { ...silentLogger, info: vi.fn() }
  const done = migrate(clickhouse.app, {
    logger,
    staleLockSeconds: 1,
    migrations: [{ name: '903_after.sql', statements: [table('after')] }],
  })
  await done
  expect(logger.info).toHaveBeenCalledWith(expect.anything(), 'Applied a migration')
})

async function rows(query: string): Promise<Record<string, unknown>[]> {
  const answer = await clickhouse.app.query({ query, format: 'JSONEachRow' })
  return answer.json()
}
