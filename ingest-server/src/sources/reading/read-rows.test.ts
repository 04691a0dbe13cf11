import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cellsOfOne } from './csv-rows.js'
import { readRows, type ReadOptions } from './read-rows.js'
import { isBad, type ReadRow } from './row.js'

const wanted = [['email'], ['when'], ['what']]

async function read(bytes: Buffer | string, options: Partial<ReadOptions> = {}, chunk = 1 << 20) {
  const all = Buffer.from(bytes)
  async function* chunks() {
    for (let at = 0; at < all.length; at += chunk) yield all.subarray(at, at + chunk)
  }
  const file = readRows(chunks(), { wanted, ...options })
  const rows: ReadRow[] = []
  for await (const batch of file.batches) rows.push(...batch)
  return { rows, form: file.form, warnings: file.warnings, isCut: file.isCut() }
}

const cells = (rows: readonly ReadRow[]) =>
  rows.map((row) => (isBad(row) ? `${row.line}: ${row.reason}` : row.cells))

describe('a file is read as it is written', () => {
  const plain = 'email,when,what\na@x.de,2026-03-01,Call\n'
  const expected = [['a@x.de', '2026-03-01', 'Call']]

  it.each([
    ['comma', plain, ','],
    ['semicolon', plain.replaceAll(',', ';'), ';'],
    ['tab', plain.replaceAll(',', '\t'), '\t'],
    ['bar', plain.replaceAll(',', '|'), '|'],
    ['what Excel says of itself', `sep=;\r\n${plain.replaceAll(',', ';').replaceAll('\n', '\r\n')}`, ';'],
  ])('finds the delimiter: %s', async (_name, text, delimiter) => {
    const { rows, form } = await read(text)
    expect(form.delimiter).toBe(delimiter)
    expect(cells(rows)).toEqual(expected)
  })

  it.each<[string, (text: string) => Buffer, string]>([
    ['UTF-8', (text) => Buffer.from(text), 'utf-8'],
    ['UTF-8 with a mark', (text) => Buffer.from(`\ufeff${text}`), 'utf-8 (byte order mark)'],
    ['UTF-16 with a mark', (text) => Buffer.from(`\ufeff${text}`, 'utf16le'), 'utf-16le (byte order mark)'],
    ['UTF-16 without one', (text) => Buffer.from(text, 'utf16le'), 'utf-16le'],
    [
      'UTF-16, the other way round',
      (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
      'utf-16be (byte order mark)',
    ],
    ['Windows-1252', (text) => Buffer.from(text, 'latin1'), 'windows-1252'],
  ])('finds the encoding: %s, however it is cut into chunks', async (_name, write, encoding) => {
    const text = 'email,when,what\nzoë@x.de,2026-03-01,Straße\n'
    for (const size of [1, 3, 7, 1 << 20]) {
      const { rows, form } = await read(write(text), {}, size)
      expect(form.encoding).toBe(encoding)
      expect(cells(rows)).toEqual([['zoë@x.de', '2026-03-01', 'Straße']])
    }
  })

  it('a byte order mark says more than a map that was written for another file', async () => {
    const { rows, form } = await read('\ufeffemail;when;what\nzoë@x.de;2026-03-01;Café\n', {
      encoding: 'windows-1252',
    })
    expect(form).toMatchObject({ encoding: 'utf-8 (byte order mark)', columns: ['email', 'when', 'what'] })
    expect(cells(rows)).toEqual([['zoë@x.de', '2026-03-01', 'Café']])
  })

  it('an encoding or a delimiter that is not the file’s is refused with what was read', async () => {
    const message = expect.stringContaining('None of the first') as string
    const text = 'email;when;what\nzoë@x.de;2026-03-01;Café\n'
    await expect(read(text, { delimiter: '\t' })).rejects.toMatchObject({ message })
    await expect(read(text, { encoding: 'utf-16le' })).rejects.toMatchObject({ message })
    await expect(read(text, { encoding: 'no-such' })).rejects.toMatchObject({ code: 'IMPORT_INVALID' })
  })

  it('finds Windows-1252 behind a long beginning of ASCII', async () => {
    const ascii = 'a@x.de,2026-03-01,Call\n'.repeat(5_000)
    const { rows, form } = await read(
      Buffer.from(`email,when,what\n${ascii}b@x.de,2026-03-02,Caf\xe9\n`, 'latin1'),
      {},
      4096,
    )
    expect(form.encoding).toBe('windows-1252')
    expect(cells(rows).at(-1)).toEqual(['b@x.de', '2026-03-02', 'Café'])
  })

  it('refuses the rows with bytes that are no UTF-8 in a file that is, and names them', async () => {
    const text = Buffer.concat([
      Buffer.from('email,when,what\nä@x.de,2026-03-01,Ok\n'),
      Buffer.from('b@x.de,2026-03-02,Caf\xe9\n', 'latin1'),
      Buffer.from('c@x.de,2026-03-03,Ok\n'),
    ])
    const { rows } = await read(text)
    expect(cells(rows)).toEqual([
      ['ä@x.de', '2026-03-01', 'Ok'],
      '3: holds bytes that are no UTF-8',
      ['c@x.de', '2026-03-03', 'Ok'],
    ])
  })

  it('reads gzip, and says of one that is cut that it is', async () => {
    const many = plain + 'b@x.de,2026-03-02,Mail\n'.repeat(20_000)
    const packed = gzipSync(many)
    expect((await read(packed, {}, 1000)).rows).toHaveLength(20_001)
    const cut = await read(packed.subarray(0, packed.length - 20), {}, 1000)
    expect(cut.isCut).toBe(true)
    expect(cut.warnings.join()).toContain('cut')
  })

  it('finds a header that moved: behind lines of a report, its columns in another order and case', async () => {
    const { rows, form } = await read(
      'Webinar report\nGenerated,2026-03-02\n\nWhat ,E-Mail,WHEN\nCall,a@x.de,2026-03-01\n',
      {
        wanted: [['e mail', 'email'], ['when'], ['what']],
      },
    )
    expect(form.columns).toEqual(['What', 'E-Mail', 'WHEN'])
    expect(rows).toMatchObject([{ line: 5, cells: ['Call', 'a@x.de', '2026-03-01'] }])
  })

  it('says what there is where no line is the header', async () => {
    await expect(read('a,b\n1,2\n')).rejects.toMatchObject({
      code: 'IMPORT_INVALID',
      message: expect.stringContaining('The first line: a,b') as string,
    })
    for (const [bytes, said] of [
      ['PK\x03\x04\x14\0\x06\0', 'Excel workbook'],
      ['\xd0\xcf\x11\xe0\xa1\xb1', 'xls'],
      ['PAR1\x15\0', 'Parquet'],
      ['BZh91AY', 'not by gzip'],
    ] as const)
      await expect(read(Buffer.from(bytes, 'latin1'))).rejects.toMatchObject({
        code: 'IMPORT_INVALID',
        message: expect.stringContaining(said) as string,
      })
    await expect(read('')).rejects.toMatchObject({ code: 'IMPORT_INVALID' })
    await expect(read('[{"email":"a@x.de"}]')).rejects.toMatchObject({
      message: expect.stringContaining('one object a line') as string,
    })
  })
})

describe('bad rows never stop good ones', () => {
  const head = 'email,when,what\n'
  const good = 'z@x.de,2026-03-09,Last\n'
  const last = ['z@x.de', '2026-03-09', 'Last']

  it.each([
    [
      'quotes inside quotes',
      'a@x.de,2026-03-01,"He said ""hi"", and, so"\n',
      ['a@x.de', '2026-03-01', 'He said "hi", and, so'],
    ],
    [
      'quotes that nobody doubled',
      'a@x.de,2026-03-01,"He said "hi" there"\n',
      ['a@x.de', '2026-03-01', 'He said "hi" there'],
    ],
    ['a line end inside quotes', 'a@x.de,2026-03-01,"two\nlines"\n', ['a@x.de', '2026-03-01', 'two\nlines']],
    ['an inch', 'a@x.de,2026-03-01,5" screen\n', ['a@x.de', '2026-03-01', '5" screen']],
    ['too few columns', 'a@x.de,2026-03-01\n', '2: has 2 columns where the header has 3'],
    [
      'too many',
      'a@x.de,2026-03-01,Call,x\n',
      '2: has 4 columns where the header has 3; a cell that holds a comma must stand in quotes',
    ],
    [
      'quotes that a backslash escapes',
      'a@x.de,2026-03-01,"so \\"hi\\", and"\n',
      ['a@x.de', '2026-03-01', 'so "hi", and'],
    ],
    ['a blank before the quote', 'a@x.de, 2026-03-01, "so, and"\n', ['a@x.de', '2026-03-01', 'so, and']],
    [
      'another delimiter',
      'a@x.de;2026-03-01;Call\n',
      '2: has 1 column where the header has 3; read by a semicolon it has them: the delimiter changes here',
    ],
    ['empty columns behind', 'a@x.de,2026-03-01,Call,,,\n', ['a@x.de', '2026-03-01', 'Call']],
    ['the header again', head, '2: is the header again'],
    ['the header again, written by Excel', 'email ,when,what,,\n', '2: is the header again'],
    ['a row that begins like the header', 'email,2026-03-01,Call\n', ['email', '2026-03-01', 'Call']],
  ])('%s', async (_name, row, expected) => {
    const { rows } = await read(head + row + good)
    expect(cells(rows)).toEqual([expected, last])
  })

  it('a header that comes again with its columns in another order is what the rows below it are read by', async () => {
    const other = 'what,email,when\nMail,b@x.de,2026-03-02\n'
    for (const size of [5, 1 << 20]) {
      const { rows } = await read(`${head}${good}${other}${other}${head}${good}`, {}, size)
      const moved = 'is the header again, its columns in another order: rows below are read by it'
      const mail = ['b@x.de', '2026-03-02', 'Mail']
      expect(cells(rows)).toEqual([
        last,
        `3: ${moved}`,
        mail,
        `5: ${moved}`,
        mail,
        '7: is the header again',
        last,
      ])
    }
  })

  it('a line of JSON of 10 MB is refused by its line', async () => {
    const long = JSON.stringify({ email: 'a@x.de', note: 'x'.repeat(10 * 1024 * 1024) })
    const { rows } = await read(`{"email":"a@x.de"}\n${long}\n{"email":"b@x.de"}\n`, {}, 64 * 1024)
    expect(rows.map((row) => (isBad(row) ? `${row.line}: ${row.reason}` : row.line))).toEqual([
      1,
      '2: the row is longer than 1024 KB',
      3,
    ])
  })

  it('gzip of several members is one file, and a damaged one gives what stands before the damage', async () => {
    const two = Buffer.concat([gzipSync(head + good), gzipSync('a@x.de,2026-03-01,Call\n')])
    expect(cells((await read(two, {}, 9)).rows)).toEqual([last, ['a@x.de', '2026-03-01', 'Call']])
    const many = gzipSync(
      head + Array.from({ length: 50_000 }, (_, n) => `p${n}@x.de,2026-03-01,${n * 7919}\n`).join(''),
    )
    many.fill(0xff, many.length / 2, many.length / 2 + 200)
    const { rows, isCut, warnings } = await read(many, {}, 4096)
    expect(isCut).toBe(true)
    expect(warnings.join()).toContain('damaged')
    expect(rows.length).toBeGreaterThan(1_000)
  })

  it('a row of 10 MB is refused by its line, and so is a quote that is never closed', async () => {
    const long = `a@x.de,2026-03-01,${'x'.repeat(10 * 1024 * 1024)}\n`
    const open = `b@x.de,2026-03-02,"never closed\n${'c@x.de,2026-03-03,Call\n'.repeat(60_000)}`
    const { rows } = await read(head + long + open + good, {}, 64 * 1024)
    const said = cells(rows)
    expect(said[0]).toBe('2: the row is longer than 1024 KB')
    expect(said[1]).toBe('3: a quote that is opened here is not closed within 1024 KB')
    expect(said).toHaveLength(60_003)
    expect(said.at(-1)).toEqual(last)
  })

  it('a file that is cut inside a quote loses that line and no other', async () => {
    const { rows } = await read(`${head}${good}a@x.de,2026-03-01,"cut\nb@x.de,2026-03-02,Call\nc@x`)
    expect(cells(rows)).toEqual([
      last,
      '3: the file ends inside a quote that is opened here',
      ['b@x.de', '2026-03-02', 'Call'],
      '5: has 1 column where the header has 3',
    ])
  })

  it('lines of JSON that are none are named', async () => {
    const { rows, form } = await read('{"email":"a@x.de"}\n{"email":\n[1]\n\n{"email":"b@x.de"}\n')
    expect(form.format).toBe('ndjson')
    expect(rows.map((row) => [row.number, row.line, isBad(row)])).toEqual([
      [1, 1, false],
      [2, 2, true],
      [3, 3, true],
      [4, 5, false],
    ])
  })

  it('rows are the same however the file is cut into chunks', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', 'é'), maxLength: 6 })
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 12 }),
        async (table, size) => {
          const rows = table.map(([a, b]) => [`k${a}`, b, 'x'])
          const text = head + rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join('')
          expect(cells((await read(text, {}, size)).rows)).toEqual(rows)
        },
      ),
    )
  })
})

it('quotes that nobody doubled, thousands in a cell, are read like others', () => {
  const bytes = Buffer.from(`a@x.de,2026-03-01,"a${'"b'.repeat(11_999)}`)
  for (let times = 0; times < 300; times += 1) {
    const [row] = cellsOfOne({ bytes, line: 7, innerLines: 0 }, ',')
    expect(row?.line).toBe(7)
    expect(row?.cells[0]).toBe('a@x.de')
  }
})
