/** A person and an account are found in SQL by an address as people write it, as they are over HTTP. */
import { emailIdentifier, emailFrom } from '@touchline/schemas'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { eventRow, insertPeople, insertRowsOf } from '../../../test-support/event-rows.js'
import { rebuildTouchpoints } from '../touchpoints/upkeep/rebuild.js'
import { accountIdOf, identifiersOf } from './identifiers.js'

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
const addresses = hosts.map((host, index) => `p${index}@${host}`)

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

test.each(addresses)('user_timeline finds %s as it is written, typed or not', async (address) => {
  const shown = [`Asked ${address}`]
  expect(identifiersOf(`email:${address}`)).toHaveLength(1)
  for (const id of [address, `email:${address}`, `email:${address.toUpperCase().replace('SS', 'ß')}`])
    expect([id, await namesIn('user_timeline', id)]).toEqual([id, shown])
  expect(await namesIn('user_timeline', emailIdentifier(emailFrom(address) ?? ''))).toEqual(shown)
})

test.each(['\u200bp1@münchen.de ', 'p1@mu\u0308nchen.de', 'p1＠münchen.de', 'email:P1@XN--MNCHEN-3YA.de'])(
  'user_timeline finds a pasted %j',
  async (id) => {
    expect(await namesIn('user_timeline', id)).toEqual(['Asked p1@münchen.de'])
  },
)

test.each(['p1@manchen.de', 'p2@münchen.de', 'münchen.de', '@', 'email:', ''])(
  'user_timeline finds nobody by %j',
  async (id) => {
    expect(await namesIn('user_timeline', id)).toEqual([])
  },
)

test.each(hosts)('account_timeline finds the account of %s', async (host) => {
  const shown = [`Asked ${addresses[hosts.indexOf(host)]}`]
  for (const id of [`domain:${host}`, accountIdOf(`domain:${host}`)])
    expect([id, await namesIn('account_timeline', id)]).toEqual([id, shown])
})
