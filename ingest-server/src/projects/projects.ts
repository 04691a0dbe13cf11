/**
 * Projects and their keys: the default project from settings, more of both from a file (projects-file.ts) that
 * is read again whenever it changes, so that keys are made and revoked without a restart.
 *
 * A file that cannot be read leaves the last good one in force and says so. Meanwhile a key that is not known
 * is answered 503 and not 401: it may be one of those that could not be read, and SDKs drop events on 4xx.
 */
import { statSync } from 'node:fs'
import { TouchlineError } from '../errors.js'
import { keysInForce } from './keys-in-force.js'
import type { ProjectOptions, Projects } from './project.js'
import { hashOfKey, idOfHash, invalid, readProjectsFile, type ProjectEntry } from './projects-file.js'

export interface OpenedProjects extends Projects {
  /** Why the file as it stands now is not in force; undefined when it is. */
  problem(): string | undefined
  /** Called after a change came into force. */
  onChange(listener: () => void): void
  close(): void
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
    credentialOf(asked) {
      const holder = keys.credentialOf(asked)
      if (holder === undefined && problem !== undefined)
        throw new TouchlineError(
          'KEYS_UNREADABLE',
          'The list of keys cannot be read at the moment, so this key cannot be judged. Send again later.',
        )
      return holder
    },
    all: () => keys.projects,
    secretsOf: (project) => keys.secretsOf(project),
    writeKeyOf: (project) => keys.writeKeyOf(project),
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
