import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestClickHouse } from '../../../../test-support/clickhouse.js'
import { insertRowsOf } from '../../../../test-support/event-rows.js'
import {
  expectedOwners,
  identityRow,
  query,
  rowsWritten,
  storedPeople,
} from '../../../../test-support/worlds/identity-events.js'
import {
  hour,
  startIdentityStage,
  type IdentityStage,
} from '../../../../test-support/roles/identity-stage.js'
import type { DomainSettings } from '../../projects/projects-file.js'
import { readCappedLinks } from '../capped-links.js'
import { createStitcher } from './stitcher.js'

let stage: IdentityStage
let clickhouse: TestClickHouse

beforeAll(async () => {
  stage = await startIdentityStage()
  clickhouse = stage.clickhouse
})
afterAll(() => stage.close())

describe('a pass over what changed', () => {
  test('a form first, then a sign-up on another device: one person with both devices', async () => {
    const here = stage.project()
    await here.say({ at: hour(1), anonymousId: 'd1', email: 'ann@acme.dev' })
    expect(await here.people()).toEqual({ 'email:ann@acme.dev': ['anon:d1', 'email:ann@acme.dev'] })
    await here.say({ at: hour(9), userId: 'u1', anonymousId: 'd2', email: 'ann@acme.dev' })
    expect(await here.people()).toEqual({
      'user:u1': ['anon:d1', 'anon:d2', 'email:ann@acme.dev', 'user:u1'],
    })
    expect(await here.owners()).toEqual(expectedOwners(here.rows))
  })

  test('a shared laptop: who else owned the device is written anew as well', async () => {
    const here = stage.project()
    await here.say({ at: hour(1), userId: 'A', anonymousId: 'd1' })
    await here.say({ at: hour(5), userId: 'B', anonymousId: 'd1' })
    const people = await storedPeople(clickhouse.app, here.name)
    expect(people['user:A']).toMatchObject([{ identifier: 'anon:d1', from: null, to: hour(5) }, {}])
    expect(people['user:B']).toMatchObject([{ identifier: 'anon:d1', from: hour(5), to: null }, {}])
  })

  test('a wrong merge is taken apart, stays apart, and is put together again', async () => {
    const here = stage.project()
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
    const here = stage.project()
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
    const here = stage.project()
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
    const here = stage.project()
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

  test('a device whose claims are dated out of their order keeps those that were received first', async () => {
    const here = stage.project()
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
    const here = stage.project(`odd ' project`)
    const ids = [`o'brien`, 'back\\slash', 'tab\tfeed\n', '日本 🦊', '["a"]', '%00{x}', 'ünïcode']
    await here.say(
      ...ids.map((id, index) => ({ at: hour(index), userId: id, anonymousId: `d ${id}`, group: { id } })),
    )
    expect(await here.owners()).toEqual(expectedOwners(here.rows))
    for (const { subject, group_id: account } of here.rows)
      expect(await here.members(account)).toEqual([subject])
  })

  test('claims that only repeat what is known write nothing', async () => {
    const here = stage.project()
    const login = { userId: 'u1', anonymousId: 'd1', email: 'ann@acme.dev' }
    await here.say({ at: hour(1), ...login })
    const before = await rowsWritten(clickhouse.app)
    await here.say({ at: hour(2), ...login }, { at: hour(3), ...login })
    await here.say({ at: hour(4), ...login })
    expect(await rowsWritten(clickhouse.app)).toBe(before)
    await here.say({ at: hour(0), ...login })
    expect(await here.owners()).toEqual(expectedOwners(here.rows))
  })

  test('with nothing new a pass changes nothing', async () => {
    const before = await rowsWritten(clickhouse.app)
    expect(await stage.stitch.passOnce()).toEqual({ changes: 0 })
    expect(await rowsWritten(clickhouse.app)).toBe(before)
  })
})

describe('accounts', () => {
  test('a group takes the whole journey, a domain counts only where no group was named', async () => {
    const here = stage.project()
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
    const here = stage.project()
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

  test('a project’s own words on domains hold in it alone, and for those who come after they changed', async () => {
    const [here, elsewhere] = [stage.project(), stage.project()]
    let domains: DomainSettings = { shared: ['portal.dev'], companies: ['mail.ru'] }
    const projects = {
      all: () => [
        { id: here.name, identify: 'open' as const, domains },
        { id: elsewhere.name, identify: 'open' as const },
      ],
    }
    await stage.stitch.stop()
    stage.stitch = stage.startStitching({ isAlone: true, intervalMs: 2 ** 30, projects })
    try {
      for (const one of [here, elsewhere])
        await one.say(
          { at: hour(1), userId: 'u1', email: 'ann@team.portal.dev' },
          { at: hour(1), userId: 'u2', email: 'bob@corp.mail.ru' },
          { at: hour(1), userId: 'u3', email: 'eve@gmx.biz' },
        )
      expect(await here.accounts()).toEqual({ 'user:u2': ['domain:mail.ru by domain'] })
      expect(await elsewhere.accounts()).toEqual({ 'user:u1': ['domain:portal.dev by domain'] })
      domains = { shared: [], companies: [] }
      await here.say({ at: hour(2), userId: 'u4', email: 'dan@portal.dev' })
      expect(await here.accounts()).toMatchObject({ 'user:u4': ['domain:portal.dev by domain'] })
    } finally {
      await stage.stitch.stop()
      stage.stitch = stage.startStitching()
    }
  })

  test('an unverified claim of a domain moves nobody whose address is verified, a lead’s neither', async () => {
    const here = stage.project()
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
    const here = stage.project()
    await here.say({ at: hour(1), anonymousId: 'd1', group: { id: 'acme' } })
    expect(await here.members('acme')).toEqual(['anon:d1'])
    await here.say({ at: hour(2), userId: 'u1', anonymousId: 'd1' })
    expect(await here.members('acme')).toEqual(['user:u1'])
    expect(Object.keys(await here.people())).toEqual(['user:u1'])
  })

  test('who was merged away leaves the account with their former name', async () => {
    const here = stage.project()
    await here.say({ at: hour(1), anonymousId: 'd1', email: 'ann@acme.dev' })
    expect(await here.members('domain:acme.dev')).toEqual(['email:ann@acme.dev'])
    await here.say({ at: hour(2), userId: 'u1', email: 'ann@acme.dev' })
    expect(await here.members('domain:acme.dev')).toEqual(['user:u1'])
  })
})

test('an erased person stays erased, although there are fewer facts than before', async () => {
  const here = stage.project()
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
  await stage.stitch.passOnce()
  expect(await here.people()).toEqual({ 'user:B': ['anon:d1', 'user:B'] })
  expect(await here.owners()).toEqual(expectedOwners(here.rows.slice(1)))
})

test('somebody of 900 addresses with 20 devices each is cut to size, says so, and is released', async () => {
  const name = stage.newProject()
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
