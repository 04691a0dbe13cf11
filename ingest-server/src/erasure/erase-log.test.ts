/** Lines of the log that an erasure takes, by each place in which they may name somebody. */
import { expect, test } from 'vitest'
import type { EventLog, LogRecord, LogTable } from '../log/log.js'
import { hashIdentifier, judgeBy, type Judge } from '../log/tombstones.js'
import { rewriteLog, verdictOfLine } from './erase-log.js'
import { scrubWords, type TableOfWords } from './erased-texts.js'

const salt = 'salt'
const at = '2026-01-02T00:00:00.000Z'
const judge = judgeBy({
  salt,
  list: ['user:gone', 'email:gone@x.test'].map((name) => ({
    hash: hashIdentifier(salt, name),
    from: Date.parse('2026-01-01T00:00:00Z'),
    to: Date.parse('2026-02-01T00:00:00Z'),
    isWhole: true,
  })),
}) as Judge

const times = { at, valid_at: at, known_at: at, decided_at: at, occurred_at: at, received_at: at }
const places: [LogTable, (name: string) => object][] = [
  ['events', (subject) => ({ subject })],
  ['rejected_events', (name) => ({ original: JSON.stringify({ userId: name.replace('user:', '') }) })],
  ['segment_transitions', (subject) => ({ subject })],
  ['segment_transitions', (moved_to) => ({ subject: 'user:other', moved_to })],
  ['segment_additions', (identifier) => ({ identifier })],
  ['handoff_records', (subject) => ({ subject })],
  ['handoff_records', (person) => ({ subject: 'acme', person })],
  ['program_facts', (subject) => ({ subject })],
  ['program_facts', (person) => ({ subject: 'acme', person })],
  ['deliveries_decided', (name) => ({ subject: 'acme', subjects: ['acme', name] })],
  ['delivery_attempts', (name) => ({ subject: 'acme', subjects: [name] })],
  ['change_records', (subject) => ({ subject })],
]

test.each(places)('a line of %s goes whole where it is theirs: %#', (table, named) => {
  const verdict = (name: string, project = 'shop', more: object = {}) =>
    verdictOfLine(
      Buffer.from(JSON.stringify({ project, ...times, ...named(name), ...more })),
      table,
      'shop',
      judge,
    )
  expect(verdict('user:gone')).toBe('theirs')
  expect(verdict('user:stays')).toBe('other')
  expect(verdict('user:gone', 'blog')).toBe('other')
  const later = Object.fromEntries(Object.keys(times).map((time) => [time, '2026-03-01T00:00:00.000Z']))
  expect(verdict('user:gone', 'shop', later)).toBe('other')
})

test('a line that names them and is somebody else’s is written anew; what cannot be read goes', () => {
  const line = (row: object) => Buffer.from(JSON.stringify({ project: 'shop', ...times, ...row }))
  const event = { subject: 'user:bob', properties: { to: 'Gone@x.test' } }
  expect(verdictOfLine(line(event), 'events', 'shop', judge)).toBe('mentions')
  const broken = Buffer.from('{"project":"shop","subject":"user:gone')
  expect(verdictOfLine(broken, 'events', 'shop', judge)).toBe('other')
})

const words: [LogTable, object, string][] = [
  [
    'deliveries_decided',
    { subject: 'user:bob', subjects: ['user:bob'], body: '{"to":"Gone@X.test"}' },
    'body',
  ],
  ['deliveries_decided', { subject: 'acme', subjects: ['acme'], body: '{"of":["user:gone"]}' }, 'body'],
  ['delivery_attempts', { subject: 'acme', subjects: [], answer: '{"bounced":"gone%40x.test' }, 'answer'],
  ['change_records', { subject: 'acme', body: '{"note":"a \\u0067one@x.test"}' }, 'body'],
  ['handoff_records', { subject: 'user:bob', touches: '[{"name":"To gone@x.test"}]' }, 'touches'],
  ['program_facts', { subject: 'user:bob', trigger: 'gone@x.test' }, 'trigger'],
  ['segment_additions', { identifier: 'user:bob', author: 'gone@x.test' }, 'author'],
  ['imports', { name: 'gone@x.test.csv', columns: ['gone@x.test'], updated_at: at }, 'name'],
  ['costs', { campaign: 'win back gone@x.test', version: Date.parse(at) }, 'campaign'],
]

test.each(words)(
  'words of others in a line of %s that name them are mentions, and no more after: %o',
  (table, row, column) => {
    const line = (text: string) =>
      Buffer.from(
        JSON.stringify({ project: 'shop', ...times, ...row }).replaceAll(/gone|\\\\u0067one/gi, text),
      )
    expect(verdictOfLine(line('gone'), table, 'shop', judge)).toBe('mentions')
    expect(verdictOfLine(line('stays'), table, 'shop', judge)).toBe('other')
    const clean = scrubWords(table as TableOfWords, { ...times, ...row }, judge)
    expect(clean).toEqual({
      ...times,
      ...row,
      [column]: expect.stringContaining('[erased]') as string,
      ...(table === 'imports' && { columns: ['[erased]'] }),
    })
    expect(JSON.stringify(clean)).not.toMatch(/gone/i)
    expect(
      verdictOfLine(Buffer.from(JSON.stringify({ project: 'shop', ...clean })), table, 'shop', judge),
    ).toBe('other')
  },
)

const big = '12345678901234567891'
const withNumbers: [LogTable, string, string][] = [
  [
    'events',
    `"subject":"user:bob","properties":{"to":"gone@x.test","ledger":${big},"far":1e400}`,
    `"properties":{"to":"[erased]","ledger":${big},"far":1e400}`,
  ],
  [
    'events',
    `"subject":"user:bob","person_traits":[{"name":"owner","value":"\\"gone@x.test\\""},{"name":"no","value":"${big}"}]`,
    `{"name":"no","value":"${big}"}`,
  ],
  [
    'change_records',
    `"subject":"acme","body":"{\\"owner\\":\\"gone@x.test\\",\\"no\\":${big}}"`,
    `"body":"{\\"owner\\":\\"[erased]\\",\\"no\\":${big}}"`,
  ],
  [
    'deliveries_decided',
    `"subject":"acme","subjects":[],"body":"[{\\"to\\":\\"gone@x.test\\"},0.12345678901234567891]"`,
    `0.12345678901234567891]"`,
  ],
  [
    'definitions',
    `"name":"of gone@x.test","author":"","note":"","body":"{\\"value\\":${big}}"`,
    `"body":"{\\"value\\":${big}}"`,
  ],
]

test.each(withNumbers)(
  'in a line of %s that is written anew without them, numbers stay as they were sent: %s',
  async (table, own, kept) => {
    const columns = JSON.stringify({ project: 'shop', ...times }).slice(0, -1)
    const appended: LogRecord[] = []
    const log = {
      replay: (handle: (batch: LogRecord[]) => Promise<void>) =>
        handle([{ table, lines: Buffer.from(`${columns},${own}}\n`), rows: {} }]),
      append: async (records: LogRecord[]) => void appended.push(...records),
      rewrite: async () => undefined,
    }
    await rewriteLog(log as unknown as EventLog, 'shop', judge)
    const text = appended.map(({ lines }) => lines.toString()).join('')
    expect(text).toContain(kept)
    expect(text).not.toContain('gone@')
  },
)
