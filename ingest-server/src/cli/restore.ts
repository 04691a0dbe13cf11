/** `touchline restore`: puts a backup in the place of DATA_DIR, once every file of it is as it was written. */
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { listFile } from './backup.js'
import { listOf } from './backup-list.js'
import { usageError, type Command } from './command.js'
import { refuseWhileRunning } from './open-parts.js'

const usage = `touchline restore FOLDER     puts a backup into DATA_DIR, which must be empty or absent

Every file is compared with its checksum before anything is put in place.`

export const restore: Command = {
  summary: 'put a backup into DATA_DIR',
  usage,
  async run(args, config) {
    const { positionals } = parseArgs({ args, allowPositionals: true })
    const [folder] = positionals
    if (folder === undefined) throw usageError('which backup? touchline restore FOLDER')
    await refuseWhileRunning(config)
    const isThere = existsSync(config.DATA_DIR)
    if (isThere && (await readdir(config.DATA_DIR)).length > 0)
      throw usageError(
        `${config.DATA_DIR} is not empty; move it away first, or set DATA_DIR to a new folder.`,
      )
    const source = resolve(folder)
    const draft = `${config.DATA_DIR}.unfinished`
    await rm(draft, { recursive: true, force: true })
    await mkdir(dirname(draft), { recursive: true })
    const expected = await readList(source)
    await cp(source, draft, { recursive: true, preserveTimestamps: true })
    await rm(join(draft, listFile))
    const wrong = firstDifference(expected, await listOf(draft))
    if (wrong !== undefined) {
      await rm(draft, { recursive: true, force: true })
      throw new Error(`${source} is not the backup that was made: ${wrong}. Nothing was restored.`)
    }
    if (isThere) await rm(config.DATA_DIR, { recursive: true })
    await rename(draft, config.DATA_DIR)
    console.log(`${Object.keys(expected).length} files restored into ${config.DATA_DIR}.`)
  },
}

async function readList(source: string): Promise<Record<string, string>> {
  try {
    const { files } = JSON.parse(await readFile(join(source, listFile), 'utf8')) as {
      files: Record<string, string>
    }
    return files
  } catch (cause) {
    throw new Error(`${source} is not a backup: it has no readable ${listFile}.`, { cause })
  }
}

function firstDifference(
  expected: Record<string, string>,
  found: Record<string, string>,
): string | undefined {
  for (const [path, hash] of Object.entries(expected)) {
    if (!(path in found)) return `${path} is missing`
    if (found[path] !== hash) return `${path} was changed`
  }
  return undefined
}
