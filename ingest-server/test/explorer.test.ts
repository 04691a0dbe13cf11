/** What the pages of the Explorer ask of the real server beside lists and timelines: live events, search, the line, previews. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lineAnswer, metaAnswer, searchAnswer, unlinkPreview } from '@touchline/schemas/api'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stateOf, watchLive } from '../../test-support/live.js'
import { startServer, type TestServer, until } from '../../test-support/server.js'

const other = { writeKey: 'wk_other_0123456789', secretKey: 'sk_other_0123456789abcdef' }
let server: TestServer
let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-explorer-'))
  const projects = [
    { id: 'default', name: 'Shop', timezone: 'Asia/Tokyo', currency: 'JPY' },
    { id: 'other', writeKeys: [other.writeKey], secretKeys: [other.secretKey] },
  ]
  await writeFile(join(dataDir, 'projects.json'), JSON.stringify(projects), { mode: 0o600 })
  server = await startServer({ env: { DATA_DIR: dataDir } })
})
afterAll(async () => {
  await server?.stop()
  await rm(dataDir, { recursive: true, force: true })
})

const watch = (options: { id?: string; lastId?: string; key?: string } = {}) => watchLive(server, options)
const send = (events: readonly object[], key?: string) => server.post('/v1/batch', { batch: events }, key)
const track = (messageId: string, more: object = {}) => ({
  type: 'track',
  event: 'Clicked',
  anonymousId: 'visitor-1',
  messageId,
  ...more,
})

describe('live', () => {
  test('of 1,000 events in a moment each is counted: shown and not shown are 1,000, all are stored, and what was refused is all shown', async () => {
    const seen = await watch()
    for (let batch = 0; batch < 10; batch += 1) {
      const good = Array.from({ length: 97 }, (_, at) => track(`many-${batch}-${at}`, { userId: `u${at}` }))
      const bad = Array.from({ length: 3 }, (_, at) => ({
        type: 'track',
        event: `No id ${at}`,
        messageId: `bad-${batch}-${at}`,
      }))
      await send([...good, ...bad])
    }
    await until(() => (seen.last().received === 1_000 && seen.last().waiting === 0 ? true : undefined), {
      seen: () => seen.last(),
    })
    expect(seen.last()).toMatchObject({ received: 1_000, refused: 30, stored: 970, waiting: 0, scope: 'all' })
    const { shown } = seen.last()
    expect(seen.rows).toHaveLength(shown)
    expect(shown).toBeGreaterThanOrEqual(200)
    expect(seen.rows.filter(({ state }) => state === 'refused')).toHaveLength(30)
    expect(seen.rows.find(({ messageId }) => messageId === 'bad-3-1')).toMatchObject({
      code: 'EVENT_NO_ID',
      name: 'No id 1',
      kind: 'track',
      state: 'refused',
      subject: null,
    })
    seen.stop()
  })

  test('a row moves in place: durable, stored, linked to its person', async () => {
    const seen = await watch()
    await send([track('anon-1', { anonymousId: 'dev-9' })])
    await until(() => (stateOf(seen, 'anon-1') === 'stored' ? true : undefined))
    await send([
      {
        type: 'identify',
        messageId: 'ident-1',
        anonymousId: 'dev-9',
        userId: 'maria',
        traits: { name: 'Maria Silva' },
      },
    ])
    await until(() => (stateOf(seen, 'ident-1') === 'linked' ? true : undefined))
    const row = seen.rows.find(({ messageId }) => messageId === 'ident-1')
    expect(row).toMatchObject({
      kind: 'identify',
      state: 'durable',
      subject: 'anon:dev-9 = user:maria',
      bot: false,
    })
    const changes = seen.changes.filter(({ messageId }) => messageId === 'ident-1')
    expect(changes.map(({ state }) => state)).toEqual(['stored', 'linked'])
    expect(changes.at(-1)?.person).toEqual({ id: 'user:maria', name: 'Maria Silva' })
    expect(changes[0]?.storedAfterMs).toBeGreaterThanOrEqual(0)
    // The visitor's earlier event became hers.
    await until(() => (stateOf(seen, 'anon-1') === 'linked' ? true : undefined))
    seen.stop()
  })

  test('with an id all that are called so are shown, however many others come, and nothing else', async () => {
    const seen = await watch({ id: 'user:wanted' })
    const all = Array.from({ length: 400 }, (_, at) =>
      track(`filter-${at}`, { userId: at % 4 === 0 ? 'wanted' : 'another', anonymousId: undefined }),
    )
    await send(all)
    await until(() => (seen.last().received === 100 && seen.last().waiting === 0 ? true : undefined), {
      seen: () => seen.last(),
    })
    expect(seen.rows).toHaveLength(100)
    expect(new Set(seen.rows.map(({ subject }) => subject))).toEqual(new Set(['user:wanted']))
    expect(seen.last()).toMatchObject({ stored: 100, refused: 0, shown: 100 })
    seen.stop()
  })

  test('who comes back with Last-Event-ID has missed nothing and goes on counting', async () => {
    const first = await watch()
    await send([track('before-1'), { type: 'track', event: 'x', messageId: 'before-bad' }])
    await until(() => (first.last().received === 2 && first.last().waiting === 0 ? true : undefined))
    const { lastId } = first
    first.stop()
    await first.ended
    await send([track('missed-1'), track('missed-2'), { type: 'track', event: 'x', messageId: 'missed-bad' }])
    const second = await watch({ lastId })
    await until(() => (second.rows.length >= 3 && second.last().received === 5 ? true : undefined), {
      seen: () => [second.rows, second.last()],
    })
    expect(second.rows.map(({ messageId }) => messageId).sort()).toEqual([
      'missed-1',
      'missed-2',
      'missed-bad',
    ])
    await until(() => (second.last().waiting === 0 ? true : undefined))
    expect(second.last()).toMatchObject({ received: 5, refused: 2, stored: 3, shown: 5 })
    await until(() => (stateOf(second, 'missed-1') !== 'durable' ? true : undefined))
    second.stop()
  })

  test('a Last-Event-ID of another feed, or one that was made up, begins anew', async () => {
    for (const lastId of ['nonsense', 'aaaaaaaa.1.1.1.1.1', 'x.y.z', '9'.repeat(500), '....']) {
      const seen = await watch({ lastId })
      expect(seen.last()).toMatchObject({ received: 0, shown: 0 })
      seen.stop()
    }
  })

  test('one project sees nothing of another', async () => {
    const [mine, theirs] = [await watch(), await watch({ key: other.secretKey })]
    await send([track('mine-1')])
    await send([track('theirs-1'), track('theirs-2')], other.writeKey)
    await until(() => (mine.last().received === 1 && theirs.last().received === 2 ? true : undefined))
    expect(mine.rows.map(({ messageId }) => messageId)).toEqual(['mine-1'])
    expect(theirs.rows.map(({ messageId }) => messageId)).toEqual(['theirs-1', 'theirs-2'])
    mine.stop()
    theirs.stop()
  })

  test('hostile names are text of bounded length, and break no line of the stream', async () => {
    const seen = await watch()
    const hostile = '<img src=x onerror=alert(1)>\n\nevent: count\ndata: {}\u202e"\\' + 'x'.repeat(4_000)
    await send([
      track('hostile-1', { event: hostile.slice(0, 150), userId: 'a"message_id":"hostile-9"' }),
      { type: 'track', event: hostile, messageId: 'hostile-2' },
    ])
    await until(() => (seen.rows.length >= 2 ? true : undefined))
    for (const row of seen.rows) expect(row.name.length).toBeLessThanOrEqual(300)
    expect(seen.rows.find(({ messageId }) => messageId === 'hostile-1')?.name).toContain('\nevent: count\n')
    seen.stop()
  })
})

describe('search', () => {
  const ask = async (q: string) => {
    const { status, body } = await server.get(`/v1/search?q=${encodeURIComponent(q)}`)
    expect(status).toBe(200)
    return searchAnswer.parse(body).rows
  }

  type Row = Awaited<ReturnType<typeof ask>>[number]
  /** What was sent is formed part by part: waits until it is found as it is in the end. */
  async function finds(q: string, wanted: Partial<Row>): Promise<void> {
    let last: Row[] = []
    await until(
      async () => {
        last = await ask(q)
        const isWanted = (row: Row) =>
          Object.entries({ ...row, ...wanted }).every(([key, value]) => row[key as keyof Row] === value)
        return last.some(isWanted) ? true : undefined
      },
      { what: `${JSON.stringify(wanted)} by ${q}`, seen: () => JSON.stringify(last) },
    )
  }

  test('finds a person, an account, an event by its id and the name of one, each as what it is', async () => {
    await send([
      {
        type: 'identify',
        userId: 'aiko',
        messageId: 'aiko-ident-1',
        traits: { name: '田中 愛子', email: 'aiko@find.example' },
      },
      {
        type: 'group',
        userId: 'aiko',
        groupId: 'findable-inc',
        messageId: 'aiko-group-1',
        traits: { name: 'Findable 株式会社' },
      },
      { type: 'track', userId: 'aiko', event: 'Findable Demo Requested', messageId: 'aiko-demo-1' },
    ])
    await finds('findable demo', { type: 'eventName' })
    await finds('愛子', { type: 'person', id: 'user:aiko', name: '田中 愛子' })
    await finds('株式会社', { type: 'account', id: 'findable-inc', name: 'Findable 株式会社' })
    await finds('aiko-demo-1', { type: 'event', id: 'aiko-demo-1', name: 'Findable Demo Requested' })
    const kinds = new Set((await ask('findable')).map(({ type }) => type))
    expect(kinds).toEqual(new Set(['account', 'eventName']))
    await finds('find.example', { type: 'person', id: 'user:aiko' })
    expect(await ask('%_no such\u202e thing')).toEqual([])
  })
})

