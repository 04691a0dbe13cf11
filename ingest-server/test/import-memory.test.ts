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
    const file = join(dir, 'large.csv')
    // Rows that are wide, each thousandth of them a megabyte and more, and refused.
    const rows = Math.ceil(bytes / (note.length + 1_100 + 50))
    const wide = 'w'.repeat(1_100_000)
    await writeRows(
      file,
      head,
      rows,
      (n) =>
        `p${n % 5_000}@m${n % 50}.example,2026-01-0${1 + (n % 9)},Opened ${n % 3},${n % 1_000 === 7 ? wide : note}\n`,
    )
    expect((await stat(file)).size).toBeGreaterThan(bytes * 0.95)
    // What the first import brings once: code, connections, caches.
    const small = join(dir, 'small.csv')
    await writeRows(small, head, 3_000, (n) => `p${n}@m.example,2026-01-02,Opened,${note}\n`)
    await startImport(server, [small, '--map', join(dir, 'map.json'), '--json']).ended
    await until(async () => {
      const [row] = await server.sql<{ n: number }>('SELECT uniqExact(message_id) AS n FROM events')
      return Number(row?.n) === 3_000 ? true : undefined
    })
    const before = rssMb(server.pid)
    const most = { command: 0, server: 0 }
    const { child, ended } = startImport(server, [file, '--map', join(dir, 'map.json'), '--json'])
    const timer = setInterval(() => {
      // It may have ended meanwhile.
      if (child.exitCode === null) most.command = Math.max(most.command, rssMb(child.pid ?? 0))
      most.server = Math.max(most.server, rssMb(server.pid) - before)
    }, 50)
    const { out, err } = await ended
    clearInterval(timer)
    expect(err).toBe('')
    const refused = Math.ceil((rows - 7) / 1_000)
    expect(JSON.parse(out)).toMatchObject({
      state: 'done',
      rows,
      accepted: rows - refused,
      rejected: refused,
    })
    expect(most.command).toBeGreaterThan(20)
    expect(most.command).toBeLessThan(mostMb)
    expect(most.server).toBeLessThan(mostMb)
    expect(server.output()).not.toContain('heap')
  }, 1_800_000)
})
