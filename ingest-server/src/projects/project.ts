/** What a tenant and its keys are. */
import type { EventType } from '@touchline/schemas'
import type { Logger } from '../logger.js'
import type { DomainSettings, PrivacyRules, SigningKeyEntry } from './projects-file.js'

/** A project is a tenant: it has write keys (public, they route events) and secret keys (private, they read and administer). */
export interface Project {
  id: string
  /** What people call it; absent: its id. */
  name?: string
  /** IANA name; absent: the server's own zone. */
  timezone?: string
  /** Three capitals. */
  currency?: string
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
  /** Domains that strangers share, or that are one company's, beyond the lists. */
  domains?: DomainSettings
  retentionDays?: number
  /** Variables of the environment that its definitions may name, `*` at the end for any rest (variables.ts). */
  variables?: readonly string[]
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
  /** Of a secret key or a session: `read` asks only; absent: admin. */
  role?: Role
  /** Of a secret key: its hash, as the file of projects has it. */
  hash?: string
  /** It came with the cookie of the Explorer and not with a key. */
  isSession?: boolean
}

export type Role = 'read' | 'admin'

/** A secret key that is in force, without the key. */
export interface SecretInForce {
  project: Project
  id: string
  hash: string
  role: Role
}

export interface Projects {
  /**
   * Undefined for a key that belongs to no project. Secret keys are compared in constant time. Throws
   * KEYS_UNREADABLE for an unknown key while the file of projects cannot be read.
   */
  credentialOf(key: string): Credential | undefined
  all(): readonly Project[]
  /** Secret keys of a project that are in force, those of the settings first. Absent in tests that need none. */
  secretsOf?(project: string): readonly SecretInForce[]
  /** The first write key of a project that is in force. */
  writeKeyOf?(project: string): string | undefined
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
