/** A number beyond what a double holds is stored and shown as it was sent: in every answer, in CSV and in the export. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCollect } from '../../../test-support/collect.js'
import { fixtureSecretKey, fixtureWriteKey } from '@touchline/schemas/fixtures'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { startTimelineApi, type TimelineApi } from '../../../test-support/timeline-api.js'
import type { Projects } from '../projects/project.js'
import { openProjects } from '../projects/projects.js'
import { insertLines } from '../clickhouse/insert-lines.js'

let clickhouse: TestClickHouse
let api: TimelineApi

const big = '12345678901234567891'
const at = '"timestamp":"2026-02-28T10:00:00.000Z"'
// A batch whose context is merged under each event's own, an address that is taken out, traits told one by one.
const batch = `{"context":{"app":{"build":${big}1}},"batch":[
  {"type":"track","userId":"u1","messageId":"t1","event":"Paid",${at},"properties":{"ledger":${big},"list":[1,{"far":1e400}]},"context":{"ip":"198.51.100.7","nested":{"n":${big}2}}},
  {"type":"identify","userId":"u1","messageId":"i1",${at},"traits":{"account":${big}3,"tiny":0.12345678901234567891},"context":{"traits":{"other":-${big}4}}},
  {"type":"group","userId":"u1","groupId":"acme","messageId":"g1",${at},"traits":{"revenue":1e400}},
  {"type":"track","userId":"u1","event":"","messageId":"bad","properties":{"n":${big}5}}]}`
const hiding = `{"type":"track","userId":"u2","messageId":"h1","event":"Hidden",${at},"properties":{"secret":1,"keep":{"n":${big}6}}}`

async function collected(text: string, projects: Projects, key: string): Promise<void> {
  const { app, log } = await startCollect({ projects })
  const body = { method: 'POST', url: `/v1/batch?writeKey=${key}`, payload: text } as const
  const answer = await app.inject({ ...body, headers: { 'content-type': 'application/json' } })
  expect(answer.statusCode, answer.body).toBe(200)
  for (const { table, lines } of log.records) await insertLines(clickhouse.app, table, lines)
  await app.close()
}

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  api = await startTimelineApi({
    clickhouse,
    log: {
      append: async () => undefined,
      read: async () => undefined,
      noteEnd: () => Promise.resolve(() => Promise.resolve(true)),
      lag: async () => ({ records: 0, bytes: 0, oldestMs: 0 }),
      replay: async () => undefined,
      close: async () => undefined,
    },
  })
  const keys = { defaultProject: { writeKey: fixtureWriteKey, secretKey: fixtureSecretKey } }
  await collected(batch, openProjects(keys), fixtureWriteKey)
  await collected(hiding, withRule(openProjects(keys)), fixtureWriteKey)
})
afterAll(async () => {
  await api.close()
  await clickhouse.close()
})

/** Every project drops `secret` from what is sent. */
function withRule(projects: Projects): Projects {
  const privacy = { gpc: 'ignore', dnt: 'ignore', dropProperties: ['secret'], hashProperties: [] } as const
  return {
    ...projects,
    credentialOf: (key) => {
      const credential = projects.credentialOf(key)
      return credential && { ...credential, project: { ...credential.project, privacy } as never }
    },
  }
}

const text = async (url: string) => {
  const answer = await api.app.inject({ url, headers: { authorization: 'Bearer secret' } })
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.body
}

describe('what was sent beyond 2^53', () => {
  test.each([
    ['touchpoints', '/v1/users/u1/timeline', [`"ledger":${big},`, '"far":1e400', `"account":${big}3`]],
    [
      'events',
      '/v1/users/u1/timeline?detail=events',
      [`"ledger":${big},`, `"other":-${big}4`, '"revenue":1e400'],
    ],
    ['the account’s timeline', '/v1/accounts/acme/timeline', ['"revenue":1e400']],
    ['a person', '/v1/people/u1', [`"value":${big}3`, '"value":0.12345678901234567891', `"value":-${big}4`]],
    ['a search', '/v1/people?q=u1', [`"account":${big}3`]],
    ['an account', '/v1/accounts/acme', ['"value":1e400']],
    ['one event', '/v1/events/t1', [`"build":${big}1`, `"n":${big}2`, `"ledger":${big}`]],
    ['a refused event', '/v1/events/bad', [`\\"n\\":${big}5`]],
    ['CSV', '/v1/users/u1/timeline?format=csv', [`""ledger"":${big}`, '""far"":1e400']],
    ['CSV of events', '/v1/users/u1/timeline?format=csv&detail=events', [`""account"":${big}3`]],
    ['the export', '/v1/people/u1/export', [`"ledger":${big}`, `"value":"${big}3"`, `"build":${big}1`]],
    ['what a privacy rule changed', '/v1/events/h1', [`"properties":{"keep":{"n":${big}6}}`]],
  ])('is as it was in %s', async (_, url, parts) => {
    const body = await text(url)
    for (const part of parts) expect(body).toContain(part)
    expect(body).not.toContain('number ')
    expect(body).not.toContain('12345678901234567000')
  })

  test('is stored so in traits', async () => {
    const answer = await clickhouse.app.query({
      query: `SELECT * FROM (SELECT name, value FROM traits UNION ALL SELECT name, value FROM account_traits) ORDER BY name`,
      format: 'JSONEachRow',
    })
    expect(await answer.json()).toEqual([
      { name: 'account', value: `${big}3` },
      { name: 'other', value: `-${big}4` },
      { name: 'revenue', value: '1e400' },
      { name: 'tiny', value: '0.12345678901234567891' },
    ])
  })

  test('is stored in a context without the address', async () => {
    const answer = await clickhouse.app.query({
      query: `SELECT context FROM events WHERE message_id = 't1'`,
      format: 'TabSeparatedRaw',
    })
    expect((await answer.text()).trim()).toBe(`{"app":{"build":${big}1},"nested":{"n":${big}2}}`)
  })
})
