/** Scores of subjects that changed, worked out in this process: the same rows as values.ts makes in ClickHouse. */
import { insertLines } from '../../clickhouse/insert-lines.js'
import { queryRows, type NamedQuery } from '../../clickhouse/query.js'
import type { PlainSet } from '../../definitions/plain/plain-set.js'
import { onlyKeys } from '../../definitions/sql/touches.js'
import type { SubjectHistory } from '../histories.js'
import type { KeptMemberships } from '../segments/plain-memberships.js'
import { openLines } from '../lines.js'
import type { SpanLists } from './evaluate.js'
import type { Score } from './explain.js'
import { openPoints } from './points-of.js'

/** Who is at or above the threshold. */
export interface HotSubjects {
  score: Score
  subjects: string[]
  /** The least total since a time (ms), where it is known without asking. */
  lowestSince?: (subject: string, since: number) => number | undefined
  /** Of each rule, where they are known without asking. */
  spansOf?: (subject: string) => SpanLists | undefined
}

/**
 * Writes the scores of these subjects, whether or not they differ from the stored rows: most points fade, so that hardly any
 * row stays the same, and comparing costs more than writing.
 */
export async function keepScores(
  set: PlainSet,
  histories: readonly SubjectHistory[],
  { source, asOf, version, only }: KeptMemberships,
): Promise<HotSubjects[]> {
  const lines: string[] = []
  const hot: HotSubjects[] = []
  const without = new Map<string, Set<string>>()
  const at = new Date(asOf).toISOString()
  for (const { score, spansOf } of set.scores) {
    const { body } = score
    const pointsAt = openPoints(body)
    const spansOfHot = new Map<string, SpanLists>()
    const missing = new Set(only)
    const toLine = openLines({
      ...{ project: source.project, score: score.id, subject_kind: body.subject },
      ...{ score_version: score.version, at, version: version.toString(), is_deleted: 0 },
    })
    for (const { subject, key, history } of histories) {
      const own = spansOf(history)
      const found = pointsAt(own, asOf)
      const next = firstBound(own, asOf)
      // A subject without points, and none to come without a touch, has no row.
      if (next === 0 && found.points.every((one) => one === 0)) continue
      missing.delete(subject)
      if (found.total >= body.on) spansOfHot.set(subject, own)
      lines.push(toLine({ subject, subject_key: key, ...found, next_at: new Date(next).toISOString() }))
    }
    without.set(score.id, missing)
    hot.push({
      score,
      subjects: [...spansOfHot.keys()],
      lowestSince(subject, since) {
        const own = spansOfHot.get(subject)
        return own === undefined
          ? undefined
          : lowestTotal((ms) => pointsAt(own, ms).total, own, { since, asOf })
      },
      spansOf: (subject) => spansOfHot.get(subject),
    })
  }
  lines.push(...(await goneLines(source, without, { at, version })))
  if (lines.length > 0) await insertLines(source.client, 'score_values', Buffer.from(lines.join('')))
  return hot
}

/** When it changes next without a touch, in ms; 0: never. */
function firstBound(spans: SpanLists, after: number): number {
  let first = Infinity
  for (const list of spans)
    for (const span of list)
      for (const ms of span) if (ms > after && ms < first && ms < 9_000_000_000_000_000) first = ms
  return first === Infinity ? 0 : first
}

/** Points only fade between bounds, so the least total is at one of them, just before one, or now (scores/total.ts). */
function lowestTotal(
  totalAt: (ms: number) => number,
  own: SpanLists,
  { since, asOf }: { since: number; asOf: number },
): number {
  const bounds = new Set(own.flat(2).flatMap((ms) => [ms - 1, ms]))
  const times = [...[...bounds].filter((ms) => ms > since && ms <= asOf), asOf]
  return Math.min(...times.map(totalAt))
}

type GoneRow = [score: string, subject: string, key: string, kind: string, version: number]

/** Tombstones of subjects that had a row and have none now. */
async function goneLines(
  source: KeptMemberships['source'],
  without: ReadonlyMap<string, ReadonlySet<string>>,
  { at, version }: { at: string; version: bigint },
): Promise<string[]> {
  const only = [...new Set([...without.values()].flatMap((subjects) => [...subjects]))]
  const named: NamedQuery = {
    name: 'engage-scores-to-end',
    splitBy: 'only',
    sql: `
SELECT score, subject, toString(subject_key), subject_kind, score_version
FROM score_values FINAL
PREWHERE project = {project: String} AND score IN {scores: Array(String)} AND subject_key IN ${onlyKeys}`,
  }
  const rows = await queryRows<GoneRow>(source, named, { scores: [...without.keys()], only })
  return rows
    .filter(([score, subject]) => without.get(score)?.has(subject) === true)
    .map(([score, subject, subject_key, subject_kind, score_version]) => {
      const row = { project: source.project, score, subject, subject_key, subject_kind, score_version, at }
      const ended = {
        points: [],
        next_at: new Date(0).toISOString(),
        version: version.toString(),
        is_deleted: 1,
      }
      return `${JSON.stringify({ ...row, ...ended })}\n`
    })
}
