import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { insertRowsOf } from '../../../test-support/event-rows.js'
import {
  derivedBytes,
  expectedOwners,
  identityRow,
  query,
  storedOwners,
  storedPeople,
  type Said,
} from '../../../test-support/identity-events.js'
import type { EventRow } from '../log/event-row.js'
import { createMetrics } from '../metrics.js'
import { readCappedLinks } from './capped-links.js'
import { rebuildIdentity, startStitch, type Stitch, type StitchDeps } from './stitch.js'
import { createStitcher } from './stitcher.js'

let clickhouse: TestClickHouse
let stitch: Stitch
/** Longer than any test: passes are made by hand. */
const never = 2 ** 30

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  stitch = startStitching()
})
afterAll(async () => {
  await stitch.stop()
  await clickhouse.close()
})

const startStitching = (options: Partial<StitchDeps> = { isAlone: true, intervalMs: never }) =>
  startStitch({
    clickhouse,
    metrics: createMetrics(),
    logger: silentLogger,
    sweepIntervalMs: never,
    ...options,
  })

const hour = (n: number) => new Date(Date.UTC(2026, 2, 1, n)).toISOString()
let count = 0
const newProject = () => `p${(count += 1)}`

/** Says things in one project, stitches, and tells what then stands. */
function project(name = newProject()) {
  const rows: EventRow[] = []
  return {
    name,
    rows,
    async store(...said: Omit<Said, 'project' | 'messageId'>[]) {
      const news = said.map((one, index) =>
        identityRow({ project: name, messageId: `m${rows.length + index}`, ...one }),
      )
      rows.push(...news)
      await insertRowsOf(clickhouse.app, news)
    },
    async say(...said: Omit<Said, 'project' | 'messageId'>[]) {
      await this.store(...said)
      await stitch.passOnce()
    },
    owners: () => storedOwners(clickhouse.app, name),
    people: async () =>
      Object.fromEntries(
        Object.entries(await storedPeople(clickhouse.app, name)).map(([person, identifiers]) => [
          person,
          (identifiers as { identifier: string }[]).map(({ identifier }) => identifier),
        ]),
      ),
    accounts: async () =>
      Object.fromEntries(
        (
          await query<{ person: string; accounts: string[] }>(
            clickhouse.app,
            `SELECT person, arrayMap(a -> concat(a.account, ' by ', a.how), accounts) AS accounts
             FROM people FINAL WHERE project = {name: String} AND notEmpty(accounts)`,
            { name },
          )
        ).map(({ person, accounts }) => [person, accounts]),
      ),
    members: async (account: string) =>
      (
        await query<{ person: string }>(
          clickhouse.app,
          `SELECT person FROM account_people FINAL
           WHERE project = {name: String} AND account = {account: String} ORDER BY person`,
          { name, account },
        )
      ).map(({ person }) => person),
    state: async (identifier: string) =>
      (
        await query<{ state: string }>(
          clickhouse.app,
          'SELECT state FROM identity_map FINAL WHERE project = {name: String} AND identifier = {identifier: String}',
          { name, identifier },
        )
      )[0]?.state,
  }
}

const rowsWritten = async () =>
  (
    await query<{ rows: string }>(
      clickhouse.app,
      `SELECT toString(sum(rows)) AS rows FROM (
         SELECT count() AS rows FROM identity_map UNION ALL SELECT count() FROM people
         UNION ALL SELECT count() FROM account_people)`,
    )
  )[0]?.rows

