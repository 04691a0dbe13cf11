/**
 * The file of the embedded log: one LMDB file, opened by one process.
 *
 *     key   = [ sequence, appendedAt, bytes, records ]    sequence rises by one; the rest is known without reading values
 *     value = header LF lines                             header = { "table": …, "rows": { project: count } }
 *     key   = "handled" → the last handled sequence       (sorts after all arrays' numbers, in a database of its own)
 *
 * A put resolves after the data and the page that makes it visible are both on disk: with `overlappingSync`
 * off LMDB does fdatasync, then writes its meta page through O_DSYNC, then answers (seen with strace).
 */
import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { open, type Database, type RootDatabase } from 'lmdb'
import { TouchlineError } from '../errors.js'
import type { LogRecord, LogTable } from './log.js'

/** What stands in a key. */
export interface Entry {
  sequence: number
  appendedAt: number
  /** As stored, header included. */
  bytes: number
  /** How many appended records were joined into it. */
  records: number
}

export type EntryWithRecord = Entry & { record: LogRecord }
type EntryKey = [sequence: number, appendedAt: number, bytes: number, records: number]

export type LogFile = ReturnType<typeof openLogFile>

/** Opens or makes it; throws when another process has it open. */
export function openLogFile(path: string) {
  const root: RootDatabase<Buffer, string> = open({
    path,
    noSubdir: true,
    encoding: 'binary',
    compression: false,
    overlappingSync: false,
    // With it lmdb makes a promise for each turn that nobody can await: a failed commit would end the process.
    eventTurnBatching: false,
    maxDbs: 2,
  })
  const entries: Database<Buffer, EntryKey> = root.openDB('entries', { encoding: 'binary' })
  const marks: Database<number, string> = root.openDB('marks', { encoding: 'json' })
  refuseSecondProcess(root, path)
  syncFolderOf(path)

  return {
    /** Resolves when all are on disk. */
    async put(added: readonly EntryWithRecord[]): Promise<void> {
      await committed(added.map((entry) => entries.put(keyOf(entry), encodeValue(entry.record))))
    },
    /** Kept entries from `sequence` on, without their values. */
    *entriesFrom(sequence: number): Generator<Entry> {
      for (const key of entries.getKeys({ start: [sequence, 0, 0, 0] })) yield entryOf(key)
    },
    /** Reads on from `sequence` up to `maxBytes`, at least one. Bytes are copies. */
    read(sequence: number, maxBytes: number): EntryWithRecord[] {
      const found: EntryWithRecord[] = []
      let bytes = 0
      for (const { key, value } of entries.getRange({ start: [sequence, 0, 0, 0] })) {
        const entry = entryOf(key)
        if (found.length > 0 && bytes + entry.bytes > maxBytes) break
        bytes += entry.bytes
        found.push({ ...entry, record: decodeValue(value) })
      }
      return found
    },
    lastSequence(): number {
      for (const key of entries.getKeys({ reverse: true, limit: 1 })) return key[0]
      return 0
    },
    handled(): number {
      return marks.get('handled') ?? 0
    },
    async markHandled(sequence: number): Promise<void> {
      await committed([marks.put('handled', sequence)])
    },
    async remove(removed: readonly Entry[]): Promise<void> {
      await committed(removed.map((entry) => entries.remove(keyOf(entry))))
    },
    close: () => root.close(),
  }
}

/** Resolves when all of them are on disk, rejects with what the disk said. */
async function committed(writes: readonly Promise<boolean>[]): Promise<void> {
  try {
    await Promise.all(writes)
  } catch (error) {
    // lmdb keeps the reason in a promise of its own, which must not stay unhandled.
    if (error instanceof Error && 'commitError' in error) await error.commitError
    throw error
  }
}

/** The folder's entry too must be on disk before anything is acknowledged. */
export function syncFolderOf(path: string): void {
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** With LMDB's table of readers beside it. */
export function removeLogFile(path: string): void {
  rmSync(path, { force: true })
  rmSync(`${path}-lock`, { force: true })
}

export function storedBytes(record: LogRecord): number {
  return encodeHeader(record).length + record.lines.length
}

const keyOf = (entry: Entry): EntryKey => [entry.sequence, entry.appendedAt, entry.bytes, entry.records]

function entryOf([sequence, appendedAt, bytes, records]: EntryKey): Entry {
  return { sequence, appendedAt, bytes, records }
}

function encodeHeader(record: LogRecord): string {
  return `${JSON.stringify({ table: record.table, rows: record.rows })}\n`
}

function encodeValue(record: LogRecord): Buffer {
  return Buffer.concat([Buffer.from(encodeHeader(record)), record.lines])
}

function decodeValue(value: Buffer): LogRecord {
  const end = value.indexOf(0x0a)
  const header = JSON.parse(value.toString('utf8', 0, end)) as {
    table: LogTable
    rows: Record<string, number>
  }
  return { table: header.table, rows: header.rows, lines: value.subarray(end + 1) }
}

/**
 * Two processes on one file would hand out the same sequences and mark each other's records as handled.
 * LMDB's table of readers names each process that holds the file; readers of dead ones are cleared first.
 */
function refuseSecondProcess(root: RootDatabase<Buffer, string>, path: string): void {
  root.get('')
  root.readerCheck()
  const others = root
    .readerList()
    .split('\n')
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
  if (others.length === 0) return
  void root.close()
  throw new TouchlineError(
    'CONFIG_INVALID',
    `DATA_DIR: ${path} is in use by process ${others.join(', ')}; one log belongs to one process.`,
  )
}
