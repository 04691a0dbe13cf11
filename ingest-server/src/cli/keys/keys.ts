/** `touchline keys`: lists, makes, rotates and revokes the keys of projects; the server sees it within a second. */
import { existsSync } from 'node:fs'
import { Option } from 'commander'
import { eventTypes, type EventType } from '@touchline/schemas'
import { projectsFileOf, type Config } from '../../config.js'
import { replaceKept } from '../../projects/default-keys.js'
import { addKey, changeProjectsFile, hashesOf, listKeys, revokeKey } from '../../projects/key-ring.js'
import { newKey, newKeyId } from '../../projects/new-key.js'
import type { Role } from '../../projects/project.js'
import type { KeyKind, NewKey } from '../../projects/key-ring.js'
import {
  readProjectsFile,
  toRevoked,
  toSecretKey,
  toWriteKey,
  type ProjectEntry,
} from '../../projects/projects-file.js'
import { duration, positive, several, table, usageError, type AddTo, type Cli } from '../command.js'
import { ownKey, settingsKeys, type SettingsKey } from './settings-keys.js'
import { dayMs } from '../../units.js'

interface Bounds {
  project: string
  kind: KeyKind
  name?: string
  expires?: number
  origin?: string[]
  type?: EventType[]
  event?: string[]
  rate?: number
  role?: Role
}

export const addKeys: AddTo = (command, cli) => {
  const ofProject = ['--project <id>', 'the project of the key', 'default'] as const
  const ofKey = ['<key-id>', 'as `touchline keys list` shows it'] as const
  command.addHelpText(
    'after',
    '\nWrite keys are public and stand in pages; secret keys read and administer; signing keys sign userTokens ' +
      '(HS256). A secret key is shown once and kept as its hash.',
  )
  command
    .command('list')
    .description('the keys in force')
    .option('--project <id>', 'of this project only')
    .action(({ project }: { project?: string }) => list(cli, project))
  command
    .command('create')
    .description('make a key; the bounds are for write keys')
    .addOption(
      new Option('--kind <kind>', 'what it is for')
        .choices(['write', 'secret', 'signing'])
        .makeOptionMandatory(),
    )
    .option(...ofProject)
    .option('--name <text>', 'shown in the list')
    .option('--expires <time>', 'ends after, such as 90d', duration('--expires'))
    .option('--origin <origin>', '(several) pages that may use it: https://*.example.com', several)
    .option('--type <type>', '(several) calls that it may send, such as page', severalTypes)
    .option('--event <name>', '(several) events that it may send, such as "Order *"', several)
    .option('--rate <number>', 'events a second', positive('--rate'))
    .addOption(
      new Option('--role <role>', 'of a secret key: read asks only and changes nothing').choices([
        'read',
        'admin',
      ]),
    )
    .action((bounds: Bounds) => create(cli, bounds))
  command
    .command('rotate')
    .argument(...ofKey)
    .description('make a new key with the same bounds; the old one ends after --keep')
    .option(...ofProject)
    .option('--keep <time>', 'how long the old key still counts (24h unless said)', duration('--keep'))
    .action((id: string, { project, keep = dayMs }: { project: string; keep?: number }) =>
      rotate(cli, { id, projectId: project, keepMs: keep }),
    )
  command
    .command('revoke')
    .argument(...ofKey)
    .description('end a key at once')
    .option(...ofProject)
    .action((id: string, { project }: { project: string }) => revoke(cli, id, project))
}

function entriesOf(config: Config): ProjectEntry[] {
  const { file, isOptional } = projectsFileOf(config)
  return isOptional && !existsSync(file) ? [] : readProjectsFile(file)
}

async function list({ config: settings, print }: Cli, project: string | undefined): Promise<void> {
  const config = settings()
  const entries = entriesOf(config)
  const endsAt = new Map(
    entries.flatMap((entry) => entry.revoked.map(toRevoked)).map((one) => [one.hash, one.endsAt]),
  )
  const inFile = hashesOf(entries, 'default')
  const own = (await settingsKeys(config)).map((key) => ({
    ...key,
    // What stands in the file too has the id that was said when it was made.
    id: inFile.find(({ hash }) => hash === key.hash)?.id ?? key.id,
    isRevoked: endsAt.has(key.hash),
    expiresAt: endsAt.get(key.hash),
  }))
  const inForce = own.filter(({ isRevoked, expiresAt }) => !isRevoked || expiresAt !== undefined)
  const others = listKeys(entries).filter(
    ({ projectId, id }) => projectId !== 'default' || !own.some((key) => key.id === id),
  )
  const listed = [...inForce, ...others].filter(
    ({ projectId, expiresAt }) =>
      (project === undefined || projectId === project) &&
      (expiresAt === undefined || Date.parse(expiresAt) > Date.now()),
  )
  const rows = listed.map((key) => [
    key.projectId,
    key.kind,
    key.id,
    key.key ?? '(kept as its hash)',
    key.expiresAt ?? '',
    [key.name, key.bound].filter(Boolean).join(' · '),
  ])
  const asJson = listed.map(({ projectId, kind, id, key, expiresAt, name, bound }) => ({
    project: projectId,
    kind,
    id,
    key,
    expiresAt,
    name,
    bound,
  }))
  print(asJson, table(['PROJECT', 'KIND', 'ID', 'KEY', 'ENDS', 'NOTES'], rows))
}

