/** Sessions that were ended by their owner before their time: one empty file each, so that all processes of this machine know. */
import { existsSync } from 'node:fs'
import { readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../../make-folder.js'

export interface EndedSessions {
  end(id: string): Promise<void>
  has(id: string): boolean
}

/** Ids of our own making: nothing else becomes a file name. */
const idShape = /^[\w-]{22}$/

export function createEndedSessions(dataDir: string, livesMs: number): EndedSessions {
  const folder = join(dataDir, 'sign-in', 'ended')
  return {
    async end(id) {
      if (!idShape.test(id)) return
      await makeFolder(folder, 0o700)
      for (const name of await readdir(folder)) {
        const made = await stat(join(folder, name)).catch(() => undefined)
        if (made && Date.now() - made.mtimeMs > livesMs) await rm(join(folder, name), { force: true })
      }
      await writeFile(join(folder, id), '', { mode: 0o600 })
    },
    has: (id) => !idShape.test(id) || existsSync(join(folder, id)),
  }
}
