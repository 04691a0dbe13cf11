/**
 * The keys of the default project: given by the environment, else made on the first run and kept in
 * DATA_DIR/keys.json, readable by the owner only.
 */
import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const keysSchema = z.object({ writeKey: z.string(), secretKey: z.string(), analystPassword: z.string() })
export type DefaultKeys = z.infer<typeof keysSchema>

const newKey = (prefix: string, bytes: number) =>
  `${prefix}_${randomBytes(bytes).toString('base64url').replace(/[-_]/g, 'x')}`

/** Reads the kept keys, making them first where there are none; what `given` names wins. */
export async function defaultKeys(
  dataDir: string,
  given: { [name in keyof DefaultKeys]?: DefaultKeys[name] | undefined },
): Promise<DefaultKeys> {
  const kept = await keptKeys(dataDir)
  return {
    writeKey: given.writeKey ?? kept.writeKey,
    secretKey: given.secretKey ?? kept.secretKey,
    analystPassword: given.analystPassword ?? kept.analystPassword,
  }
}

async function keptKeys(dataDir: string): Promise<DefaultKeys> {
  const file = join(dataDir, 'keys.json')
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const made: DefaultKeys = {
    writeKey: newKey('wk', 15),
    secretKey: newKey('sk', 30),
    analystPassword: newKey('an', 15),
  }
  // Written whole beside it and then linked: of two processes starting at once one makes the keys and the
  // other reads them, never half of them.
  const draft = join(dataDir, `.keys-${process.pid}`)
  await writeFile(draft, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flush: true })
  try {
    await link(draft, file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    await unlink(draft)
  }
  return keysSchema.parse(JSON.parse(await readFile(file, 'utf8')))
}
