/**
 * That bytes and names are on disk before anything is acknowledged cannot be seen by killing a process: the kernel keeps
 * what it was given. So the calls are looked at, as strace sees them.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const program = fileURLToPath(
  new URL('../../../../test-support/processes/append-and-say.ts', import.meta.url),
)
const canTrace = spawnSync('strace', ['-V']).status === 0 && spawnSync('strace', ['-f', 'true']).status === 0
if (!canTrace) console.warn('SKIPPED: whether appends are synced needs strace and the right to trace')

const traced =
  'openat,open,write,pwrite64,pwritev,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,close'

describe.skipIf(!canTrace)('before an append is acknowledged', () => {
  let root: string
  let dir: string
  let calls: string[]

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'touchline-synced-'))
    dir = join(root, 'log')
    const output = join(root, 'trace')
    // Full paths of descriptors (-y), calls of all threads in one order.
    const run = spawnSync(
      'strace',
      [
        '-f',
        '-y',
        '-s',
        '400',
        '-e',
        `trace=${traced}`,
        '-o',
        output,
        process.execPath,
        '--import',
        'tsx',
        program,
        dir,
      ],
      { env: { ...process.env, UV_USE_IO_URING: '0' }, encoding: 'utf8' },
    )
    expect(run.stderr).toBe('')
    calls = wholeCalls(readFileSync(output, 'utf8'))
  }, 120_000)
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  const at = (pattern: RegExp, from = 0) => {
    const index = calls.findIndex((call, place) => place >= from && pattern.test(call))
    expect(index, String(pattern)).toBeGreaterThanOrEqual(0)
    return index
  }
  const segment = (first: number) => `segment-${String(first).padStart(12, '0')}\\.jsonl`
  const acknowledged = (n: number) => at(new RegExp(`write\\(1<.*acknowledged ${n}`))
  const folderSynced = (from: number) => at(new RegExp(`^fsync\\(\\d+<${dir}>\\) += 0`), from)

  test('its rows are written to a file that is opened so that each write is on disk when it returns', () => {
    for (const [n, first] of [
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 4],
    ] as const) {
      const written = at(new RegExp(`^pwrite64\\((\\d+)<.*${segment(first)}>.*\\\\"n\\\\":${n}[}]`))
      expect(written).toBeLessThan(acknowledged(n))
      const descriptor = /^pwrite64\((\d+)</.exec(calls[written] ?? '')?.[1]
      const openedAt = calls.findLastIndex(
        (call, place) =>
          place < written && new RegExp(`^open.*${segment(first)}.* = ${descriptor}<`).test(call),
      )
      expect(calls[openedAt]).toMatch(/O_DSYNC|O_SYNC/)
    }
  })

  test('the name of each new segment is on disk too, by an fsync of the folder', () => {
    for (const [n, first] of [
      [1, 1],
      [4, 4],
    ] as const) {
      const created = at(new RegExp(`^open.*${segment(first)}.*O_CREAT`))
      const synced = folderSynced(created)
      expect(synced).toBeLessThan(at(new RegExp(`^pwrite64\\(.*${segment(first)}>.*frame`)))
      expect(synced).toBeLessThan(acknowledged(n))
    }
  })

  test('and before a rewrite resolves its copy is on disk, in the other’s place, and so is the folder', () => {
    const renamed = at(new RegExp(`^rename.*${segment(1)}\\.rewriting.*${segment(1)}"`))
    const copied = calls.findLastIndex(
      (call, place) =>
        place < renamed && new RegExp(`^fsync\\(\\d+<.*${segment(1)}\\.rewriting>\\) += 0`).test(call),
    )
    expect(copied).toBeGreaterThan(at(new RegExp(`^pwrite64\\(.*${segment(1)}\\.rewriting>`)))
    expect(folderSynced(renamed)).toBeLessThan(at(/write\(1<.*rewritten/))
  })

  test('the mark of what is handled is written so that it is on disk when it returns', () => {
    const opened = at(/^open.*\/handled".*O_CREAT/)
    expect(calls[opened]).toMatch(/O_DSYNC|O_SYNC/)
    at(/^pwrite64\(\d+<.*\/handled>, "\{\\"write\\":/)
  })
})

/** Calls that another thread interrupted stand in two lines; each counts when it returned. */
function wholeCalls(trace: string): string[] {
  const begun = new Map<string, string>()
  return trace.split('\n').flatMap((line) => {
    const [, thread = '', call = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    if (call.endsWith(' <unfinished ...>')) {
      begun.set(thread, call.slice(0, -' <unfinished ...>'.length))
      return []
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(call)?.[1]
    return resumed === undefined ? [call] : [`${begun.get(thread) ?? ''}${resumed}`]
  })
}
