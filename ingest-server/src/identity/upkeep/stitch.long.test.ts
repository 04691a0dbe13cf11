/** Whatever was stored, in whatever portions, by however many stitchers, and killed: the tables say what the rules say. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { TestClickHouse } from '../../../../test-support/clickhouse.js'
import { insertRowsOf } from '../../../../test-support/event-rows.js'
import {
  derivedBytes,
  expectedOwners,
  identityRow,
  query,
  rowsWritten,
  storedOwners,
} from '../../../../test-support/worlds/identity-events.js'
import {
  expectPeopleToFollow,
  hour,
  startIdentityStage,
  type IdentityStage,
} from '../../../../test-support/roles/identity-stage.js'
import { readCappedLinks } from '../capped-links.js'
import { rebuildIdentity } from './stitch.js'

let stage: IdentityStage
let clickhouse: TestClickHouse

beforeAll(async () => {
  stage = await startIdentityStage()
  clickhouse = stage.clickhouse
})
afterAll(() => stage.close())

describe('whatever was stored, in whatever portions', () => {
  const user = fc.constantFrom('A', 'B', 'C', 'D')
  const device = fc.constantFrom('d1', 'd2', 'd3')
  const email = fc.constantFrom('a@x.dev', 'b@y.dev', 'c@gmail.com')
  const time = fc.integer({ min: 0, max: 20 }).map(hour)
  const verified = fc.boolean()
  const said = fc.oneof(
    fc.record({ at: time, userId: user, anonymousId: device }),
    fc.record({ at: time, anonymousId: device, email }),
    fc.record({ at: time, userId: user, email, verified }),
    fc.record({ at: time, email, group: fc.constant({ id: 'g1', domain: 'x.dev' }) }),
    fc.record({
      at: time,
      anonymousId: device,
      group: fc.record({ id: fc.constantFrom('g1', 'g2'), left: fc.boolean() }),
    }),
    fc.record({
      at: time,
      type: fc.constant('alias'),
      userId: user,
      previousId: fc.oneof(user, device),
      verified,
    }),
    fc.record({
      at: time,
      type: fc.constantFrom('unlink', 'relink'),
      pair: fc.tuple(
        user.map((id) => `user:${id}`),
        fc.oneof(
          device.map((id) => `anon:${id}`),
          email.map((id) => `email:${id}`),
          user.map((id) => `user:${id}`),
        ),
      ),
      verified: fc.constant(true),
    }),
  )
  const portions = fc.array(fc.array(said, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 5 })
  const projects: string[] = []

  test('the tables say what resolve says of everything', async () => {
    await fc.assert(
      fc.asyncProperty(portions, async (all) => {
        const here = stage.project()
        projects.push(here.name)
        for (const portion of all) await here.say(...portion)
        expect(await here.owners()).toEqual(expectedOwners(here.rows))
        await expectPeopleToFollow(stage, here.name)
      }),
      // work.test.ts plays thousands; here each pass is a real server's, and reads what its SQL makes of the facts.
      { numRuns: 10 },
    )
  }, 120_000)

  test('a rebuild from nothing gives the same bytes', async () => {
    // Versions count facts; those that repeat what is known are counted by the rolling pass.
    await rebuildIdentity({ clickhouse })
    const before = await derivedBytes(clickhouse.app)
    expect(before.join().length).toBeGreaterThan(5_000)
    for (const table of ['identity_map', 'people', 'account_people', 'domains'])
      await clickhouse.app.command({ query: `TRUNCATE TABLE ${table}` })
    await rebuildIdentity({ clickhouse })
    expect(await derivedBytes(clickhouse.app)).toEqual(before)
  }, 120_000)

  test('the rolling pass alone mends what is missing or wrong', async () => {
    const before = await derivedBytes(clickhouse.app)
    await clickhouse.app.command({
      query: `DELETE FROM identity_map WHERE cityHash64(identifier) % 3 = 0`,
      clickhouse_settings: { lightweight_deletes_sync: '2' },
    })
    await clickhouse.app.command({
      query: `DELETE FROM account_people WHERE cityHash64(person) % 2 = 0`,
      clickhouse_settings: { lightweight_deletes_sync: '2' },
    })
    await clickhouse.app.insert({
      table: 'people',
      format: 'JSONEachRow',
      values: [{ project: projects[0], person: 'user:nobody', identifiers: [{ identifier: 'user:nobody' }] }],
    })
    expect(await derivedBytes(clickhouse.app)).not.toEqual(before)
    await rebuildIdentity({ clickhouse })
    expect(await derivedBytes(clickhouse.app)).toEqual(before)
  }, 120_000)
})

describe('several stitchers, and stitchers that die', () => {
  // They divide the projects; one that makes no passes would hold its own for ever.
  beforeAll(() => stage.stitch.stop())
  afterAll(() => {
    stage.stitch = stage.startStitching()
  })

  const history = (name: string, size: number) =>
    Array.from({ length: size }, (_, index) =>
      identityRow({
        project: name,
        messageId: `m${index}`,
        at: hour(index % 40),
        // Every third user shares devices with the next, every fifth email is claimed twice.
        ...(index % 3 === 0 ? { email: `e${(index * 7) % 31}@acme.dev` } : {}),
        ...(index % 2 === 0 ? { userId: `u${(index * 5) % 37}` } : {}),
        ...(index % 11 === 0
          ? { type: 'alias', previousId: `u${index % 13}`, verified: true, userId: `u${index % 7}` }
          : {}),
        anonymousId: `d${(index * 3) % 53}`,
        ...(index % 17 === 0 ? { group: { id: `g${index % 4}` } } : {}),
      }),
    )

  test('two at once come to what one would', async () => {
    const others = [5, 7].map((intervalMs) => stage.startStitching({ intervalMs, sweepIntervalMs: 50 }))
    const name = stage.newProject()
    const rows = history(name, 400)
    try {
      for (let start = 0; start < rows.length; start += 40)
        await insertRowsOf(clickhouse.app, rows.slice(start, start + 40))
      const expected = expectedOwners(rows)
      await vi.waitFor(async () => expect(await storedOwners(clickhouse.app, name)).toEqual(expected), {
        timeout: 30_000,
        interval: 100,
      })
    } finally {
      await Promise.all(others.map((other) => other.stop()))
    }
    expect(await storedOwners(clickhouse.app, name)).toEqual(expectedOwners(rows))
    await expectPeopleToFollow(stage, name)
  }, 60_000)

  test('two divide the projects; what one that stands still held the other takes over', async () => {
    const child = await spawnStitch()
    const own = stage.startStitching({ intervalMs: 20, leaseMs: 3_000 })
    const said = async (count: number) => {
      const names = Array.from({ length: count }, stage.newProject)
      const rows = names.map((name) => history(name, 20))
      await insertRowsOf(clickhouse.app, rows.flat())
      return async () => {
        for (const [index, name] of names.entries())
          expect(await storedOwners(clickhouse.app, name)).toEqual(expectedOwners(rows[index] ?? []))
      }
    }
    try {
      await vi.waitFor(async () => expect(await slotsByHolder()).toEqual([8, 8]), waiting)
      await vi.waitFor(await said(12), waiting)
      child.kill('SIGSTOP')
      // Some of these projects are its own.
      await vi.waitFor(await said(24), waiting)
      expect(Math.max(...(await slotsByHolder()))).toBe(16)
      child.kill('SIGCONT')
      await vi.waitFor(async () => expect(await slotsByHolder()).toEqual([8, 8]), waiting)
      await vi.waitFor(await said(12), waiting)
    } finally {
      child.kill('SIGKILL')
      await own.stop()
    }
  })

  const waiting = { timeout: 60_000, interval: 100 }

  /** How many parts of the work each process has. */
  async function slotsByHolder(): Promise<number[]> {
    const rows = await query<{ slots: number }>(
      clickhouse.app,
      `SELECT toUInt8(count()) AS slots
       FROM (SELECT slot, argMax((holder, is_released), (term, -toUnixTimestamp64Milli(claimed_at), beat)) AS last
         FROM projection_leases WHERE name = 'identity' AND slot != 65535 GROUP BY slot)
       WHERE NOT last.2 GROUP BY last.1 ORDER BY slots`,
    )
    return rows.map(({ slots }) => slots)
  }

  test('killed in the middle again and again, the next one finishes the work', async () => {
    const name = stage.newProject()
    const rows = history(name, 500)
    for (let start = 0; start < rows.length; start += 100) {
      const child = await spawnStitch('alone')
      await insertRowsOf(clickhouse.app, rows.slice(start, start + 100))
      const before = await rowsWritten(clickhouse.app)
      // In the middle: something of this portion stands, and more of it is being written.
      await vi.waitUntil(async () => (await rowsWritten(clickhouse.app)) !== before, {
        timeout: 60_000,
        interval: 1,
      })
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    const next = stage.startStitching({ intervalMs: 20, isAlone: true })
    try {
      await vi.waitFor(
        async () => expect(await storedOwners(clickhouse.app, name)).toEqual(expectedOwners(rows)),
        { timeout: 30_000, interval: 100 },
      )
    } finally {
      await next.stop()
    }
    await expectPeopleToFollow(stage, name)
  }, 120_000)
})

