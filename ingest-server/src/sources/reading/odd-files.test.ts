/** Files that are not what they seem: one bad place must not take along what is good around it. */
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
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

describe('what one quote, one cut or one kind of line end does to the rest of a file', () => {
  const head = 'email,when,what\n'
  const row = (n: number, what = 'Call') => `p${n}@x.de,2026-03-0${n},${what}\n`

  it.each([1, 5, 1 << 20])(
    'a quote that closes only in a later row takes no row along (chunks of %i)',
    async (size) => {
      const text = `${head}${row(1)}${row(2, '"never')}${row(3)}${row(4, '"a, b"')}${row(5, '"two\nlines"')}${row(6)}`
      const { rows } = await read(text, {}, size)
      expect(cells(rows)).toEqual([
        ['p1@x.de', '2026-03-01', 'Call'],
        '3: a quote that is opened here ends only in line 5',
        ['p3@x.de', '2026-03-03', 'Call'],
        ['p4@x.de', '2026-03-04', 'a, b'],
        ['p5@x.de', '2026-03-05', 'two\nlines'],
        ['p6@x.de', '2026-03-06', 'Call'],
      ])
      expect(rows.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6])
      expect(rows.at(-1)?.line).toBe(8)
    },
  )

  it('a quote that is opened in every row is named in every row, in one pass', async () => {
    const many = 60_000
    const { rows } = await read(head + 'a@x.de,"y\n'.repeat(many) + row(7), {}, 1 << 16)
    expect(rows.filter(isBad)).toHaveLength(many)
    expect(cells(rows.slice(-1))).toEqual([['p7@x.de', '2026-03-07', 'Call']])
  })

  it('lines that end with a carriage return are lines, though a cell holds a line feed', async () => {
    const text = `${head}${row(1)}a@x.de,2026-03-02,"two#lines"\n${row(3)}`.replaceAll('\n', '\r')
    const { rows } = await read(text.replace('#', '\n'))
    expect(cells(rows)).toEqual([
      ['p1@x.de', '2026-03-01', 'Call'],
      ['a@x.de', '2026-03-02', 'two\nlines'],
      ['p3@x.de', '2026-03-03', 'Call'],
    ])
  })

  it('lines of blanks and of delimiters alone are no rows', async () => {
    const { rows } = await read(`${head}${row(1)},,\n   \n" ",,\n\n${row(2)}`)
    expect(rows.map(({ line }) => line)).toEqual([2, 7])
  })

  it('of a gzip that is cut the row in which it ends is refused, whatever it seems to say', async () => {
    const packed = gzipSync(
      head + Array.from({ length: 3_000 }, (_, n) => row(1 + (n % 9), `Call ${n * 7_919}`)).join(''),
    )
    const { rows, isCut } = await read(packed.subarray(0, packed.length * 0.6))
    expect(isCut).toBe(true)
    expect(rows.filter(isBad).map(({ number, reason }) => ({ number, reason }))).toEqual([
      { number: rows.length, reason: 'the file is cut inside this row' },
    ])
  })

  it('a chunk of many narrow rows comes in small batches, and so do wide ones', async () => {
    const text = head + Array.from({ length: 9_000 }, (_, n) => row(1 + (n % 9))).join('')
    const wide = head + Array.from({ length: 90 }, (_, n) => row(1 + (n % 9), 'w'.repeat(20_000))).join('')
    const sizes: number[] = []
    for (const one of [text, wide]) {
      const file = readRows(Readable.from([Buffer.from(one)]), { wanted })
      for await (const batch of file.batches) sizes.push(batch.length)
    }
    expect(Math.max(...sizes.slice(0, 5))).toBeLessThanOrEqual(2_000)
    expect(sizes.slice(-3).every((rows) => rows < 10)).toBe(true)
  })
})

