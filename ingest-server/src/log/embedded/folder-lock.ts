/**
 * One process at a time in a folder: an advisory lock of the kernel (flock) on the file `lock` in it. The kernel lets
 * go of it when the process is gone, however it went, and it holds between containers that share a volume, where process
 * ids say nothing. Node has no call for it; ffi-rs, which loads the embedded ClickHouse, reaches the C library's.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, writeSync, constants } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DataType, load, open } from 'ffi-rs'
import { TouchlineError } from '../../errors.js'
import type { Logger } from '../../logger.js'
import { mustBeFile } from './must-be-file.js'

const exclusiveWithoutWaiting = 2 | 4

export interface FolderLock {
  release: () => void
}

/** Throws CONFIG_INVALID, naming the other process, while one holds the folder. */
export function lockFolder(dir: string, logger: Logger): FolderLock {
  const path = join(dir, 'lock')
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  try {
    mustBeFile(path, fstatSync(fd))
    if (!takeLock(fd, logger)) throw inUse(dir, path)
    // For the error message of a second process.
    ftruncateSync(fd)
    writeSync(fd, JSON.stringify({ pid: process.pid, host: hostname() }), 0)
  } catch (error) {
    closeSync(fd)
    throw error
  }
  return { release: () => closeSync(fd) }
}

function takeLock(fd: number, logger: Logger): boolean {
  const result = callFlock(fd, logger)
  if (result === undefined || result.value === 0) return true
  if (/temporarily unavailable|would block/i.test(result.errnoMessage)) return false
  logger.warn(
    { reason: result.errnoMessage },
    'This file system cannot lock files: see to it that one process uses it',
  )
  return true
}

interface CallResult {
  value: number
  errnoMessage: string
}

function callFlock(fd: number, logger: Logger): CallResult | undefined {
  try {
    // An empty path is the program itself, which the C library is linked into.
    open({ library: 'c', path: '' })
    return load({
      library: 'c',
      funcName: 'flock',
      retType: DataType.I32,
      paramsType: [DataType.I32, DataType.I32],
      paramsValue: [fd, exclusiveWithoutWaiting],
      errno: true,
    }) as unknown as CallResult
  } catch (error) {
    logger.warn(
      { err: error },
      'This system has no flock: see to it that one process uses the folder of the log',
    )
    return undefined
  }
}

function inUse(dir: string, path: string): TouchlineError {
  const holder = readFileSync(path, 'utf8')
  const { pid, host } = parseHolder(holder)
  const where = host === hostname() ? '' : ` on ${host}`
  return new TouchlineError(
    'CONFIG_INVALID',
    `DATA_DIR: ${dir} is in use by process ${pid}${where}; one log belongs to one process.`,
  )
}

function parseHolder(text: string): { pid: number | string; host: string } {
  try {
    return JSON.parse(text) as { pid: number; host: string }
  } catch {
    return { pid: 'unknown', host: hostname() }
  }
}
