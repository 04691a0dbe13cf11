/**
 * Changing the file of projects and keys: each change is a pure function of what the file says, and is written
 * whole, so that a server that reads it at that moment sees the old file or the new one.
 */
import { existsSync } from 'node:fs'
import { open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { EventType } from '@touchline/schemas'
import { TouchlineError } from '../errors.js'
import { makeFolder } from '../make-folder.js'
import type { Role } from './project.js'
import {
  emptyEntry,
  hashOfKey,
  parseProjects,
  readProjectsFile,
  toRevoked,
  toSecretKey,
  toWriteKey,
  type ProjectEntry,
} from './projects-file.js'
import { writeWhole } from './write-whole.js'

export type KeyKind = 'write' | 'secret' | 'signing'

export interface NewKey {
  projectId: string
  kind: KeyKind
  /** In clear; of a secret key only the hash is kept. */
  key: string
  id: string
  name?: string | undefined
  createdAt: string
  expiresAt?: string | undefined
  origins?: readonly string[] | undefined
  types?: readonly EventType[] | undefined
  events?: readonly string[] | undefined
  eventsPerSecond?: number | undefined
  /** Of a secret key. */
  role?: Role | undefined
}

export interface ListedKey {
  projectId: string
  kind: KeyKind
  id: string
  name?: string | undefined
  /** Only of write keys, which are public. */
  key?: string | undefined
  createdAt?: string | undefined
  expiresAt?: string | undefined
  bound?: string | undefined
}

const withoutUndefined = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const unknownProject = (id: string) =>
  new TouchlineError(
    'CONFIG_INVALID',
    `There is no project ${id}; \`touchline projects create ${id}\` makes it.`,
  )

function changeProject(
  entries: readonly ProjectEntry[],
  id: string,
  change: (entry: ProjectEntry) => ProjectEntry,
): ProjectEntry[] {
  // The default project is there without an entry: its keys come from settings.
  const all =
    id === 'default' && !entries.some((entry) => entry.id === id) ? [...entries, emptyEntry(id)] : entries
  if (!all.some((entry) => entry.id === id)) throw unknownProject(id)
  return all.map((entry) => (entry.id === id ? change(entry) : entry))
}

export function addProject(entries: readonly ProjectEntry[], id: string): ProjectEntry[] {
  if (id === 'default' || entries.some((entry) => entry.id === id))
    throw new TouchlineError('CONFIG_INVALID', `Project ${id} is there already.`)
  return [...entries, emptyEntry(id)]
}

/** Its keys count no more. The project `default` stays: its keys are those of the settings. */
export function removeProject(entries: readonly ProjectEntry[], id: string): ProjectEntry[] {
  if (id === 'default')
    throw new TouchlineError('CONFIG_INVALID', 'The project default stays; remove DATA_DIR to begin anew.')
  return entries.filter((entry) => entry.id !== id)
}

/** Replaces the given settings of a project; a setting given as undefined goes back to its default. */
export function setProject(
  entries: readonly ProjectEntry[],
  id: string,
  settings: { [Name in keyof ProjectEntry]?: ProjectEntry[Name] | undefined },
): ProjectEntry[] {
  return changeProject(entries, id, (entry) => withoutUndefined({ ...entry, ...settings }) as ProjectEntry)
}

export function addKey(entries: readonly ProjectEntry[], made: NewKey): ProjectEntry[] {
  const { projectId, kind, key, role, ...fields } = made
  const { id, name, createdAt, expiresAt } = fields
  return changeProject(entries, projectId, (entry) => {
    if (kind === 'write') {
      const writeKey = withoutUndefined({ ...fields, key }) as ReturnType<typeof toWriteKey>
      return { ...entry, writeKeys: [...entry.writeKeys, writeKey] }
    }
    const described = withoutUndefined({ id, name, createdAt }) as { id: string }
    if (kind === 'signing')
      return { ...entry, signingKeys: [...entry.signingKeys, { ...described, secret: key }] }
    const secretKey = {
      ...described,
      hash: hashOfKey(key),
      ...(role === 'read' && { role }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    }
    return { ...entry, secretKeys: [...entry.secretKeys, secretKey] }
  })
}

/** Takes a key away, at once or at `endsAt`. A key of settings (`hash`) is named in `revoked` too. */
export function revokeKey(
  entries: readonly ProjectEntry[],
  { projectId, id, hash, endsAt }: { projectId: string; id: string; hash?: string; endsAt?: string },
): ProjectEntry[] {
  return changeProject(entries, projectId, (entry) => {
    const others = entry.revoked.filter((one) => toRevoked(one).hash !== hash)
    const ended = <T extends { id: string }>(keys: readonly T[], hashOf: (key: T) => string): T[] => {
      const isMeant = (key: T) => key.id === id || hashOf(key) === hash
      return endsAt === undefined
        ? keys.filter((key) => !isMeant(key))
        : keys.map((key) => (isMeant(key) ? { ...key, expiresAt: endsAt } : key))
    }
    return {
      ...entry,
      writeKeys: ended(entry.writeKeys.map(toWriteKey), ({ key }) => hashOfKey(key)),
      secretKeys: ended(entry.secretKeys.map(toSecretKey), (key) => key.hash),
      signingKeys: entry.signingKeys.filter((key) => key.id !== id),
      ...(hash !== undefined && { revoked: [...others, endsAt === undefined ? hash : { hash, endsAt }] }),
    }
  })
}

/** Every key of the file, secrets by their id only. */
export function listKeys(entries: readonly ProjectEntry[]): ListedKey[] {
  return entries.flatMap((entry): ListedKey[] => [
    ...entry.writeKeys.map(toWriteKey).map(({ origins, types, events, eventsPerSecond, ...key }) => ({
      projectId: entry.id,
      kind: 'write' as const,
      ...key,
      bound: [
        ...(origins ?? []),
        ...(types ?? []),
        ...(events ?? []),
        ...(eventsPerSecond === undefined ? [] : [`${eventsPerSecond}/s`]),
      ].join(' '),
    })),
    ...entry.secretKeys.map(toSecretKey).map(({ hash: _hash, role, ...key }) => ({
      projectId: entry.id,
      kind: 'secret' as const,
      ...key,
      bound: role === 'read' ? 'reads only' : '',
    })),
    ...entry.signingKeys.map(({ id, name, createdAt }) => ({
      projectId: entry.id,
      kind: 'signing' as const,
      id,
      name,
      createdAt,
    })),
  ])
}

/** By what each write and secret key of a project is found, whatever its id: a key of settings may stand here too. */
export const hashesOf = (
  entries: readonly ProjectEntry[],
  projectId: string,
): { id: string; hash: string }[] =>
  entries
    .filter(({ id }) => id === projectId)
    .flatMap(({ writeKeys, secretKeys }) => [
      ...writeKeys.map(toWriteKey).map(({ id, key }) => ({ id, hash: hashOfKey(key) })),
      ...secretKeys.map(toSecretKey).map(({ id, hash }) => ({ id, hash })),
    ])

const lockWaitMs = 5_000
/** Longer than any change takes: a lock older than this was left by a process that died. */
const lockAbandonedMs = 30_000

/** Reads the file, changes what it says and writes it whole, owner-only; one process at a time. */
export async function changeProjectsFile(
  file: string,
  change: (entries: readonly ProjectEntry[]) => ProjectEntry[],
): Promise<void> {
  await makeFolder(dirname(file), 0o700)
  await withLock(`${file}.lock`, async () => {
    const before = existsSync(file) ? readProjectsFile(file) : []
    // Checked before it is written: a change must not make a file that no server takes.
    const after = parseProjects(change(before), file)
    await writeWhole(file, `${JSON.stringify(after.map(withoutDefaults), null, 2)}\n`)
  })
}

const withoutDefaults = (entry: ProjectEntry) =>
  Object.fromEntries(
    Object.entries(entry).filter(([, value]) => !(Array.isArray(value) && value.length === 0)),
  )

async function withLock(lock: string, act: () => Promise<void>): Promise<void> {
  const giveUpAt = Date.now() + lockWaitMs
  for (;;) {
    try {
      const handle = await open(lock, 'wx', 0o600)
      await handle.writeFile(String(Date.now()))
      await handle.close()
      break
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
      const madeAt = Number(await readFile(lock, 'utf8').catch(() => '')) || Date.now()
      if (Date.now() - madeAt > lockAbandonedMs) await rm(lock, { force: true })
      else if (Date.now() > giveUpAt)
        throw new TouchlineError('CONFIG_INVALID', `Another process is changing the keys (${lock}).`, {
          cause,
        })
      else await delay(50)
    }
  }
  try {
    await act()
  } finally {
    await rm(lock, { force: true })
  }
}
