/** Moves rows of due subjects (due-subjects.ts) on to the next time at which they change. */
import { onlyKeys } from '../../definitions/sql/touches.js'
import { derive, type EngageSource } from '../source.js'

/** After their transitions are written: moves `next_at` of these to the next time after `now`. */
export async function moveOn(
  source: EngageSource,
  { only, now, version }: { only: readonly string[]; now: number; version: bigint },
): Promise<void> {
  await derive(
    source,
    `
INSERT INTO segment_memberships (project, segment, subject_key, subject_kind, subject, segment_version, times, next_at, version, is_deleted)
SELECT project, segment, subject_key, subject_kind, subject, segment_version, times,
  fromUnixTimestamp64Milli(arrayFirst(x -> x > {now: Int64}, times), 'UTC'), {version: UInt64}, 0
FROM segment_memberships FINAL
WHERE project = {project: String} AND subject_key IN ${onlyKeys}
  AND toUnixTimestamp64Milli(next_at) > 0 AND next_at <= fromUnixTimestamp64Milli({now: Int64}, 'UTC')`,
    { only, now, version: version.toString() },
  )
}
