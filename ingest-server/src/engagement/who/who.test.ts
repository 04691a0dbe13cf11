/** Who may still be written to, as what was said of it stands in ClickHouse. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../../test-support/clickhouse.js'
import { eventRow, insertRowsOf } from '../../../../test-support/event-rows.js'
import { parseExact, stringifyExact } from '../../exact-json.js'
import { readTraitsOf } from '../../journeys/listed-traits.js'
import { readWhos, whoOf } from './who.js'

let clickhouse: TestClickHouse
beforeAll(async () => {
  clickhouse = await startTestClickHouse()
}, 120_000)
afterAll(() => clickhouse.close())

const now = Date.UTC(2026, 2, 1)
const proven = { verified: true }
const said = (name: string, more: object = {}) => ({ name, ...more })
const consent = (word: string, more: object = {}) => ({ name: 'Page', consent: word, ...more })

test.each([
  ['nothing', [], ''],
  ['a refusal that nobody vouches for', [said('Unsubscribed')], 'unsubscribed'],
  ['taken back in the same way', [said('Unsubscribed'), said('Subscribed')], ''],
  ['a refusal with proof', [said('Unsubscribed', proven)], 'unsubscribed'],
  ['not taken back by a page', [said('Unsubscribed', proven), said('Subscribed')], 'unsubscribed'],
  [
    'nor by one who says it of later',
    [said('Email Marked as Spam', proven), said('Resubscribed', { ahead: 20 * 3_600_000 })],
    'unsubscribed',
  ],
  ['taken back with proof', [said('Unsubscribed', proven), said('Subscribed', proven)], ''],
  ['refused again after that, by a page', [said('Subscribed', proven), said('Unsubscribed')], 'unsubscribed'],
  ['a consent denied with proof', [consent('denied', proven), consent('granted')], 'unsubscribed (consent)'],
  ['granted again with proof', [consent('denied', proven), consent('granted', proven)], ''],
  ['denied by a page last', [consent('granted', proven), consent('denied')], 'unsubscribed (consent)'],
] as const)('%s', async (what, events, refusal) => {
  const user = what.replaceAll(' ', '-')
  const rows = events.map(({ ahead = 0, ...more }: { ahead?: number; name: string }, n) =>
    eventRow({ at: new Date(now - 10_000 + n * 1_000 + ahead).toISOString(), user_id: user, ...more }),
  )
  if (rows.length > 0) await insertRowsOf(clickhouse.app, rows)
  const reader = { client: clickhouse.reader, project: 'default', signedOnly: false }
  const then = { subject: `user:${user}`, at: now }
  const whos = await readWhos(reader, 'person', [then], { zone: 'UTC', now })
  expect(whoOf(whos, then)?.refusal).toBe(refusal)
})

test('traits are known as they were said: numbers by their digits, and nothing that only says "nothing", at any depth', async () => {
  const values = {
    no: '12345678901234567891',
    address: '{"city":"Oslo","floor":"N/A","owner":{"name":null}}',
    gone: '{"a":"undefined","b":[null]}',
    title: '"CTO"',
  }
  const person_traits = Object.entries(values).map(([name, value]) => ({ name, value }))
  const ids = { user_id: 'said', group_id: 'works', type: 'group' }
  await insertRowsOf(clickhouse.app, [
    eventRow({ at: '2026-02-01T10:00:00Z', ...ids, person_traits, group_traits: person_traits }),
    eventRow({
      at: '2026-02-02T10:00:00Z',
      ...ids,
      person_traits: [{ name: 'title', value: '" n/a "' }],
      group_traits: [{ name: 'title', value: '"#N/A"' }],
    }),
  ])
  const reader = { client: clickhouse.reader, project: 'default', signedOnly: false }
  for (const [kind, subject] of [
    ['person', 'user:said'],
    ['account', 'works'],
  ] as const) {
    const whos = await readWhos(reader, kind, [{ subject, at: now }], { zone: 'UTC', now })
    const who = whoOf(whos, { subject, at: now })
    const traits = kind === 'person' ? who?.traits : who?.accountTraits
    const said = { address: { city: 'Oslo' }, no: parseExact(values.no), title: 'CTO' }
    expect(stringifyExact(Object.fromEntries([...(traits ?? [])].sort()))).toBe(stringifyExact(said))
    const listed = await readTraitsOf(reader, kind, [subject], now)
    if (kind === 'account') expect(stringifyExact(listed.get(subject))).toBe(stringifyExact(said))
  }
})
