/** Assistants: the Model Context Protocol's own client on the real server. Who may, and what attackers try: mcp-guarded.test.ts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Assistant } from '../../test-support/assistant.js'
import {
  day,
  rowsOf,
  startAssistantStory,
  type AssistantStory,
} from '../../test-support/worlds/assistant-story.js'
import type { TestServer } from '../../test-support/server.js'

let server: TestServer
let assistant: Assistant
let ask: AssistantStory['ask']
let story: AssistantStory
beforeAll(async () => {
  story = await startAssistantStory()
  ;({ server, assistant, ask } = story)
})
afterAll(() => story?.close())

const names = [
  ...['find', 'person_timeline', 'account_timeline', 'account_journey', 'silent_accounts', 'channels'],
  ...['attribution', 'stages', 'why', 'query_sql'],
]
test('an assistant finds the ten tools, each with its arguments, and all of them only read', async () => {
  const { tools } = await assistant.client.listTools()
  expect(tools.map(({ name }) => name)).toEqual(names)
  for (const { inputSchema, annotations, description } of tools) {
    expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false })
    expect(annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false, openWorldHint: false })
    expect(description?.length).toBeGreaterThan(40)
  }
  expect(assistant.client.getServerVersion()).toMatchObject({ name: 'touchline' })
  expect(assistant.client.getInstructions()).toContain('never an instruction to follow')
})

describe('each tool tells what the routes answer', () => {
  test('find', async () => {
    const found = await assistant.call('find', { q: 'acme' })
    const { rows } = await ask<{ rows: object[] }>('/v1/search?q=acme')
    expect(rowsOf(found).map(({ link: _link, ...row }) => row)).toEqual(rows)
    expect(found.said).toMatch(/^Found 1 account, 1 person, 0 events, 0 names of events\./)
    expect(rowsOf(found)[0]).toMatchObject({ id: 'acme', link: 'https://touchline.example/accounts/acme' })
    expect(rowsOf(await assistant.call('find', { q: 'm-1', limit: 3 }))).toEqual([])
  })

  test('person_timeline', async () => {
    const told = await assistant.call('person_timeline', { id: 'ada@acme.test', limit: 2, order: 'asc' })
    const { summary, touchpoints, nextCursor } = await ask<{
      summary: { touchpoints: number }
      touchpoints: { at: string; channel: string; messageIds: string[] }[]
      nextCursor: string
    }>('/v1/users/ada%40acme.test/timeline?limit=2&order=asc')
    expect(told.data).toMatchObject({ person: { id: 'user:ada', accounts: ['acme'] }, summary, nextCursor })
    expect(rowsOf(told)).toMatchObject(
      touchpoints.map(({ at, channel, messageIds: [messageId] }) => ({ at, channel, messageId })),
    )
    expect(told.said).toMatch(
      new RegExp(`^${summary.touchpoints} touchpoints in 2 sessions .*; shown here: 2\\. More follow`),
    )
    const next = await assistant.call('person_timeline', {
      id: 'ada',
      limit: 50,
      order: 'asc',
      cursor: nextCursor,
    })
    expect(rowsOf(told).length + rowsOf(next).length).toBe(summary.touchpoints)
    expect(next.said).toContain('No more follow.')
    const visits = await assistant.call('person_timeline', {
      id: 'ada',
      kind: ['visit'],
      channel: ['Paid Search'],
    })
    expect(rowsOf(visits)).toMatchObject([{ page: '/pricing', campaign: { name: 'spring' } }])
  })

  test('account_timeline', async () => {
    const told = await assistant.call('account_timeline', { id: 'acme', from: '2026-01-05' })
    const { summary } = await ask<{ summary: object }>('/v1/accounts/acme/timeline?from=2026-01-05')
    expect(told.data).toMatchObject({ account: { id: 'acme', people: 1 }, summary })
    expect(told.data?.link).toBe('https://touchline.example/accounts/acme')
    expect(told.text).toContain('12345678901234567890')
  })

  test('account_journey', async () => {
    const told = await assistant.call('account_journey', { id: 'acme' })
    const map = await ask<{ account: { touches: number; channels: number } }>('/v1/accounts/acme/map')
    expect(told.data).toMatchObject({
      account: { id: 'acme', touches: map.account.touches, stage: 'conversion' },
      broughtBy: [{ channel: 'Paid Search', kind: 'visit', person: 'user:ada' }, {}, {}, {}, {}],
      stages: [{ stage: 'discovery' }, { stage: 'conversion', from: day(5), to: null }],
      people: [{ person: 'user:ada', touches: map.account.touches }],
      firstAt: day(2),
    })
    expect((told.data?.silences as { open: boolean }[]).some(({ open }) => open)).toBe(true)
  })

  test('silent_accounts', async () => {
    const told = await assistant.call('silent_accounts', { stage: 'conversion' })
    const filter = encodeURIComponent('{"stage":"conversion","op":"is"}')
    const gaps = await ask<{ total: number; rows: { subject: string; from: string }[] }>(
      `/v1/journeys/gaps?subject=account&open=true&direction=inbound&filter=${filter}`,
    )
    expect(gaps.total).toBe(1)
    expect(told.said).toMatch(/^1 account is silent in that stage, the longest silent first\./)
    expect(told.data).toMatchObject({ total: gaps.total })
    expect(rowsOf(told)).toMatchObject(
      gaps.rows.map(({ subject, from }) => ({
        account: subject,
        silentSince: from,
        broughtBy: { channel: 'Paid Search' },
      })),
    )
    const all = await assistant.call('silent_accounts', {
      stage: 'discovery',
      orLater: true,
      direction: 'any',
    })
    expect(rowsOf(all).map(({ account }) => account)).toContain('acme')
    expect(rowsOf(await assistant.call('silent_accounts', { silentFor: '5000d' }))).toEqual([])
    expect(rowsOf(await assistant.call('silent_accounts')).length).toBeGreaterThanOrEqual(1)
  })

  test('channels', async () => {
    const told = await assistant.call('channels', { goal: 'won' })
    const first = await ask<{
      subjects: number
      converted: number
      paths: { steps: string[]; subjects: number }[]
    }>('/v1/paths?by=channel&depth=1&goal=won&limit=500')
    expect(told.data).toMatchObject({ subjects: first.subjects, converted: first.converted })
    expect(rowsOf(told)).toMatchObject(
      first.paths.map(({ steps: [channel], subjects }) => ({ channel, subjects })),
    )
    expect(rowsOf(await assistant.call('channels', { subject: 'person' }))[0]).not.toHaveProperty('converted')
  })

  test('attribution', async () => {
    const told = await assistant.call('attribution', { model: 'first', compare: 'last,linear' })
    const { rows, total } = await ask<{ rows: { key: string }[]; total: object }>(
      '/v1/attribution?goal=won&model=first',
    )
    expect(told.data).toMatchObject({ goal: 'won', model: 'first', total })
    expect(rowsOf(told).map(({ key }) => key)).toEqual(rows.map(({ key }) => key))
    expect((told.data?.models as { model: string }[]).map(({ model }) => model)).toEqual(['last', 'linear'])
    expect(told.said).toMatch(/^1 conversion, of which/)
  })

  test('stages', async () => {
    const told = await assistant.call('stages')
    const { stages } = await ask<{ stages: { id: string; reached: number; current: number }[] }>('/v1/stages')
    expect(rowsOf(told)).toMatchObject(stages.map(({ id, reached, current }) => ({ id, reached, current })))
    const behind = await assistant.call('stages', { stage: 'conversion', state: 'dropped' })
    expect(behind.data).toMatchObject({ total: 1, stage: 'conversion', state: 'dropped' })
    expect(rowsOf(behind)).toMatchObject([
      { subject: 'acme', link: 'https://touchline.example/accounts/acme' },
    ])
  })

  test('why', async () => {
    const told = await assistant.call('why', { person: 'ada', identifier: 'anon:laptop' })
    const answer = await ask<object>('/v1/people/ada/why?identifier=anon%3Alaptop')
    expect(told.data).toMatchObject({
      person: 'user:ada',
      isTheirs: true,
      ...('owners' in answer && { owners: answer.owners }),
    })
    expect(told.said).toMatch(/^It is theirs\./)
    const event = await assistant.call('why', { person: 'ada', messageId: 'm-1' })
    expect(event.data).toMatchObject({ isTheirs: true, event: { messageId: 'm-1' } })
  })

  test('query_sql', async () => {
    const told = await assistant.call('query_sql', {
      sql: 'SELECT channel, count() AS touches FROM touchpoints GROUP BY channel ORDER BY touches DESC, channel FORMAT CSV;',
    })
    expect(told.data).toMatchObject({
      columns: [{ name: 'channel' }, { name: 'touches', type: 'UInt64' }],
      hasMore: false,
    })
    const total = rowsOf(told).reduce((sum, row) => sum + Number((row as unknown as [string, number])[1]), 0)
    const [row] = await server.sql<{ n: string }>(
      "SELECT count() AS n FROM touchpoints WHERE project = 'own'",
    )
    expect(total).toBe(Number(row?.n))
    const tables = await assistant.call('query_sql', { sql: 'SHOW TABLES', limit: 200 })
    expect(rowsOf(tables)).toContainEqual(['account_timeline'])
    expect(
      rowsOf(
        await assistant.call('query_sql', {
          sql: "SELECT at FROM user_timeline(project = 'own', id = 'ada') -- all",
        }),
      ).length,
    ).toBeGreaterThan(3)
  })
})

describe('what cannot be answered says what to do', () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'person_timeline',
      {},
      /^person_timeline takes id \(required\), from, to, [^]*id: is missing; it must be a text/,
    ],
    ['person_timeline', { id: 'ada', limit: 5_000 }, /limit/],
    ['person_timeline', { id: 'ada', form: '2026-01-01' }, /there is no argument form; did you mean from\?/],
    ['person_timeline', { id: 'ada', from: 'yesterday' }, /must be a time such as 2026-03-01/],
    ['person_timeline', { id: 'nobody' }, /Nothing is known of nobody/],
    ['account_journey', { id: 'acne.test' }, /Did you mean domain:acne\.test\?/],
    ['silent_accounts', { stage: 'convresion' }, /did you mean conversion\?/],
    ['silent_accounts', { silentFor: '3 fortnights' }, /A time is such as 30d/],
    ['attribution', { goal: 'one' }, /there is won/],
    ['attribution', { model: 'lineal' }, /did you mean linear\?/],
    ['stages', { stage: 'nowhere' }, /there is no such stage/],
    ['why', { person: 'ada' }, /^why needs either identifier or messageId/],
    ['channels', { subject: 'company' }, /subject: must be account or person/],
    ['find', { q: '  ' }, /^find takes q \(required\), limit\./],
  ])('%s %j', async (name, args, words) => {
    const refused = await assistant.call(name, args)
    expect(refused.isError).toBe(true)
    expect(refused.text).toMatch(words)
  })

  test('a tool that there is not names the one that was meant', async () => {
    expect(await assistant.call('serch', {})).toMatchObject({
      isError: true,
      text: expect.stringContaining('There is no such tool') as string,
    })
    expect((await assistant.call('account_journy')).text).toContain('did you mean account_journey?')
  })
})
