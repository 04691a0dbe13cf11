/**
 * Projects and their keys: the default project from settings, and those of a JSON file.
 *
 *     file = [ { id, writeKeys: [key], secretKeys: [key | "sha256:" hex], identify?, origins?, eventsPerSecond? } ]
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { TouchlineError } from '../errors.js'

/** A project is a tenant: it has write keys (public, they route events) and secret keys (private, they read and administer). */
export interface Project {
  id: string
  /** `open`: unsigned claims count, marked unverified. `signed-only`: they are kept as events and change nothing about anybody. */
  identify: 'open' | 'signed-only'
  /** Origins that may use the write keys: `https://app.example.com` or `https://*.example.com`; undefined allows every origin. */
  origins?: readonly string[]
  /** Events a second over all its keys; undefined is unlimited. */
  eventsPerSecond?: number
}

/** What a key opens. `secret` keys may also write, and make what they claim verified. */
export interface KeyHolder {
  project: Project
  kind: 'write' | 'secret'
}

export interface Projects {
  /** Undefined for a key that belongs to no project. Secret keys are compared in constant time. */
  holderOf(key: string): KeyHolder | undefined
  all(): readonly Project[]
}

const key = z.string().trim().min(8, 'a key has at least 8 characters').max(200)
const hashedKey = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'sha256: is followed by 64 hexadecimal digits')
const origin = z
  .string()
  .regex(
    /^https?:\/\/(\*\.)?[a-z0-9.-]+(:\d+)?$/i,
    'an origin is https://host, https://host:port or https://*.host',
  )

export const projectFileSchema = z.array(
  z.strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/i, 'a project id is letters, digits, - and _'),
    writeKeys: z.array(key).min(1),
    secretKeys: z.array(z.union([hashedKey, key])).default([]),
    identify: z.enum(['open', 'signed-only']).default('open'),
    origins: z.array(origin).min(1).optional(),
    eventsPerSecond: z.number().positive().optional(),
  }),
)

export interface ProjectOptions {
  defaultProject: { writeKey: string; secretKey: string; id?: string }
  /** Path of a JSON file with more projects. */
  file?: string | undefined
}

const digest = (text: string) => createHash('sha256').update(text).digest()
const digestOf = (secret: string) =>
  secret.startsWith('sha256:') ? Buffer.from(secret.slice('sha256:'.length), 'hex') : digest(secret)

/** Reads the settings once. Throws CONFIG_INVALID with the file and the field where they make no sense. */
export function openProjects({ defaultProject, file }: ProjectOptions): Projects {
  const writers = new Map<string, KeyHolder>()
  const secrets: { digest: Buffer; holder: KeyHolder }[] = []
  const all: Project[] = []
  const add = (project: Project, writeKeys: readonly string[], secretKeys: readonly string[]) => {
    if (all.some(({ id }) => id === project.id)) throw invalid(`project ${project.id} is there twice`)
    all.push(project)
    for (const writeKey of writeKeys) {
      if (writers.has(writeKey)) throw invalid(`a write key of ${project.id} also belongs to another project`)
      writers.set(writeKey, { project, kind: 'write' })
    }
    for (const secret of secretKeys)
      secrets.push({ digest: digestOf(secret), holder: { project, kind: 'secret' } })
  }

  add(
    { id: defaultProject.id ?? 'default', identify: 'open' },
    [defaultProject.writeKey],
    [defaultProject.secretKey],
  )
  for (const { writeKeys, secretKeys, origins, eventsPerSecond, ...rest } of file ? readFile(file) : []) {
    add(
      { ...rest, ...(origins && { origins }), ...(eventsPerSecond !== undefined && { eventsPerSecond }) },
      writeKeys,
      secretKeys,
    )
  }

  return {
    holderOf(asked) {
      return writers.get(asked) ?? secretHolder(asked)
    },
    all: () => all,
  }

  // Every secret is compared, each in constant time, so that the time says nothing about which one was near.
  function secretHolder(asked: string): KeyHolder | undefined {
    const presented = digest(asked)
    let found: KeyHolder | undefined
    for (const secret of secrets) if (timingSafeEqual(secret.digest, presented)) found = secret.holder
    return found
  }
}

function readFile(file: string) {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw invalid(`${file} cannot be read as JSON: ${(cause as Error).message}`, cause)
  }
  const parsed = projectFileSchema.safeParse(content)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw invalid(`${file}: ${issue?.path.join('.')}: ${issue?.message}`, parsed.error)
  }
  return parsed.data
}

const invalid = (message: string, cause?: unknown) =>
  new TouchlineError('CONFIG_INVALID', `PROJECTS_FILE: ${message}.`, { cause })
