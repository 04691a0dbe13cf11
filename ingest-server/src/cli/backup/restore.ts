/** `touchline restore`: puts a backup in the place of DATA_DIR, once every file of it is as it was written. */
import { existsSync } from 'node:fs'
import { cp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { makeFolder } from '../../make-folder.js'
import { listFile } from './backup.js'
import { listOf } from './backup-list.js'
import { usageError, type AddTo, type Cli } from '../command.js'
import { refuseWhileRunning } from '../open-parts.js'

export const addRestore: AddTo = (command, cli) => {
  command
    .argument('<folder>', 'what `touchline backup` made')
    .addHelpText(
      'after',
      '\nDATA_DIR must be empty or absent. Every file is compared with its checksum before anything is put in place.',
    )
    .action((folder: string) => restore(cli, folder))
}

async function restore({ config: settings, print }: Cli, folder: string): Promise<void> {
  const config = settings()
  await refuseWhileRunning(config)
  const isThere = existsSync(config.DATA_DIR)
  if (isThere && (await readdir(config.DATA_DIR)).length > 0)
    throw usageError(`${config.DATA_DIR} is not empty; move it away first, or set DATA_DIR to a new folder.`)
  const source = resolve(folder)
  const draft = `${config.DATA_DIR}.unfinished`
  await rm(draft, { recursive: true, force: true })
  await makeFolder(dirname(draft))
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
  const files = Object.keys(expected).length
  print({ files, folder: config.DATA_DIR }, `${files} files restored into ${config.DATA_DIR}.`)
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
