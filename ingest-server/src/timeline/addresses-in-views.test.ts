/** A person and an account are found in SQL by an address however it is typed, its domain in ASCII. */
import { emailIdentifier, emailFrom } from '@touchline/schemas'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { eventRow, insertPeople, insertRowsOf } from '../../../test-support/event-rows.js'
import { rebuildTouchpoints } from '../touchpoints/upkeep/rebuild.js'
import { accountIdOf } from './identifiers.js'

const hosts = [
  'acme.example',
  'münchen.de',
  'bücher.büro.example',
  'größe-über-ñandú.es',
  '例え.テスト',
  '日本語.jp',
  'пример.рф',
  'ελλάδα.gr',
  '한국어도메인.kr',
  'مثال.example',
  'भारत.com',
  'straße.de',
  '😀.example',
  'ääääääääääääääääääääää.de',
]
const addresses = [...hosts.map((host, index) => `p${index}@${host}`), 'jürgen@letters.example']

let clickhouse: TestClickHouse
beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  const people = addresses.map((address) => ({ address, email: emailFrom(address) ?? '' }))
  await insertRowsOf(
    clickhouse.app,
    people.map(({ address, email }) =>
      eventRow({
        at: '2026-03-01T10:00:00Z',
        name: `Asked ${address}`,
        email,
        subject: emailIdentifier(email),
      }),
    ),
  )
  await insertPeople(
    clickhouse.app,
    people.map(({ address, email }) => ({
      person: emailIdentifier(email),
      identifiers: [{ identifier: emailIdentifier(email) }],
      accounts: [{ account: accountIdOf(`domain:${address.split('@')[1]}`) }],
    })),
  )
  await rebuildTouchpoints({ clickhouse })
})
afterAll(() => clickhouse.close())

async function namesIn(view: string, id: string): Promise<string[]> {
  const answer = await clickhouse.reader.query({
    query: `SELECT DISTINCT name FROM ${view}(project = 'default', id = {id: String})`,
    query_params: { id },
    format: 'JSONEachRow',
  })
  return (await answer.json<{ name: string }>()).map(({ name }) => name)
}

test.each(addresses)('user_timeline finds %s by its form in ASCII, however it is typed', async (address) => {
  const email = emailFrom(address) ?? ''
  for (const id of [email, `email:${email}`, email.toUpperCase(), ` ${email}\u200b`])
    expect([id, await namesIn('user_timeline', id)]).toEqual([id, [`Asked ${address}`]])
})

test.each(['\u200bP1@xn--mnchen-3ya.de ', 'email:P1@XN--MNCHEN-3YA.de'])(
  'user_timeline finds a pasted %j',
  async (id) => {
    expect(await namesIn('user_timeline', id)).toEqual(['Asked p1@münchen.de'])
  },
)

test('user_timeline finds letters before the @ composed or not', async () => {
  for (const id of ['Jürgen@letters.example', 'ju\u0308rgen@letters.example'])
    expect(await namesIn('user_timeline', id)).toEqual(['Asked jürgen@letters.example'])
})

test.each(['p1@manchen.de', 'p2@xn--mnchen-3ya.de', 'xn--mnchen-3ya.de', '@', 'email:', ''])(
  'user_timeline finds nobody by %j',
  async (id) => {
    expect(await namesIn('user_timeline', id)).toEqual([])
  },
)

test.each(hosts)('account_timeline finds the account of %s by its form in ASCII', async (host) => {
  const shown = [`Asked ${addresses[hosts.indexOf(host)]}`]
  const id = accountIdOf(`domain:${host}`)
  expect([id, await namesIn('account_timeline', id)]).toEqual([id, shown])
})
