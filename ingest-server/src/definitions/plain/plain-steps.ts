/** How a condition goes over a subject's time, and what is known while it is worked out. */
import type { Subject } from '@touchline/schemas/api'
import type { References } from '../documents/references.js'
import type { PlainHistory } from './plain-history.js'
import type { Step } from './steps.js'
import type { Matcher } from './touch-matcher.js'

export interface PlainSteps {
  of: (history: PlainHistory) => readonly Step[]
  /** How it is before anything happened. */
  initial: boolean
}

export interface PlainContext {
  subject: Subject
  references: References
  matcher: Matcher
}
