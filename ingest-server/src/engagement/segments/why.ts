/** Why somebody is in a segment or not: each part of its condition, and the touches that it asks for. */
import { durationMs, sentencesOf, type Condition, type Subject, type WhyPart } from '@touchline/schemas/api'
import { query, type NamedQuery, type Params, type Reader } from '../../clickhouse/query.js'
import { asOfParam } from '../../definitions/sql/bag.js'
import { compileTouches } from '../../definitions/sql/compile-touch.js'
import { compileCondition } from '../../definitions/compile.js'
import type { References } from '../../definitions/documents/references.js'
import { touchesOf, touchSettings } from '../../definitions/sql/touches.js'
import { leavesAt, pathText, touchesAt, type Found, type Path } from '../../definitions/walk.js'

export interface WhyAsked {
  subject: Subject
  id: string
  asOf: number
  references: References
}

const touchesShown = 5

/** The tree of the condition with what is so; sentences in both languages. */
export async function explainCondition(
  reader: Reader,
  condition: Condition,
  asked: WhyAsked,
  path: Path = ['when'],
): Promise<WhyPart> {
  const leaves = leavesAt(condition, path)
  const holding = await readHolding(reader, leaves, asked)
  const touches = new Map<string, WhyPart['touches']>()
  for (const { node, path: at } of leaves) touches.set(pathText(at), await readTouches(reader, node, asked))
  const toPart = (node: Condition, at: Path): WhyPart => {
    const inner =
      'all' in node
        ? node.all.map((one, index) => toPart(one, [...at, 'all', index]))
        : 'any' in node
          ? node.any.map((one, index) => toPart(one, [...at, 'any', index]))
          : 'not' in node
            ? [toPart(node.not, [...at, 'not'])]
            : []
    const text = pathText(at)
    const holds =
      'all' in node
        ? inner.every((one) => one.holds)
        : 'any' in node
          ? inner.some((one) => one.holds)
          : 'not' in node
            ? inner[0]?.holds === false
            : holding.has(text)
    const sentence = sentencesOf(node)
    return { path: text, sentence, holds, touches: touches.get(text) ?? [], parts: inner }
  }
  return toPart(condition, path)
}

/** Paths of the leaves that hold, in one statement. */
async function readHolding(
  reader: Reader,
  leaves: readonly Found<Condition>[],
  { subject, id, asOf, references }: WhyAsked,
): Promise<Set<string>> {
  let params: Params = {}
  const parts = leaves.map(({ node }, place) => {
    const compiled = compileCondition(node, { subject, asOf, references, only: [id], prefix: `y${place}x` })
    params = { ...params, ...compiled.params }
    return `SELECT ${place} AS place FROM (${compiled.sql}) WHERE key = cityHash64({id: String})`
  })
  const named: NamedQuery = {
    name: 'why-of-segment',
    sql: parts.join('\nUNION ALL\n'),
    settings: touchSettings,
  }
  const rows = await query<{ place: number }>(reader, named, { ...params, id })
  return new Set(rows.map(({ place }) => pathText(leaves[place]?.path ?? [])))
}

interface TouchRow extends Omit<WhyPart['touches'][number], 'at'> {
  ms: number
}

/** The latest ones that a leaf asks for, within its window. */
async function readTouches(
  reader: Reader,
  leaf: Condition,
  { subject, id, asOf }: WhyAsked,
): Promise<WhyPart['touches']> {
  const filters = filtersOf(leaf)
  if (filters.length === 0) return []
  const { sql, params } = compileTouches(filters, { prefix: 'w' })
  const within = 'touch' in leaf && leaf.within !== undefined ? asOf - durationMs(leaf.within) : -1
  const named: NamedQuery = {
    name: 'why-touches',
    sql: `
SELECT toUnixTimestamp64Milli(at) AS ms, kind, name, path AS page, person, message_id AS messageId
FROM ${touchesOf(subject, true)}
WHERE (${sql.join(' OR ')}) AND toUnixTimestamp64Milli(at) > {after: Int64}
ORDER BY at DESC, message_id DESC, touch DESC LIMIT ${touchesShown}`,
    settings: touchSettings,
  }
  const rows = await query<TouchRow>(reader, named, {
    ...params,
    ...asOfParam(asOf),
    only: [id],
    after: within,
  })
  return rows.map(({ ms, ...row }) => ({ at: new Date(ms).toISOString(), ...row }))
}

/** Silence and being seen are about any touch. */
function filtersOf(leaf: Condition) {
  const named = touchesAt(leaf).map(({ node }) => node)
  if (named.length > 0) return named
  if ('silentFor' in leaf) return [leaf.direction === 'inbound' ? { direction: 'inbound' as const } : {}]
  return 'firstSeen' in leaf || 'lastSeen' in leaf || 'people' in leaf ? [{}] : []
}
