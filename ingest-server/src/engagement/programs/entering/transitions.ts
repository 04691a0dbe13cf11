/** Entries into and leaves of segments, for programs that begin with them: at least once each, with the same id. */
import type { ClickHouseClient } from '@clickhouse/client'
import { openFeed, type Feed } from '../../../projections/feed.js'
import type { Transition } from './moments.js'

export const openTransitions = (client: ClickHouseClient, overlapMs: number): Feed<Transition> =>
  openFeed<Transition>({
    ...{ client, table: 'segment_transition_feed', overlapMs, toRow: toTransition },
    columns: [
      'project',
      'segment',
      'subject_kind',
      'subject',
      'change',
      'valid_at',
      'known_at',
      'id',
      'cause',
    ],
  })

const toTransition = (values: readonly unknown[]): Transition => {
  const [project, segment, kind, subject, change, validAt, knownAt, id, cause] = values.map(String)
  return {
    project: project ?? '',
    segment: segment ?? '',
    subjectKind: kind ?? '',
    subject: subject ?? '',
    change: change ?? '',
    validAt: Date.parse(validAt ?? ''),
    knownAt: Date.parse(knownAt ?? ''),
    id: id ?? '',
    cause: cause ?? '',
  }
}
