/** Silent gaps: two consecutive touches of a subject more than a given time apart, and the silence until now. */
import type { Touch } from '@touchline/schemas/api'
import { query, type Reader } from '../clickhouse/query.js'
import { compileTouch } from '../definitions/sql/compile-touch.js'
import { namesOf } from '../definitions/sql/subject-names.js'
import { touchesOf } from '../definitions/sql/touches.js'
import { readBeginnings, type Beginning } from './first-touches.js'
import type { UsedDefinition } from './goals.js'
import { touchWords } from './summary.js'
import {
  readStagesOf,
  silencesOf,
  stageAt,
  stageParams,
  usualSilenceMs,
  type StagesInTime,
} from './silence.js'
import {
  baseParams,
  fragment,
  ofSubjects,
  paramsOf,
  settings,
  type Fragment,
  type Question,
} from './question.js'

export type GapDirection = 'inbound' | 'any'

export interface GapsAsk extends Question {
  /** A gap is strictly longer; undefined: as long as the stage says, else 30 days. */
  minMs: number | undefined
  direction: GapDirection
  /** Only gaps that are still open, or only closed ones; undefined: both. */
  isOpen: boolean | undefined
  stages: StagesInTime | undefined
  touch?: Touch | undefined
  /** With the first touch of each subject. */
  withFirstTouch?: boolean
  limit: number
}

export interface Gap extends Partial<Beginning> {
  subject: string
  from: string
  /** Null while it is open. */
  to: string | null
  days: number
  isOpen: boolean
  stage: string | null
  /** Of an open gap: days without any touch, and days without an inbound one. */
  silentDays: { any: number; inbound: number | null } | null
}

export interface Gaps {
  rows: Gap[]
  /** Number of gaps, also of those beyond the limit. */
  total: number
  definitions: UsedDefinition[]
  touchFilter: string
}

type GapRow = Pick<Gap, 'from' | 'to' | 'days'> & {
  subjectKey: string
  stage: string
  isOpen: number
  anyDays: number
  inboundDays: number | null
  total: number
}

interface GapsSql {
  ask: GapsAsk
  touch: Fragment
  subjects: Fragment
  longest: Fragment
  stages: StagesInTime | undefined
}

function gapsSql({ ask, touch, subjects, longest, stages }: GapsSql): string {
  return `
WITH spoken AS (
  SELECT key,
    arraySort(groupArrayIf(toUnixTimestamp64Milli(at), ${ask.direction === 'any' ? '1' : "direction = 'inbound'"})) AS times,
    toUnixTimestamp64Milli(max(at)) AS lastAny,
    maxOrNullIf(toUnixTimestamp64Milli(at), direction = 'inbound') AS lastInbound
  FROM ${touchesOf(ask.subject)}
  WHERE ${touch.sql} AND ${subjects.sql}
  GROUP BY key
  HAVING notEmpty(times)
),
gaps AS (
  SELECT key, lastAny, lastInbound,
    arrayJoin(arrayFilter(gap -> gap.2 - gap.1 > {least: Int64},
      arrayZip(times, arrayPushBack(arrayPopFront(times), toInt64({now: Int64})), arrayMap(n -> n = length(times), arrayEnumerate(times))))) AS gap
  FROM spoken
),
staged AS (
  SELECT gaps.*, gap.1 AS began, gap.2 AS ended, gap.3 AS open,
    ${stages ? stageAt('stages.entries', 'gap.1') : "''"} AS stage
  FROM gaps ${stages ? `LEFT JOIN (${stages.entries.sql}) AS stages ON stages.key = gaps.key` : ''}
),
found AS (
  SELECT * FROM staged
  WHERE ended - began > ${longest.sql} AND began >= {low: Int64} AND began < {high: Int64}
    AND ({open: Int8} = -1 OR open = {open: Int8})
)
SELECT toString(key) AS subjectKey, fromUnixTimestamp64Milli(began, 'UTC') AS from, if(open, NULL, fromUnixTimestamp64Milli(ended, 'UTC')) AS to,
  (ended - began) / 86400000 AS days, open AS isOpen, stage,
  ({now: Int64} - lastAny) / 86400000 AS anyDays, ({now: Int64} - lastInbound) / 86400000 AS inboundDays,
  count() OVER () AS total
FROM found
ORDER BY days DESC, key, began
LIMIT {limit: UInt32}`
}