describe('exports that were put one behind the other', () => {
  const first = 'email,when,what\na@x.de,2026-03-01,Call\n'
  const called = ['a@x.de', '2026-03-01', 'Call']

  it.each([
    ['in capitals, with blanks', ' EMAIL ,When,"What "', 'a@x.de,2026-03-01,Call', ''],
    [
      'in another order and case',
      'WHAT,Email,When',
      'Call,a@x.de,2026-03-01',
      ', its columns in another order: rows below are read by it',
    ],
    [
      'with one more column in front',
      'Id,Email,When,What',
      '7,a@x.de,2026-03-01,Call',
      ', with other columns: rows below are read by it',
    ],
    [
      'with one more behind, and the last in front',
      'what,email,when,id',
      'Call,a@x.de,2026-03-01,7',
      ', with other columns: rows below are read by it',
    ],
  ])('the header comes again %s', async (_name, header, row, how) => {
    const { rows } = await read(`${first}${header}\n${row}\n${first}`)
    expect(cells(rows)).toEqual([
      called,
      `3: is the header again${how}`,
      called,
      '5: is the header again',
      called,
    ])
  })

  it('the second lacks a column: what stood there is empty, and it is said', async () => {
    const { rows } = await read(`${first}When,Email\n2026-03-02,b@x.de\n`)
    expect(cells(rows)).toEqual([
      called,
      '3: is the header again, with other columns: rows below are read by it, which has no what',
      ['b@x.de', '2026-03-02', ''],
    ])
  })

  it('two columns of one name stay apart', async () => {
    const { rows } = await read('email,note,note\na@x.de,1,2\nnote,note,email\n3,4,b@x.de\n')
    expect(cells(rows).filter(Array.isArray)).toEqual([
      ['a@x.de', '1', '2'],
      ['b@x.de', '3', '4'],
    ])
  })

  it('a row that speaks of some columns is a row', async () => {
    for (const row of [
      ['email', 'x', 'y'],
      ['x', 'what', 'y'],
      ['what', '', ''],
      ['email', '2026-03-01', 'when it was'],
    ])
      expect(cells((await read(`${first}${row.join(',')}\n`)).rows)[1]).toEqual(row)
  })

  it('a row may end before columns that have no name, and its last delimiter may be missing', async () => {
    const { rows } = await read(
      'email,when,what,,\na@x.de,2026-03-01,Call\nb@x.de,2026-03-01,Call,,\nc@x.de,2026-03-01\n',
    )
    expect(cells(rows)).toEqual([
      [...called, '', ''],
      ['b@x.de', '2026-03-01', 'Call', '', ''],
      '4: has 2 columns where the header has 5',
    ])
  })
})

describe('what a crash or a copy leaves', () => {
  const text = 'email,when,what\na@x.de,2026-03-01,Call\n'
  const called = ['a@x.de', '2026-03-01', 'Call']

  it.each([
    ['at the end', `${text}${'\0'.repeat(5_000)}`, '3: has 1 column where the header has 3'],
    ['as a row', `${text}${'\0'.repeat(300)}\n`, '3: has 1 column where the header has 3'],
  ])('zeros %s spoil no row', async (_name, bytes, said) => {
    expect(cells((await read(bytes)).rows)).toEqual([called, said])
  })

  it('of a gzip of a few rows that is cut what stands before the cut is there', async () => {
    const packed = gzipSync(text)
    for (const cut of [1, 4, 8])
      expect(await read(packed.subarray(0, packed.length - cut), {}, 7)).toMatchObject({
        isCut: true,
        rows: [{ cells: called }],
      })
    expect(await read(Buffer.concat([packed, Buffer.alloc(700)]))).toMatchObject({
      isCut: false,
      rows: [{ cells: called }],
    })
  })

  it('damage behind a gzip is said, and costs no more than what stands closely before it', async () => {
    const many = gzipSync(
      text + Array.from({ length: 30_000 }, (_, n) => `b@x.de,2026-03-01,${n * 7_919}\n`).join(''),
    )
    const { rows, isCut, warnings } = await read(Buffer.concat([many, Buffer.from('garbage')]), {}, 1 << 20)
    expect({ isCut, said: warnings[0] }).toMatchObject({
      isCut: true,
      said: expect.stringContaining('damaged') as string,
    })
    expect(rows.length).toBeGreaterThan(20_000)
  })

  it('a line of Excel that names another delimiter than the file has is passed over', async () => {
    const { rows, form } = await read(`sep=,\n${text.replaceAll(',', ';')}`)
    expect(form.delimiter).toBe(';')
    expect(cells(rows)).toEqual([called])
  })
})