test('meta says what there is, in which zone and currency', async () => {
  const { body } = await server.get('/v1/meta')
  const meta = metaAnswer.parse(body)
  expect(meta).toMatchObject({
    project: { id: 'default', name: 'Shop' },
    zone: 'Asia/Tokyo',
    currency: 'JPY',
  })
  expect(meta.events.total).toBeGreaterThan(1_000)
  expect(meta.accounts).toBeGreaterThanOrEqual(1)
  expect(meta.models).toContain('markov')
  expect(Date.parse(meta.events.last ?? '')).toBeGreaterThan(0)
})

test('the line adds up to the event, names every reason of a refusal, and keeps tenants apart', async () => {
  const lineOf = async (key = server.secretKey) => {
    const answer = await fetch(`${server.url}/v1/health/line`, {
      headers: { authorization: `Bearer ${key}` },
    })
    return lineAnswer.parse(await answer.json())
  }
  const line = await until(async () => {
    const now = await lineOf()
    return now.lag === 0 && now.waiting === 0 ? now : undefined
  })
  expect(line.differences).toEqual([])
  expect(line.received).toBe(line.refused + line.inLog)
  expect(line.inLog + line.fromBefore).toBe(line.handled + line.waiting)
  expect(line.handled).toBe(line.stored + line.deadLetters)
  expect(line.scope).toBe('all')
  expect(line.refused).toBeGreaterThanOrEqual(30)
  expect(line.insertP95Ms).toBeGreaterThan(0)
  expect(line.diskFreeBytes).toBeGreaterThan(0)
  const reasons = await until(async () => {
    const { refusedByReason, refused } = await lineOf()
    return refusedByReason.reduce((sum, { n }) => sum + n, 0) === refused ? refusedByReason : undefined
  })
  expect(reasons[0]).toMatchObject({ code: 'EVENT_NO_ID' })
  expect(reasons[0]?.example).toContain('"track"')
  expect((await lineOf(other.secretKey)).received).toBe(2)
})

