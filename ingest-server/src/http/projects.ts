/**
 * Projects and their keys: the default project from settings, more of both from a file (projects-file.ts) that
 * is read again whenever it changes, so that keys are made and revoked without a restart.
 *
 * A file that cannot be read leaves the last good one in force and says so. Meanwhile a key that is not known
 * is answered 503 and not 401: it may be one of those that could not be read, and SDKs drop events on 4xx.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { statSync } from 'node:fs'
import type { EventType } from '@touchline/schemas'
import { TouchlineError } from '../errors.js'
import type { Logger } from '../logger.js'
import {
  hashOfKey,
  idOfHash,
  invalid,
  readProjectsFile,
  toSecretKey,
  toWriteKey,
  type PrivacyRules,
  type ProjectEntry,
  type SigningKeyEntry,
} from './projects-file.js'

/** A project is a tenant: it has write keys (public, they route events) and secret keys (private, they read and administer). */
export interface Project {
  id: string
  /** `open`: unsigned claims count, marked unverified. `signed-only`: they are kept as events and change nothing about anybody. */
  identify: 'open' | 'signed-only'
  /** Origins that may use the write keys (origins.ts has the grammar); undefined allows every origin. */
  origins?: readonly string[]
  /** Events a second over all its keys; undefined is unlimited. */
  eventsPerSecond?: number
  /** Events a second from one address (IPv6: one /64), with write keys. */
  eventsPerSecondPerAddress?: number
  /** What checks a userToken; undefined where the project signs nothing. */
  signing?: SigningRules
  privacy?: PrivacyRules
  retentionDays?: number
}

export interface SigningRules {
  keys: readonly SigningKeyEntry[]
  jwksUrl?: string
  issuer?: string
}

/** What one write key is bound to, beyond its project; an absent field binds nothing. */
export interface KeyBinding {
  id: string
  origins?: readonly string[]
  types?: readonly EventType[]
  /** Names of track events, `*` at the end for any rest. */
  events?: readonly string[]
  eventsPerSecond?: number
}

/** What a key opens. `secret` keys may also write, and make what they claim verified. */
export interface KeyHolder {
  project: Project
  kind: 'write' | 'secret'
  key?: KeyBinding
}

export interface Projects {
  /**
   * Undefined for a key that belongs to no project. Secret keys are compared in constant time. Throws
   * KEYS_UNREADABLE for an unknown key while the file of projects cannot be read.
   */
  holderOf(key: string): KeyHolder | undefined
  all(): readonly Project[]
}

export interface OpenedProjects extends Projects {
  /** Why the file as it stands now is not in force; undefined when it is. */
  problem(): string | undefined
  /** Called after a change came into force. */
  onChange(listener: () => void): void
  close(): void
}

export interface ProjectOptions {
  defaultProject: { writeKey: string; secretKey: string; id?: string }
  /** Path of a JSON file with more projects and keys. */
  file?: string | undefined
  /** The file need not be there (yet): `touchline keys` makes it. */
  isOptional?: boolean
  logger?: Logger
  /** How often a change of the file is looked for; polling also sees a replaced or mounted file. */
  rereadEveryMs?: number
}

const defaultRereadMs = 500

/** Reads the settings. Throws CONFIG_INVALID with the file and the field where they make no sense at the start. */
export function openProjects(options: ProjectOptions): OpenedProjects {
  const { file, logger } = options
  const listeners: (() => void)[] = []
  let seen = file === undefined ? '' : stampOf(file)
  let hadFile = seen !== ''
  let ring = ringOf(options, entriesIn(options, hadFile))
  let problem: string | undefined

  const timer =
    file === undefined
      ? undefined
      : setInterval(() => reread(file), options.rereadEveryMs ?? defaultRereadMs).unref()

  function reread(path: string): void {
    const stamp = stampOf(path)
    if (stamp === seen && problem === undefined) return
    try {
      // A file that was there and is gone is a mistake or a moment between two versions, not "no projects".
      if (stamp === '' && hadFile) throw invalid(path, 'is gone')
      ring = ringOf(options, entriesIn(options, stamp !== ''))
      hadFile = stamp !== ''
      if (problem !== undefined || stamp !== seen)
        logger?.info({ file: path, projects: ring.projects.length }, 'Projects and keys were read again')
      problem = undefined
      for (const listener of listeners) listener()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (reason !== problem)
        logger?.error({ reason }, 'The file of projects cannot be used; the last good one stays in force')
      problem = reason
    }
    seen = stamp
  }

  return {
    holderOf(asked) {
      const holder = ring.holderOf(asked)
      if (holder === undefined && problem !== undefined)
        throw new TouchlineError(
          'KEYS_UNREADABLE',
          'The list of keys cannot be read at the moment, so this key cannot be judged. Send again later.',
        )
      return holder
    },
    all: () => ring.projects,
    problem: () => problem,
    onChange: (listener) => void listeners.push(listener),
    close: () => clearInterval(timer),
  }
}

