/** That no table is forgotten by erasures, and that what SQL finds of a name can be cut out of what others said. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { addressesIn, addressesInSql } from '../log/addresses-in-text.js'
import { erasedTables } from './remove-erased.js'

let clickhouse: TestClickHouse
beforeAll(async () => {
  clickhouse = await startTestClickHouse()
}, 120_000)
afterAll(() => clickhouse.close())

async function select<Row>(query: string): Promise<Row[]> {
  return (await clickhouse.app.query({ query, format: 'JSONEachRow' })).json<Row>()
}

/** Tables with a project that name no person, and why. */
const namesNobody: Record<string, string> = {
  domains: 'domains and accounts, and the messages that claim them',
  costs: 'what advertising cost, by campaign',
  stage_fillings: 'how far stages are worked out',
  imports: 'how far an import is',
  identity_epochs: 'when somebody was erased',
  erasure_progress: 'how far erasures are',
  account_hosts: 'hosts of accounts',
  erasures: 'the ledger: salted hashes',
  // Kept as they were sent, and judged one by one (erasing.test.ts); so are definitions (erased-definitions.test.ts).
  rejected_events: 'judged by their text',
  dead_letters: 'judged by their text',
  definitions: 'judged by their text',
}

test('a table of projects that nobody thought of for erasures is found', async () => {
  const tables = await select<{ table: string }>(
    `SELECT DISTINCT table FROM system.columns WHERE database = currentDatabase() AND name = 'project'
    AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree')`,
  )
  const unknown = tables
    .map(({ table }) => table)
    .filter((table) => !erasedTables.includes(table) && !(table in namesNobody))
  expect(unknown).toEqual([])
})

test('what SQL finds of addresses in a text is found here as well: else somebody else’s event would go with the name', async () => {
  const pieces = fc.constantFrom(
    ...[
      'ada@example.com',
      'ADA@Example.com',
      'o.k+tag@sub.example.co.uk',
      'nada@example.com',
      'a',
      'n',
      '@',
      '.',
      '-',
    ],
    ...[
      '\\',
      '\\\\',
      '\\n',
      '\\\\n',
      '\\u0061',
      '\\u0040',
      '"',
      ' ',
      '\t',
      '%',
      '%5C',
      '%5c',
      '%255C',
      '%25',
      '%20',
      '%40',
    ],
    ...['%2540', '%2B', '=', '&', '?m=', 'é', '＠', '\u200b', '%E2%80%8B', '\u{1f600}', '[', '{', "'"],
  )
  const written = fc.array(pieces, { maxLength: 9 }).map((all) => all.join(''))
  const texts = fc.sample(
    fc.tuple(written, pieces, written).map((all) => all.join('')),
    { numRuns: 4_000, seed: 7 },
  )
  const query = `SELECT t AS text, ${addressesInSql('t')} AS addresses FROM (SELECT arrayJoin({texts: Array(String)}) AS t)`
  const rows: { text: string; addresses: string[] }[] = []
  // A parameter is a field of a form, which has an end.
  for (let from = 0; from < texts.length; from += 500) {
    const query_params = { texts: texts.slice(from, from + 500) }
    const found = await clickhouse.app.query({ query, query_params, format: 'JSONEachRow' })
    rows.push(...(await found.json<{ text: string; addresses: string[] }>()))
  }
  expect(rows).toHaveLength(texts.length)
  let addresses = 0
  for (const { text, addresses: inSql } of rows) {
    addresses += inSql.length
    const here = addressesIn(text)
    expect(
      inSql.filter((one) => !here.includes(one)),
      JSON.stringify(text),
    ).toEqual([])
  }
  expect(addresses).toBeGreaterThan(1_000)
}, 120_000)