describe('a pass over what changed', () => {
  test('a form first, then a sign-up on another device: one person with both devices', async () => {
    const here = project()
    await here.say({ at: hour(1), anonymousId: 'd1', email: 'ann@acme.dev' })
    expect(await here.people()).toEqual({ 'email:ann@acme.dev': ['anon:d1', 'email:ann@acme.dev'] })
    await here.say({ at: hour(9), userId: 'u1', anonymousId: 'd2', email: 'ann@acme.dev' })
    expect(await here.people()).toEqual({
      'user:u1': ['anon:d1', 'anon:d2', 'email:ann@acme.dev', 'user:u1'],
    })
    expect(await here.owners()).toEqual(expectedOwners(here.rows))
  })

  test('a shared laptop: who else owned the device is written anew as well', async () => {
    const here = project()
    await here.say({ at: hour(1), userId: 'A', anonymousId: 'd1' })
    await here.say({ at: hour(5), userId: 'B', anonymousId: 'd1' })
    const people = await storedPeople(clickhouse.app, here.name)
    expect(people['user:A']).toMatchObject([{ identifier: 'anon:d1', from: null, to: hour(5) }, {}])
    expect(people['user:B']).toMatchObject([{ identifier: 'anon:d1', from: hour(5), to: null }, {}])
  })

  test('a wrong merge is taken apart, stays apart, and is put together again', async () => {
    const here = project()
    const alias = { type: 'alias', userId: 'A', previousId: 'B', verified: true }
    const merged = { 'user:B': ['anon:B', 'anon:d1', 'anon:d2', 'user:A', 'user:B'] }
    const apart = { 'user:A': ['anon:B', 'anon:d2', 'user:A'], 'user:B': ['anon:d1', 'user:B'] }
    await here.say(
      { at: hour(1), userId: 'B', anonymousId: 'd1' },
      { at: hour(2), userId: 'A', anonymousId: 'd2' },
      { at: hour(3), ...alias },
    )
    expect(await here.people()).toEqual(merged)
    await here.say({ at: hour(4), type: 'unlink', pair: ['user:A', 'user:B'], verified: true })
    expect(await here.people()).toEqual(apart)
    await here.say({ at: hour(5), ...alias })
    expect(await here.people()).toEqual(apart)
    await here.say({ at: hour(6), type: 'relink', pair: ['user:B', 'user:A'], verified: true })
    expect(await here.people()).toEqual(merged)
    expect(await here.owners()).toEqual(expectedOwners(here.rows))
  })

  test('an inference goes when its user states another email', async () => {
    const here = project()
    await here.say(
      { at: hour(1), anonymousId: 'd1', email: 'lead@acme.dev' },
      { at: hour(2), anonymousId: 'd2', email: 'lead@acme.dev' },
      { at: hour(3), userId: 'u1', anonymousId: 'd1' },
    )
    expect(Object.keys(await here.people())).toEqual(['user:u1'])
    await here.say({ at: hour(4), userId: 'u1', email: 'other@acme.dev' })
    expect(await here.people()).toEqual({
      'email:lead@acme.dev': ['anon:d1', 'anon:d2', 'email:lead@acme.dev'],
      'user:u1': ['anon:d1', 'email:other@acme.dev', 'user:u1'],
    })
  })

  test('contested emails and quarantined devices say so', async () => {
    const here = project()
    const users = Array.from({ length: 21 }, (_, index) => ({
      at: hour(index),
      userId: `u${index}`,
      anonymousId: 'kiosk',
    }))
    await here.say(...users.slice(0, 20), { at: hour(2), userId: 'u1', email: 'a@acme.dev' })
    await here.say({ at: hour(3), userId: 'u2', email: 'a@acme.dev' })
    expect(await here.state('email:a@acme.dev')).toBe('contested')
    expect(await here.state('anon:kiosk')).toBe('')
    await here.say(...users.slice(20))
    expect(await here.state('anon:kiosk')).toBe('quarantined')
    expect(await here.owners()).toEqual(expectedOwners(here.rows))
    // The twentieth keeps it; the twenty-first claims nothing, until somebody with a secret key releases the link.
    expect((await here.people())['user:u19']).toContain('anon:kiosk')
    expect((await here.people())['user:u20'] ?? []).not.toContain('anon:kiosk')
    const pair = ['anon:kiosk', 'user:u20'] as const
    await here.say({ at: hour(30), type: 'release', pair, verified: true })
    expect((await here.people())['user:u20']).toContain('anon:kiosk')
    expect(await here.state('anon:kiosk')).toBe('')
    expect(await here.owners()).toEqual(expectedOwners(here.rows))
  })

  test('a burst of 1,001 links with a public key takes nothing from whom it names', async () => {
    const here = project()
    await here.say(
      { at: hour(1), userId: 'ada', anonymousId: 'phone' },
      { at: hour(1), userId: 'ada', email: 'ada@acme.dev', verified: true },
    )
    const dated = { at: hour(0), userId: 'ada' }
    await here.say(
      ...Array.from({ length: 1_001 }, (_, n) => ({
        ...dated,
        receivedAt: hour(2),
        ...(n % 2 === 0 ? { anonymousId: `evil-${n}` } : { email: `e${n}@evil.dev` }),
      })),
    )
    expect(await here.state('user:ada')).toBe('quarantined')
    const held = async () => (await here.people())['user:ada'] ?? []
    expect(await held()).toEqual(expect.arrayContaining(['anon:phone', 'email:ada@acme.dev', 'user:ada']))
    // What she does later without proof waits for an operator; with proof it counts at once.
    await here.say({ at: hour(3), userId: 'ada', anonymousId: 'tablet' })
    expect(await held()).not.toContain('anon:tablet')
    await here.say({ at: hour(4), userId: 'ada', anonymousId: 'desktop', verified: true })
    expect(await held()).toContain('anon:desktop')
    await here.say({ at: hour(5), type: 'release', pair: ['user:ada', 'anon:tablet'], verified: true })
    expect(await held()).toContain('anon:tablet')
    expect(await here.owners()).toEqual(expectedOwners(here.rows))
  })

  test('more users than a person may have, each joined with the next, are nobody together until one is released', async () => {
    const here = project()
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

  test('a device whose claims are dated out of their order keeps those that were received first', async () => {
    const here = project()
    const claims = Array.from({ length: 30 }, (_, n) => ({
      at: hour(40 - n),
      receivedAt: hour(50 + ((n * 7) % 30)),
      userId: `u${n}`,
      anonymousId: 'd1',
    }))
    const again = claims.map((claim, n) => ({ ...claim, at: hour(45 - n), receivedAt: hour(90 - n) }))
    await here.say(...claims, ...again)
    expect(await here.owners()).toEqual(expectedOwners(here.rows))
  })

  test('ids with quotes, tabs, line feeds and any letters are read and written as they are', async () => {
    const here = project(`odd ' project`)
    const ids = [`o'brien`, 'back\\slash', 'tab\tfeed\n', '日本 🦊', '["a"]', '%00{x}', 'ünïcode']
    await here.say(
      ...ids.map((id, index) => ({ at: hour(index), userId: id, anonymousId: `d ${id}`, group: { id } })),
    )
    expect(await here.owners()).toEqual(expectedOwners(here.rows))
    for (const { subject, group_id: account } of here.rows)
      expect(await here.members(account)).toEqual([subject])
  })

  test('claims that only repeat what is known write nothing', async () => {
    const here = project()
    const login = { userId: 'u1', anonymousId: 'd1', email: 'ann@acme.dev' }
    await here.say({ at: hour(1), ...login })
    const before = await rowsWritten()
    await here.say({ at: hour(2), ...login }, { at: hour(3), ...login })
    await here.say({ at: hour(4), ...login })
    expect(await rowsWritten()).toBe(before)
    await here.say({ at: hour(0), ...login })
    expect(await here.owners()).toEqual(expectedOwners(here.rows))
  })

  test('with nothing new a pass changes nothing', async () => {
    const before = await rowsWritten()
    expect(await stitch.passOnce()).toEqual({ changes: 0 })
    expect(await rowsWritten()).toBe(before)
  })
})

describe('accounts', () => {
  test('a group takes the whole journey, a domain counts only where no group was named', async () => {
    const here = project()
    await here.say(
      { at: hour(1), userId: 'u1', anonymousId: 'd1', email: 'ann@acme.dev' },
      { at: hour(1), userId: 'u2', email: 'bob@acme.dev' },
      { at: hour(1), userId: 'u3', email: 'eve@gmail.com' },
    )
    expect(await here.accounts()).toEqual({
      'user:u1': ['domain:acme.dev by domain'],
      'user:u2': ['domain:acme.dev by domain'],
    })
    await here.say({ at: hour(2), userId: 'u1', group: { id: 'acme' } })
    expect(await here.accounts()).toEqual({
      'user:u1': ['acme by group'],
      'user:u2': ['domain:acme.dev by domain'],
    })
    expect(await here.members('domain:acme.dev')).toEqual(['user:u2'])
  })

  test('an account that names a domain gets everybody with such an address, and loses them again', async () => {
    const here = project()
    await here.say(
      { at: hour(1), userId: 'u1', email: 'ann@uk.acme.dev' },
      { at: hour(1), email: 'lead@acme.dev' },
      { at: hour(1), userId: 'u3', email: 'eve@other.dev' },
    )
    await here.say({
      at: hour(2),
      userId: 'boss',
      group: { id: 'acme', domain: 'https://www.ACME.dev/about' },
    })
    // Nobody with an address there has said so yet.
    expect(await here.members('acme')).toEqual(['user:boss'])
    await here.say({ at: hour(3), userId: 'boss', email: 'boss@acme.dev' })
    expect(await here.members('acme')).toEqual(['email:lead@acme.dev', 'user:boss', 'user:u1'])
    expect(await here.members('domain:acme.dev')).toEqual([])
    await here.say(
      { at: hour(3), userId: 'boss2', email: 'boss2@other.dev' },
      { at: hour(3), userId: 'boss2', group: { id: 'other', domain: 'acme.dev' } },
    )
    expect(await here.members('acme')).toEqual(['email:lead@acme.dev', 'user:boss', 'user:u1'])
    await here.say({ at: hour(3), userId: 'boss2', email: 'boss2@acme.dev' })
    expect(await here.members('acme')).toEqual(['user:boss'])
    expect(
      await query(clickhouse.app, 'SELECT state FROM domains FINAL WHERE project = {name: String}', {
        name: here.name,
      }),
    ).toEqual([{ state: 'contested' }])
    await here.say({ at: hour(4), userId: 'boss2', group: { id: 'other', domain: 'other.dev' } })
    expect(await here.members('acme')).toEqual(['email:lead@acme.dev', 'user:boss', 'user:u1'])
    expect(await here.members('other')).toEqual(['user:boss2', 'user:u3'])
  })

  test('an unverified claim of a domain moves nobody whose address is verified, a lead’s neither', async () => {
    const here = project()
    const lead = identityRow({ project: here.name, messageId: 'lead', at: hour(1), email: 'lead@acme.dev' })
    const traits = [{ name: 'email', value: '"lead@acme.dev"' }]
    await insertRowsOf(clickhouse.app, [{ ...lead, verified: true, person_traits: traits }])
    await here.say({ at: hour(1), userId: 'u1', email: 'ann@acme.dev', verified: true })
    await here.say({ at: hour(1), userId: 'u2', email: 'bob@acme.dev' })
    const everybody = ['email:lead@acme.dev', 'user:u1', 'user:u2']
    expect(await here.members('domain:acme.dev')).toEqual(everybody)
    const mallory = { userId: 'mallory', email: 'mallory@acme.dev' }
    await here.say({ at: hour(2), ...mallory, group: { id: 'evil', domain: 'acme.dev' } })
    expect(await here.members('domain:acme.dev')).toEqual(['email:lead@acme.dev', 'user:u1'])
    await here.say({ at: hour(3), userId: 'boss', group: { id: 'acme', domain: 'acme.dev' }, verified: true })
    expect(await here.members('acme')).toEqual([...everybody.slice(0, 1), 'user:boss', ...everybody.slice(1)])
  })

  test('a visitor that only ever joined an account is a person of it, until somebody claims the device', async () => {
    const here = project()
    await here.say({ at: hour(1), anonymousId: 'd1', group: { id: 'acme' } })
    expect(await here.members('acme')).toEqual(['anon:d1'])
    await here.say({ at: hour(2), userId: 'u1', anonymousId: 'd1' })
    expect(await here.members('acme')).toEqual(['user:u1'])
    expect(Object.keys(await here.people())).toEqual(['user:u1'])
  })

  test('who was merged away leaves the account with their former name', async () => {
    const here = project()
    await here.say({ at: hour(1), anonymousId: 'd1', email: 'ann@acme.dev' })
    expect(await here.members('domain:acme.dev')).toEqual(['email:ann@acme.dev'])
    await here.say({ at: hour(2), userId: 'u1', email: 'ann@acme.dev' })
    expect(await here.members('domain:acme.dev')).toEqual(['user:u1'])
  })
})

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
        const here = project()
        projects.push(here.name)
        for (const portion of all) await here.say(...portion)
        expect(await here.owners()).toEqual(expectedOwners(here.rows))
        await expectPeopleToFollow(here.name)
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
  beforeAll(() => stitch.stop())
  afterAll(() => {
    stitch = startStitching()
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
    const others = [5, 7].map((intervalMs) => startStitching({ intervalMs, sweepIntervalMs: 50 }))
    const name = newProject()
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
    await expectPeopleToFollow(name)
  }, 60_000)

  test('two divide the projects; what one that stands still held the other takes over', async () => {
    const child = await spawnStitch()
    const own = startStitching({ intervalMs: 20, leaseMs: 3_000 })
    const said = async (count: number) => {
      const names = Array.from({ length: count }, newProject)
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
    const name = newProject()
    const rows = history(name, 500)
    for (let start = 0; start < rows.length; start += 100) {
      const child = await spawnStitch('alone')
      await insertRowsOf(clickhouse.app, rows.slice(start, start + 100))
      const before = await rowsWritten()
      // In the middle: something of this portion stands, and more of it is being written.
      await vi.waitUntil(async () => (await rowsWritten()) !== before, { timeout: 60_000, interval: 1 })
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    const next = startStitching({ intervalMs: 20, isAlone: true })
    try {
      await vi.waitFor(
        async () => expect(await storedOwners(clickhouse.app, name)).toEqual(expectedOwners(rows)),
        { timeout: 30_000, interval: 100 },
      )
    } finally {
      await next.stop()
    }
    await expectPeopleToFollow(name)
  }, 120_000)
})

test('an erased person stays erased, although there are fewer facts than before', async () => {
  const here = project()
  await here.say(
    { at: hour(1), userId: 'A', anonymousId: 'd1' },
    { at: hour(2), userId: 'B', anonymousId: 'd1' },
  )
  const where = `WHERE project = '${here.name}' AND (identifier = 'user:A' OR other = 'user:A')`
  await clickhouse.app.command({
    query: `DELETE FROM links ${where}`,
    clickhouse_settings: { lightweight_deletes_sync: '2' },
  })
  const values = [{ project: here.name, epoch: Date.now() }]
  await clickhouse.app.insert({ table: 'identity_epochs', format: 'JSONEachRow', values })
  await clickhouse.app.command({
    query: `INSERT INTO identity_changes_seen (stored_at, project, kind, identifier)
            SELECT now64(3), '${here.name}', 'erased', arrayJoin(['user:A', 'anon:d1'])`,
  })
  await stitch.passOnce()
  expect(await here.people()).toEqual({ 'user:B': ['anon:d1', 'user:B'] })
  expect(await here.owners()).toEqual(expectedOwners(here.rows.slice(1)))
})

/** people is identity_map read the other way round, and account_people is people read the other way round. */
async function expectPeopleToFollow(name: string): Promise<void> {
  const found = await query<Record<string, unknown>>(
    clickhouse.app,
    `SELECT
       (SELECT arraySort(groupArray((owner.person, identifier, owner.from, owner.because))) FROM identity_map FINAL
        ARRAY JOIN owners AS owner WHERE project = {name: String}) AS by_map,
       (SELECT arraySort(groupArray((person, held.identifier, held.from, held.because))) FROM people FINAL
        ARRAY JOIN identifiers AS held WHERE project = {name: String} AND held.because != '') AS by_people,
       (SELECT arraySort(groupArray((stay.account, person, stay.from, stay.to))) FROM people FINAL
        ARRAY JOIN accounts AS stay WHERE project = {name: String}) AS accounts_of_people,
       (SELECT arraySort(groupArray((account, person, period.from, period.to))) FROM account_people FINAL
        ARRAY JOIN periods AS period WHERE project = {name: String}) AS people_of_accounts`,
    { name },
  )
  const [answer] = found
  expect(answer?.['by_people']).toEqual(answer?.['by_map'])
  expect(answer?.['people_of_accounts']).toEqual(answer?.['accounts_of_people'])
}

async function spawnStitch(...more: string[]): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('../../../test-support/hold-stitch.ts', import.meta.url))
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

test('somebody of 900 addresses with 20 devices each is cut to size, says so, and is released', async () => {
  const name = newProject()
  const link = (identifier: string, other: string, claimer: string) => `
    INSERT INTO links
    SELECT '${name}', ${identifier}, ${other}, 'claim', concat('m-', toString(e), '-', toString(d)), ${claimer}, false,
      toDateTime64('2026-03-01 00:00:00', 3, 'UTC') + e, toDateTime64('2026-03-01 00:00:00', 3, 'UTC') + e, 1
    FROM (SELECT intDiv(number, 21) AS e, number % 21 AS d FROM numbers(900 * 21))`
  const email = `concat('email:', toString(e), '@x.com')`
  const device = `if(d = 20, 'user:x', concat('anon:on-', toString(e), '-', toString(d)))`
  const claimer = `if(d = 20, 'user:x', ${email})`
  await clickhouse.app.command({ query: link(email, device, claimer) })
  await clickhouse.app.command({ query: link(device, email, claimer) })
  const about = { at: hour(0), messageId: 'm', verified: true }
  const stitcher = createStitcher({ client: clickhouse.app })
  const sizes = async () => {
    const change = {
      project: name,
      kind: 'release',
      identifier: 'user:x',
      other: 'email:899@x.com',
      ...about,
    }
    await stitcher.reconcileChanges([change])
    return await query<{ person: string; size: number }>(
      clickhouse.app,
      `SELECT person, toUInt32(length(identifiers)) AS size FROM people FINAL
       WHERE project = {name: String} AND notEmpty(identifiers) ORDER BY size DESC, person LIMIT 3`,
      { name },
    )
  }
  const [cut, lead] = await sizes()
  expect(cut).toEqual({ person: 'user:x', size: 1 + 476 * 21 })
  expect(lead?.size).toBe(21)
  const reader = { client: clickhouse.app, project: name, signedOnly: false }
  const apart = await readCappedLinks(reader, 'user:x', { limit: 5 })
  expect([apart.total, apart.links[0]?.other]).toEqual([900 - 476, 'email:476@x.com'])
  const released = await readCappedLinks(reader, 'user:x', { others: ['email:899@x.com'], limit: 5 })
  expect(released.links.map(({ other }) => other)).toEqual(['email:899@x.com'])
  await clickhouse.app.command({
    query: `INSERT INTO links
      SELECT '${name}', if(number = 0, 'user:x', 'email:899@x.com'), if(number = 0, 'email:899@x.com', 'user:x'), 'release',
        'm-release', 'user:x', true, now64(3), now64(3), 1 FROM numbers(2)`,
  })
  expect((await sizes())[0]).toEqual({ person: 'user:x', size: 1 + 477 * 21 })
  expect((await readCappedLinks(reader, 'user:x', { limit: 5 })).total).toBe(900 - 477)
}, 120_000)
