/**
 * Projects and their keys: the default project from settings, more of both from a file (projects-file.ts) that
 * is read again whenever it changes, so that keys are made and revoked without a restart.
 *
 * A file that cannot be read leaves the last good one in force and says so. Meanwhile a key that is not known
 * is answered 503 and not 401: it may be one of those that could not be read, and SDKs drop events on 4xx.
 */
import { statSync } from 'node:fs'
import type { EventType } from '@touchline/schemas'
import { TouchlineError } from '../errors.js'
import type { Logger } from '../logger.js'
import { keysInForce } from './keys-in-force.js'
import {
  hashOfKey,
  idOfHash,
  invalid,
  readProjectsFile,
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
export interface Credential {
  project: Project
  kind: 'write' | 'secret'
  key?: KeyBinding
}

export interface Projects {
  /**
   * Undefined for a key that belongs to no project. Secret keys are compared in constant time. Throws
   * KEYS_UNREADABLE for an unknown key while the file of projects cannot be read.
   */
  holderOf(key: string): Credential | undefined
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
  let keys = keysInForce(options, entriesIn(options, hadFile))
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
      keys = keysInForce(options, entriesIn(options, stamp !== ''))
      hadFile = stamp !== ''
      if (problem !== undefined || stamp !== seen)
        logger?.info({ file: path, projects: keys.projects.length }, 'Projects and keys were read again')
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
      const holder = keys.holderOf(asked)
      if (holder === undefined && problem !== undefined)
        throw new TouchlineError(
          'KEYS_UNREADABLE',
          'The list of keys cannot be read at the moment, so this key cannot be judged. Send again later.',
        )
      return holder
    },
    all: () => keys.projects,
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

/** The id under which a key of the default project is listed, as for any key that has none of its own. */
export const idOfKey = (key: string): string => idOfHash(hashOfKey(key))
