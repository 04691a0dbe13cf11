import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestClickHouse } from '../../../test-support/clickhouse.js'
import { migrateNode, startTestCluster } from '../../../test-support/cluster.js'
import { forCluster, mutableTable, type Cluster } from './cluster-ddl.js'
import { rebuildTouchpoints } from '../touchpoints/upkeep/rebuild.js'
import { insertLines } from './insert-lines.js'
import { readMigrations } from './migrate.js'

const cluster: Cluster = { name: 'main' }
const all = readMigrations().flatMap((migration) => forCluster(migration.statements, cluster))

describe('the cluster form of the migrations, as text', () => {
  test('everything is made on every node', () => {
    for (const statement of all) expect(statement).toContain(' ON CLUSTER `main`')
  })

  test('every table is replicated, and identical blocks are not dropped', () => {
    const stored = all.filter((statement) => /ENGINE = \w*MergeTree/.test(statement))
    expect(stored.length).toBeGreaterThan(10)
    for (const statement of stored) {
      expect(statement).toMatch(/ENGINE = Replicated(Replacing)?MergeTree\('\/clickhouse\/tables\//)
      expect(statement).toContain('replicated_deduplication_window = 0')
      expect(statement).toMatch(/COMMENT '[^]*'$/)
    }
  })

  test('events are sharded by subject behind a table of their name', () => {
    expect(all).toContainEqual(
      expect.stringMatching(
        /^CREATE TABLE IF NOT EXISTS events ON CLUSTER `main` AS events_local\s+ENGINE = Distributed\('main', currentDatabase\(\), 'events_local', cityHash64\(project, subject\)\)/,
      ),
    )
  })

  test('facts about others go to the shard of their own key, facts about the subject stay', () => {
    const view = (name: string) => all.find((statement) => statement.includes(` ${name} ON CLUSTER`)) ?? ''
    expect(view('links_of_events')).toMatch(/ TO links AS [^]*FROM events_local/)
    expect(view('memberships_of_events')).toMatch(/ TO memberships AS [^]*FROM events_local/)
    expect(view('traits_of_events')).toMatch(/ TO traits_local AS [^]*FROM events_local/)
    expect(view('changes_of_links')).toMatch(/ TO identity_changes_seen_local AS [^]*FROM links_local/)
  })

  test('who is who is one table that every node holds', () => {
    const map = all.filter((statement) => statement.startsWith('CREATE TABLE IF NOT EXISTS identity_map'))
    expect(map).toHaveLength(1)
    expect(map[0]).toContain("('/clickhouse/tables/all/{database}/{table}', '{shard}_{replica}', version")
  })

  test('views keep their text', () => {
    expect(forCluster(['CREATE OR REPLACE VIEW v AS SELECT * FROM events FINAL'], cluster)).toEqual([
      'CREATE OR REPLACE VIEW v ON CLUSTER `main` AS SELECT * FROM events FINAL',
    ])
  })

  test('a new column is added to both tables, an index to the local one', () => {
    expect(forCluster(["ALTER TABLE events ADD COLUMN IF NOT EXISTS a String COMMENT 'x'"], cluster)).toEqual(
      [
        "ALTER TABLE events_local ON CLUSTER `main` ADD COLUMN IF NOT EXISTS a String COMMENT 'x'",
        "ALTER TABLE events ON CLUSTER `main` ADD COLUMN IF NOT EXISTS a String COMMENT 'x'",
      ],
    )
    expect(forCluster(['ALTER TABLE events ADD INDEX IF NOT EXISTS i a TYPE minmax'], cluster)).toEqual([
      'ALTER TABLE events_local ON CLUSTER `main` ADD INDEX IF NOT EXISTS i a TYPE minmax',
    ])
    expect(forCluster(["ALTER TABLE people ADD COLUMN IF NOT EXISTS a String COMMENT 'x'"], cluster)).toEqual(
      ["ALTER TABLE people ON CLUSTER `main` ADD COLUMN IF NOT EXISTS a String COMMENT 'x'"],
    )
  })

  test('a table without a place and a statement without a form stop the migration', () => {
    const table = 'CREATE TABLE IF NOT EXISTS surprise (a Int8) ENGINE = MergeTree ORDER BY a'
    expect(() => forCluster([table], cluster)).toThrow('Table surprise has no place in a cluster')
    expect(() => forCluster(['OPTIMIZE TABLE events'], cluster)).toThrow('no cluster form')
  })

  test('a mutation names the tables that can be changed', () => {
    expect(mutableTable('events', undefined)).toBe('events')
    expect(mutableTable('events', cluster)).toBe('events_local ON CLUSTER `main`')
    expect(mutableTable('people', cluster)).toBe('people ON CLUSTER `main`')
  })
})

describe('two servers, each with a shard', () => {
  const subjects = Array.from({ length: 40 }, (_, i) => `user:u${i}`)
  let nodes: TestClickHouse[] = []

  beforeAll(async () => {
    nodes = await startTestCluster()
    const lines = subjects.map((subject, i) => {
      const at = '2026-01-01T00:00:00.000Z'
      const link = { kind: 'claim', identifier: subject, other: `anon:a${i}`, verified: true, at }
      return `${JSON.stringify({
        project: 'p',
        subject,
        client_time: at,
        occurred_at: at,
        received_at: at,
        message_id: `m${i}`,
        type: 'identify',
        user_id: `u${i}`,
        group_id: `g${i % 5}`,
        links: [link],
        person_traits: [{ name: 'plan', value: '"pro"' }],
        group_traits: [{ name: 'size', value: String(i) }],
        memberships: [{ identifier: subject, account: `g${i % 5}`, left: false }],
      })}\n`
    })
    // Twice, by way of both nodes: a retry lands where the first copy lies.
    for (const node of nodes) await insertLines(node.app, 'events', Buffer.from(lines.join('')))
  })

  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.close()))
  })

  test('each holds a part, both see the whole, nothing is twice', async () => {
    const expected = {
      events: 40,
      links: 80,
      traits: 40,
      account_traits: 40,
      memberships: 40,
      account_subjects: 40,
    }
    for (const [table, count] of Object.entries(expected)) {
      const parts = await Promise.all(nodes.map((node) => countOf(node, `${table}_local FINAL`)))
      expect(
        parts.every((part) => part > 0),
        `${table}: ${parts.join(' + ')}`,
      ).toBe(true)
      expect(
        parts.reduce((sum, part) => sum + part, 0),
        table,
      ).toBe(count)
      for (const node of nodes) expect(await countOf(node, `${table} FINAL`), table).toBe(count)
    }
  })

  test('rows of one key are on one shard', async () => {
    for (const [table, key] of [
      ['events_local', 'subject'],
      ['links_local', 'identifier'],
      ['traits_local', 'identifier'],
      ['memberships_local', 'identifier'],
      ['account_traits_local', 'account'],
    ]) {
      const keys = await Promise.all(
        nodes.map((node) => rowsOf(node, `SELECT DISTINCT ${key} AS k FROM ${table}`)),
      )
      const [first = [], second = []] = keys.map((rows) => rows.map((row) => row['k']))
      expect(
        first.filter((one) => second.includes(one)),
        table,
      ).toEqual([])
    }
  })

  test('every change is seen by stitch on either node', async () => {
    for (const node of nodes) {
      const query =
        "SELECT DISTINCT identifier FROM identity_changes_seen WHERE startsWith(identifier, 'user:')"
      expect((await rowsOf(node, query)).map((row) => row['identifier']).sort()).toEqual([...subjects].sort())
    }
  })

  test('who is who is whole on each node, wherever it is written', async () => {
    const [writer] = nodes
    const rows = subjects.map((identifier) => ({ project: 'p', identifier, version: '1' }))
    await writer?.app.insert({ table: 'identity_map', format: 'JSONEachRow', values: rows })
    for (const node of nodes) {
      expect(await countOf(node, 'identity_map_local FINAL')).toBe(40)
      const joined =
        'events AS e FINAL INNER JOIN identity_map AS m FINAL ON m.identifier = e.subject AND m.project = e.project'
      expect(await countOf(node, joined)).toBe(40)
      expect(
        await countOf(node, 'events FINAL WHERE subject IN (SELECT identifier FROM identity_map FINAL)'),
      ).toBe(40)
    }
  })

  test('a person’s events are asked of one shard', async () => {
    const plan = await nodes[0]?.app.query({
      query: "EXPLAIN SELECT count() FROM events FINAL WHERE project = 'p' AND subject = 'user:u1'",
      format: 'TabSeparated',
    })
    const text = (await plan?.text()) ?? ''
    expect(text.match(/ReadFromRemote|ReadFromMergeTree/g), text).toHaveLength(1)
  })

  test('touchpoints are formed of what all shards hold, and each is on the shard of its person', async () => {
    const [writer] = nodes
    if (!writer) throw new Error('a node is missing')
    await rebuildTouchpoints({ clickhouse: writer })
    const [there = 0, elsewhere = 0] = await Promise.all(
      nodes.map((node) => countOf(node, 'touchpoints_of_people_local FINAL')),
    )
    expect(there).toBeGreaterThan(0)
    expect(elsewhere).toBeGreaterThan(0)
    for (const node of nodes) {
      expect(await countOf(node, 'touchpoints')).toBe(there + elsewhere)
      expect(await countOf(node, 'touchpoints_of_accounts FINAL')).toBeGreaterThan(0)
      const changes = await rowsOf(
        node,
        'SELECT DISTINCT identifier FROM touchpoint_changes WHERE isNotNull(low)',
      )
      expect(changes.map((row) => row['identifier']).sort()).toEqual([...subjects].sort())
    }
  })

  test('the views for analysts read the same on either node', async () => {
    const view = "SELECT * FROM user_timeline(project = 'p', id = 'u1') ORDER BY at, kind"
    const [first, second] = await Promise.all(nodes.map((node) => rowsOf(node, view)))
    expect(first?.length).toBeGreaterThan(0)
    expect(second).toEqual(first)
  })

  test('migrating again changes nothing', async () => {
    for (const node of nodes) await migrateNode(node)
    for (const node of nodes) expect(await countOf(node, 'events FINAL')).toBe(40)
  })
})

async function rowsOf(node: TestClickHouse, query: string): Promise<Record<string, unknown>[]> {
  const answer = await node.app.query({ query, format: 'JSONEachRow' })
  return answer.json()
}

async function countOf(node: TestClickHouse, from: string): Promise<number> {
  const rows = await rowsOf(node, `SELECT count() AS n FROM ${from}`)
  return Number(rows[0]?.['n'])
}