describe('encodings that no mark names', () => {
  it.each([
    ['Cyrillic', 'жук@пример.рф;2026-03-01;Звонок и долгий разговор'],
    ['Greek', 'ζωή@x.gr;2026-03-01;Κλήση'],
    ['Japanese', 'sato@x.jp;2026-03-01;電話で相談'],
  ])('UTF-16 in %s, either way round', async (_name, row) => {
    const text = `email;when;what\r\n${`${row}\r\n`.repeat(20)}`
    const little = Buffer.from(text, 'utf16le')
    for (const [bytes, encoding] of [
      [little, 'utf-16le'],
      [Buffer.from(little).swap16(), 'utf-16be'],
    ] as const) {
      const { rows, form } = await read(bytes, {}, 1_001)
      expect(form.encoding).toBe(encoding)
      expect(cells(rows)[0]).toEqual(row.split(';'))
      expect(rows).toHaveLength(20)
    }
  })

  it('a text with some zero bytes is no UTF-16', async () => {
    const { rows, form } = await read(
      'email,when,what\na@x.de,2026-03-01,a\0b\0c\0d\nb@x.de,2026-03-02,Call\n',
    )
    expect(form.encoding).toBe('utf-8')
    expect(rows.filter(isBad)).toEqual([])
  })
})

it.each<[string, string | Buffer, RegExp]>([
  ['an empty archive', 'PK\x05\x06', /ZIP or an Excel workbook. Unpack it, or save the sheet as CSV/],
  ['a gzip in a gzip', gzipSync(gzipSync('email\n')), /compressed twice/],
  ['zlib', Buffer.from('789c010203', 'hex'), /compressed, and not by gzip/],
  ['UTF-32', Buffer.from('fffe000065000000', 'hex'), /UTF-32/],
  ['a page', '\ufeff<!DOCTYPE html>\n<html>Sign in</html>', /web page/],
  ['a PDF', '%PDF-1.7\n', /PDF/],
  [
    'a tar',
    `rows.csv${'\0'.repeat(249)}ustar\0${'\0'.repeat(249)}email,when,what\n`,
    /tar archive. Unpack it/,
  ],
  ['zeros', '\0'.repeat(9_000), /nothing but zeros/],
  ['an object over many lines', '{\n  "email": "a@x.de"\n}\n', /one object a line: jq -c/],
  ['nothing but a mark', '\ufeff', /empty/],
  ['nothing but line ends', '\r\n\n', /empty/],
  ['bytes', Buffer.from(Array.from({ length: 400 }, (_, n) => (n % 3 === 0 ? 1 : 200))), /no text/],
  ['another delimiter', 'email^when^what\na@x.de^2026-03-01^Call\n', /may also say its delimiter/],
])('what is no table is refused with what to do: %s', async (_name, bytes, message) => {
  await expect(read(bytes)).rejects.toThrow(message)
})

it('a table for a map of JSON lines is refused as a whole, a bad line among good ones by itself', async () => {
  await expect(read('uuid,event\n1,x\n', { format: 'ndjson' })).rejects.toThrow(
    /no line begins like one.*uuid,event/,
  )
  const { rows } = await read('uuid,event\n{"email":"a@x.de"}\n', { format: 'ndjson' })
  expect(rows.map(isBad)).toEqual([true, false])
})
