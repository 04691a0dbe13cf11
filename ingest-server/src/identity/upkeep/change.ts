/** A row of identity_changes_seen: whom a new fact is about. */
export interface Change {
  project: string
  kind: string
  identifier: string
  other: string
  verified: boolean
  at: string
  messageId: string
}

export const changeColumns = ['project', 'kind', 'identifier', 'other', 'verified', 'at', 'message_id']

export function toChange(values: readonly unknown[]): Change {
  const [project, kind, identifier, other, verified, at, messageId] = values as ChangeRow
  return { project, kind, identifier, other, verified, at, messageId }
}

type ChangeRow = [
  project: string,
  kind: string,
  identifier: string,
  other: string,
  verified: boolean,
  at: string,
  messageId: string,
]
