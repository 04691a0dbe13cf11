/**
 * Who was in which segment when: derived rows, one a subject and segment, with the whole history in it. ClickHouse makes
 * them of touches and facts and writes what is different; they come out the same however often it is done.
 */
import type { SegmentBody, Subject } from '@touchline/schemas/api'
import { chunksOf } from '../../clickhouse/query.js'
import { asOfMsSql, asOfParam } from '../../definitions/sql/bag.js'
import { compileTimes } from '../../definitions/compile.js'
import type { Definition } from '../../definitions/documents/definition.js'
import { referencesFrom } from '../../definitions/documents/references.js'
import { onlyKeys, touchSettings } from '../../definitions/sql/touches.js'
import { derive, type EngageSource } from '../source.js'
import { listedSince, listedTimes } from './listed.js'

export type Segment = Definition<'segments'>

export interface Deriving {
  /** All definitions of the project: segments name each other, and stages and scores. */
  all: readonly Definition[]
  asOf: number
  /** ClickHouse's time before anything was read, in microseconds (projections/versions.ts). */
  version: bigint
  /** Ids of the subjects that are looked at; absent: everybody. */
  only?: readonly string[]
}

/** Beyond that a statement takes longer to read than to carry out. */
const segmentsAtOnce = 8

export const isListed = (body: SegmentBody): body is Extract<SegmentBody, { identifiers: string[] }> =>
  'identifiers' in body

/** Brings the rows of these segments, all about one kind of subject, to what is known now. */
export async function deriveMemberships(
  source: EngageSource,
  subject: Subject,
  segments: readonly Segment[],
  deriving: Deriving,
): Promise<void> {
  const { only } = deriving
  const parts = only === undefined ? [undefined] : chunksOf(only)
  // A pass over everybody holds the rows of all segments of a statement in memory.
  const atOnce = only === undefined ? 1 : segmentsAtOnce
  const dynamic = segments.filter(({ body }) => !isListed(body))
  for (const part of parts) {
    for (let from = 0; from < dynamic.length; from += atOnce)
      await deriveDynamic(source, subject, dynamic.slice(from, from + atOnce), { ...deriving, only: part })
    for (const one of segments)
      if (isListed(one.body)) await deriveListed(source, one, { ...deriving, only: part })
  }
}

type Part = Omit<Deriving, 'only'> & { only: readonly string[] | undefined }

async function deriveDynamic(
  source: EngageSource,
  subject: Subject,
  segments: readonly Segment[],
  { all, asOf, version, only }: Part,
): Promise<void> {
  const conditions = segments.flatMap(({ body }) => ('when' in body ? [body.when] : []))
  const references = referencesFrom(all, conditions, { subject, isLenient: false })
  const { sql, params } = compileTimes(conditions, { subject, asOf, references, only, prefix: 'm' })
  const rows = segments.map((_, place) => `(toUInt32(${place + 1}), times${place})`).join(', ')
  const formed = `
SELECT key, subject, {segments: Array(String)}[row.1] AS segment, row.2 AS times
FROM (SELECT key, subject, arrayJoin([${rows}]) AS row FROM (${sql})) WHERE notEmpty(row.2)`
  await write(source, subject, segments, { formed, params, version, only })
}

async function deriveListed(source: EngageSource, segment: Segment, part: Part): Promise<void> {
  const { subject } = segment.body
  const since = await listedSince(source, segment.id)
  const { sql, params } = listedTimes(segment.id, subject, since, part.only !== undefined)
  const formed = `SELECT key, subject, {segments: Array(String)}[1] AS segment, times FROM (${sql})`
  const all = { ...params, ...asOfParam(part.asOf), ...(part.only !== undefined && { only: part.only }) }
  await write(source, subject, [segment], { formed, params: all, version: part.version, only: part.only })
}

interface Formed {
  /** SELECT key, subject, segment, times. */
  formed: string
  params: Readonly<Record<string, unknown>>
  version: bigint
  only: readonly string[] | undefined
}

/** Writes the rows that differ from the stored ones. */
async function write(
  source: EngageSource,
  subject: Subject,
  segments: readonly Segment[],
  { formed, params, version, only }: Formed,
): Promise<void> {
  const mine = only === undefined ? '' : ` AND subject_key IN ${onlyKeys}`
  const standing = `
SELECT subject_key AS key, segment, subject, times, segment_version
FROM segment_memberships FINAL
WHERE project = {project: String} AND segment IN {segments: Array(String)}${mine}`
  const sql = `
INSERT INTO segment_memberships (project, segment, subject_key, subject_kind, subject, segment_version, times, next_at, version, is_deleted)
SELECT {project: String}, segment, key, {kind: String}, subject, segment_version, times,
  fromUnixTimestamp64Milli(arrayFirst(x -> x > ${asOfMsSql}, times), 'UTC'), {version: UInt64}, empty(times)
FROM (
  SELECT if(new.segment = '', old.segment, new.segment) AS segment, if(new.segment = '', old.key, new.key) AS key,
    if(new.segment = '', old.subject, new.subject) AS subject, new.times AS times, old.times AS before,
    {versions: Array(UInt32)}[indexOf({segments: Array(String)}, segment)] AS segment_version, old.segment_version AS version_before
  FROM (${formed}) AS new
  FULL OUTER JOIN (${standing}) AS old ON old.key = new.key AND old.segment = new.segment
)
WHERE times != before OR (notEmpty(times) AND segment_version != version_before)`
  await derive(
    source,
    sql,
    {
      ...params,
      segments: segments.map(({ id }) => id),
      versions: segments.map((one) => one.version),
      kind: subject,
      version: version.toString(),
    },
    { ...touchSettings, join_use_nulls: 0 },
  )
}

/** Deletes rows of segments that no longer exist. */
export async function forgetOtherSegments(
  source: EngageSource,
  segments: readonly Segment[],
  version: bigint,
): Promise<void> {
  await derive(
    source,
    `
INSERT INTO segment_memberships (project, segment, subject_key, subject_kind, subject, segment_version, times, next_at, version, is_deleted)
SELECT project, segment, subject_key, subject_kind, subject, segment_version, [], toDateTime64(0, 3, 'UTC'), {version: UInt64}, 1
FROM segment_memberships FINAL
WHERE project = {project: String} AND segment NOT IN {segments: Array(String)}`,
    { segments: segments.map(({ id }) => id), version: version.toString() },
  )
}