/** The longest first. */
export async function findGaps(reader: Reader, ask: GapsAsk): Promise<Gaps> {
  const subjects = await ofSubjects(reader, ask)
  const touch = compileTouch(ask.touch ?? {}, { prefix: 'touch' })
  // Where the stage decides it is looked up for everybody, else for those that are shown.
  const stages = ask.minMs === undefined ? ask.stages : undefined
  const longest = longestSilence(ask)
  const sql = gapsSql({ ask, touch, subjects, longest, stages })
  const rows = await query<GapRow>(
    reader,
    { name: 'silent-gaps', sql, settings },
    {
      ...paramsOf(fragment('', baseParams(ask)), subjects, touch, longest),
      ...(stages && { ...stages.entries.params, ...stageParams(stages) }),
      now: ask.asOf,
      low: ask.from ?? -9e15,
      high: ask.to ?? 9e15,
      open: ask.isOpen === undefined ? -1 : Number(ask.isOpen),
      limit: ask.limit,
    },
  )
  // Ids are read for the few gaps that are shown: for everybody they would be the most expensive column.
  const keys = [...new Set(rows.map(({ subjectKey }) => subjectKey))]
  const [names, beginnings] = await Promise.all([
    namesOf(reader, ask.subject, keys),
    ask.withFirstTouch === true ? readBeginnings(reader, ask.subject, keys, ask.asOf) : undefined,
  ])
  const gaps = rows.map((row) => ({
    ...toGap(row, names.get(row.subjectKey) ?? row.subjectKey),
    ...beginnings?.get(row.subjectKey),
  }))
  return {
    rows: await withStages(reader, ask, gaps),
    total: rows[0]?.total ?? 0,
    definitions: ask.stages?.used ?? [],
    touchFilter: `${touchWords(ask.touch)}${ask.direction === 'inbound' ? ', direction is inbound' : ''}`,
  }
}

async function withStages(reader: Reader, { stages, minMs }: GapsAsk, gaps: readonly Gap[]): Promise<Gap[]> {
  if (stages === undefined || minMs === undefined || gaps.length === 0) return [...gaps]
  const stageOf = await readStagesOf(reader, stages, [...new Set(gaps.map(({ subject }) => subject))])
  return gaps.map((gap) => ({ ...gap, stage: stageOf(gap.subject, Date.parse(gap.from)) }))
}

/** An expression over `stage`: a gap of it is longer than so many milliseconds. `least` is the shortest of all. */
function longestSilence({ minMs, stages }: GapsAsk): Fragment {
  if (minMs !== undefined) return fragment('{least: Int64}', { least: minMs })
  const own = stages ? silencesOf(stages) : []
  if (own.length === 0) return fragment('{least: Int64}', { least: usualSilenceMs })
  return fragment(
    'transform(stage, {silentStages: Array(String)}, {silences: Array(Int64)}, toInt64({usual: Int64}))',
    {
      least: Math.min(usualSilenceMs, ...own.map(([, ms]) => ms)),
      silentStages: own.map(([id]) => id),
      silences: own.map(([, ms]) => ms),
      usual: usualSilenceMs,
    },
  )
}

function toGap({ from, to, days, isOpen, stage, anyDays, inboundDays }: GapRow, subject: string): Gap {
  return {
    subject,
    from,
    to,
    days,
    isOpen: isOpen === 1,
    stage: stage === '' ? null : stage,
    silentDays: isOpen === 1 ? { any: anyDays, inbound: inboundDays } : null,
  }
}
