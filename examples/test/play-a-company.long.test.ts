import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestServer, startServer, until } from '../../test-support/server.js'
import { companyOf } from '../play-a-company/company.js'
import { dayMs, minuteMs } from '../play-a-company/journey.js'
import { definitions } from '../play-a-company/definitions.js'
import { demoSecret, demoSecretName, programAtWork } from '../play-a-company/program.js'
import { askFor, importEvents, send } from '../play-a-company/server-calls.js'
import { journeyLine, readAccount } from '../read-an-account-timeline/read.js'

const lastDay = Date.parse('2026-11-01')

test('the same seed and day play the same company, ids included', () => {
  expect(companyOf({ seed: 3, lastDay })).toEqual(companyOf({ seed: 3, lastDay }))
  expect(companyOf({ seed: 4, lastDay }).events).not.toEqual(companyOf({ seed: 3, lastDay }).events)
})

test('every event of the company has an id of its own and lies before its last day', () => {
  const { events } = companyOf({ seed: 1, lastDay })
  expect(new Set(events.map((event) => event.messageId)).size).toBe(events.length)
  expect(events.filter((event) => Date.parse(event.timestamp) >= lastDay)).toEqual([])
})

describe('a company played into a server', () => {
  const { events } = companyOf({ seed: 1, lastDay })
  let server: TestServer

  beforeAll(async () => {
    server = await startServer({ env: { [demoSecretName]: demoSecret } })
    // Twice: the second time must change nothing.
    await importEvents({ ...server, events })
    await importEvents({ ...server, events })
    await until(
      async () => {
        const [row] = await server.sql<{ stored: string }>('SELECT count() AS stored FROM events FINAL')
        const { summary } = await readAccount(server, 'lovelace-works')
        return Number(row?.stored) === events.length && summary?.people === 3 ? true : undefined
      },
      {
        what: 'all events to be stored once and the account to have its people',
        timeoutMs: 60_000,
        everyMs: 250,
      },
    )
  })
  afterAll(() => server?.stop())

  test('has an account that reads exactly 31 touches, 192 days', async () => {
    const { summary, touchpoints } = await readAccount(server, 'lovelace-works')
    expect(summary).toMatchObject({ touchpoints: 31, days: 192, people: 3 })
    expect(touchpoints).toHaveLength(31)
    expect(touchpoints.map(journeyLine)[0]).toMatch(
      /^\d{4}-\d\d-\d\d {2}Paid Search +user:u-ada {2}visit: Attribution/,
    )
  })

  test('has some forty accounts with several people each', async () => {
    const accounts = await until(
      async () => {
        const [row] = await server.sql<{ count: string; people: number }>(
          `SELECT count() AS count, round(avg(people)) AS people
           FROM (SELECT account, uniqExact(person) AS people FROM account_people FINAL WHERE notEmpty(periods) GROUP BY account)`,
        )
        return Number(row?.count) >= 38 ? row : undefined
      },
      { what: 'the accounts to be stitched' },
    )
    expect(Number(accounts.people)).toBeGreaterThanOrEqual(2)
  })

  test('keeps the two users of a shared laptop apart', async () => {
    const { body: b } = await server.get<{
      touchpoints: { at: string; person: string }[]
    }>('/v1/users/user%3Au-reception-b/timeline?order=asc')
    expect(new Set(b.touchpoints.map((touch) => touch.person))).toEqual(new Set(['user:u-reception-b']))
    // What was read before B logged in was read on A's laptop: B's part begins with the login, five minutes later.
    const login = lastDay - 28 * dayMs + (8 * 60 + 5) * minuteMs
    expect(b.touchpoints.map((touch) => Date.parse(touch.at)).filter((at) => at < login)).toEqual([])
    const { body: a } = await server.get<{ touchpoints: { channel: string }[] }>(
      '/v1/users/user%3Au-reception-a/timeline?order=asc',
    )
    expect(a.touchpoints.map((touch) => touch.channel)).toContain('Email')
  })

  test('leaves free-mail leads without an account', async () => {
    const { status, body } = await server.get<{ person: { accounts: string[] } }>(
      '/v1/users/email%3Asam.reader%40gmail.com/timeline',
    )
    expect(status).toBe(200)
    expect(body.person.accounts).toEqual([])
  })

  test('tells of every person and every account the same over HTTP and in SQL', async () => {
    const idsIn = async (view: string, column: string) =>
      (await server.sql<{ id: string }>(`SELECT ${column} AS id FROM ${view} ORDER BY id`)).map(
        ({ id }) => id,
      )
    const compare = async (kind: 'user' | 'account', id: string) => {
      const [http, sql] = await Promise.all([overHttp(`/v1/${kind}s`, id), inSql(`${kind}_timeline`, id)])
      const [onlyHttp, onlySql] = [
        http.filter((one) => !sql.includes(one)),
        sql.filter((one) => !http.includes(one)),
      ]
      return onlyHttp.length + onlySql.length + Math.abs(http.length - sql.length) === 0
        ? undefined
        : { id, onlyHttp, onlySql }
    }
    const differences = async (kind: 'user' | 'account', ids: readonly string[]) =>
      (await inTurns(ids, (id) => compare(kind, id))).filter((one) => one !== undefined)
    // The table follows a moment after.
    let last: unknown[] = []
    // The tables follow a moment after, and who is who with them.
    const areSame = async () => {
      const accounts = await idsIn('accounts', 'account')
      last = await differences('account', accounts)
      return (accounts.length > 38 && last.length === 0) || undefined
    }
    await until(areSame, {
      what: 'every account to be the same',
      seen: () => last[0],
      timeoutMs: 120_000,
      everyMs: 1_000,
    })
    const people = await idsIn('persons', 'person')
    expect(people.length).toBeGreaterThan(150)
    expect(await differences('user', people)).toEqual([])
    const all = await server.sql<{ person: string; n: string }>(
      'SELECT person, count() AS n FROM touchpoints GROUP BY person ORDER BY person',
    )
    expect(all.map(({ person }) => person)).toEqual(people)
  }, 600_000)

  /** Two at a time: an analyst's questions are few at once. */
  async function inTurns<T>(ids: readonly string[], ask: (id: string) => Promise<T>): Promise<T[]> {
    const answers: T[] = []
    for (let from = 0; from < ids.length; from += 2)
      answers.push(...(await Promise.all(ids.slice(from, from + 2).map(ask))))
    return answers
  }

  interface Told {
    at: string
    kind: string
    label: string
    channel: string
    person: string
    accounts: string[]
    messageIds: string[]
    sources: string[]
  }
  interface Page {
    touchpoints: (Told & { name: string })[]
    nextCursor: string | null
  }
  const inOrder = (list: Told[]) =>
    list
      .map(({ at, kind, label, channel, person, accounts, messageIds, sources }) =>
        JSON.stringify([at, kind, label, channel, person, accounts, messageIds, sources]),
      )
      .sort()

  async function overHttp(path: string, id: string): Promise<string[]> {
    const all: Told[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const asked: string = `${path}/${encodeURIComponent(id)}/timeline?limit=1000${cursor && `&cursor=${cursor}`}`
      const { status, body }: { status: number; body: Page } = await server.get(asked)
      if (status !== 200) throw new Error(`${asked}: ${status} ${JSON.stringify(body)}`)
      // Over HTTP `name` is what is shown.
      all.push(...body.touchpoints.map((one) => ({ ...one, label: one.name })))
      cursor = body.nextCursor
    }
    return inOrder(all)
  }

  async function inSql(view: string, id: string): Promise<string[]> {
    const project = await server.sql<{ project: string }>('SELECT any(project) AS project FROM events')
    const rows = await server.sql<Omit<Told, 'messageIds'> & { message_ids: string[] }>(
      `SELECT at, kind, label, channel, person, accounts, message_ids, sources
       FROM ${view}(project = {project: String}, id = {id: String}) SETTINGS date_time_output_format = 'iso'`,
      { project: project[0]?.project ?? '', id },
    )
    return inOrder(rows.map((row) => ({ ...row, messageIds: row.message_ids })))
  }

  test('answers every query of docs/sql.md', async () => {
    const text = await readFile(new URL('../../docs/sql.md', import.meta.url), 'utf8')
    const queries = [...text.matchAll(/```sql\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')
    expect(queries.length).toBeGreaterThanOrEqual(20)
    for (const query of queries) {
      await server.sql(query.trim().replace(/;$/, '')).catch((cause: unknown) => {
        throw new Error(`a query of docs/sql.md fails:\n${query}`, { cause })
      })
    }
  }, 300_000)

  test('has a program: how many wait where, and deliveries that were verified where they came', async () => {
    for (const path of ['segments/silent-after-demo', 'goals/won'])
      await send(server, { method: 'PUT', path: `/v1/definitions/${path}`, body: definitions[path] ?? {} })
    const { worthOpening } = companyOf({ seed: 1, lastDay })
    const shown = worthOpening.map(({ path }) => path)
    const first = await programAtWork(server, shown)
    expect(first.at(-1)).toMatch(/^ {2}20 deliveries came to \S+, 20 of them verified by standardwebhooks\.$/)
    // Played again nobody is sent anything, and what the demo shows is as it was.
    expect((await programAtWork(server, shown)).at(-1)).toMatch(/^ {2}0 deliveries came/)
    const program = await askFor<{
      waiting: number
      done: number
      exited: number
      steps: { waiting: number }[]
    }>(server, '/v1/programs/after-demo-request')
    expect(program.waiting + program.done + program.exited).toBe(20)
    expect(program.waiting).toBeGreaterThan(0)
    expect(program.steps.reduce((sum, step) => sum + step.waiting, 0)).toBe(program.waiting)
    const { rows } = await askFor<{ rows: { step: string; state: string; status: number }[] }>(
      server,
      '/v1/deliveries?endpoint=demo&limit=100',
    )
    expect(rows.map(({ step, state, status }) => `${step} ${state} ${status}`)).toEqual(
      Array.from({ length: 20 }, () => 'tell-sales delivered 204'),
    )
    const { summary } = await readAccount(server, 'lovelace-works')
    expect(summary).toMatchObject({ touchpoints: 31, days: 192, people: 3 })
  }, 120_000)
})
