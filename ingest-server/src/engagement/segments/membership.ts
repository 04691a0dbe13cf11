/** Whether a subject is in a segment. */
import type { Segment } from './memberships.js'

export interface SegmentMembership {
  segment: Segment
  subject: string
  isIn: boolean
  /** When it became so, in milliseconds; 0: before anything happened, or it never was in it. */
  since: number
}

/** Of one segment and subject, as a key. */
export const pairOf = (segment: string, subject: string): string => `${segment}\n${subject}`
