/** What is known of a request before its events are looked at, the same for each of them. */
import type { KeyBinding, Project } from '../../projects/project.js'
import type { Judge } from '../../log/tombstones.js'

/** What the visitor's browser asks for (`Sec-GPC`, `DNT`), as the project answers it. */
export type PrivacySignal = 'none' | 'anonymous' | 'drop'

export interface RequestContext {
  project: Project
  /** Came with a secret key. */
  verified: boolean
  /** What the write key is bound to. */
  key?: KeyBinding | undefined
  /** What the browser's Sec-GPC and DNT mean for this project; absent: nothing. */
  privacySignal?: PrivacySignal
  /** Tells events of people who were erased; absent where nobody was. */
  judge?: Judge | undefined
  receivedAtMs: number
  /** The same as ISO 8601 with milliseconds and Z. */
  receivedAt: string
  /** Address of the client, already truncated. */
  ip: string
  userAgent: string
  acceptLanguage: string
  /** A browser made the request, so its User-Agent and its address are the visitor's (made-by-browser.ts). */
  byBrowser: boolean
}
