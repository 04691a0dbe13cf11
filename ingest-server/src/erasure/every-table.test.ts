/** Of each table that could name a person: an erasure takes their rows, and nobody else's, nor another project's. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { addressesIn, addressesInSql } from '../log/addresses-in-text.js'
import { erasedText } from '../log/scrub.js'
import { hashIdentifier } from '../log/tombstones.js'
import { erasedTables, findErased, removeErased } from './remove-erased.js'

let clickhouse: TestClickHouse
beforeAll(async () => {
  clickhouse = await startTestClickHouse()
}, 120_000)
afterAll(() => clickhouse.close())

async function select<Row>(query: string): Promise<Row[]> {
  return (await clickhouse.app.query({ query, format: 'JSONEachRow' })).json<Row>()
}

type Row = Record<string, unknown>
/** Rows that name somebody, each in one place alone; `address` is theirs too. */
const rowsOf: Record<string, (name: string, address: string) => Row[]> = {
  events: (name, address) => [
    { subject: name, message_id: `of ${name}` },
    {
      subject: 'user:someone',
      message_id: `beside ${name.length}`,
      properties: JSON.stringify({ to: address }),
    },
  ],
  links: (name) => [
    { identifier: name, other: 'anon:a' },
    { identifier: 'user:someone', other: name },
  ],
  traits: (name, address) => [
    { identifier: name, name: 'plan', value: '"pro"' },
    { identifier: 'user:someone', name: 'buddy', message_id: name, value: JSON.stringify(address) },
  ],
  account_traits: (_name, address) => [
    { account: 'acme', name: `owner of ${address}`, value: JSON.stringify(address) },
  ],
  memberships: (name) => [{ identifier: name, account: 'acme' }],
  account_subjects: (name) => [{ account: 'acme', subject: name }],
  email_hosts: (_name, address) => [{ host: 'x.test', email: address }],
  identity_changes_seen: (name, address) => [
    { kind: 'claim', identifier: name },
    { kind: 'claim', identifier: 'user:someone', other: name },
    { kind: 'email', identifier: `email:${address}` },
  ],
  identity_map: (name) => [
    { identifier: name },
    { identifier: `anon:shared-${name.length}`, owners: [{ person: name }] },
    { identifier: `email:shared-${name.length}@x.test`, contested: [{ identifier: name }] },
  ],
  people: (name) => [{ person: name }],
  account_people: (name) => [{ account: 'acme', person: name }],
  kept_stage_entries: () => [],
  touchpoints_of_people: (name, address) => [
    { person: name, touch: 1 },
    { person: 'user:someone', touch: name.length, name: `Mailed ${address}` },
  ],
  touchpoints_of_accounts: (name, address) => [
    { account: 'acme', person: name, touch: 100 + name.length },
    { account: 'acme', person: 'user:someone', touch: name.length, name: `Mailed ${address}` },
  ],
  touchpoint_changes: (name) => [{ identifier: name }, { identifier: name, low: '2026-01-01 00:00:00.000' }],
  segment_memberships: (name) => [
    { segment: 's', subject_kind: 'person', subject: name, subject_key: name.length },
  ],
  score_values: (name) => [{ score: 's', subject_kind: 'person', subject: name, subject_key: name.length }],
  segment_transitions: (name) => [
    { segment: 's', subject: name, n: 1 },
    { segment: 's', subject: 'user:someone', n: name.length, moved_to: name },
  ],
  segment_transition_feed: (name) => [{ segment: 's', subject: name }],
  segment_additions: (name, address) => [
    { segment: 's', identifier: name },
    { segment: 's', identifier: 'user:someone', id: String(name.length), author: address },
  ],
  handoff_records: (name, address) => [
    { score: 's', subject: name, id: '1' },
    { score: 's', subject: 'acme', person: name, id: String(name.length) },
    {
      score: 's',
      subject: 'user:someone',
      id: `2${name.length}`,
      touches: JSON.stringify([{ name: `Mailed <${address}>` }]),
    },
  ],
  engage_changes: (name) => [{ kind: 'person', id: name }],
  program_facts: (name, address) => [
    { program: 'p', run: `1-${name.length}`, subject: name },
    { program: 'p', run: `2-${name.length}`, subject: 'acme', person: name },
    { program: 'p', run: `4-${name.length}`, subject: 'acme', because: `${address} asked for it` },
  ],
  program_runs_now: (name, address) => [
    { program: 'p', run: `3-${name.length}`, subject: name },
    { program: 'p', run: `5-${name.length}`, subject: 'acme', trigger: address },
  ],
  deliveries_decided: (name, address) => [
    { id: `d ${name}`, subject: 'acme', subjects: ['acme', name], body: name },
    {
      id: `f ${name.length}`,
      subject: 'acme',
      subjects: ['acme'],
      body: JSON.stringify({ owner: address, manager: name.slice(5), of: name, text: `Hello\n${address}` }),
    },
  ],
  delivery_attempts: (name, address) => [
    { id: `d ${name}`, attempt: 1, subject: 'acme', subjects: [name], answer: name },
    {
      id: `f ${name.length}`,
      attempt: 1,
      subject: 'acme',
      subjects: ['acme'],
      answer: `no such user: ${address}, ${encodeURIComponent(address).toUpperCase()}`,
    },
  ],
  delivery_states: (name, address) => [
    { id: `e ${name}`, attempt: 1, subject: 'acme', subjects: [name], answer: name },
    { id: `g ${name.length}`, attempt: 1, subject: 'acme', subjects: ['acme'], answer: `<${address}>` },
  ],
  change_records: (name, address) => [
    { seq: name.length, subject: name, body: name },
    {
      seq: 1_000 + name.length,
      subject: 'user:someone',
      body: `{"traits":{"buddy":"${address.replace('@', '\\u0040')} and ${address}"}}`,
    },
  ],
  changes_seen: (name, address) => [
    { subject: name },
    { subject: 'user:someone', data: JSON.stringify({ account: address }) },
  ],
  imports: (name, address) => [
    { import_id: `i ${name.length}`, name: `${address}.csv`, columns: ['id', address], warnings: [address] },
    { import_id: `of ${address}`, version: 1 },
    { import_id: `n ${name.length}`, name: `${address}.csv.gz` },
  ],
  costs: (name, address) => [
    { day: '2026-01-01', campaign: `for ${address}`, amount: 12.5, version: name.length },
    { day: '2026-01-01', source: address, amount: 1, version: name.length },
  ],
}