async function spawnStitch(...more: string[]): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('../../../../test-support/processes/hold-stitch.ts', import.meta.url))
  const { url } = clickhouse.analyst
  const child = spawn(
    process.execPath,
    [
      '--conditions=source',
      '--import',
      'tsx',
      script,
      url,
      'app',
      clickhouse.embedded?.appPassword ?? '',
      clickhouse.database,
      ...more,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await once(child.stdout, 'data')
  return child
}

test('more users than a person may have, each joined with the next, are nobody together until one is released', async () => {
  const here = stage.project()
  const aliases = Array.from({ length: 1_100 }, (_, n) => ({
    ...{ at: hour(1), type: 'alias', userId: `c${n + 1}`, previousId: `c${n}`, verified: true },
  }))
  const own = { at: hour(2), userId: 'c500', email: 'own@acme.dev', verified: true }
  await here.say(...aliases.slice(0, 900), own)
  expect(Object.keys(await here.people())).toHaveLength(1)
  await here.say(...aliases.slice(900))
  expect(await here.state('user:c500')).toBe('quarantined')
  await here.say({ at: hour(3), userId: 'c500', anonymousId: 'phone' })
  expect((await here.people())['user:c500']).toEqual([
    ...['anon:c499', 'anon:phone', 'email:own@acme.dev', 'user:c500'],
  ])
  expect(await here.owners()).toEqual(expectedOwners(here.rows))
  const reader = { client: clickhouse.reader, project: here.name, signedOnly: false }
  const apart = await readCappedLinks(reader, 'user:c500', { limit: 10 })
  expect(apart.links.map(({ other }) => other).sort()).toEqual(['user:c499', 'user:c501'])
  await here.say({ at: hour(4), type: 'release', pair: ['user:c500', 'user:c501'], verified: true })
  const [owner] = (await here.owners())['user:c501'] as { person: string }[]
  expect(owner?.person).toBe('user:c500')
  expect(await here.owners()).toEqual(expectedOwners(here.rows))
  expect(await readCappedLinks(reader, 'user:c500', { limit: 10 })).toMatchObject({ total: 1 })
}, 300_000)
