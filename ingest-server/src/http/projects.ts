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
