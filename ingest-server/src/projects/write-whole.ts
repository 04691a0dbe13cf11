/**
 * Files of DATA_DIR that a server reads and somebody else may have written: `sudo touchline keys create` beside a
 * service that runs as a user of its own. What is owner-only belongs then to the owner of the folder, not to root.
 */
import { open, rename, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Replaces the file at once, so that a reader at that moment sees the old one or the new one; owner-only. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.new`
  await writeOwned(draft, text, 'w')
  await rename(draft, file)
}

/** Writes an owner-only file; `wx` throws where it is there. */
export async function writeOwned(file: string, text: string, flag: 'w' | 'wx'): Promise<void> {
  const handle = await open(file, flag, 0o600)
  try {
    await handle.writeFile(text)
    await giveToOwner(handle, dirname(file))
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Only root can give a file away, and only root has to. */
async function giveToOwner(handle: FileHandle, folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = await stat(folder)
  await handle.chown(uid, gid)
}
