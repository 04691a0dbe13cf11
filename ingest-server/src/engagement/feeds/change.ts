/** A change as feeds send it: shapes and lines only. */
import type { ChangeKind, Subject } from '@touchline/schemas/api'
import { stringifyExact } from '../../exact-json.js'
import type { LogRecord } from '../../log/log.js'

export interface Change {
  project: string
  /** The order of the project's changes: rises with each. */
  seq: bigint
  kind: ChangeKind
  /** Which score, list of stages or segment; empty for a person or an account. */
  of: string
  subjectKind: Subject
  subject: string
  at: number
  /** The same for the same change, so that one that is seen again is recorded once. */
  id: string
  data: Record<string, unknown>
  version: bigint
}

/** A change without its place in the order. */
export type NewChange = Omit<Change, 'seq' | 'version'>

/** Something that may have changed, as ClickHouse saw it (its views: migrations). */
export interface Seen {
  project: string
  kind: ChangeKind
  of: string
  subjectKind: Subject
  subject: string
  /** Id of the recorded change; empty for one that is derived from the current state (derived-changes.ts). */
  id: string
  data: string
  /** When ClickHouse saw it. */
  storedAt: number
}

export function changesRecord(changes: readonly Change[]): LogRecord {
  const lines = changes.map(({ seq, subjectKind, at, data, version, ...rest }) => {
    const row = {
      ...rest,
      seq: String(seq),
      version: String(version),
      subject_kind: subjectKind,
      at: new Date(at).toISOString(),
      body: stringifyExact(data),
    }
    return Buffer.from(`${JSON.stringify(row)}\n`)
  })
  return { table: 'change_records', lines: Buffer.concat(lines), rows: {} }
}
