import { expect, test } from 'vitest'
import { hashIdentifier, judgeBy } from '../log/tombstones.js'
import { scrubWords } from './erased-texts.js'

const erasedAt = Date.parse('2026-03-01T00:00:00Z')
const tombstone = (identifier: string) => ({
  hash: hashIdentifier('salt', identifier),
  from: undefined,
  to: erasedAt,
  isWhole: true,
})
const list = ['user:u-12345', 'email:ada@example.com'].map(tombstone)
const judge = judgeBy({ salt: 'salt', list })

function scrubbed(said: object, writtenAt: number = erasedAt - 1) {
  const updated_at = new Date(writtenAt).toISOString()
  const line = { project: 'p', updated_at, name: 'may.csv', columns: ['id'], warnings: [], rows: 7, ...said }
  if (judge === undefined) throw new Error('nobody is erased')
  return scrubWords('imports', line, judge)
}

test('a file that is named for somebody, a header that is somebody’s row, a warning that quotes it', () => {
  expect(
    scrubbed({
      name: 'Export for Ada@Example.com.csv',
      columns: ['ADA@example.com', 'u-12345', 'Bob <bob@example.com>'],
      warnings: ['no header: "ada@example.com;u-12345"'],
    }),
  ).toMatchObject({
    columns: ['[erased]', '[erased]', 'Bob <bob@example.com>'],
    warnings: ['no header: "[erased];[erased]"'],
    rows: 7,
  })
})

test.each([
  ['Export for Ada@Example.com, May', 'Export for [erased], May'],
  ['Ada@Example.com.csv', '[erased].csv'],
  ['ada@example.com.CSV.gz', '[erased].CSV.gz'],
  ['exports/ada@example.com/all.csv', 'exports/[erased]/all.csv'],
  ['u-12345.ndjson', '[erased].ndjson'],
])('a file named %s', (name, left) => {
  expect(scrubbed({ name })?.['name']).toBe(left)
})

test('what names nobody who was erased stays as it is', () => {
  expect(scrubbed({})).toBeUndefined()
  expect(scrubbed({ columns: ['bob@example.com', 'u-1234'] })).toBeUndefined()
  for (const name of ['nada@example.com.csv', 'bob@example.com.csv.gz', '.csv', 'u-123456.csv', 'a.b.c.d'])
    expect(scrubbed({ name }), name).toBeUndefined()
})

test('what was written after the erasure names somebody new', () => {
  expect(scrubbed({ columns: ['ada@example.com'] }, erasedAt)).toBeUndefined()
  expect(scrubbed({ columns: ['ada@example.com'] })?.['columns']).toEqual(['[erased]'])
})
