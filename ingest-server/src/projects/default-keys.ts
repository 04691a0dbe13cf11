/**
 * The keys of the default project: given by the environment, else made on the first run and kept in
 * DATA_DIR/keys.json, readable by the owner only.
 */
import { existsSync } from 'node:fs'
import { link, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { TouchlineError } from '../errors.js'
import { makeFolder } from '../make-folder.js'
import { newKey } from './new-key.js'
import { parsedFile } from './projects-file.js'
import { writeWhole } from './write-whole.js'

const kept = z.string().min(8)
const keysSchema = z.object({ writeKey: kept, secretKey: kept, analystPassword: kept })
export type DefaultKeys = z.infer<typeof keysSchema>

/**
 * Reads the kept keys, making them first where there are none (`areNew`: this call made them); what `given` names wins.
 */
export async function defaultKeys(
  dataDir: string,
  given: { [name in keyof DefaultKeys]?: DefaultKeys[name] | undefined },
): Promise<DefaultKeys & { areNew: boolean }> {
  const keys = { ...(await keptKeys(dataDir)), ...withoutUndefined(given) }
  if (keys.writeKey === keys.secretKey)
    throw new TouchlineError(
      'CONFIG_INVALID',
      'TOUCHLINE_SECRET_KEY: is the same as TOUCHLINE_WRITE_KEY, which stands in pages for everybody to read. Choose another.',
    )
  return keys
}

/** The same without creating keys, for commands that only read. Undefined where a key is neither given nor kept. */
export async function keysThere(
  dataDir: string,
  given: { [name in keyof DefaultKeys]?: DefaultKeys[name] | undefined },
): Promise<DefaultKeys | undefined> {
  const file = join(dataDir, keysFile)
  const found = existsSync(file) ? await readKeys(file) : {}
  const parsed = keysSchema.safeParse({ ...found, ...withoutUndefined(given) })
  return parsed.success ? parsed.data : undefined
}

/**
 * Puts a key in the place of a kept one, so that the next start has it, prints it and hands it out. False where there is
 * no such file: the keys are of the environment alone.
 */
export async function replaceKept(dataDir: string, changed: Partial<DefaultKeys>): Promise<boolean> {
  const file = join(dataDir, keysFile)
  if (!existsSync(file)) return false
  await writeWhole(file, textOf({ ...(await readKeys(file)), ...changed }))
  return true
}

const keysFile = 'keys.json'
const textOf = (keys: DefaultKeys) => `${JSON.stringify(keys, null, 2)}\n`

const withoutUndefined = (given: { [name in keyof DefaultKeys]?: DefaultKeys[name] | undefined }) =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<DefaultKeys>

/** Throws CONFIG_INVALID with the file where it cannot be used. */
async function readKeys(file: string): Promise<DefaultKeys> {
  const refuse = (why: string, cause: unknown) =>
    new TouchlineError(
      'CONFIG_INVALID',
      `DATA_DIR: ${file} ${why}. Put back the file as it was, or remove it: then new keys are made.`,
      { cause },
    )
  let content: unknown
  try {
    content = parsedFile(await readFile(file, 'utf8'))
  } catch (cause) {
    // JSON's own message quotes what stands around the error, which is a key.
    if (cause instanceof SyntaxError) throw refuse('is not valid JSON', cause)
    throw cause
  }
  const parsed = keysSchema.safeParse(content)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw refuse(`cannot be used: ${issue?.path.join('.') || 'it'} ${issue?.message}`, parsed.error)
}

async function keptKeys(dataDir: string): Promise<DefaultKeys & { areNew: boolean }> {
  const file = join(dataDir, keysFile)
  await makeFolder(dataDir, 0o700)
  const made: DefaultKeys = {
    writeKey: newKey('write'),
    secretKey: newKey('secret'),
    analystPassword: newKey('analyst'),
  }
  // Written whole beside it and then linked: of two processes starting at once one makes the keys and the
  // other reads them, never half of them.
  const draft = join(dataDir, `.keys-${process.pid}`)
  await writeFile(draft, textOf(made), { mode: 0o600, flush: true })
  let areNew = true
  try {
    await link(draft, file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    areNew = false
  } finally {
    await unlink(draft)
  }
  return { ...(await readKeys(file)), areNew }
}
