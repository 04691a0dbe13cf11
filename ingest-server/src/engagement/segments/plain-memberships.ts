/**
 * Memberships of subjects that changed, worked out in this process: the same rows as memberships.ts makes in ClickHouse, and
 * the memberships of which a transition may have to be emitted.
 */
import { insertLines } from '../../clickhouse/insert-lines.js'
import { queryRows, type NamedQuery } from '../../clickhouse/query.js'
import type { PlainSet } from '../../definitions/plain/plain-set.js'
import { onlyKeys } from '../../definitions/sql/touches.js'
import type { SubjectHistory } from '../histories.js'
import { openLines } from '../lines.js'
import type { EngageSource } from '../source.js'
import { pairOf, type SegmentMembership } from './membership.js'

interface Standing {
  key: string
  times: number[]
  /** The first of them after the row was formed, in ms; 0: none. */
  nextAt: number
  version: number
}

type StandingRow = [
  segment: string,
  subject: string,
  key: string,
  times: number[],
  nextAt: number,
  segmentVersion: number,
  version: string,
  isDeleted: number,
]

async function readStanding(
  source: EngageSource,
  { segments, only }: { segments: readonly string[]; only: readonly string[] },
): Promise<Map<string, Map<string, Standing>>> {
  // Of several rows of a key the latest counts. FINAL would read all columns of everybody around before it filters.
  const named: NamedQuery = {
    name: 'engage-standing-memberships',
    splitBy: 'only',
    sql: `
SELECT segment, subject, toString(subject_key), times, toUnixTimestamp64Milli(next_at), segment_version, toString(version), is_deleted
FROM segment_memberships
PREWHERE project = {project: String} AND segment IN {segments: Array(String)} AND subject_key IN ${onlyKeys}`,
  }
  const latest = new Map<string, StandingRow>()
  for (const row of await queryRows<StandingRow>(source, named, { segments, only })) {
    const pair = pairOf(row[0], row[2])
    const before = latest.get(pair)
    if (before === undefined || BigInt(before[6]) < BigInt(row[6])) latest.set(pair, row)
  }
  const bySegment = new Map(segments.map((id) => [id, new Map<string, Standing>()]))
  for (const [segment, subject, key, times, nextAt, version, , isDeleted] of latest.values())
    if (isDeleted === 0) bySegment.get(segment)?.set(subject, { key, times, nextAt, version })
  return bySegment
}

export interface KeptMemberships {
  source: EngageSource
  /** Milliseconds. */
  asOf: number
  version: bigint
  only: readonly string[]
}

/**
 * Compares with the stored rows. `write` inserts the rows that differ; `changed`: memberships whose state may differ
 * from the last emitted one.
 */
export async function changedMemberships(
  set: PlainSet,
  histories: readonly SubjectHistory[],
  { source, asOf, version, only }: KeptMemberships,
): Promise<{ changed: SegmentMembership[]; write: () => Promise<void> }> {
  const ids = set.segments.map(({ segment }) => segment.id)
  const standing = await readStanding(source, { segments: ids, only })
  const lines: string[] = []
  const changed: SegmentMembership[] = []
  for (const { segment, membershipTimes } of set.segments) {
    const rows = standing.get(segment.id) ?? new Map<string, Standing>()
    const toLine = openLines({
      ...{ project: source.project, segment: segment.id, subject_kind: segment.body.subject },
      ...{ segment_version: segment.version, version: version.toString() },
    })
    const follow = (subject: string, key: string, times: readonly number[]) => {
      const before = rows.get(subject)
      // Most subjects were never in most segments.
      if (before === undefined && times.length === 0) return
      rows.delete(subject)
      const isFormedBefore = times.length > 0 && before?.version !== segment.version
      if (isFormedBefore || !sameTimes(times, before?.times ?? [])) {
        const next = times.find((ms) => ms > asOf) ?? 0
        const own = { subject, subject_key: key, times, next_at: new Date(next).toISOString() }
        lines.push(toLine({ ...own, is_deleted: times.length === 0 ? 1 : 0 }))
      }
      const now = stateAt(times, asOf)
      if (now.isIn !== wasIn(before) || isDue(before, asOf)) changed.push({ segment, subject, ...now })
    }
    for (const { subject, key, history } of histories) follow(subject, key, membershipTimes(history))
    // Subjects that have a row and of which nothing is known any longer.
    for (const [subject, { key }] of [...rows]) follow(subject, key, [])
  }
  const write = async () => {
    if (lines.length > 0) await insertLines(source.client, 'segment_memberships', Buffer.from(lines.join('')))
  }
  return { changed, write }
}

const sameTimes = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((ms, place) => ms === b[place])

function stateAt(times: readonly number[], ms: number): { isIn: boolean; since: number } {
  const past = times.filter((one) => one <= ms)
  return { isIn: past.length % 2 === 1, since: past.at(-1) ?? 0 }
}

/** The state when the row was formed; that one was emitted. */
const wasIn = (row: Standing | undefined) =>
  row !== undefined && row.times.filter((ms) => row.nextAt === 0 || ms < row.nextAt).length % 2 === 1

/** The clock has moved past something since the row was formed. */
const isDue = (row: Standing | undefined, now: number) =>
  row !== undefined && row.nextAt !== 0 && row.nextAt <= now