async function create(cli: Cli, bounds: Bounds): Promise<void> {
  const { project, kind, name, expires, origin, type, event, rate, role } = bounds
  const isBound = [origin, type, event, rate].some((bound) => bound !== undefined)
  if (isBound && kind !== 'write')
    throw usageError('--origin, --type, --event and --rate bind write keys only.')
  if (role !== undefined && kind !== 'secret') throw usageError('--role is for secret keys only.')
  const made: NewKey = {
    projectId: project,
    kind,
    id: newKeyId(),
    key: newKey(kind),
    createdAt: new Date().toISOString(),
    name,
    expiresAt: expires === undefined ? undefined : new Date(Date.now() + expires).toISOString(),
    origins: origin,
    types: type,
    events: event,
    eventsPerSecond: rate,
    role,
  }
  await changeProjectsFile(projectsFileOf(cli.config()).file, (entries) => addKey(entries, made))
  show(cli, made)
}

function show({ print }: Cli, { kind, projectId, id, key }: NewKey): void {
  print({ project: projectId, kind, id, key }, key)
  const notes = {
    write: 'It is public: it stands in pages.',
    secret: 'It is shown this once and kept as its hash: put it where it is used now.',
    signing: 'It signs userTokens (HS256). Whoever has it can speak for every user of the project.',
  }
  // To stderr, so that $(touchline keys create …) is the key alone.
  console.error(`${kind} key ${id} of project ${projectId}. ${notes[kind]}`)
}

interface Rotation {
  id: string
  projectId: string
  /** How long the old key still counts. */
  keepMs: number
}

async function rotate(cli: Cli, { id, projectId, keepMs }: Rotation): Promise<void> {
  const config = cli.config()
  const endsAt = new Date(Date.now() + keepMs).toISOString()
  const createdAt = new Date().toISOString()
  const own = await ownKey(config, entriesOf(config), { id, projectId })
  let made: NewKey | undefined
  await changeProjectsFile(projectsFileOf(config).file, (entries) => {
    const twin = own && hashesOf(entries, projectId).find(({ hash }) => hash === own.hash)
    const old = own ?? listKeys(entries).find((key) => key.projectId === projectId && key.id === id)
    if (old === undefined) throw noKey(projectId, id)
    const { kind } = old
    made = {
      ...boundsOf(entries, projectId, twin?.id ?? id),
      ...(twin && { name: undefined }),
      projectId,
      kind,
      id: newKeyId(),
      key: newKey(kind),
      createdAt,
    }
    const added = addKey(entries, made)
    // A signing key only checks tokens that are on their way; it goes when it is revoked.
    if (kind === 'signing') return added
    // Of the settings: it stands in the file until it ends, for the next start may find the new one in its place.
    const both = own && twin === undefined && keepMs > 0 ? addKey(added, kept(own)) : added
    return revokeKey(both, { projectId, id, ...(own && { hash: own.hash }), ...(keepMs > 0 && { endsAt }) })
  })
  if (made === undefined) return
  show(cli, made)
  const isSigning = made.kind === 'signing'
  console.error(
    isSigning
      ? `${id} still checks tokens; revoke it once none signed with it is in use.`
      : `${id} ${keepMs === 0 ? 'no longer counts' : `counts until ${endsAt}`}.`,
  )
  if (own) await tellSettings(config, own, made.key)
}

const kept = ({ projectId, kind, id, clear }: SettingsKey): NewKey => ({
  projectId,
  kind,
  id,
  key: clear,
  name: 'of the settings before',
  createdAt: new Date().toISOString(),
})

const noKey = (projectId: string, id: string) =>
  usageError(`project ${projectId} has no key ${id}; \`touchline keys list\` shows them.`)

/** What the next start reads: keys.json is changed here, an environment only by whoever keeps it. */
async function tellSettings(config: Config, own: SettingsKey, key: string): Promise<void> {
  const isKept =
    !own.isOfEnvironment &&
    (await replaceKept(config.DATA_DIR, { [own.kind === 'write' ? 'writeKey' : 'secretKey']: key }))
  console.error(
    isKept
      ? `${config.DATA_DIR}/keys.json has the new key.`
      : `Set ${own.variable} to the new key, if it is set.`,
  )
}

/** What binds the old key, so that the new one is bound alike. */
function boundsOf(entries: readonly ProjectEntry[], projectId: string, id: string) {
  const entry = entries.find((one) => one.id === projectId)
  const writeKeys = entry?.writeKeys.map(toWriteKey) ?? []
  const { key: _key, expiresAt: _ends, ...bounds } = writeKeys.find((key) => key.id === id) ?? { key: '', id }
  const role = entry?.secretKeys.map(toSecretKey).find((key) => key.id === id)?.role
  return { ...bounds, ...(role && { role }) }
}

async function revoke({ config: settings, print }: Cli, id: string, projectId: string): Promise<void> {
  const config = settings()
  const own = await ownKey(config, entriesOf(config), { id, projectId })
  await changeProjectsFile(projectsFileOf(config).file, (entries) => {
    if (!own && !listKeys(entries).some((key) => key.projectId === projectId && key.id === id))
      throw noKey(projectId, id)
    return revokeKey(entries, { projectId, id, ...(own && { hash: own.hash }) })
  })
  print({ id }, `${id} no longer counts.`)
}

function severalTypes(text: string, before: readonly EventType[] = []): EventType[] {
  const found = eventTypes.find((type) => type === text)
  if (found === undefined) throw usageError(`--type: one of ${eventTypes.join(', ')}.`)
  return [...before, found]
}
