/**
 * A copy of DATA_DIR beside the running server: the log first, then ClickHouse. What is not in the copy of the log was
 * handled, so it is in ClickHouse's; what is in both is stored once when the copy is started.
 */
import { access, cp, link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../../make-folder.js'

const logFolder = 'log'
const clickhouseFolder = 'clickhouse'
/** Tried anew where the log gave a segment up in between. */
const mostTries = 20

/** What the copy of the log is made from; one backup at a time. */
const heldFolder = 'backup-of-log'

interface HotCopy {
  dataDir: string
  /** Exists and is empty. */
  target: string
  /** Holds ClickHouse's parts as they are, in the folder of that name under shadow/. */
  freeze: () => Promise<{ name: string }>
}

export async function hotCopy({ dataDir, target, freeze }: HotCopy): Promise<void> {
  // Each in a way of its own.
  const copiedBelow = [logFolder, clickhouseFolder, heldFolder]
  const names = await readdir(dataDir)
  for (const name of names.filter((one) => !copiedBelow.includes(one)))
    await copyIfThere(join(dataDir, name), join(target, name))
  if (names.includes(logFolder)) await copyLog(dataDir, join(target, logFolder))
  if (names.includes(clickhouseFolder))
    await copyClickHouse(join(dataDir, clickhouseFolder, 'engine'), {
      target: join(target, clickhouseFolder, 'engine'),
      freeze,
    })
}

async function copyClickHouse(
  engine: string,
  { target, freeze }: Pick<HotCopy, 'target' | 'freeze'>,
): Promise<void> {
  const { name } = await freeze()
  const shadow = join(engine, 'shadow', name)
  try {
    await copyEngine(engine, shadow, target)
  } finally {
    await rm(shadow, { recursive: true, force: true })
  }
}

/**
 * How far it is handled, then the segments, held by hard links while they are copied: the mark says nothing of a
 * segment that is missing in the copy, and the last one may be longer than the mark knows.
 */
async function copyLog(dataDir: string, target: string): Promise<void> {
  const held = join(dataDir, heldFolder)
  try {
    for (let attempt = 1; ; attempt += 1) {
      await rm(held, { recursive: true, force: true })
      await mkdir(held, { mode: 0o700 })
      if (await holdLog(join(dataDir, logFolder), held)) break
      if (attempt === mostTries) throw new Error('the log changes too fast to be copied; try again.')
    }
    await cp(held, target, { recursive: true, preserveTimestamps: true })
  } finally {
    await rm(held, { recursive: true, force: true })
  }
}

/** False where a file was gone before it was held. */
async function holdLog(log: string, held: string): Promise<boolean> {
  try {
    // It is written in place, so a link would go on changing.
    await writeFile(join(held, 'handled'), await readFile(join(log, 'handled')))
    for (const entry of await readdir(log, { withFileTypes: true }))
      if (entry.isFile() && entry.name !== 'handled')
        await link(join(log, entry.name), join(held, entry.name))
    return true
  } catch (error) {
    if (isAbsent(error)) return false
    throw error
  }
}

/** Definitions of tables, what stands beside the parts, and the parts that are held; nothing half-written. */
async function copyEngine(engine: string, shadow: string, target: string): Promise<void> {
  // Without it the copy would hold tables without rows.
  await access(shadow)
  for (const name of ['metadata', 'data']) await copyIfThere(join(engine, name), join(target, name))
  const store = join(engine, 'store')
  for (const prefix of await readdir(store))
    for (const table of await foldersIn(join(store, prefix))) {
      const [from, to] = [join(store, prefix, table), join(target, 'store', prefix, table)]
      await makeFolder(to)
      for (const entry of await readdir(from, { withFileTypes: true }))
        if (entry.isFile()) await copyIfThere(join(from, entry.name), join(to, entry.name))
      await copyIfThere(join(shadow, 'store', prefix, table), to)
    }
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

/** A file that another is put in the place of may be gone between the listing and the copy. */
async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
  } catch (error) {
    if (!isAbsent(error)) throw error
  }
}

const isAbsent = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT'