describe('taking people apart, looked at first', () => {
  const post = (path: string, body: object) => server.post(path, body, server.secretKey)
  const facts = () => server.sql("SELECT count() AS n FROM events WHERE type IN ('unlink', 'relink')")

  test('says who they are and who they would be, is right about it, and writes nothing', async () => {
    await send([
      {
        type: 'identify',
        messageId: 'sep-1',
        anonymousId: 'sep-dev',
        userId: 'sep-user',
        traits: { email: 'sep@apart.example', name: 'Sep' },
      },
      { type: 'track', messageId: 'sep-2', anonymousId: 'sep-dev', event: 'Seen' },
    ])
    await until(async () => {
      const { status, body } = await server.get<{ identifiers?: unknown[] }>('/v1/people/sep-user')
      return status === 200 && (body.identifiers?.length ?? 0) >= 3 ? true : undefined
    })
    const body = { identifier: 'email:sep@apart.example' }
    const before = await facts()
    const { status, body: said } = await post('/v1/people/sep-user/unlink?preview=1', body)
    expect(status).toBe(200)
    const preview = unlinkPreview.parse(said)
    const idsOf = (people: typeof preview.before.people) =>
      people.map(({ id, identifiers }) => [id, identifiers])
    expect(idsOf(preview.before.people)).toEqual([
      ['user:sep-user', ['anon:sep-dev', 'email:sep@apart.example', 'user:sep-user']],
    ])
    expect(idsOf(preview.after.people)).toEqual([
      ['email:sep@apart.example', ['email:sep@apart.example']],
      ['user:sep-user', ['anon:sep-dev', 'user:sep-user']],
    ])
    expect(preview.before.people[0]?.name).toBe('Sep')
    expect(await facts()).toEqual(before)

    expect(
      (await post('/v1/people/sep-user/unlink', { ...body, reason: 'test', author: 'test' })).status,
    ).toBe(202)
    const now = await until(async () => {
      const { body: person } = await server.get<{ identifiers: { identifier: string }[] }>(
        '/v1/people/sep-user',
      )
      return person.identifiers.length === 2 ? person.identifiers : undefined
    })
    expect(now.map(({ identifier }) => identifier).sort()).toEqual(['anon:sep-dev', 'user:sep-user'])

    const { body: back } = await post('/v1/people/sep-user/relink?preview=1', {
      ...body,
      other: 'user:sep-user',
    })
    expect(idsOf(unlinkPreview.parse(back).after.people)).toEqual(idsOf(preview.before.people))
  })
})

test('a view ends with the server, which stops as it is told', async () => {
  const seen = await watch()
  await server.kill()
  await server.restart()
  await seen.ended
  const again = await watch({ lastId: seen.lastId })
  const stopped = server.stop()
  await again.ended
  await stopped
})
