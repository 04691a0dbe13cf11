/** `touchline keys`: lists, makes, rotates and revokes the keys of projects; the server sees it within a second. */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { eventTypes, type EventType } from '@touchline/schemas'
import { projectsFileOf, type Config } from '../config.js'
import { addKey, changeProjectsFile, listKeys, revokeKey } from '../projects/key-ring.js'
import { newKey, newKeyId } from '../projects/new-key.js'
import type { KeyKind, ListedKey, NewKey } from '../projects/key-ring.js'
import { idOfKey } from '../projects/projects.js'
import {
  hashOfKey,
  readProjectsFile,
  toRevoked,
  toWriteKey,
  type ProjectEntry,
} from '../projects/projects-file.js'
import { durationMs, usageError, positiveNumber, subcommand, table, type Command } from './command.js'
import { keysIfThere } from './kept-keys.js'

const usage = `touchline keys list   [--project ID]
touchline keys create [--project ID] --kind write|secret|signing [--name TEXT] [--expires 90d]
                      write keys: [--origin https://*.example.com]… [--type page]… [--event "Order *"]… [--rate 100]
touchline keys rotate KEY_ID [--project ID] [--keep 24h]     a new key with the same bounds; the old one ends after --keep
touchline keys revoke KEY_ID [--project ID]

write keys are public and stand in pages; secret keys read and administer; signing keys sign userTokens (HS256).
A secret key is shown once and kept as its hash. The project is "default" unless you say another.`

const options = {
  project: { type: 'string', default: 'default' },
  kind: { type: 'string' },
  name: { type: 'string' },
  expires: { type: 'string' },
  origin: { type: 'string', multiple: true },
  type: { type: 'string', multiple: true },
  event: { type: 'string', multiple: true },
  rate: { type: 'string' },
  keep: { type: 'string', default: '24h' },
} as const

type Options = ReturnType<typeof parse>['values']
const parse = (args: string[]) => parseArgs({ args, options, allowPositionals: true })

export const keys: Command = {
  summary: 'list, create, rotate and revoke the keys of a project',
  usage,
  async run(args, config) {
    const [action, rest] = subcommand(args, ['list', 'create', 'rotate', 'revoke'])
    const { values, positionals } = parse(rest)
    if (action === 'list')
      return console.log(await listed(config, rest.includes('--project') ? values.project : undefined))
    if (action === 'create') return await create(config, values)
    const [id] = positionals
    if (id === undefined) throw usageError(`which key? \`touchline keys list\` shows their ids.`)
    return action === 'rotate' ? await rotate(config, id, values) : await revoke(config, id, values.project)
  },
}

/** A key of the environment or of keys.json, which stands outside the file and is revoked by its hash. */
interface SettingsKey extends ListedKey {
  hash: string
}

async function settingsKeys(config: Config): Promise<SettingsKey[]> {
  const keys = await keysIfThere(config)
  if (keys === undefined) return []
  const { writeKey, secretKey } = keys
  const common = { projectId: 'default', name: 'of the settings' }
  return [
    { ...common, kind: 'write', id: idOfKey(writeKey), key: writeKey, hash: hashOfKey(writeKey) },
    { ...common, kind: 'secret', id: idOfKey(secretKey), hash: hashOfKey(secretKey) },
  ]
}

function entriesOf(config: Config): ProjectEntry[] {
  const { file, isOptional } = projectsFileOf(config)
  return isOptional && !existsSync(file) ? [] : readProjectsFile(file)
}

async function listed(config: Config, project: string | undefined): Promise<string> {
  const entries = entriesOf(config)
  const endsAt = new Map(
    entries.flatMap((entry) => entry.revoked.map(toRevoked)).map((one) => [one.hash, one.endsAt]),
  )
  const inForce = (await settingsKeys(config))
    .map((key) => ({ ...key, isRevoked: endsAt.has(key.hash), expiresAt: endsAt.get(key.hash) }))
    .filter(({ isRevoked, expiresAt }) => !isRevoked || Date.parse(expiresAt ?? '') > Date.now())
  const all: ListedKey[] = [...inForce, ...listKeys(entries)]
  const rows = all
    .filter(({ projectId }) => project === undefined || projectId === project)
    .map((key) => [
      key.projectId,
      key.kind,
      key.id,
      key.key ?? '(kept as its hash)',
      key.expiresAt ?? '',
      [key.name, key.bound].filter(Boolean).join(' · '),
    ])
  return table(['PROJECT', 'KIND', 'ID', 'KEY', 'ENDS', 'NOTES'], rows)
}

