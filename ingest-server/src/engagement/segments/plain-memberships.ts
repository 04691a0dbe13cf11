/**
 * Memberships of subjects that changed, worked out in this process: the same rows as memberships.ts makes in ClickHouse, and
 * of whom there may be something to say now.
 */
import { insertLines } from '../../clickhouse/insert-lines.js'
import { queryRows, type NamedQuery } from '../../clickhouse/query.js'
import type { PlainSet } from '../../definitions/plain/plain-set.js'
import { onlyKeys } from '../../definitions/touches.js'
import type { SubjectHistory } from '../histories.js'
import type { EngageSource } from '../source.js'
import type { Segment } from './memberships.js'

export interface Membership {
  segment: Segment
  subject: string
  isIn: boolean
  /** When it became so, in milliseconds; 0: before anything happened, or it never was in it. */
  since: number
}

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
  version: number,
]

async function readStanding(
  source: EngageSource,
  { segments, only }: { segments: readonly string[]; only: readonly string[] },
): Promise<Map<string, Map<string, Standing>>> {
  // FINAL leaves what can be filtered before rows are made one to the statement: the key says both.
  const named: NamedQuery = {
    name: 'engage-standing-memberships',
    splitBy: 'only',
    sql: `
SELECT segment, subject, toString(subject_key), times, toUnixTimestamp64Milli(next_at), segment_version
FROM segment_memberships FINAL
PREWHERE project = {project: String} AND segment IN {segments: Array(String)} AND subject_key IN ${onlyKeys}`,
  }
  const rows = await queryRows<StandingRow>(source, named, { segments, only })
  const bySegment = new Map(segments.map((id) => [id, new Map<string, Standing>()]))
  for (const [segment, subject, key, times, nextAt, version] of rows)
    bySegment.get(segment)?.set(subject, { key, times, nextAt, version })
  return bySegment
}

export interface KeptMemberships {
  source: EngageSource
  /** Milliseconds. */
  asOf: number
  version: bigint
  only: readonly string[]
}

/** What is other than what stands, as lines to be written, and whose state may be another than was said. */
export async function changedMemberships(
  set: PlainSet,
  histories: readonly SubjectHistory[],
  { source, asOf, version, only }: KeptMemberships,
): Promise<{ changed: Membership[]; write: () => Promise<void> }> {
  const ids = set.segments.map(({ segment }) => segment.id)
  const standing = await readStanding(source, { segments: ids, only })
  const lines: string[] = []
  const changed: Membership[] = []
  const lineOf = (segment: Segment, subject: string, key: string, times: readonly number[]) => {
    const next = times.find((ms) => ms > asOf) ?? 0
    return `${JSON.stringify({
      ...{
        project: source.project,
        segment: segment.id,
        subject_key: key,
        subject_kind: segment.body.subject,
      },
      ...{ subject, segment_version: segment.version, times, next_at: new Date(next).toISOString() },
      ...{ version: version.toString(), is_deleted: times.length === 0 ? 1 : 0 },
    })}\n`
  }
  for (const { segment, timesOf } of set.segments) {
    const rows = standing.get(segment.id) ?? new Map<string, Standing>()
    const follow = (subject: string, key: string, times: readonly number[]) => {
      const before = rows.get(subject)
      rows.delete(subject)
      const isSame = sameTimes(times, before?.times ?? [])
      const isFormedBefore = times.length > 0 && before?.version !== segment.version
      if (!isSame || isFormedBefore) lines.push(lineOf(segment, subject, key, times))
      const now = stateAt(times, asOf)
      if (now.isIn !== wasIn(before) || isDue(before, asOf)) changed.push({ segment, subject, ...now })
    }
    for (const { subject, key, history } of histories) follow(subject, key, timesOf(history))
    // Of whom nothing is known any longer.
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

/** As it was when the row was formed, and so was said. */
const wasIn = (row: Standing | undefined) =>
  row !== undefined && row.times.filter((ms) => row.nextAt === 0 || ms < row.nextAt).length % 2 === 1

/** The clock has moved past something since the row was formed. */
const isDue = (row: Standing | undefined, now: number) =>
  row !== undefined && row.nextAt !== 0 && row.nextAt <= now
