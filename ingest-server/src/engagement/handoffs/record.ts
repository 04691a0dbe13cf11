/** Hand-offs as they are written: immutable, with everything that made them. */
import { query, type NamedQuery, type Reader } from '../../clickhouse/query.js'
import { requireDefinition } from '../../definitions/documents/read.js'
import { idOf, precedenceOf, record } from '../record.js'
import type { RecordDeps } from '../source.js'
import { explainScores, referencesOf, type Explained, type Score } from '../scores/explain.js'
import type { Subject } from '@touchline/schemas/api'

export interface Standing {
  account: string
  identityVersion: string
}

/** Accounts of these persons today, the one they joined last, and the version of who they are. */
export async function readStandings(
  reader: Reader,
  people: readonly string[],
): Promise<Map<string, Standing>> {
  const named: NamedQuery = {
    name: 'handoff-standings',
    splitBy: 'people',
    sql: `
SELECT person, arrayMap(a -> a.account, arraySort(a -> ifNull(a.from, toDateTime64(0, 3, 'UTC')), arrayFilter(a -> isNull(a.to), accounts)))[-1] AS account,
  toString(version) AS identityVersion
FROM people FINAL
WHERE project = {project: String} AND person IN {people: Array(String)}`,
  }
  const rows = await query<Standing & { person: string }>(reader, named, { people })
  return new Map(rows.map(({ person, ...standing }) => [person, standing]))
}

export interface NewHandoff {
  explained: Explained
  subjectKind: Subject
  standing: Standing | undefined
  n: number
  id: string
  merged: boolean
  because: string
  at: number
}

export function toHandoffRow(project: string, handoff: NewHandoff) {
  const { explained, subjectKind, standing, n, id, merged, because, at } = handoff
  const { score, version, subject, fit, behaviour, total, rules, touches } = explained
  const shown = touches.map(({ at: when, kind, name, page, rule, points }) => ({
    at: new Date(when).toISOString(),
    kind,
    name,
    page,
    rule,
    points,
  }))
  return {
    project,
    score,
    subject,
    n,
    id,
    subject_kind: subjectKind,
    account: subjectKind === 'account' ? subject : (standing?.account ?? ''),
    person: subjectKind === 'person' ? subject : (touches[0]?.person ?? ''),
    score_version: version,
    fit,
    behaviour,
    total,
    rules: JSON.stringify(rules.map(({ rule, points }) => ({ rule, points }))),
    touches: JSON.stringify(shown),
    merged,
    because,
    identity_version: standing?.identityVersion ?? '',
    at: new Date(at).toISOString(),
    precedence: precedenceOf(at),
  }
}

export const handoffIdOf = (project: string, score: string, subject: string, n: number): string =>
  idOf('handoff', project, score, subject, n)

export interface HandOffActed {
  score: string
  subject: string
  /** `program:<id>`. */
  because: string
  /** Hash of the run and the step: the same id twice is one record. */
  id: string
  asOf?: number
}

/** A hand-off that a program decided, whatever the score is. Rejects with QUERY_INVALID where there is no such score. */
export async function handOff(
  { score: scoreId, subject, because, id, asOf }: HandOffActed,
  deps: RecordDeps & { reader: Reader },
): Promise<void> {
  const at = asOf ?? deps.clock()
  const { reader } = deps
  const score: Score = await requireDefinition(reader, 'scores', scoreId)
  const references = await referencesOf(reader, score, at)
  const explained = (await explainScores(reader, [subject], { score, references, asOf: at })).get(
    subject,
  ) ?? {
    ...{ score: score.id, version: score.version, subject, fit: 0, behaviour: 0, total: 0 },
    rules: [],
    touches: [],
    asOf: at,
  }
  const subjectKind = score.body.subject
  const standing =
    subjectKind === 'person' ? (await readStandings(reader, [subject])).get(subject) : undefined
  const handoff = { explained, subjectKind, standing, n: 0, id, merged: false, because, at }
  await record(deps, 'handoff_records', [toHandoffRow(reader.project, handoff)])
}
