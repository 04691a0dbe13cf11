/** Files that are imported: the real command beside the real server, killed for real. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startImport, touchlineImport, writeRows } from '../../test-support/importing.js'
import { startServer, until, type TestServer } from '../../test-support/server.js'

let server: TestServer
let dir: string
beforeAll(async () => {
  server = await startServer()
  dir = await mkdtemp(join(tmpdir(), 'touchline-imports-'))
})
afterAll(async () => {
  await server.stop()
  await rm(dir, { recursive: true, force: true })
})

const calls = (source: string) => ({
  name: 'Calls',
  source,
  rows: [
    {
      as: 'touch',
      email: 'Email',
      at: { column: 'When', format: ['yyyy-MM-dd', 'd/M/yyyy'], zone: 'Europe/Berlin' },
      name: { constant: 'Call' },
      kind: 'offline',
      channel: { constant: 'Phone' },
      value: 'Worth',
      currency: { constant: 'EUR' },
    },
  ],
})

async function saveMap(id: string, body: object): Promise<void> {
  const answer = await fetch(`${server.url}/v1/definitions/import/${id}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${server.secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(201)
}

async function file(name: string, text: string | Buffer): Promise<string> {
  const path = join(dir, name)
  await writeFile(path, text)
  return path
}

const counted = async (source: string) => {
  const [row] = await server.sql<{ rows: string; ids: string }>(
    `SELECT count() AS rows, uniqExact(message_id) AS ids FROM events FINAL WHERE origin = {source: String}`,
    { source },
  )
  return { rows: Number(row?.rows), ids: Number(row?.ids) }
}

const untilCounted = (source: string, ids: number) =>
  until(async () => ((await counted(source)).ids === ids ? true : undefined), {
    what: `${ids} events of ${source}`,
    timeoutMs: 240_000,
  })

describe('touchline import', () => {
  test('brings rows in, names the bad ones by their line, and a second run changes nothing', async () => {
    await saveMap('calls', calls('calls'))
    const path = await file(
      'calls.csv',
      'Email;When;Worth\r\nann@acme.de;2026-03-01;1,5\r\nbob@acme.de;03/04/2026;200\r\nno-address;2026-03-02;\r\neve@acme.de;soon;\r\nann@acme.de;2026-03-01;1,5\r\nann@acme.de;31/12/2099;\r\n',
    )
    const report = join(dir, 'report.csv')
    const refused = await touchlineImport(server, path, '--map', 'calls', '--report', report)
    expect(refused.out).toContain('CSV, semicolon, utf-8')
    expect(refused.out).toContain('6 rows: 1 accepted (1 events), 0 of no use to the map, 5 refused.')
    expect(refused.out).toContain('line 2: 1,5 is no number with a point as its decimal sign')
    expect(refused.code).toBe(1)
    expect((await readFile(report, 'utf8')).split('\n').map((line) => line.split('","')[1])).toEqual([
      undefined,
      '2',
      '4',
      '5',
      '6',
      '7',
      undefined,
    ])

    await saveMap('calls-comma', { ...calls('calls'), decimal: ',' })
    const first = await touchlineImport(server, path, '--map', 'calls-comma', '--json')
    const answer = JSON.parse(first.out) as Record<string, unknown>
    expect(answer).toMatchObject({
      state: 'done',
      rows: 6,
      accepted: 3,
      skipped: 0,
      rejected: 3,
      delimiter: ';',
    })
    expect(answer.rejectedRows).toMatchObject([
      { line: 4, code: 'EVENT_NO_ID' },
      { line: 5, reason: expect.stringContaining('soon is no time as the map says') as string },
      { line: 7, reason: '2099-12-30 lies in the future' },
    ])
    // The row that is there twice is one touch; bob was in already.
    await untilCounted('calls', 2)

    const timeline = () =>
      server.get<{ touchpoints: object[] }>('/v1/users/email:ann@acme.de/timeline?kind=offline')
    const before = await until(async () => {
      const { body } = await timeline()
      // Which account it counts for is found a moment later.
      return JSON.stringify(body).includes('domain:acme.de') ? body.touchpoints : undefined
    })
    expect(before).toMatchObject([
      {
        kind: 'offline',
        name: 'Call',
        at: '2026-02-28T23:00:00.000Z',
        channel: 'Phone',
        sources: ['calls'],
        properties: { value: 1.5, currency: 'EUR' },
      },
    ])

    const id = String(answer.id)
    const kept = await until(async () => {
      const { body } = await server.get<{ state: string; rejectedRows: object[] }>(`/v1/imports/${id}`)
      return body.state === 'done' && body.rejectedRows.length === 3 ? body : undefined
    })
    const second = JSON.parse(
      (await touchlineImport(server, path, '--map', 'calls-comma', '--json')).out,
    ) as object
    expect(second).toMatchObject({ id, state: 'done', resumedAfter: 6, rows: 6, accepted: 3, rejected: 3 })
    expect((await server.get<{ rejectedRows: object[] }>(`/v1/imports/${id}`)).body.rejectedRows).toEqual(
      kept.rejectedRows,
    )
    expect((await timeline()).body.touchpoints).toEqual(before)
    expect((await counted('calls')).ids).toBe(2)
  })

  test('a dry run shows what rows would become, both readings of a date, and writes nothing', async () => {
    const path = await file('dry.csv', 'Email,When,Worth\nann@dry.de,12/11/2025,5\nbob@dry.de,2025-13-01,5\n')
    const free = calls('dry')
    const map = await file('dry.json', JSON.stringify({ ...free, rows: [{ ...free.rows[0], at: 'When' }] }))
    const { out } = await touchlineImport(server, path, '--map', map, '--dry-run')
    expect(out).toContain('CSV, comma, utf-8')
    expect(out).toContain(
      '? When 12/11/2025: 2025-11-12 (day first) or 2025-12-11 (month first); the map does not say',
    )
    expect(out).toContain('line 2: refused: 12/11/2025 may be day/month or month/day')
    expect(out).toContain('Nothing was written.')
    const said = await file(
      'said.json',
      JSON.stringify({ ...free, rows: [{ ...free.rows[0], at: { column: 'When', format: 'd/M/yyyy' } }] }),
    )
    const shown = (await touchlineImport(server, path, '--map', said, '--dry-run')).out
    expect(shown).toContain('the map reads 2025-11-12')
    expect(shown).toContain(
      'line 2: 2025-11-12T00:00:00.000Z  track offline Phone  Call  ann@dry.de  {"value":5,"currency":"EUR"}',
    )
    await touchlineImport(
      server,
      await file('after.csv', 'Email,When,Worth\nann@after.de,2025-11-12,5\n'),
      '--map',
      await file('after.json', JSON.stringify(calls('after'))),
    )
    await untilCounted('after', 1)
    expect((await counted('dry')).rows).toBe(0)
  })

  test('says what is wrong before anything is sent: no such map, no such file, no column of the map', async () => {
    const path = await file('other.csv', 'a,b\n1,2\n')
    expect((await touchlineImport(server, path, '--map', 'cals')).err).toContain(
      'there is no such map; did you mean calls?',
    )
    expect((await touchlineImport(server, join(dir, 'none.csv'), '--map', 'calls')).err).toContain(
      'no such file',
    )
    const { err, code } = await touchlineImport(server, path, '--map', 'calls')
    expect(err).toContain(
      'None of the first 60 lines is a header with columns of the map (Email, When, Worth)',
    )
    expect(code).toBe(1)
    expect((await touchlineImport(server, '--maps')).out).toContain('segment-s3')
  })
})

describe('over HTTP', () => {
  const send = async (query: string, body: string | Buffer, key = server.secretKey, headers = {}) => {
    const answer = await fetch(`${server.url}/v1/imports?${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, ...headers },
      body: new Uint8Array(Buffer.from(body)),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }

  test('a secret key is needed; gzip may be the file or the encoding; a cut one says so', async () => {
    const map = encodeURIComponent(JSON.stringify(calls('http')))
    const text = `Email,When,Worth\n${Array.from({ length: 50 }, (_, n) => `p${n}@http.de,2026-01-02,1\n`).join('')}`
    expect(await send(`map=${map}`, text, server.writeKey)).toMatchObject({
      status: 401,
      body: { code: 'KEY_UNKNOWN' },
    })
    expect(await send(`map=${map}`, gzipSync(text))).toMatchObject({ status: 200, body: { accepted: 50 } })
    expect(
      await send(`map=${map}`, gzipSync(text), server.secretKey, { 'content-encoding': 'gzip' }),
    ).toMatchObject({
      status: 200,
      body: { accepted: 50, state: 'done' },
    })
    for (const type of ['csv', 'text/csv; charset=utf-8; header=present', '*', 'application/json'])
      expect(await send(`map=${map}`, text, server.secretKey, { 'content-type': type }), type).toMatchObject({
        status: 200,
        body: { accepted: 50 },
      })
    const packed = gzipSync(text)
    expect(await send(`map=${map}`, packed.subarray(0, packed.length - 9))).toMatchObject({
      body: { state: 'cut' },
    })
    expect(await send(`map=${map}`, '')).toMatchObject({ status: 400, body: { code: 'IMPORT_INVALID' } })
    expect(await send(`map=${map}&importId=a%20b`, text)).toMatchObject({
      status: 400,
      body: { code: 'QUERY_INVALID' },
    })
    expect(await send(`map=${map}&nosuch=1`, text)).toMatchObject({ status: 400 })
    await untilCounted('http', 50)
    expect((await server.get('/v1/imports/never')).status).toBe(404)
  })

  test('an importId that is used for another file begins anew', async () => {
    const map = encodeURIComponent(JSON.stringify(calls('again')))
    const day = (name: string) =>
      `Email,When,Worth\n${name}1@again.de,2026-01-02,1\n${name}2@again.de,2026-01-02,1\n`
    expect(await send(`map=${map}&importId=daily`, day('a'))).toMatchObject({
      body: { accepted: 2, resumedAfter: 0 },
    })
    await untilCounted('again', 2)
    expect(await send(`map=${map}&importId=daily`, day('b'))).toMatchObject({
      body: { accepted: 2, resumedAfter: 0 },
    })
    await untilCounted('again', 4)
  })
})

describe('a row that was mended is read when its file is sent again by the same name', () => {
  const note = 'n'.repeat(300)
  /** Each as long as the other, and none in what is looked at first. */
  const fileOf = (rows: number, when: string) =>
    `Email,When,Worth,Note\n${Array.from({ length: rows }, (_, n) => `m${n}@mended.de,${n === rows / 2 ? when : '2026-01-02'},1,${note}\n`).join('')}`
  const refusedOf = async (id: string) =>
    (await server.get<{ rejectedRows: { line: number }[] }>(`/v1/imports/${id}`)).body.rejectedRows.map(
      ({ line }) => line,
    )
  const untilRefused = (id: string, lines: number[]) =>
    until(async () => (JSON.stringify(await refusedOf(id)) === JSON.stringify(lines) ? true : undefined), {
      what: `refused rows of ${id} to be ${JSON.stringify(lines)}`,
    })

  // Of the larger one the server does not hold what it passes over.
  test.each([2_000, 30_000])('of %i rows', async (rows) => {
    const source = `mended-${rows}`
    const map = await file(`${source}.json`, JSON.stringify(calls(source)))
    const args = (name: string) => [join(dir, name), '--map', map, '--import-id', source, '--json']
    await file(`${source}.csv`, fileOf(rows, '2026-13-01'))
    const first = await touchlineImport(server, ...args(`${source}.csv`))
    expect(JSON.parse(first.out)).toMatchObject({ rows, accepted: rows - 1, rejected: 1 })
    await untilCounted(source, rows - 1)
    await untilRefused(source, [rows / 2 + 2])
    const again = await touchlineImport(server, ...args(`${source}.csv`))
    expect(JSON.parse(again.out)).toMatchObject({ resumedAfter: rows, accepted: rows - 1, rejected: 1 })

    await file(`${source}-mended.csv`, fileOf(rows, '2025-12-01'))
    const mended = await touchlineImport(server, ...args(`${source}-mended.csv`))
    expect(mended.err).toBe('')
    expect(JSON.parse(mended.out)).toMatchObject({ resumedAfter: 0, rows, accepted: rows, rejected: 0 })
    await untilCounted(source, rows)
    await untilRefused(source, [])
  })
})

