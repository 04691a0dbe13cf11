/** Hand-offs as they were recorded, with what sales answered. */
import { ownSourceKind } from '../../log/event-row.js'
import { query, type NamedQuery, type Reader } from '../../clickhouse/query.js'

/** Names of the touches by which sales answers (answer.ts). */
export const accepted = 'Hand-off accepted'
export const rejected = 'Hand-off rejected'
const answerNames = [accepted, rejected]

export interface Handoff {
  id: string
  score: string
  version: number
  subject: string
  subjectKind: 'person' | 'account'
  account: string
  person: string
  fit: number
  behaviour: number
  total: number
  rules: { rule: string; points: number }[]
  touches: { at: string; kind: string; name: string; page: string; rule: string; points: number }[]
  merged: boolean
  because: string
  identityVersion: string
  /** Milliseconds since 1970. */
  at: number
  answer: HandoffAnswer | undefined
}

export interface HandoffAnswer {
  accepted: boolean
  reason: string
  author: string
  at: number
}

export interface HandoffsWanted {
  score?: string | undefined
  /** Ids that the subject has or had. */
  subjects?: readonly string[] | undefined
  since?: number | undefined
  answered?: 'yes' | 'no' | undefined
  id?: string | undefined
  limit: number
  after?: { at: number; id: string } | undefined
}

interface Row extends Omit<Handoff, 'rules' | 'touches' | 'answer' | 'at'> {
  ms: number
  rules: string
  touches: string
  answeredMs: number
  answer: string
}

/** The latest first. */
export async function readHandoffs(
  reader: Reader,
  { score, subjects, since, answered, id, limit, after }: HandoffsWanted,
): Promise<{ rows: Handoff[]; next: { at: number; id: string } | undefined }> {
  const where = ['project = {project: String}']
  if (score !== undefined) where.push('score = {score: String}')
  if (subjects !== undefined) where.push('subject IN {subjects: Array(String)}')
  if (id !== undefined) where.push('id = {id: String}')
  if (since !== undefined) where.push('toUnixTimestamp64Milli(at) >= {since: Int64}')
  const page = [
    ...(after === undefined ? [] : ['(ms, h.id) < ({afterAt: Int64}, {afterId: String})']),
    ...(answered === undefined ? [] : [`answeredMs ${answered === 'yes' ? '>' : '='} 0`]),
  ]
  const named: NamedQuery = {
    name: 'handoffs',
    sql: `
SELECT h.id AS id, score, score_version AS version, subject, subject_kind AS subjectKind, account, person, fit, behaviour, total,
  rules, touches, merged, because, identity_version AS identityVersion, toUnixTimestamp64Milli(h.at) AS ms,
  a.ms AS answeredMs, a.answer AS answer
FROM (SELECT * FROM handoff_records FINAL WHERE ${where.join(' AND ')}) AS h
LEFT JOIN (
  SELECT JSONExtractString(properties, 'handoff') AS id, max(toUnixTimestamp64Milli(occurred_at)) AS ms,
    argMax(properties, (occurred_at, received_at)) AS answer
  FROM events
  WHERE project = {project: String} AND type = 'track' AND name IN {answers: Array(String)}
    AND verified AND origin = {own: String}
    AND subject IN (SELECT if(person = '', concat('anon:handoff-', id), person) FROM handoff_records WHERE ${where.join(' AND ')})
  GROUP BY id
) AS a ON a.id = h.id
${page.length === 0 ? '' : `WHERE ${page.join(' AND ')}`}
ORDER BY ms DESC, h.id DESC LIMIT {limit: UInt32}`,
    settings: { join_use_nulls: 0 },
  }
  const found = await query<Row>(reader, named, {
    ...{ score, subjects, since, id, limit: limit + 1, answers: answerNames, own: ownSourceKind },
    ...(after && { afterAt: after.at, afterId: after.id }),
  })
  const rows = found.slice(0, limit).map(toHandoff)
  const last = rows.at(-1)
  return { rows, next: found.length > limit && last ? { at: last.at, id: last.id } : undefined }
}

function toHandoff({ ms, rules, touches, answeredMs, answer, ...row }: Row): Handoff {
  return {
    ...row,
    at: ms,
    rules: JSON.parse(rules) as Handoff['rules'],
    touches: JSON.parse(touches) as Handoff['touches'],
    answer: answeredMs === 0 ? undefined : toAnswer(answer, answeredMs),
  }
}

function toAnswer(properties: string, at: number): HandoffAnswer {
  const { accepted, reason, author } = JSON.parse(properties) as Partial<HandoffAnswer>
  return { accepted: accepted === true, reason: String(reason ?? ''), author: String(author ?? ''), at }
}
