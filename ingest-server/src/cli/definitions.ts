/** `touchline definitions`: definitions as files, one each, for git and review. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { Config } from '../config.js'
import { templates } from '../definitions/templates/index.js'
import { makeFolder } from '../make-folder.js'
import { usageError, type AddTo, type Cli } from './command.js'
import { askServer } from './open-parts.js'

interface Chosen {
  key?: string
  template?: string
  dryRun?: true
  prune?: true
}

const names = templates.map(({ id }) => id)

export const addDefinitions: AddTo = (command, cli) => {
  command.addHelpText(
    'after',
    '\nAsks the running server. One file each: DIR/<kind>/<id>.json. Applying twice changes nothing the second time.',
  )
  withKey(command.command('pull').argument('<dir>').description('write every definition to a file')).action(
    (dir: string, { key }: Chosen) => pull(cli, { config: cli.config(), key }, dir),
  )
  withKey(
    command
      .command('diff')
      .argument('<dir>')
      .description('what apply would change; ends with 1 where there is something'),
  )
    .option('--prune', 'also what the folder does not have')
    .action(async (dir: string, { key, prune }: Chosen) => {
      const server = { config: cli.config(), key }
      const changes = await changesOf(server, await readDir(dir), prune === true)
      await show(cli, server, changes, false)
      if (changes.length > 0) process.exitCode = 1
    })
  withKey(command.command('apply').argument('[dir]').description('save what the files say'))
    .option('--template <name>', `definitions to begin with instead of a folder: ${names.join(', ')}`)
    .option('--dry-run', 'only say what would change, and for how many each would hold')
    .option('--prune', 'also delete what the folder does not have')
    .action(async (dir: string | undefined, chosen: Chosen) => {
      const server = { config: cli.config(), key: chosen.key }
      const entries = await entriesOf(dir, chosen.template)
      const changes = await changesOf(server, entries, chosen.prune === true)
      if (chosen.dryRun === true) await show(cli, server, changes, true)
      else await apply(cli, server, changes)
    })
}

const withKey = (command: Command) =>
  command.option('--key <secret-key>', 'of another project than the default one')

interface Server {
  config: Config
  key: string | undefined
}

interface Entry {
  kind: string
  id: string
  body: Record<string, unknown>
}

interface Present extends Entry {
  version: number
}

interface Change {
  entry: Entry
  what: 'new' | 'changed' | 'gone'
  version: number
}

async function entriesOf(dir: string | undefined, template: string | undefined): Promise<Entry[]> {
  if (template === undefined) {
    if (dir === undefined) throw usageError('name the folder of the files, or --template.')
    return await readDir(dir)
  }
  const found = templates.find(({ id }) => id === template)
  if (found === undefined) throw usageError(`--template: ${template} is none of ${names.join(', ')}.`)
  return found.definitions.map(({ kind, id, body }) => ({ kind, id, body }))
}

const present = async ({ config, key }: Server): Promise<Present[]> =>
  (await askServer<{ definitions: Present[] }>(config, '/v1/definitions', { key })).definitions

async function pull({ print }: Cli, server: Server, dir: string): Promise<void> {
  const all = await present(server)
  for (const { kind, id, body } of all) {
    await makeFolder(join(dir, kind))
    await writeFile(fileOf(dir, kind, id), `${JSON.stringify(body, null, 2)}\n`)
  }
  // A file of a definition that is no more would come back with the next apply.
  const known = new Set(all.map(({ kind, id }) => `${kind}/${id}`))
  for (const { kind, id } of await readDir(dir))
    if (!known.has(`${kind}/${id}`)) await rm(fileOf(dir, kind, id))
  print({ definitions: all.length, dir }, `${all.length} definitions in ${dir}.`)
}

// Ids hold no slash; the colon is no file name on every system.
const fileOf = (dir: string, kind: string, id: string) => join(dir, kind, `${id.replaceAll(':', '%3A')}.json`)

async function readDir(dir: string): Promise<Entry[]> {
  const kinds = await readdir(dir, { withFileTypes: true }).catch(() => {
    throw usageError(`${dir}: there is no such folder.`)
  })
  const entries: Entry[] = []
  for (const kind of kinds.filter((one) => one.isDirectory() && !one.name.startsWith('.'))) {
    const files = (await readdir(join(dir, kind.name))).filter((name) => name.endsWith('.json')).sort()
    for (const file of files) {
      const path = join(dir, kind.name, file)
      const id = file.slice(0, -'.json'.length).replaceAll('%3A', ':')
      entries.push({ kind: kind.name, id, body: bodyOf(path, await readFile(path, 'utf8')) })
    }
  }
  return entries
}

function bodyOf(path: string, text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body === 'object' && body !== null && !Array.isArray(body))
      return body as Record<string, unknown>
  } catch (cause) {
    throw usageError(`${path}: is not JSON (${(cause as Error).message}).`)
  }
  throw usageError(`${path}: must be one JSON object.`)
}

async function changesOf(server: Server, entries: readonly Entry[], prune: boolean): Promise<Change[]> {
  const there = new Map((await present(server)).map((one) => [`${one.kind}/${one.id}`, one]))
  const changes: Change[] = []
  for (const entry of entries) {
    const key = `${entry.kind}/${entry.id}`
    const known = there.get(key)
    there.delete(key)
    if (known === undefined) changes.push({ entry, what: 'new', version: 0 })
    else if (!(await isSame(server, entry, known)))
      changes.push({ entry, what: 'changed', version: known.version })
  }
  if (prune)
    for (const { version, ...entry } of there.values()) changes.push({ entry, what: 'gone', version })
  return changes
}

/** As the server would store it, with what is left out filled in. */
async function isSame({ config, key }: Server, { kind, id, body }: Entry, known: Present): Promise<boolean> {
  if (canonical(body) === canonical(known.body)) return true
  const { normal } = await askServer<{ normal: Record<string, unknown> }>(config, '/v1/definitions/check', {
    method: 'POST',
    key,
    body: { kind, id, body },
  })
  return canonical(normal) === canonical(known.body)
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}