const gone = ['user:gone-for-good', 'gone@x.test'] as const
const stays = ['user:stays', 'stays@x.test'] as const
const salt = 'salt'
const tombstones = {
  salt,
  list: [gone[0], `email:${gone[1]}`].map((name) => ({
    hash: hashIdentifier(salt, name),
    from: undefined,
    to: Date.now() + 60_000,
    isWhole: true,
    receivedTo: Date.now() + 60_000,
  })),
}

const columnsOf = async (table: string) =>
  (
    await select<{ name: string }>(
      `SELECT name FROM system.columns WHERE database = currentDatabase() AND table = '${table}'`,
    )
  ).map(({ name }) => name)

/** How many rows of a project name somebody, wherever it stands. */
async function naming(table: string, project: string, who: readonly string[]): Promise<number> {
  const found = await select<{ n: string }>(
    `SELECT toString(count()) AS n FROM ${table} WHERE project = '${project}' AND multiSearchAny(toString(tuple(*)), [${who.map((one) => `'${one}'`).join(', ')}])`,
  )
  return Number(found[0]?.n)
}

test('rows that name the erased go from every table, whatever the place; others stay, and so does another project', async () => {
  expect(Object.keys(rowsOf).sort()).toEqual([...new Set(erasedTables)].sort())
  const now = new Date().toISOString().replace('T', ' ').replace('Z', '')
  for (const [table, rows] of Object.entries(rowsOf)) {
    const columns = await columnsOf(table)
    const values = (
      [
        ['shop', gone],
        ['shop', stays],
        ['other', gone],
      ] as const
    ).flatMap(([project, [name, address]]) =>
      rows(name, address).map((row) => {
        for (const column of Object.keys(row)) expect(columns, table).toContain(column)
        return {
          project,
          ...row,
          ...(columns.includes('stored_at') && table !== 'events' && { stored_at: now }),
        }
      }),
    )
    if (values.length > 0) await clickhouse.app.insert({ table, values, format: 'JSONEachRow' })
  }
  const left = async (project: string, who: readonly string[]) => {
    const counts: Record<string, number> = {}
    for (const table of Object.keys(rowsOf)) counts[table] = await naming(table, project, who)
    return counts
  }
  const [ofStays, ofOther] = [await left('shop', stays), await left('other', gone)]
  for (const [table, rows] of Object.entries(rowsOf)) {
    const least = rows(...gone).length
    expect(await naming(table, 'shop', gone), table).toBeGreaterThanOrEqual(least)
    expect(ofStays[table], table).toBeGreaterThanOrEqual(least)
    expect(ofOther[table], table).toBeGreaterThanOrEqual(least)
  }
  await removeErased({ app: clickhouse.app }, 'shop', tombstones, Date.now())
  expect(await findErased({ app: clickhouse.app }, 'shop', tombstones)).toEqual({})
  expect(await left('shop', gone)).toEqual(Object.fromEntries(Object.keys(rowsOf).map((table) => [table, 0])))
  expect(await left('other', gone)).toEqual(ofOther)
  // What is worked out anew of them, they get once more besides.
  for (const [table, rows] of Object.entries(await left('shop', stays)))
    expect(rows, table).toBeGreaterThanOrEqual(ofStays[table] ?? 0)
}, 300_000)

test('many rows with the same words at the same time all stay, without the name', async () => {
  const list = { project: 'many', segment: 's', at: '2026-03-01 10:00:00.000', author: gone[1] }
  const identifiers = Array.from({ length: 300 }, (_, n) => `user:u${n}`)
  const values = identifiers.map((identifier) => ({ ...list, identifier, id: identifier }))
  await clickhouse.app.insert({ table: 'segment_additions', values, format: 'JSONEachRow' })
  await removeErased({ app: clickhouse.app }, 'many', tombstones, Date.now())
  const left = await select<{ identifier: string; author: string }>(
    `SELECT identifier, author FROM segment_additions FINAL WHERE project = 'many'`,
  )
  expect(left.map(({ identifier }) => identifier).sort()).toEqual([...identifiers].sort())
  expect(new Set(left.map(({ author }) => author))).toEqual(new Set([erasedText]))
}, 300_000)

/** Tables with a project that name no person, and why. */
const namesNobody: Record<string, string> = {
  domains: 'domains and accounts, and the messages that claim them',
  stage_fillings: 'how far stages are worked out',
  identity_epochs: 'when somebody was erased',
  erasure_progress: 'how far erasures are',
  account_hosts: 'hosts of accounts',
  erasures: 'the ledger: salted hashes',
  // Kept as they were sent, and judged one by one (erasing.long.test.ts); so are definitions (erased-definitions.test.ts).
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
