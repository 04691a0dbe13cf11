/** What the process read-lmdb-log-child.mjs prints, as entries. */
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { TouchlineError } from '../../../errors.js'
import type { LogRecord } from '../../log.js'

export interface LmdbEntry extends LogRecord {
  sequence: number
  appendedAt: number
  records: number
}

const childFile = fileURLToPath(new URL('./read-lmdb-log-child.mjs', import.meta.url))
const lineFeed = 0x0a
const keptStderrBytes = 4_096

/** Calls `take` with each entry, in order; resolves with the last sequence that was handled. */
export async function readLmdbLog(
  path: string,
  take: (entry: LmdbEntry) => Promise<void>,
): Promise<{ handled: number }> {
  const child = spawn(process.execPath, [childFile, path], { stdio: ['ignore', 'pipe', 'pipe'] })
  let words = ''
  child.stderr.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(-keptStderrBytes)))
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
    child.once('error', reject)
  })
  const next = readerOf(child.stdout)
  try {
    let handled: number | undefined
    for (let header = await next.line(); header !== undefined; header = await next.line()) {
      if (handled === undefined) handled = (JSON.parse(header) as { handled: number }).handled
      else await take(await entryOf(header, (count) => next.bytes(count)))
    }
    const { code, signal } = await ended
    if (code === 0 && handled !== undefined) return { handled }
    throw unreadable(path, words.trim() || (signal ?? `it ended with ${code}`))
  } finally {
    child.kill('SIGKILL')
  }
}

function unreadable(path: string, why: string): TouchlineError {
  if (why.includes('is in use by')) return new TouchlineError('CONFIG_INVALID', `DATA_DIR: ${why}`)
  if (why.includes("package 'lmdb'"))
    return new TouchlineError(
      'CONFIG_INVALID',
      `DATA_DIR: ${path} is of an earlier version; npm i lmdb@3 reads it.`,
    )
  return new TouchlineError(
    'LOG_DAMAGED',
    `${path}, the log of an earlier version, cannot be read: ${why}. docs/operating.md says what to do.`,
  )
}

async function entryOf(line: string, bytesOf: (count: number) => Promise<Buffer>): Promise<LmdbEntry> {
  const { sequence, appendedAt, records, bytes } = JSON.parse(line) as Record<
    'sequence' | 'appendedAt' | 'records' | 'bytes',
    number
  >
  const value = await bytesOf(bytes)
  const end = value.indexOf(lineFeed)
  const { table, rows } = JSON.parse(value.toString('utf8', 0, end)) as Pick<LogRecord, 'table' | 'rows'>
  return { sequence, appendedAt, records, table, rows, lines: value.subarray(end + 1) }
}

/** Lines and counted bytes of a stream; undefined and fewer at its end. */
function readerOf(stream: Readable) {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>
  let held = Buffer.alloc(0)
  async function more(): Promise<boolean> {
    const chunk = await chunks.next()
    if (chunk.done === true) return false
    held = Buffer.concat([held, chunk.value])
    return true
  }
  return {
    async line(): Promise<string | undefined> {
      let end = held.indexOf(lineFeed)
      while (end === -1) {
        if (!(await more())) return undefined
        end = held.indexOf(lineFeed)
      }
      const line = held.toString('utf8', 0, end)
      held = held.subarray(end + 1)
      return line
    },
    async bytes(count: number): Promise<Buffer> {
      while (held.length < count && (await more()));
      const bytes = held.subarray(0, count)
      held = held.subarray(count)
      return bytes
    },
  }
}
