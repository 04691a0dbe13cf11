/** A pipe, a socket or a device under the name of a file opens well, and is told by nothing but EINVAL or ESPIPE later on. */
import type { Stats } from 'node:fs'
import { TouchlineError } from '../../errors.js'

/** Throws CONFIG_INVALID, naming the path, where it is no plain file. */
export function mustBeFile(path: string, stats: Stats): void {
  if (stats.isFile()) return
  const what = stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device'
  throw new TouchlineError(
    'CONFIG_INVALID',
    `DATA_DIR: ${path} cannot be used: it is ${what}, not a file. Move it away; Touchline makes the file anew.`,
  )
}
