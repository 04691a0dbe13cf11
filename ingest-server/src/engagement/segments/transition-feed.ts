/** Entries and leaves as they are recorded, for whoever acts on them: at least once each, with the same id. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { Subject } from '@touchline/schemas/api'
import { openFeed, type Feed } from '../../projections/feed.js'

export interface Transition {
  project: string
  segment: string
  segmentVersion: number
  subjectKind: Subject
  /** As it was known then: whose it is today, identity_map says. */
  subject: string
  change: 'enter' | 'leave'
  /** definition: it was so before this version of the segment was made. */
  cause: 'change' | 'definition'
  /** Milliseconds since 1970. */
  validAt: number
  knownAt: number
  id: string
}

const columns = [
  'project',
  'segment',
  'segment_version',
  'subject_kind',
  'subject',
  'change',
  'cause',
  'valid_at',
  'known_at',
  'id',
]

export const toTransition = (values: readonly unknown[]): Transition => {
  const [project, segment, version, kind, subject, change, cause, validAt, knownAt, id] = values
  return {
    project: String(project),
    segment: String(segment),
    segmentVersion: Number(version),
    subjectKind: kind as Subject,
    subject: String(subject),
    change: change as Transition['change'],
    cause: cause as Transition['cause'],
    validAt: Date.parse(String(validAt)),
    knownAt: Date.parse(String(knownAt)),
    id: String(id),
  }
}

/** Look, pages, settle (projections/feed.ts); nothing of before the last 30 days. */
export const openTransitionFeed = (client: ClickHouseClient, overlapMs = 3_000): Feed<Transition> =>
  openFeed<Transition>({ client, table: 'segment_transition_feed', columns, toRow: toTransition, overlapMs })
