/** `touchline backup`: a copy of everything embedded, with a list of checksums by which a restore is checked. */
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { listOf } from './backup-list.js'
import { usageError, type Command } from './command.js'
import { refuseWhileRunning } from './open-parts.js'

const usage = `touchline backup FOLDER     copies DATA_DIR (keys, log, ClickHouse) into FOLDER, which must not exist yet

The server must be stopped: a copy of files that change is none. It holds keys: keep it as safe as DATA_DIR.
With Kafka and a ClickHouse server of your own use their tools; DATA_DIR then holds only keys.`

export const listFile = 'backup.json'

export const backup: Command = {
  summary: 'copy everything that is kept under DATA_DIR',
  usage,
  async run(args, config) {
    const { positionals } = parseArgs({ args, allowPositionals: true })
    const [folder] = positionals
    if (folder === undefined) throw usageError('where to? touchline backup FOLDER')
    const target = resolve(folder)
    if (existsSync(target)) throw usageError(`${target} is there already; name a new folder.`)
    if (!existsSync(config.DATA_DIR))
      throw usageError(`${config.DATA_DIR} does not exist; there is nothing to copy.`)
    if (`${target}/`.startsWith(`${config.DATA_DIR}/`))
      throw usageError(`${target} is inside ${config.DATA_DIR}.`)
    await refuseWhileRunning(config)
    // Under its name only when it is whole.
    const draft = `${target}.unfinished`
    await rm(draft, { recursive: true, force: true })
    await mkdir(dirname(draft), { recursive: true })
    await mkdir(draft, { mode: 0o700 })
    for (const name of await readdir(config.DATA_DIR))
      await cp(join(config.DATA_DIR, name), join(draft, name), { recursive: true, preserveTimestamps: true })
    const files = await listOf(draft)
    await writeFile(
      join(draft, listFile),
      JSON.stringify({ madeAt: new Date().toISOString(), files }, null, 1),
      {
        mode: 0o600,
      },
    )
    await rename(draft, target)
    console.log(`${Object.keys(files).length} files in ${target}.`)
  },
}
