/** A score with its reasons: what each rule gives, and the touches that weigh most. */
import type { ScoreBody } from '@touchline/schemas/api'
import { query, type NamedQuery, type Reader } from '../../clickhouse/query.js'
import { asOfParam } from '../../definitions/sql/bag.js'
import { compileTouches } from '../../definitions/sql/compile-touch.js'
import { compileSpans } from '../../definitions/compile.js'
import type { Definition } from '../../definitions/documents/definition.js'
import { requireDefinition } from '../../definitions/documents/read.js'
import { loadReferences, type References } from '../../definitions/documents/references.js'
import { touchesOf, touchSettings } from '../../definitions/sql/touches.js'
import { conditionsOfBody } from '../../definitions/walk.js'
import {
  countsTouches,
  evaluateScore,
  spanPoints,
  type Contribution,
  type Span,
  type SpanLists,
  type SubjectSpans,
} from './evaluate.js'

export type Score = Definition<'scores'>

export interface WeighedTouch {
  /** Milliseconds since 1970. */
  at: number
  kind: string
  name: string
  page: string
  person: string
  messageId: string
  /** The rule by which it weighs most, and what it gives over all rules before caps. */
  rule: string
  points: number
}

export interface Explained {
  score: string
  version: number
  subject: string
  fit: number
  behaviour: number
  total: number
  /** Everything but nothing, the weightiest first; together the total. */
  rules: Contribution[]
  /** The weightiest first. */
  touches: WeighedTouch[]
  asOf: number
}

const touchesShown = 5

export interface ExplainAsked {
  score: Score
  references: References
  asOf: number
}

export async function referencesOf(reader: Reader, score: Score, asOf: number): Promise<References> {
  const conditions = conditionsOfBody('scores', score.body).map(({ condition }) => condition)
  return loadReferences(reader, conditions, { subject: score.body.subject, asOf })
}

/** Undefined where nothing is known of the subject. Throws QUERY_INVALID naming the nearest score. */
export async function scoreOf(
  reader: Reader,
  scoreId: string,
  subject: string,
  asOf: number,
): Promise<Explained | undefined> {
  const score = await requireDefinition(reader, 'scores', scoreId, { asOf })
  const references = await referencesOf(reader, score, asOf)
  return (await explainScores(reader, [subject], { score, references, asOf })).get(subject)
}

interface SpansRow {
  subject: string
  own: SpanLists
  people: [string, SpanLists][]
}

async function readSpans(
  reader: Reader,
  subjects: readonly string[],
  { score, references, asOf }: ExplainAsked,
): Promise<SpansRow[]> {
  const { sql, params, settings } = compileSpans(score.body, { asOf, references, only: subjects })
  const named: NamedQuery = {
    name: 'score-spans',
    splitBy: 'only',
    sql: `SELECT subject, own, arrayMap(p -> (toString(p.1), p.2), people) AS people FROM (${sql})`,
    settings: { ...settings, output_format_json_named_tuples_as_objects: 0 },
  }
  return query<SpansRow>(reader, named, { ...params, only: subjects })
}

const spansOf = (subjects: readonly string[], of: (subject: string) => SpanLists | undefined): SpansRow[] =>
  subjects.flatMap((subject) => {
    const own = of(subject)
    return own === undefined ? [] : [{ subject, own, people: [] }]
  })

/** By subject; of whom nothing is known is left out. */
export async function explainScores(
  reader: Reader,
  subjects: readonly string[],
  asked: ExplainAsked & {
    touches?: number
    /** The spans of each rule, where they are at hand. */
    spansOf?: ((subject: string) => SpanLists | undefined) | undefined
  },
): Promise<Map<string, Explained>> {
  const { touches: most = touchesShown } = asked
  const rows =
    asked.spansOf === undefined ? await readSpans(reader, subjects, asked) : spansOf(subjects, asked.spansOf)
  const touches = most === 0 ? new Map<string, TouchRow[]>() : await readTouches(reader, subjects, asked)
  return new Map(
    rows.map((row) => [
      row.subject,
      explain(row, touches.get(row.subject) ?? [], { ...asked, touches: most }),
    ]),
  )
}

