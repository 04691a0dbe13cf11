/** Files as they really come: cut, put together, of the wrong kind. By the real command beside the real server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { touchlineImport } from '../../test-support/importing.js'
import { startServer, until, type TestServer } from '../../test-support/server.js'

let server: TestServer
let dir: string
beforeAll(async () => {
  server = await startServer()
  dir = await mkdtemp(join(tmpdir(), 'touchline-bad-files-'))
})
afterAll(async () => {
  await server.stop()
  await rm(dir, { recursive: true, force: true })
})

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(dir, name)
  await writeFile(path, content)
  return path
}

async function imported(path: string, ...args: string[]) {
  const { out, err, code } = await touchlineImport(server, path, '--json', ...args)
  if (out === '') throw new Error(err)
  return { code, answer: JSON.parse(out) as Record<string, unknown> }
}

/** Messages of a source with how often each is stored, once there are so many. */
const untilStored = (source: string, messages: number) =>
  until(
    async () => {
      const [row] = await server.sql<{ rows: string; ids: string }>(
        'SELECT count() AS rows, uniqExact(message_id) AS ids FROM events FINAL WHERE origin = {source: String}',
        { source },
      )
      return Number(row?.ids) === messages ? { rows: Number(row?.rows), ids: Number(row?.ids) } : undefined
    },
    { what: `${messages} events of ${source}` },
  )

test('a gzip that is cut in the middle brings what it has, says so, and the whole file brings the rest once', async () => {
  const rows = Array.from(
    { length: 8_000 },
    (_, n) =>
      `"liv${n}@cut.example",Liv,S,Demo ${(n * 7919) % 1_000},2026-03-05 15:00:00,2026-03-01 09:00:00,No,0`,
  )
  const head = 'Email,First name,Last name,Event,Session date,Registration date,Attended,Attendance duration'
  const packed = gzipSync(`${head}\n${rows.join('\n')}\n`)
  const cut = await imported(
    await file('cut.csv.gz', packed.subarray(0, packed.length / 2)),
    '--map',
    'livestorm-attendees',
  )
  expect(cut.answer).toMatchObject({ state: 'cut' })
  expect(cut.code).toBe(1)
  expect(cut.answer.warnings).toContain('The file ends inside its gzip: it was cut.')
  expect(Number(cut.answer.accepted)).toBeGreaterThan(1_000)
  expect(Number(cut.answer.accepted)).toBeLessThan(rows.length)
  const whole = await imported(await file('whole.csv.gz', packed), '--map', 'livestorm-attendees')
  expect(whole.answer).toMatchObject({ state: 'done', accepted: rows.length, rejected: 0, resumedAfter: 0 })
  expect(whole.code).toBe(0)
  // Who they are and that they registered.
  await untilStored('livestorm', rows.length * 2)
})

test('two exports one behind the other, the second with its columns elsewhere: each row by its own header', async () => {
  const path = await file(
    'both.csv',
    Buffer.from(
      [
        'Name;E-Mail;Wann;Betrag',
        'Zoë;zoe@both.example;1.3.2026;1.234,50',
        'Jörg;joerg@both.example;12.11.2025;7',
        'Betrag;Wann;E-Mail;Name',
        '8,5;2026-03-02;ann@both.example;"Ann ""A"" Lee"',
        '9;März 3;bob@both.example;Bob',
        '8,5;2026-03-02;ann@both.example;"Ann ""A"" Lee"',
      ].join('\r\n'),
      'latin1',
    ),
  )
  const map = await file(
    'both.json',
    JSON.stringify({
      source: 'both',
      decimal: ',',
      rows: [
        {
          as: 'touch',
          email: 'e-mail',
          at: { column: 'wann', format: ['d.M.yyyy', 'iso'] },
          name: { constant: 'Angebot' },
          value: 'betrag',
          currency: { constant: 'EUR' },
          properties: { name: 'name' },
        },
      ],
    }),
  )
  const { answer } = await imported(path, '--map', map)
  expect(answer).toMatchObject({
    encoding: 'windows-1252',
    delimiter: ';',
    rows: 6,
    accepted: 4,
    rejected: 2,
  })
  expect(answer.rejectedRows).toMatchObject([
    { line: 4, reason: expect.stringContaining('its columns in another order') as string },
    { line: 6, reason: expect.stringContaining('März 3 is no time') as string },
  ])
  await untilStored('both', 3)
  const stored = await server.sql<{ told: string }>(
    `SELECT concat(email, ' ', toString(toDate(occurred_at)), ' ', JSONExtractRaw(properties, 'value'), ' ', JSONExtractString(properties, 'name')) AS told
     FROM events FINAL WHERE origin = 'both' GROUP BY told ORDER BY told`,
  )
  expect(stored.map(({ told }) => told)).toEqual([
    'ann@both.example 2026-03-02 8.5 Ann "A" Lee',
    'joerg@both.example 2025-11-12 7 Jörg',
    'zoe@both.example 2026-03-01 1234.5 Zoë',
  ])
})

test('the dry run of dates that may be read in two ways shows both, whatever is between the numbers', async () => {
  const path = await file(
    'dates.csv',
    'email,on,what\na@d.example,3-4-2026,Call\na@d.example,03.04.26,Call\na@d.example,25/12/2025,Call\n',
  )
  const map = (format?: string[]) =>
    JSON.stringify({
      source: 'dates',
      rows: [{ as: 'touch', email: 'email', name: 'what', at: format ? { column: 'on', format } : 'on' }],
    })
  const free = (await touchlineImport(server, path, '--map', await file('free.json', map()), '--dry-run')).out
  expect(free).toContain(
    '? on 3-4-2026: 2026-04-03 (day first) or 2026-03-04 (month first); the map does not say',
  )
  expect(free).toContain(
    '? on 03.04.26: 2026-04-03 (day first) or 2026-03-04 (month first); the map does not say',
  )
  const said = await imported(
    path,
    '--map',
    await file('said.json', map(['d-M-yyyy', 'dd.MM.yy', 'd/M/yyyy'])),
    '--dry-run',
  )
  expect(said.answer).toMatchObject({ accepted: 3, rejected: 0 })
  expect(said.answer.ambiguous).toMatchObject([{ taken: '2026-04-03' }, { taken: '2026-04-03' }])
})

test('what is no table is refused before anything is written, with what to do', async () => {
  const workbook = await file('deals.xlsx', Buffer.from('PK\x03\x04\x14\0\x06\0\x08\0', 'latin1'))
  const { err, code } = await touchlineImport(server, workbook, '--map', 'hubspot-deals')
  expect(err).toContain('Excel workbook. Unpack it, or save the sheet as CSV')
  expect(code).toBe(1)
})
