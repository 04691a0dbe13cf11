/** The views of people and accounts tell traits as HTTP does: what only says "nothing" leaves what is known. */
import { wordsForNothing } from '@touchline/schemas'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { eventRow, insertPeople, insertRowsOf } from '../../../test-support/event-rows.js'
import { findPerson } from '../identity/people.js'
import { readAccountTraits, readTraits, traitValues } from './traits.js'

let clickhouse: TestClickHouse

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  const nothings = ['null', ...wordsForNothing.map((word) => JSON.stringify(` ${word.toUpperCase()} `))]
  const said = (value: string) => [
    { name: 'title', value },
    { name: 'ledger', value: value === '"CTO"' ? '12345678901234567890' : value },
  ]
  const dayOf = (index: number) => new Date(Date.UTC(2026, 2, index + 1)).toISOString().slice(0, 10)
  const rows = ['"CTO"', ...nothings].flatMap((value, day) => [
    eventRow({
      at: `${dayOf(day)}T10:00:00Z`,
      type: 'identify',
      user_id: 'u1',
      person_traits: [...said(value), { name: 'never', value: 'null' }],
    }),
    eventRow({
      at: `${dayOf(day)}T11:00:00Z`,
      type: 'group',
      user_id: 'u1',
      group_id: 'acme',
      group_traits: said(value),
    }),
  ])
  await insertRowsOf(clickhouse.app, rows)
  await insertPeople(clickhouse.app, [
    { person: 'user:u1', identifiers: [{ identifier: 'user:u1' }], accounts: [{ account: 'acme' }] },
  ])
})
afterAll(() => clickhouse.close())

test.each([
  ['persons', "person = 'user:u1'"],
  ['accounts', "account = 'acme'"],
])('%s', async (view, condition) => {
  const answer = await clickhouse.reader.query({
    query: `SELECT traits FROM ${view} WHERE project = 'default' AND ${condition}`,
    format: 'JSONEachRow',
  })
  const known = { title: 'CTO', ledger: '12345678901234567890' }
  expect(await answer.json()).toEqual([{ traits: known }])
  const reader = { client: clickhouse.reader, project: 'default', signedOnly: false }
  const person = await findPerson(reader, ['user:u1'])
  const overHttp = view === 'persons' ? readTraits(reader, person) : readAccountTraits(reader, 'acme')
  expect(Object.keys(traitValues(await overHttp)).sort()).toEqual(Object.keys(known).sort())
})
