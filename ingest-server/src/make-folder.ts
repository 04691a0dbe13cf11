import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * As `mkdir -p`; `mode` is that of every folder that it makes. Node's own recursive mkdir never ends where a folder that is
 * there answers ENOENT to each one made in it, as /proc does. Rejects with what the system says: EACCES, ENOTDIR, ENOENT, …
 */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  const failure = await failureOfMaking(path, mode)
  if (failure === undefined) return
  if (failure.code !== 'ENOENT' || dirname(path) === path) throw failure
  await makeFolder(dirname(path), mode)
  const again = await failureOfMaking(path, mode)
  if (again !== undefined) throw again
}

/** Undefined: the folder is there. */
async function failureOfMaking(
  path: string,
  mode: number | undefined,
): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(path, { mode })
    return undefined
  } catch (error) {
    // Not by EEXIST alone: of a folder that is there some systems say first that none can be made (EROFS, EPERM).
    const found = await stat(path).catch(() => undefined)
    return found?.isDirectory() === true ? undefined : (error as NodeJS.ErrnoException)
  }
}