function explain(
  row: SpansRow,
  touches: readonly TouchRow[],
  { score, asOf, touches: most }: ExplainAsked & { touches: number },
): Explained {
  const { body, id, version } = score
  const { fit, behaviour, total, contributions, people } = evaluateScore(body, row, asOf)
  const rules = contributions
    .filter(({ points }) => points !== 0)
    .sort((a, b) => Math.abs(b.points) - Math.abs(a.points))
  const weighed = weigh(body, row, { touches, people, asOf }).slice(0, most)
  return { score: id, version, subject: row.subject, fit, behaviour, total, rules, touches: weighed, asOf }
}

interface TouchRow {
  subject: string
  at: number
  kind: string
  name: string
  path: string
  person: string
  personKey: string
  messageId: string
  /** Place of each rule that it is a touch of. */
  rules: number[]
}

async function readTouches(
  reader: Reader,
  subjects: readonly string[],
  { score: { body }, asOf }: ExplainAsked,
): Promise<Map<string, TouchRow[]>> {
  const places = body.rules.flatMap((rule, place) => (countsTouches(rule) ? [place] : []))
  if (places.length === 0) return new Map()
  const filters = places.map((place) => {
    const when = body.rules[place]?.when
    return when !== undefined && 'touch' in when ? when.touch : {}
  })
  const { sql, params } = compileTouches(filters, { prefix: 'w' })
  const matches = sql.map((one, index) => `if(${one}, [${places[index] ?? 0}], [])`)
  const named: NamedQuery = {
    name: 'score-touches',
    splitBy: 'only',
    sql: `
SELECT subject, toUnixTimestamp64Milli(at) AS ms, kind, name, path, person, toString(person_key) AS personKey, message_id AS messageId,
  arrayConcat(${matches.join(', ')}${matches.length === 1 ? ', []' : ''}) AS rules
FROM ${touchesOf(body.subject, true)}
WHERE notEmpty(rules)
ORDER BY subject, at, message_id, touch`,
    settings: touchSettings,
  }
  const rows = await query<Omit<TouchRow, 'at'> & { ms: number }>(reader, named, {
    ...params,
    ...asOfParam(asOf),
    only: subjects,
  })
  const found = new Map<string, TouchRow[]>()
  for (const { ms, ...row } of rows) {
    const list = found.get(row.subject) ?? []
    list.push({ ...row, at: ms })
    found.set(row.subject, list)
  }
  return found
}

interface Weighing {
  touches: readonly TouchRow[]
  people: readonly string[]
  asOf: number
}

/** What each touch gives now: its spans are those that begin with it. Each span is given to one touch. */
function weigh(body: ScoreBody, spans: SubjectSpans, { touches, people, asOf }: Weighing): WeighedTouch[] {
  const left = new Map<string, Span[]>()
  const keyOf = (unit: string, place: number, at: number) => `${unit} ${place} ${at}`
  const put = (unit: string, lists: SpanLists) =>
    lists.forEach((list, place) =>
      list.forEach((span) => {
        const key = keyOf(unit, place, span[0])
        left.set(key, [...(left.get(key) ?? []), span])
      }),
    )
  put('', spans.own)
  for (const [person, lists] of spans.people) if (people.includes(person)) put(person, lists)
  const weighed = touches.flatMap((touch): WeighedTouch[] => {
    const given = touch.rules.map((place) => {
      const rule = body.rules[place]
      const unit = left.has(keyOf('', place, touch.at)) ? '' : touch.personKey
      const key = keyOf(unit, place, touch.at)
      const mine = left.get(key) ?? []
      left.delete(key)
      const points =
        rule === undefined ? 0 : mine.reduce((sum, span) => sum + spanPoints(rule, span, asOf), 0)
      return { rule: rule?.id ?? '', points }
    })
    const points = given.reduce((sum, one) => sum + one.points, 0)
    const [best] = [...given].sort((a, b) => Math.abs(b.points) - Math.abs(a.points))
    if (best === undefined || best.points === 0) return []
    const { at, kind, name, path, person, messageId } = touch
    return [{ at, kind, name, page: path, person, messageId, rule: best.rule, points }]
  })
  return weighed.sort((a, b) => Math.abs(b.points) - Math.abs(a.points) || b.at - a.at)
}