test('the same file by two runs at once, of one name or of two, is in once', async () => {
  const rows = 20_000
  const note = 'n'.repeat(300)
  const path = join(dir, 'at-once.csv')
  await writeRows(path, 'Email,When,Worth,Note\n', rows, (n) => `t${n}@twice.de,2026-02-02,${n},${note}\n`)
  const map = await file('at-once.json', JSON.stringify(calls('at-once')))
  const run = (id: string) => touchlineImport(server, path, '--map', map, '--import-id', id, '--json')
  const all = await Promise.all([run('one'), run('one'), run('two')])
  const refused = all.filter(({ code }) => code !== 0)
  // The second of one name may have come when the first was done.
  for (const { err } of refused) expect(err).toContain('An import of this importId is under way')
  expect(refused.length).toBeLessThanOrEqual(1)
  for (const { out } of all.filter(({ code }) => code === 0))
    expect(JSON.parse(out)).toMatchObject({ rows, accepted: rows, rejected: 0 })
  await untilCounted('at-once', rows)
  expect((await counted('at-once')).ids).toBe(rows)
})

describe('a run that is killed half-way goes on, and nothing is lost or twice', () => {
  const rows = 60_000
  const head = 'Email,When,Worth,Note\n'
  // Wide enough that the file does not fit into what the sockets hold: who sends is in the middle of it for long.
  const note = 'n'.repeat(400)
  const row = (n: number) =>
    n % 1_000 === 7
      ? `broken-${n}@k.de,never,,${note}\n`
      : `p${n}@k${n % 50}.de,2026-02-0${1 + (n % 9)},${n},${note}\n`
  const bad = rows / 1_000

  const rowsOf = async (id: string) =>
    (await server.get<{ rows?: number }>(`/v1/imports/${id}`)).body.rows ?? 0

  async function untilHalfWay(id: string): Promise<void> {
    await until(async () => ((await rowsOf(id).catch(() => 0)) > rows / 10 ? true : undefined), {
      everyMs: 5,
      what: 'some rows',
    })
  }

  async function finished(source: string, path: string, id: string): Promise<void> {
    const map = join(dir, `${source}.json`)
    const { out } = await touchlineImport(server, path, '--map', map, '--import-id', id, '--json')
    expect(JSON.parse(out)).toMatchObject({ state: 'done', rows, accepted: rows - bad, rejected: bad })
    await untilCounted(source, rows - bad)
    // Refused rows are stored by a way of their own.
    const lines = await until(async () => {
      const { body } = await server.get<{ rejectedRows: { line: number }[] }>(`/v1/imports/${id}`)
      return body.rejectedRows.length >= bad ? body.rejectedRows.map(({ line }) => line) : undefined
    })
    expect(lines).toEqual(Array.from({ length: bad }, (_, n) => n * 1_000 + 9))
  }

  async function prepared(source: string): Promise<{ path: string; args: string[] }> {
    const path = join(dir, `${source}.csv`)
    await writeRows(path, head, rows, row)
    const map = await file(`${source}.json`, JSON.stringify(calls(source)))
    return { path, args: [path, '--map', map, '--import-id', source, '--json'] }
  }

  test('the command is killed', async () => {
    const { path, args } = await prepared('killed-command')
    const { child, ended } = startImport(server, args)
    await untilHalfWay('killed-command')
    child.kill('SIGKILL')
    await ended
    await until(async () => {
      const { body } = await server.get<{ state?: string }>('/v1/imports/killed-command')
      return body.state === 'interrupted' ? true : undefined
    })
    await finished('killed-command', path, 'killed-command')
  }, 400_000)

  test('the server is killed', async () => {
    const { path, args } = await prepared('killed-server')
    const { ended } = startImport(server, args)
    await untilHalfWay('killed-server')
    await server.kill()
    const { err, code } = await ended
    expect(code).toBe(1)
    expect(err).toContain('The same command again goes on where it stopped')
    await server.restart()
    await finished('killed-server', path, 'killed-server')
  }, 400_000)

  test('the server is stopped', async () => {
    const { path, args } = await prepared('stopped-server')
    const { ended } = startImport(server, args)
    await untilHalfWay('stopped-server')
    process.kill(server.pid, 'SIGTERM')
    expect((await ended).code).toBe(1)
    await until(() => {
      try {
        process.kill(server.pid, 0)
        return undefined
      } catch {
        return true
      }
    })
    await server.restart()
    await finished('stopped-server', path, 'stopped-server')
  }, 400_000)
})
