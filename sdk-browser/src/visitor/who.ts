/** What is known of a visitor. */

/** What the visitor said. */
export type Choice = 'granted' | 'no'

/** Times in milliseconds. The names stand in the cookie: builds of all sizes must read each other's. */
export interface Visitor {
  anonymousId?: string | undefined
  userId?: string | undefined
  groupId?: string | undefined
  sessionId?: string | undefined
  sessionStart?: number | undefined
  lastSeen?: number | undefined
  choice?: Choice | undefined
}
