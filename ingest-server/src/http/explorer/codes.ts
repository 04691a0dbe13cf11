/**
 * One-time sign-in codes. Each is a file DATA_DIR/sign-in/<sha256 of the code>.json, readable by the owner only, so that
 * every process of this machine knows it and it survives a restart; who exchanges it takes the file away first, and of
 * two that try only one can. The name being a hash, how long a look takes says nothing about a code.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../../clock.js'
import { writeOwned } from '../../projects/write-whole.js'
import { makeFolder } from '../../make-folder.js'

const codeBytes = 32
export const codeLivesMs = 10 * 60_000

const grantSchema = z.object({
  project: z.string(),
  /** Hash of the secret key on whose behalf it was made: the session ends with it. */
  keyHash: z.string(),
  role: z.enum(['read', 'admin']),
  expiresAt: z.number(),
})
/** What a code lets in to. */
export type Grant = z.infer<typeof grantSchema>

export interface Codes {
  /** 256 random bits as 43 characters; good once, for ten minutes. */
  make(grant: Omit<Grant, 'expiresAt'>): Promise<string>
  /** What it lets in to; undefined for a code that was used, is too old or never was. */
  take(code: string): Promise<Grant | undefined>
}

export function createCodes(dataDir: string, clock: Clock): Codes {
  const folder = join(dataDir, 'sign-in')
  return {
    async make(grant) {
      await makeFolder(folder, 0o700)
      await sweep(folder)
      const code = randomBytes(codeBytes).toString('base64url')
      const kept: Grant = { ...grant, expiresAt: clock() + codeLivesMs }
      await writeOwned(fileOf(folder, code), JSON.stringify(kept), 'wx')
      return code
    },
    async take(code) {
      const file = fileOf(folder, code)
      const taken = `${file}.${randomBytes(8).toString('hex')}.taken`
      try {
        await rename(file, taken)
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
      const grant = grantSchema.safeParse(JSON.parse(await readFile(taken, 'utf8')))
      await rm(taken, { force: true })
      return grant.success && clock() < grant.data.expiresAt ? grant.data : undefined
    },
  }
}

const fileOf = (folder: string, code: string) =>
  join(folder, `${createHash('sha256').update(code).digest('hex')}.json`)

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** Files that nobody can use any more. By their age on disk, which only has to be longer than a code lives. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const made = await stat(path).catch(() => undefined)
    if (made?.isFile() === true && Date.now() - made.mtimeMs > 2 * codeLivesMs)
      await rm(path, { force: true })
  }
}
