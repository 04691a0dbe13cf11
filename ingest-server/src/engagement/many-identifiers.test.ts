/** Of somebody with as many identifiers as a person may have everything is answered: none is left out, nothing is too long. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { readRuns } from './programs/facts.js'
import { identifiersOf } from './segments/list.js'

const identifiers = Array.from({ length: 10_000 }, (_, n) => `anon:${String(n).padStart(60, 'é')}`)
let clickhouse: TestClickHouse
const reader = () => ({ client: clickhouse.reader, project: 'default', signedOnly: false })

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  const open = { from: null, to: null, because: 'm', rule: 'R1', verified: true }
  const insert = (table: string, values: object[]) =>
    clickhouse.app.insert({ table, format: 'JSONEachRow', values })
  const project = 'default'
  await insert('people', [
    {
      project,
      person: 'user:many',
      identifiers: identifiers.map((identifier) => ({ identifier, ...open })),
      version: 1,
    },
  ])
  await insert(
    'segment_additions',
    [identifiers[7], identifiers[9_999], 'anon:other'].map((identifier, n) => {
      return { project, segment: 'list', identifier, at: '2026-01-01 00:00:00', id: `${n}`, author: 'x' }
    }),
  )
  await insert(
    'program_runs_now',
    [...identifiers.filter((_, n) => n % 100 === 0), 'anon:other'].map((subject) => {
      const run = `p:1:${subject}:1`
      return {
        project,
        program: 'p',
        run,
        place: '1',
        n: 1,
        subject,
        subject_kind: 'person',
        state: 'waiting',
      }
    }),
  )
}, 60_000)
afterAll(() => clickhouse.close())

test('which of their identifiers stand in a list', async () => {
  const segment = { id: 'list', body: { subject: 'person', identifiers: [identifiers[3]] } } as Parameters<
    typeof identifiersOf
  >[1]
  expect(await identifiersOf(reader(), segment, 'user:many')).toEqual(
    [identifiers[3], identifiers[7], identifiers[9_999]].sort(),
  )
})

test('their runs of a program, page by page in the order of the runs', async () => {
  const all: string[] = []
  for (let after = ''; ;) {
    const rows = await readRuns(reader(), { program: 'p', subjects: identifiers, after, limit: 30 })
    all.push(...rows.map(({ run }) => run))
    if (rows.length < 30) break
    after = rows.at(-1)?.run ?? ''
  }
  const expected = identifiers.filter((_, n) => n % 100 === 0).map((subject) => `p:1:${subject}:1`)
  expect(all).toEqual(expected.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
  expect(await readRuns(reader(), { program: 'p', subjects: [], limit: 30 })).toEqual([])
})