/** Changes with the file; empty where there is none. */
function stampOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats === undefined ? '' : `${stats.mtimeMs}:${stats.size}:${stats.ino}`
}

function entriesIn({ file, isOptional }: ProjectOptions, isThere: boolean): ProjectEntry[] {
  return file === undefined || (!isThere && isOptional) ? [] : readProjectsFile(file)
}

interface Ring {
  projects: readonly Project[]
  holderOf(key: string): KeyHolder | undefined
}

/** A key that ends by itself, or never. */
type Held = KeyHolder & { hash: string; expiresAtMs: number }

function ringOf({ defaultProject, file = 'file' }: ProjectOptions, entries: readonly ProjectEntry[]): Ring {
  const defaultId = defaultProject.id ?? 'default'
  const own = entries.find(({ id }) => id === defaultId) ?? emptyEntry(defaultId)
  const all = [
    {
      ...own,
      writeKeys: [defaultProject.writeKey, ...own.writeKeys],
      secretKeys: [defaultProject.secretKey, ...own.secretKeys],
    },
    ...entries.filter(({ id }) => id !== defaultId),
  ]
  // Looked up by a keyed hash whose key only this process knows: how long a lookup takes says nothing about
  // which kept key a guess was near, however many there are.
  const lookupKey = randomBytes(32)
  const lookup = (hash: string) => createHmac('sha256', lookupKey).update(hash).digest('base64')
  const writers = new Map<string, Held>()
  const secrets = new Map<string, Held>()
  const projects: Project[] = []
  for (const entry of all) {
    const project = projectOf(entry)
    projects.push(project)
    const revoked = new Set(entry.revoked)
    for (const { key, expiresAt, ...binding } of entry.writeKeys.map(toWriteKey)) {
      const hash = hashOfKey(key)
      if (revoked.has(hash)) continue
      const other = writers.get(key)
      if (other && other.project !== project)
        throw invalid(file, `gives a write key of ${project.id} to ${other.project.id} as well`)
      writers.set(key, {
        project,
        kind: 'write',
        key: bindingOf(binding),
        hash,
        expiresAtMs: endOf(expiresAt),
      })
    }
    for (const { id, hash, expiresAt } of entry.secretKeys.map(toSecretKey)) {
      if (revoked.has(hash)) continue
      secrets.set(lookup(hash), { project, kind: 'secret', key: { id }, hash, expiresAtMs: endOf(expiresAt) })
    }
  }

  const inForce = (held: Held | undefined) => (held && Date.now() < held.expiresAtMs ? held : undefined)
  return {
    projects,
    holderOf(asked) {
      const writer = inForce(writers.get(asked))
      if (writer) return writer
      const hash = hashOfKey(asked)
      const found = inForce(secrets.get(lookup(hash)))
      return found && timingSafeEqual(Buffer.from(found.hash), Buffer.from(hash)) ? found : undefined
    },
  }
}

const endOf = (expiresAt: string | undefined) => (expiresAt === undefined ? Infinity : Date.parse(expiresAt))

function bindingOf({ id, origins, types, events, eventsPerSecond }: Binding): KeyBinding {
  return {
    id,
    ...(origins && { origins }),
    ...(types && { types }),
    ...(events && { events }),
    ...(eventsPerSecond !== undefined && { eventsPerSecond }),
  }
}
type Binding = Omit<ReturnType<typeof toWriteKey>, 'key' | 'expiresAt'>

function projectOf(entry: ProjectEntry): Project {
  const { id, identify = 'open', origins, eventsPerSecond, signingKeys, jwksUrl, tokenIssuer } = entry
  const perAddress = entry.eventsPerSecondPerAddress
  const signs = signingKeys.length > 0 || jwksUrl !== undefined
  return {
    id,
    identify,
    ...(origins && { origins }),
    ...(eventsPerSecond !== undefined && { eventsPerSecond }),
    ...(perAddress !== undefined && { eventsPerSecondPerAddress: perAddress }),
    ...(signs && {
      signing: {
        keys: signingKeys,
        ...(jwksUrl !== undefined && { jwksUrl }),
        ...(tokenIssuer !== undefined && { issuer: tokenIssuer }),
      },
    }),
    ...(entry.privacy && { privacy: entry.privacy }),
    ...(entry.retentionDays !== undefined && { retentionDays: entry.retentionDays }),
  }
}

export const emptyEntry = (id: string): ProjectEntry => ({
  id,
  writeKeys: [],
  secretKeys: [],
  signingKeys: [],
  revoked: [],
})

/** The id under which a key of the default project is listed, as for any key that has none of its own. */
export const idOfKey = (key: string): string => idOfHash(hashOfKey(key))
