/** Each aggregated question answers from its tag as long as nothing that it is made of changed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { eventRow, insertPeople, insertRowsOf } from '../../../test-support/event-rows.js'
import { companyDefinitions, storeCompany } from '../../../test-support/worlds/invented-company.js'
import {
  companyTouchRules as rules,
  journeyQuestions as questions,
  type AskedQuestion,
} from '../../../test-support/worlds/journey-questions.js'
import { startTimelineApi, type TimelineApi } from '../../../test-support/timeline-api.js'
import { openEmbeddedLog, type EmbeddedLog } from '../log/embedded/embedded-log.js'
import { rebuildTouchpoints } from '../touchpoints/upkeep/rebuild.js'

let clickhouse: TestClickHouse
let log: EmbeddedLog
let server: TimelineApi
const dir = mkdtempSync(join(tmpdir(), 'touchline-tags-'))

async function put(path: string, payload: object): Promise<void> {
  const url = `/v1/definitions/${path}`
  const answer = await server.app.inject({ method: 'PUT', url, headers, payload })
  expect(answer.statusCode, answer.body).toBeLessThan(300)
}
const headers = { authorization: 'Bearer secret' }

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  log = await openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger })
  server = await startTimelineApi({ clickhouse, log })
  await storeCompany(clickhouse.app)
  await rebuildTouchpoints({ clickhouse })
  for (const [path, payload] of Object.entries({ ...companyDefinitions, 'touch-rules/default': rules }))
    await put(path, payload)
})
afterAll(async () => {
  await server.close()
  await log.close()
  await clickhouse.close()
  rmSync(dir, { recursive: true, force: true })
})

async function ask([url, payload]: AskedQuestion, tag?: string) {
  const sent = { url, headers: { ...headers, ...(tag !== undefined && { 'if-none-match': tag }) } }
  const answer = await server.app.inject(
    payload === undefined ? { ...sent, method: 'GET' } : { ...sent, method: 'POST', payload },
  )
  expect(answer.statusCode, answer.body).toBeLessThan(400)
  return { status: answer.statusCode, tag: String(answer.headers.etag), body: answer.body }
}

const tagsOfAll = async () => {
  const tags = new Map<string, string>()
  for (const [path, question] of Object.entries(questions)) tags.set(path, (await ask(question)).tag)
  return tags
}

test('every question over journeys is among those that answer from their tag', async () => {
  const document = (await server.app.inject({ url: '/docs/json' })).json<{
    paths: Record<string, Record<string, { tags?: string[] }>>
  }>()
  const asked = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).some(({ tags }) => tags?.includes('Journeys')) && path !== '/v1/costs'
      ? [path]
      : [],
  )
  expect(Object.keys(questions)).toEqual(expect.arrayContaining(asked))
})

test.each(Object.entries(questions))(
  '%s answers 304 to its own tag, and to no other',
  async (_path, question) => {
    const first = await ask(question)
    expect(first).toMatchObject({ status: 200, tag: expect.stringMatching(/^W\/"/) as string })
    expect(await ask(question, first.tag)).toMatchObject({ status: 304, body: '' })
    expect((await ask(question, 'W/"another"')).status).toBe(200)
  },
)

const changes: Readonly<Record<string, () => Promise<void>>> = {
  async 'a touch'() {
    await insertRowsOf(clickhouse.app, [
      eventRow({ at: '2026-05-30T12:00:00Z', name: 'Signed Up', user_id: 'hal', session_id: 'late' }),
    ])
    await rebuildTouchpoints({ clickhouse })
  },
  async 'a definition'() {
    await put('goals/won', { ...companyDefinitions['goals/won'], note: 'said anew', name: 'Won' })
  },
  async 'who is who'() {
    const person = {
      person: 'user:ann',
      identifiers: [{ identifier: 'user:ann' }, { identifier: 'anon:phone' }],
    }
    await insertPeople(clickhouse.app, [{ ...person, accounts: [{ account: 'acme' }] }])
  },
  async 'a trait'() {
    const said = {
      project: 'default',
      identifier: 'user:hal',
      name: 'title',
      value: '"CTO"',
      message_id: 't-late',
    }
    const at = '2026-05-30 00:00:00'
    await clickhouse.app.insert({
      table: 'traits',
      format: 'JSONEachRow',
      values: [{ ...said, at, received_at: at, verified: true, version: 1 }],
    })
  },
}

test.each(Object.entries(changes))('after %s no tag is known any longer', async (_what, change) => {
  const before = await tagsOfAll()
  await change()
  for (const [path, question] of Object.entries(questions))
    expect(await ask(question, before.get(path)), path).toMatchObject({ status: 200 })
})

test('a tag is of one address: another question, project or form of the answer has another', async () => {
  const tags = await tagsOfAll()
  expect(new Set(tags.values()).size).toBe(tags.size)
  const csv = await ask(['/v1/stages?format=csv'])
  expect([...tags.values()]).not.toContain(csv.tag)
  expect((await ask(['/v1/stages?format=csv'], csv.tag)).status).toBe(304)
})

test('an answer of an earlier time says that who is who is as it is known now', async () => {
  for (const [path, [url, payload]] of Object.entries(questions)) {
    const asked: AskedQuestion = payload
      ? [url, { ...payload, as_of: '2026-05-01' }]
      : [`${url}${url.includes('?') ? '&' : '?'}as_of=2026-05-01`]
    expect(JSON.parse((await ask(asked)).body), path).toMatchObject({ whoIsWho: 'now' })
    expect(JSON.parse((await ask(payload ? [url, payload] : [url])).body), path).not.toHaveProperty(
      'whoIsWho',
    )
  }
})

test('definitions are read once as long as nobody writes any, and a new one counts at once', async () => {
  const send = clickhouse.reader.query.bind(clickhouse.reader)
  let reads = 0
  clickhouse.reader.query = (asked: { query: string }) => {
    if (asked.query.includes('FROM definitions\n')) reads += 1
    return send(asked as never)
  }
  const stagesOf = async (list: string) => {
    const answer = await server.app.inject({ url: `/v1/stages?subject=account&list=${list}`, headers })
    return (answer.json<{ stages?: { id: string }[] }>().stages ?? []).map(({ id }) => id)
  }
  try {
    const usual = await stagesOf('default')
    expect(await stagesOf('fresh')).toEqual([])
    await ask(['/v1/accounts?limit=3'])
    expect(reads).toBeGreaterThan(0)
    reads = 0
    expect(await stagesOf('default')).toEqual(usual)
    expect(await stagesOf('fresh')).toEqual([])
    await ask(['/v1/accounts?limit=4'])
    expect(reads).toBe(0)
    await put('stages/fresh', {
      subject: 'account',
      stages: [{ id: 'only', enter: { touch: { kind: 'visit' } } }],
    })
    expect(await stagesOf('fresh')).toEqual(['only'])
    await server.app.inject({ method: 'DELETE', url: '/v1/definitions/stages/fresh', headers })
    expect(await stagesOf('default')).toEqual(usual)
  } finally {
    clickhouse.reader.query = send
  }
})

describe('of one account, looked up beside what was written last', () => {
  const question: AskedQuestion = ['/v1/accounts/acme/stages']

  test('an answer made while something was written has no tag, the next one has', async () => {
    const { tag } = await ask(question)
    await changes['a touch']?.()
    const between = await ask(question)
    expect(between).toMatchObject({ status: 200, tag: 'undefined' })
    const after = await ask(question)
    expect(after.tag).toMatch(/^W\/"/)
    expect(after.tag).not.toBe(tag)
    expect(await ask(question, after.tag)).toMatchObject({ status: 304 })
  })

  test('a definition that has just been written counts in the very next answer', async () => {
    const listed = async (list: string) => {
      const answer = await server.app.inject({ url: `/v1/accounts/acme/stages?list=${list}`, headers })
      return answer.json<{ entries?: { stage: string }[]; message?: string }>()
    }
    for (const list of ['one', 'two', 'three']) {
      expect((await listed(list)).message).toMatch(list)
      const stages = [{ id: `of-${list}`, enter: { touch: { kind: 'visit' } } }]
      await put(`stages/${list}`, { subject: 'account', stages })
      expect((await listed(list)).entries?.map(({ stage }) => stage)).toEqual([`of-${list}`])
    }
  })
})
