/**
 * However large the file is: the command and the server hold a row and a few batches of it. The server's heap is bounded to
 * 200 MB here, for V8 lets garbage lie as long as the machine has room, and what lies there would be all that is measured.
 */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startImport, writeRows } from '../../test-support/importing.js'
import { startServer, until, type TestServer } from '../../test-support/server.js'

const mostMb = 200
/** `GIGABYTES=2` imports a file of that size; it takes minutes. */
const bytes = process.env.GIGABYTES === undefined ? 300e6 : Number(process.env.GIGABYTES) * 1e9
const head = 'Email,When,What,Note\n'
const note = 'n'.repeat(6_000)
const map = {
  source: 'memory',
  rows: [{ as: 'touch', email: 'Email', at: 'When', name: 'What', kind: 'email' }],
}

/** Of Linux alone: elsewhere nobody says it so cheaply. */
const rssMb = (pid: number) =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024

describe.skipIf(process.platform !== 'linux')('a file of any size is read in 200 MB', () => {
  let server: TestServer
  let dir: string
  beforeAll(async () => {
    server = await startServer({ env: { NODE_OPTIONS: `--max-old-space-size=${mostMb}` } })
    dir = await mkdtemp(join(tmpdir(), 'touchline-import-memory-'))
    await writeFile(join(dir, 'map.json'), JSON.stringify(map))
  })
  afterAll(async () => {
    await server.stop()
    await rm(dir, { recursive: true, force: true })
  })

  test('by the command, and by the server beside it', async () => {
    // Rows that are wide, each thousandth of them a megabyte and more, and refused.
    const rows = Math.ceil(bytes / (note.length + 1_100 + 50))
    const wide = 'w'.repeat(1_100_000)
    // What the first import brings once: code, connections, caches.
    const small = join(dir, 'small.csv')
    await writeRows(small, head, 3_000, (n) => `p${n}@m.example,2026-01-02,Opened,${note}\n`)
    await startImport(server, [small, '--map', join(dir, 'map.json'), '--json']).ended
    await until(async () => {
      const [row] = await server.sql<{ n: number }>('SELECT uniqExact(message_id) AS n FROM events')
      return Number(row?.n) === 3_000 ? true : undefined
    })
    const refused = Math.ceil((rows - 7) / 1_000)
    const answer = await inBounds({
      ...{ name: 'large', head, rows, map },
      row: (n) =>
        `p${n % 5_000}@m${n % 50}.example,2026-01-0${1 + (n % 9)},Opened ${n % 3},${n % 1_000 === 7 ? wide : note}\n`,
    })
    expect(answer).toMatchObject({ state: 'done', rows, accepted: rows - refused, rejected: refused })
  }, 1_800_000)

  test('what is kept of rows that are refused does not hold the rows', async () => {
    const wide = 'w'.repeat(800_000)
    const rows = 400
    const answer = await inBounds({
      ...{ name: 'refused', head, rows, map },
      // No time, no address, and values of a megabyte that stand where a time should.
      row: (n) =>
        n % 3 === 0
          ? `p${n}@m.example,never,Opened ${n},${wide}\n`
          : n % 3 === 1
            ? `nobody,2026-01-02,Opened ${n},${wide}\n`
            : `p${n}@m.example,${wide},Opened ${n},note\n`,
    })
    expect(answer).toMatchObject({ state: 'done', rows, accepted: 0, rejected: rows })
    const { rejectedRows } = answer as { rejectedRows: { reason: string; row: string }[] }
    expect(rejectedRows).toHaveLength(rows)
    for (const { reason, row } of rejectedRows) {
      expect(reason.length).toBeLessThan(600)
      expect(row.length).toBeLessThanOrEqual(1_000)
    }
  }, 1_800_000)

  test('sums of costs do not hold the rows that they were read from, nor do many long columns', async () => {
    const columns = Array.from({ length: 60 }, (_, n) => `Column ${n}`)
    const long = columns.map((_, n) => `${n}`.repeat(60)).join(',')
    const rows = 50_000
    const answer = await inBounds({
      ...{ name: 'costs', head: `Day,Campaign,Spent,${columns.join(',')}\n`, rows },
      map: {
        source: 'costs',
        rows: [
          {
            ...{ as: 'cost', day: 'Day', amount: 'Spent', campaign: 'Campaign' },
            ...{ channel: { constant: 'Paid Search' }, currency: { constant: 'EUR' } },
          },
        ],
      },
      row: (n) => `2026-01-0${1 + (n % 9)},A campaign with a long name ${n},1.5,${long}\n`,
    })
    expect(answer).toMatchObject({ state: 'done', rows, accepted: rows, costs: rows })
  }, 1_800_000)

  interface Imported {
    name: string
    head: string
    rows: number
    row: (n: number) => string
    map: object
  }

  /** What the import answers; neither the command nor the server may grow beyond what is allowed. */
  async function inBounds({ name, map: body, ...file }: Imported): Promise<unknown> {
    const [path, mapPath] = [join(dir, `${name}.csv`), join(dir, `${name}.json`)]
    await writeRows(path, file.head, file.rows, file.row)
    await writeFile(mapPath, JSON.stringify(body))
    if (name === 'large') expect((await stat(path)).size).toBeGreaterThan(bytes * 0.95)
    const before = rssMb(server.pid)
    const most = { command: 0, server: 0 }
    const { child, ended } = startImport(server, [path, '--map', mapPath, '--json'])
    const timer = setInterval(() => {
      // It may have ended meanwhile.
      if (child.exitCode === null) most.command = Math.max(most.command, rssMb(child.pid ?? 0))
      most.server = Math.max(most.server, rssMb(server.pid) - before)
    }, 50)
    const { out, err } = await ended
    clearInterval(timer)
    expect(err).toBe('')
    expect(most.command).toBeGreaterThan(20)
    expect(most.command).toBeLessThan(mostMb)
    expect(most.server).toBeLessThan(mostMb)
    expect(server.output()).not.toContain('heap')
    return JSON.parse(out) as unknown
  }
})
