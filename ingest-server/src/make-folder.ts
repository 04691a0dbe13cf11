import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * As `mkdir -p`; `mode` is that of every folder that it makes. Node's own recursive mkdir never ends where a folder that is
 * there answers ENOENT to each one made in it, as /proc does. Rejects with what the system says: EACCES, ENOTDIR, ENOENT, …
 */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  if (await isMade(path, mode)) return
  await makeFolder(dirname(path), mode)
  if (!(await isMade(path, mode))) await mkdir(path, { mode })
}

/** False: a folder above it is missing, or cannot have this one. */
async function isMade(path: string, mode: number | undefined): Promise<boolean> {
  try {
    await mkdir(path, { mode })
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && dirname(path) !== path) return false
    // Some systems say that a folder cannot be made rather than that it is there (a disk's root, what is mounted read-only).
    if (
      await stat(path).then(
        (found) => found.isDirectory(),
        () => false,
      )
    )
      return true
    throw error
  }
}
