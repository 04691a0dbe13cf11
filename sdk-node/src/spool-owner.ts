/**
 * Which process a folder in the spool belongs to, and whether that process still lives.
 *
 *     folder = started "-" pid "-" thread "-" host "-" random "-" target      (host, target: hex of short hashes)
 *
 * `target` is the server and the project that the events are for: a client sends only files of its own target.
 * A pid alone is not enough: a container's process is number 1 before and after a restart. `started` is the
 * process's start time as the kernel counts it, where /proc has it.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'

/** The owner of a folder touches it this often. */
export const heartbeatMs = 10_000
/** A folder of another machine or container is abandoned once it was not touched for so long. */
const abandonedAfterMs = 6 * heartbeatMs

// Shared by the ESM and the CommonJS build in one process.
const registry = globalThis as { [openFolders]?: Set<string> }
const openFolders = Symbol.for('@touchline/node open spool folders')
const openHere = (registry[openFolders] ??= new Set<string>())

const folderShape = /^(\d+|unknown)-\d+-\d+-[0-9a-f]{8}-[0-9a-f]{8}(?:-[0-9a-f]{12})?$/

const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8)

export function claimFolder(target: string): string {
  const random = randomBytes(4).toString('hex')
  const folder = [startOf('self') ?? 'unknown', process.pid, threadId, host, random, target].join('-')
  openHere.add(folder)
  return folder
}

export function releaseFolder(folder: string): void {
  openHere.delete(folder)
}

export const isFor = (target: string, folder: string): boolean => folder.endsWith(`-${target}`)

/** True where nobody will ever write to or send from the folder again. */
export function isAbandoned(spoolDir: string, folder: string): boolean {
  // Anything else in the spool's dir is not ours.
  if (!folderShape.test(folder)) return false
  const [started = '', pid, thread, folderHost] = folder.split('-')
  if (folderHost !== host) return untouchedMs(join(spoolDir, folder)) > abandonedAfterMs
  if (Number(pid) !== process.pid) return !isRunning(Number(pid), started)
  if (started !== (startOf('self') ?? 'unknown')) return true
  // This process: another thread's folder is left alone, for its registry cannot be seen from here.
  return Number(thread) === threadId && !openHere.has(folder)
}

function isRunning(pid: number, started: string): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, as another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  return started === (startOf(pid) ?? started)
}

/** Field 22 of /proc/[pid]/stat; undefined where there is no /proc. */
function startOf(pid: number | 'self'): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Field 2 is the command in parentheses and may hold blanks and parentheses itself.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

function untouchedMs(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs
  } catch {
    return 0
  }
}
