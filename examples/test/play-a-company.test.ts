import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestServer, startServer, until } from '../../test-support/server.js'
import { companyOf } from '../play-a-company/company.js'
import { dayMs, minuteMs } from '../play-a-company/journey.js'
import { importEvents } from '../play-a-company/server-calls.js'
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
    server = await startServer()
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
})