async function create(config: Config, values: Options): Promise<void> {
  const kind = kindIn(values.kind)
  const types = values.type?.map(eventType)
  const isBound = [values.origin, values.type, values.event, values.rate].some((bound) => bound !== undefined)
  if (isBound && kind !== 'write')
    throw usageError('--origin, --type, --event and --rate bind write keys only.')
  const made: NewKey = {
    projectId: values.project,
    kind,
    id: newKeyId(),
    key: newKey(kind),
    createdAt: new Date().toISOString(),
    name: values.name,
    expiresAt: values.expires && new Date(Date.now() + durationMs(values.expires, '--expires')).toISOString(),
    origins: values.origin,
    types,
    events: values.event,
    eventsPerSecond: positiveNumber(values.rate, '--rate'),
  }
  await changeProjectsFile(projectsFileOf(config).file, (entries) => addKey(entries, made))
  show(made)
}

function show({ kind, projectId, id, key }: Pick<NewKey, 'kind' | 'projectId' | 'id' | 'key'>): void {
  console.log(key)
  const notes = {
    write: 'It is public: it stands in pages.',
    secret: 'It is shown this once and kept as its hash: put it where it is used now.',
    signing: 'It signs userTokens (HS256). Whoever has it can speak for every user of the project.',
  }
  // To stderr, so that $(touchline keys create …) is the key alone.
  console.error(`${kind} key ${id} of project ${projectId}. ${notes[kind]}`)
}

async function rotate(config: Config, id: string, values: Options): Promise<void> {
  const projectId = values.project
  const keepMs = durationMs(values.keep, '--keep')
  const endsAt = new Date(Date.now() + keepMs).toISOString()
  const createdAt = new Date().toISOString()
  const own = projectId === 'default' ? (await settingsKeys(config)).find((key) => key.id === id) : undefined
  let made: NewKey | undefined
  await changeProjectsFile(projectsFileOf(config).file, (entries) => {
    const old = own ?? listKeys(entries).find((key) => key.projectId === projectId && key.id === id)
    if (old === undefined)
      throw usageError(`project ${projectId} has no key ${id}; \`touchline keys list\` shows them.`)
    const { kind } = old
    made = {
      ...boundsOf(entries, projectId, id),
      projectId,
      kind,
      id: newKeyId(),
      key: newKey(kind),
      createdAt,
    }
    const added = addKey(entries, made)
    // A signing key only checks tokens that are on their way; it goes when it is revoked.
    if (kind === 'signing') return added
    return revokeKey(added, { projectId, id, ...(own && { hash: own.hash }), ...(keepMs > 0 && { endsAt }) })
  })
  if (made === undefined) return
  show(made)
  const isSigning = made.kind === 'signing'
  console.error(
    isSigning
      ? `${id} still checks tokens; revoke it once none signed with it is in use.`
      : `${id} ${keepMs === 0 ? 'no longer counts' : `counts until ${endsAt}`}.`,
  )
  if (own)
    console.error(
      `Set ${own.kind === 'write' ? 'TOUCHLINE_WRITE_KEY' : 'TOUCHLINE_SECRET_KEY'} to the new key, if it is set.`,
    )
}

/** What binds the old key, so that the new one is bound alike. */
function boundsOf(entries: readonly ProjectEntry[], projectId: string, id: string) {
  const writeKeys = entries.find((entry) => entry.id === projectId)?.writeKeys.map(toWriteKey) ?? []
  const { key: _key, expiresAt: _ends, ...bounds } = writeKeys.find((key) => key.id === id) ?? { key: '', id }
  return bounds
}

async function revoke(config: Config, id: string, projectId: string): Promise<void> {
  const own = projectId === 'default' ? (await settingsKeys(config)).find((key) => key.id === id) : undefined
  await changeProjectsFile(projectsFileOf(config).file, (entries) => {
    if (!own && !listKeys(entries).some((key) => key.projectId === projectId && key.id === id))
      throw usageError(`project ${projectId} has no key ${id}; \`touchline keys list\` shows them.`)
    return revokeKey(entries, { projectId, id, ...(own && { hash: own.hash }) })
  })
  console.log(`${id} no longer counts.`)
}

function kindIn(text: string | undefined): KeyKind {
  if (text === 'write' || text === 'secret' || text === 'signing') return text
  throw usageError('--kind: write, secret or signing.')
}

function eventType(text: string): EventType {
  const found = eventTypes.find((type) => type === text)
  if (found === undefined) throw usageError(`--type: one of ${eventTypes.join(', ')}.`)
  return found
}
