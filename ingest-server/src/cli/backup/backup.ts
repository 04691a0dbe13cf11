/** `touchline backup`: a copy of everything embedded, with a list of checksums by which a restore is checked. */
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Config } from '../../config.js'
import { makeFolder } from '../../make-folder.js'
import { listOf } from './backup-list.js'
import { usageError, type AddTo, type Cli } from '../command.js'
import { hotCopy } from './hot-copy.js'
import { asOperator, askServer, isRunning } from '../open-parts.js'

export const listFile = 'backup.json'

export const addBackup: AddTo = (command, cli) => {
  command
    .argument('<folder>', 'where to; it must not exist yet')
    .addHelpText(
      'after',
      `
Copies DATA_DIR: keys, log, ClickHouse. The server may run meanwhile; everything acknowledged before the copy
began is in it. It holds keys: keep it as safe as DATA_DIR. With Kafka and a ClickHouse server of your own use
their tools; DATA_DIR then holds only keys.`,
    )
    .action((folder: string) => backup(cli, folder))
}

async function backup({ config: settings, print }: Cli, folder: string): Promise<void> {
  const config = settings()
  const target = resolve(folder)
  if (existsSync(target)) throw usageError(`${target} is there already; name a new folder.`)
  if (!existsSync(config.DATA_DIR))
    throw usageError(`${config.DATA_DIR} does not exist; there is nothing to copy.`)
  if (`${target}/`.startsWith(`${config.DATA_DIR}/`))
    throw usageError(`${target} is inside ${config.DATA_DIR}.`)
  // Under its name only when it is whole.
  const draft = `${target}.unfinished`
  await rm(draft, { recursive: true, force: true })
  await makeFolder(dirname(draft))
  await mkdir(draft, { mode: 0o700 })
  if (await isRunning(config)) await copyWhileRunning(config, draft)
  else await copyAtRest(config.DATA_DIR, draft)
  const files = await listOf(draft)
  const list = JSON.stringify({ madeAt: new Date().toISOString(), files }, null, 1)
  await writeFile(join(draft, listFile), list, { mode: 0o600 })
  await rename(draft, target)
  const count = Object.keys(files).length
  print({ files: count, folder: target }, `${count} files in ${target}.`)
}

async function copyAtRest(dataDir: string, target: string): Promise<void> {
  for (const name of await readdir(dataDir))
    await cp(join(dataDir, name), join(target, name), { recursive: true, preserveTimestamps: true })
}

async function copyWhileRunning(config: Config, target: string): Promise<void> {
  await asOperator(config, (key) =>
    hotCopy({
      dataDir: config.DATA_DIR,
      target,
      freeze: () => askServer<{ name: string }>(config, '/v1/backups/freeze', { method: 'POST', key }),
    }),
  )
}
