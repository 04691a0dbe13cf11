/**
 * The file of projects and keys: DATA_DIR/projects.json, or PROJECTS_FILE. People may write it, `touchline keys`
 * and `touchline projects` do. It holds signing secrets, so it belongs to its owner alone (mode 600).
 *
 *     file      = [ project ]
 *     project   = { id, writeKeys, secretKeys, signingKeys?, identify?, origins?, eventsPerSecond?, privacy?, … }
 *     writeKeys = [ key | { id, key, origins?, types?, events?, eventsPerSecond?, expiresAt? } ]
 *     secretKeys = [ "sha256:" hex | { id, hash, expiresAt? } ]
 *
 * An entry named `default` adds to the project whose keys come from the environment or from DATA_DIR/keys.json.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { eventTypes, isTimeZone } from '@touchline/schemas'
import { TouchlineError } from '../errors.js'
import { isOriginPattern } from './origins.js'

const key = z.string().trim().min(8, 'a key has at least 8 characters').max(200)
const hash = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'sha256: is followed by 64 hexadecimal digits')
const keyId = z.string().regex(/^[\w.-]{1,64}$/, 'a key id is letters, digits, ., _ and -')
const time = z.iso.datetime({ offset: true })
const origin = z
  .string()
  .refine(isOriginPattern, 'an origin is https://host, https://*.host, host, or one of them with :port')
const rate = z.number().positive()

const described = { id: keyId, name: z.string().max(200).optional(), createdAt: time.optional() }
const ending = { expiresAt: time.optional() }

const writeKeySchema = z.strictObject({
  ...described,
  key,
  ...ending,
  origins: z.array(origin).min(1).optional(),
  /** Types of events it may send; absent: all. */
  types: z.array(z.enum(eventTypes)).min(1).optional(),
  /** Names of track events it may send, `*` at the end for any rest; absent: all. */
  events: z.array(z.string().min(1).max(200)).min(1).optional(),
  eventsPerSecond: rate.optional(),
})
/** `read` asks only: it sends no events and changes nothing. */
const secretKeySchema = z.strictObject({
  ...described,
  hash,
  role: z.enum(['read', 'admin']).optional(),
  ...ending,
})

/** What checks a userToken: a secret shared with the customer's server (HS256), or its public key. */
const signingKeySchema = z.union([
  z.strictObject({ ...described, secret: z.string().min(32, 'HS256 needs at least 32 characters') }),
  z.strictObject({
    ...described,
    publicKey: z.union([z.string().min(1), z.record(z.string(), z.unknown())]),
  }),
])

const domainName = z.string().regex(/^[^\s/@:]+\.[^\s/@:.]+$/, 'a domain is a name like partner.example')

/** What the project knows of domains that the lists of free mail do not; sub-domains included. */
const domainsSchema = z.strictObject({
  /** Strangers share it: addresses there make no account. */
  shared: z.array(domainName).default([]),
  /** One company's, whatever the lists say. */
  companies: z.array(domainName).default([]),
})

const propertyPath = z.string().regex(/^[^.\s][^\s]{0,199}$/, 'a name, or a path like properties.card.number')
const signalSchema = z.enum(['ignore', 'anonymous', 'drop'])

const privacySchema = z
  .strictObject({
    dropProperties: z.array(propertyPath).default([]),
    hashProperties: z.array(propertyPath).default([]),
    /** Key of the hashes. Without it anybody could compute the hash of a phone number and look for it. */
    hashSalt: z.string().min(16).optional(),
    /** What `Sec-GPC: 1` means here: nothing, keep the event as an unknown visitor's, or do not take it. */
    gpc: signalSchema.default('ignore'),
    /** The same for `DNT: 1`. */
    dnt: signalSchema.default('ignore'),
  })
  .refine(({ hashProperties, hashSalt }) => hashProperties.length === 0 || hashSalt !== undefined, {
    path: ['hashSalt'],
    message: 'hashProperties needs a hashSalt of at least 16 random characters',
  })

const projectSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/i, 'a project id is letters, digits, - and _'),
  writeKeys: z.array(z.union([key, writeKeySchema])).default([]),
  secretKeys: z.array(z.union([hash, key, secretKeySchema])).default([]),
  signingKeys: z.array(signingKeySchema).default([]),
  /** Public keys of an identity provider, read now and then in the background. */
  jwksUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** `iss` that a userToken must name; absent: any. */
  tokenIssuer: z.string().min(1).optional(),
  identify: z.enum(['open', 'signed-only']).optional(),
  /** What people call it; absent: its id. */
  name: z.string().trim().min(1).max(200).optional(),
  /** IANA name of the zone in which its people read times; absent: the server's own. */
  timezone: z.string().refine(isTimeZone, 'a time zone is a name like Europe/Berlin or UTC').optional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'a currency is three capitals such as EUR')
    .optional(),
  origins: z.array(origin).min(1).optional(),
  eventsPerSecond: rate.optional(),
  eventsPerSecondPerAddress: rate.optional(),
  privacy: privacySchema.optional(),
  domains: domainsSchema.optional(),
  /** Events older than this are deleted; who is who and the profiles stay. */
  retentionDays: z.number().int().min(1).max(36_500).optional(),
  /** Variables of the environment that its definitions may name as `env:NAME`, `*` at the end for any rest. */
  variables: z
    .array(z.string().regex(/^[A-Z_][A-Z0-9_]*\*?$/, 'a variable is capitals, digits and _, * at its end'))
    .min(1)
    .optional(),
  /** Hashes of keys that do not count, or not after `endsAt`, wherever else they stand (environment, keys.json). */
  revoked: z.array(z.union([hash, z.strictObject({ hash, endsAt: time })])).default([]),
})

export const projectFileSchema = z.array(projectSchema)

export type ProjectEntry = z.infer<typeof projectSchema>
export type WriteKeyEntry = z.infer<typeof writeKeySchema>
export type SecretKeyEntry = z.infer<typeof secretKeySchema>
export type SigningKeyEntry = z.infer<typeof signingKeySchema>
export type PrivacyRules = z.infer<typeof privacySchema>
export type DomainSettings = z.infer<typeof domainsSchema>

export const emptyEntry = (id: string): ProjectEntry => ({
  id,
  writeKeys: [],
  secretKeys: [],
  signingKeys: [],
  revoked: [],
})

/**
 * How a secret key is kept. A key made here has 256 random bits: nobody finds it by trying, so the slow hash
 * that protects a password would protect nothing more, and would cost every request its time.
 */
export const hashOfKey = (secret: string): string =>
  `sha256:${createHash('sha256').update(secret).digest('hex')}`

/** The id by which a key that has none is listed and revoked: the beginning of its hash. */
export const idOfHash = (hashed: string): string =>
  `k${hashed.slice('sha256:'.length, 'sha256:'.length + 10)}`

export const toWriteKey = (entry: string | WriteKeyEntry): WriteKeyEntry =>
  typeof entry === 'string' ? { id: idOfHash(hashOfKey(entry)), key: entry } : entry

/** Without `endsAt` it counts no longer. */
export const toRevoked = (entry: ProjectEntry['revoked'][number]): { hash: string; endsAt?: string } =>
  typeof entry === 'string' ? { hash: entry } : entry

export function toSecretKey(entry: string | SecretKeyEntry): SecretKeyEntry {
  if (typeof entry !== 'string') return entry
  const hashed = entry.startsWith('sha256:') ? entry : hashOfKey(entry)
  return { id: idOfHash(hashed), hash: hashed }
}

/** Editors of Windows put a byte order mark in front, which is no JSON. */
export const parsedFile = (text: string): unknown => JSON.parse(text.replace(/^\uFEFF/, ''))

/** Throws CONFIG_INVALID with the file and the field where it makes no sense. */
export function readProjectsFile(file: string): ProjectEntry[] {
  let content: unknown
  try {
    content = parsedFile(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw invalid(file, `cannot be read as JSON: ${reasonOf(cause)}`, cause)
  }
  return parseProjects(content, file)
}

export function parseProjects(content: unknown, file: string): ProjectEntry[] {
  const parsed = projectFileSchema.safeParse(content)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw invalid(file, `${issue?.path.join('.') || 'file'}: ${issue?.message}`, parsed.error)
  }
  const seen = new Set<string>()
  for (const { id } of parsed.data) {
    if (seen.has(id)) throw invalid(file, `project ${id} is there twice`)
    seen.add(id)
  }
  return parsed.data
}

/** JSON's own message quotes what stands around the error, which may be a secret. */
const reasonOf = (cause: unknown) =>
  cause instanceof SyntaxError ? 'it is not valid JSON' : (cause as Error).message

export const invalid = (file: string, message: string, cause?: unknown) =>
  new TouchlineError('CONFIG_INVALID', `PROJECTS_FILE: ${file} ${message}.`, { cause })