const signs = { new: '+', changed: '~', gone: '-' } as const

async function show(
  { print }: Cli,
  server: Server,
  changes: readonly Change[],
  isCounted: boolean,
): Promise<void> {
  const lines: string[] = []
  const along = changes.flatMap(({ entry, what }) => (what === 'gone' ? [] : [entry]))
  for (const { entry, what, version } of changes) {
    const { kind, id } = entry
    const from = what === 'new' ? '' : ` (version ${version})`
    const many = isCounted && what !== 'gone' ? await countOf(server, entry, along) : ''
    lines.push(`${signs[what]} ${kind}/${id}${from}${many}`)
  }
  print(toJson(changes), lines.length === 0 ? 'Nothing to change.' : lines.join('\n'))
}

const toJson = (changes: readonly Change[]) =>
  changes.map(({ entry, what, version }) => ({ kind: entry.kind, id: entry.id, change: what, version }))

async function countOf({ config, key }: Server, entry: Entry, along: readonly Entry[]): Promise<string> {
  const { subjects, subject, warnings } = await askServer<{
    subjects: number
    subject: string
    warnings: { path: string; message: string }[]
  }>(config, '/v1/definitions/preview', { method: 'POST', key, body: { ...entry, with: along } })
  const worth = warnings.map(({ path, message }) => `\n    ${path}: ${message}`).join('')
  return `: holds for ${subjects} ${subject === 'person' ? 'people' : 'accounts'}${worth}`
}

async function apply({ print }: Cli, server: Server, changes: readonly Change[]): Promise<void> {
  const { config, key } = server
  // Everything is checked before anything is written.
  for (const { entry, what } of changes)
    if (what !== 'gone')
      await askServer(config, '/v1/definitions/check', { method: 'POST', key, body: { ...entry } })
  const lines: string[] = []
  for (const { entry, what, version } of changes) {
    const { kind, id, body } = entry
    const path = `/v1/definitions/${encodeURIComponent(kind)}/${encodeURIComponent(id)}`
    const headers = version === 0 ? { 'if-none-match': '*' } : { 'if-match': String(version) }
    if (what === 'gone') await askServer(config, path, { method: 'DELETE', key, headers })
    else {
      const { warnings } = await askServer<{ warnings: { path: string; message: string }[] }>(config, path, {
        method: 'PUT',
        key,
        headers,
        body: { ...body, author: 'touchline definitions apply' },
      })
      for (const { path: at, message } of warnings) lines.push(`    ${at}: ${message}`)
    }
    lines.push(`${signs[what]} ${kind}/${id}`)
  }
  lines.push(changes.length === 0 ? 'Nothing to change.' : `${changes.length} definitions applied.`)
  print(toJson(changes), lines.join('\n'))
}
