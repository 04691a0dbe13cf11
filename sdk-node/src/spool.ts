/**
 * The spool keeps accepted events on disk until the server has them, so that they survive the process.
 *
 *     spool dir / owner's folder / <batch>.events
 *     file      = record*                            one file a batch; deleted once the batch is settled
 *     record    = crc32 " " json "\n"                crc32 of the json's UTF-8, 8 hex digits
 *
 * A call is accepted after its record was handed to the kernel by write(2). That survives SIGKILL and a crash
 * of the process, for the page cache belongs to the kernel; it does not survive a power cut or a crash of the
 * machine, unless `fsync` is set (then every call waits for the disk).
 *
 * A process sends its own files and, at its start and every heartbeat, adopts the files of owners that ended.
 * A file is moved by rename, so that of two processes that adopt at once each file goes to one. Files for another
 * server or project are never adopted: services that share a folder by mistake keep their events apart.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { claimFolder, isAbandoned, isFor, releaseFolder } from './spool-owner.js'

export interface SpoolOptions {
  /** The folder; made if absent. May be shared by several processes, and by several targets. */
  dir: string
  /** The server and the project that the events are for, as 12 hex digits: other targets' files are left alone. */
  target: string
  /** Calls are refused beyond this. */
  maxBytes: number
  /** Wait for the disk at every call. */
  fsync: boolean
}

export interface SpoolFile {
  path: string
  bytes: number
  /** Open for writing while its batch takes events. */
  fd: number | undefined
}

export interface SpoolContents {
  events: string[]
  /** Records that were written whole once and cannot be read now. */
  damaged: number
}

export interface Spool {
  hasRoomFor(jsonBytes: number): boolean
  create(): SpoolFile
  /** Throws where the record could not be written whole; the file then takes no more records. */
  append(file: SpoolFile, json: string): void
  /** No more records will come. */
  seal(file: SpoolFile): void
  read(file: SpoolFile): Promise<SpoolContents>
  remove(file: SpoolFile): void
  /** Takes over the files of owners that ended, oldest first. */
  adopt(): SpoolFile[]
  /** How many files owners that ended left for another target. */
  foreignFiles(): number
  /** Says that the owner lives. */
  touch(): void
  close(): void
}

const recordOverheadBytes = '01234567 \n'.length

export function openSpool(options: SpoolOptions): Spool {
  const folder = claimFolder(options.target)
  const ownDir = join(options.dir, folder)
  mkdirSync(ownDir, { recursive: true })
  let usedBytes = 0
  let filesMade = 0

  function seal(file: SpoolFile): void {
    if (file.fd === undefined) return
    closeSync(file.fd)
    file.fd = undefined
  }

  const abandonedFolders = () =>
    namesIn(options.dir).filter((name) => name !== folder && isAbandoned(options.dir, name))

  function adoptFolder(abandoned: string): SpoolFile[] {
    const dir = join(options.dir, abandoned)
    const adopted: SpoolFile[] = []
    for (const name of eventFilesIn(dir)) {
      const path = join(ownDir, name)
      // Another process may have been quicker.
      if (!succeeds(() => renameSync(join(dir, name), path))) continue
      adopted.push({ path, bytes: 0, fd: undefined })
    }
    succeeds(() => rmdirSync(dir))
    return adopted
  }

  return {
    hasRoomFor: (jsonBytes) => usedBytes + jsonBytes + recordOverheadBytes <= options.maxBytes,

    create() {
      filesMade += 1
      // The folder's name makes it unique among adopted files; time and number keep the order of acceptance.
      const name = `${Date.now()}-${folder}-${String(filesMade).padStart(8, '0')}.events`
      const path = join(ownDir, name)
      // A cleaner of temporary files may have taken the folder while it was empty.
      mkdirSync(ownDir, { recursive: true })
      return { path, bytes: 0, fd: openSync(path, 'ax', 0o600) }
    },

    append(file, json) {
      if (file.fd === undefined) throw new Error(`${file.path} takes no more records.`)
      const record = recordOf(json)
      const written = writeSync(file.fd, record)
      file.bytes += written
      usedBytes += written
      if (written < Buffer.byteLength(record)) {
        throw new Error(`${file.path}: only part of a record could be written; is the disk full?`)
      }
      if (options.fsync) fsyncSync(file.fd)
    },

    seal,

    async read(file) {
      const content = await readFile(file.path)
      usedBytes += content.length - file.bytes
      file.bytes = content.length
      return contentsOf(content)
    },

    remove(file) {
      seal(file)
      usedBytes -= file.bytes
      file.bytes = 0
      // A file that cannot be removed is sent again by the next start; the server recognises its messageIds.
      succeeds(() => unlinkSync(file.path))
    },

    adopt() {
      return abandonedFolders()
        .filter((name) => isFor(options.target, name))
        .flatMap(adoptFolder)
    },

    foreignFiles() {
      return abandonedFolders()
        .filter((name) => !isFor(options.target, name))
        .flatMap((name) => eventFilesIn(join(options.dir, name))).length
    },

    touch() {
      succeeds(() => utimesSync(ownDir, new Date(), new Date()))
    },

    close() {
      releaseFolder(folder)
      // Stays where files are left in it, for the next start.
      succeeds(() => rmdirSync(ownDir))
    },
  }
}

const recordOf = (json: string): string => `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`

/** The events of a file. A last record without its newline was torn by a crash before its call returned. */
export function contentsOf(content: Buffer): SpoolContents {
  const lines = content.toString('utf8').split('\n')
  lines.pop()
  const events = lines.filter(isWhole).map((line) => line.slice(9))
  return { events, damaged: lines.length - events.length }
}

function isWhole(line: string): boolean {
  const json = line.slice(9)
  return line[8] === ' ' && parseInt(line.slice(0, 8), 16) === crc32(json)
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir).sort()
  } catch {
    return []
  }
}

const eventFilesIn = (dir: string): string[] => namesIn(dir).filter((name) => name.endsWith('.events'))

/** For steps that another process may have done already, or that only tidy up. */
function succeeds(step: () => void): boolean {
  try {
    step()
    return true
  } catch {
    return false
  }
}
