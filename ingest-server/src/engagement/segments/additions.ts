/** Adding to a segment that is a list: an act, recorded once however often it is carried out. */
import { TouchlineError } from '../../errors.js'
import type { Reader } from '../../clickhouse/query.js'
import { requireDefinition } from '../../definitions/documents/read.js'
import { record } from '../record.js'
import type { RecordDeps } from '../source.js'
import { isListed } from './memberships.js'

export interface Addition {
  segment: string
  /** An identifier of a person, or an account's id. */
  identifier: string
  /** Who or what adds it. */
  by: string
  /** Of the act: the same one adds once. */
  id: string
  /** When, in milliseconds, where it is not now: an act that is carried out again is of the same time. */
  at?: number
}

/** Throws QUERY_INVALID where the segment is none that is a list. */
export async function addToSegment(
  { segment, identifier, by, id, at }: Addition,
  { reader, ...deps }: RecordDeps & { reader: Reader },
): Promise<void> {
  const { body } = await requireDefinition(reader, 'segments', segment)
  if (!isListed(body))
    throw new TouchlineError(
      'QUERY_INVALID',
      `segment ${segment}: follows from a condition; nobody is added to it`,
    )
  const row = {
    project: reader.project,
    segment,
    identifier,
    at: new Date(at ?? deps.clock()).toISOString(),
    id,
    author: by,
  }
  await record(deps, 'segment_additions', [row])
}
