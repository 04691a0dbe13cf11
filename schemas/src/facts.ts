/**
 * Facts that collect computes from one event and writes into its row; ClickHouse only unfolds them.
 * Everything who-is-who says is a pure function of these.
 */
export type ClaimKind = 'claim' | 'alias' | 'unlink' | 'relink' | 'release'

/** The message says: `identifier` (the claimer, a user or an email) is the same person as `other`. */
export interface LinkFact {
  kind: ClaimKind
  identifier: string
  other: string
  verified: boolean
  /** Time of the claim: `occurred_at`, R5 applied. */
  at: string
}

export interface TraitFact {
  name: string
  /** JSON text. */
  value: string
}

export interface MembershipFact {
  identifier: string
  account: string
  left: boolean
}
