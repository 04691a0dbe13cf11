/** Names in a definition that nothing bears yet: no error, since it may come later, but worth a look. */
import type {
  Condition,
  DefinitionKind,
  DefinitionWarning,
  PersonasBody,
  Touch,
} from '@touchline/schemas/api'
import { query, type NamedQuery, type Reader } from '../../clickhouse/query.js'
import type { Definition } from './definition.js'
import { nearest } from '../nearest.js'
import { conditionsOfBody, leavesAt, pathText, touchesOfBody, type Found, type Path } from '../walk.js'

type Sort = 'event' | 'channel' | 'trait' | 'account trait' | 'stage' | 'segment' | 'score'

interface Named {
  sort: Sort
  name: string
  path: Path
}

const names = (sql: string, name: string): NamedQuery => ({ name, sql })
// Beyond these many names nobody means one by a slip.
const queries: Partial<Record<Sort, NamedQuery>> = {
  event: names(
    `SELECT DISTINCT name FROM touchpoints_of_people WHERE project = {project: String} AND kind != 'visit' LIMIT 20000`,
    'names-of-events',
  ),
  channel: names(
    `SELECT DISTINCT channel AS name FROM touchpoints_of_people WHERE project = {project: String} LIMIT 1000`,
    'names-of-channels',
  ),
  trait: names(
    `SELECT DISTINCT name FROM traits WHERE project = {project: String} LIMIT 20000`,
    'names-of-traits',
  ),
  'account trait': names(
    `SELECT DISTINCT name FROM account_traits WHERE project = {project: String} LIMIT 20000`,
    'names-of-account-traits',
  ),
}

/**
 * Names of events are made by whoever has the write key, 20,000 if they like, and a definition may name a thousand: those
 * that come after so many comparisons get no hint.
 */
const mostCompared = 20_000

/** `all` are the definitions that there are, the new one among them. */
export async function warningsOf(
  reader: Reader,
  { kind, body }: { kind: DefinitionKind; body: unknown },
  all: readonly Definition[],
): Promise<DefinitionWarning[]> {
  const found = namedIn(kind, body)
  const known = new Map<Sort, readonly string[]>()
  for (const sort of new Set(found.map((one) => one.sort))) known.set(sort, await knownOf(reader, sort, all))
  const sets = new Map([...known].map(([sort, list]) => [sort, new Set(list)]))
  let compared = 0
  const nearestOf = (name: string, list: readonly string[]) => {
    if (compared > mostCompared) return undefined
    compared += list.length
    return nearest(name, list)
  }
  return found.flatMap(({ sort, name, path }) => {
    if (sets.get(sort)?.has(name) === true) return []
    const near = nearestOf(name, known.get(sort) ?? []) ?? null
    const hint = near === null ? '' : `; did you mean ${near}?`
    return [
      {
        path: pathText(path),
        nearest: near,
        message: `No ${sort} called ${JSON.stringify(name)} is known yet${hint}`,
      },
    ]
  })
}

/** The same of a condition alone. */
export const warningsOfCondition = (reader: Reader, when: Condition, all: readonly Definition[]) =>
  warningsOf(reader, { kind: 'goals', body: { when } }, all)

async function knownOf(reader: Reader, sort: Sort, all: readonly Definition[]): Promise<string[]> {
  const asked = queries[sort]
  if (asked !== undefined) return (await query<{ name: string }>(reader, asked)).map(({ name }) => name)
  if (sort === 'segment') return all.filter(({ kind }) => kind === 'segments').map(({ id }) => id)
  if (sort === 'score') return all.filter(({ kind }) => kind === 'scores').map(({ id }) => id)
  return all
    .filter((one): one is Definition<'stages'> => one.kind === 'stages')
    .flatMap(({ body }) => body.stages.map(({ id }) => id))
}

function namedIn(kind: DefinitionKind, body: unknown): Named[] {
  const inTouches = touchesOfBody(kind, body).flatMap(ofTouch)
  const inLeaves = conditionsOfBody(kind, body)
    .flatMap(({ condition, path }) => leavesAt(condition, path))
    .flatMap(({ node, path }): Named[] => {
      if ('trait' in node) return [{ sort: 'trait', name: node.trait, path: [...path, 'trait'] }]
      if ('accountTrait' in node)
        return [{ sort: 'account trait', name: node.accountTrait, path: [...path, 'accountTrait'] }]
      if ('stage' in node) return [{ sort: 'stage', name: node.stage, path: [...path, 'stage'] }]
      if ('segment' in node) return [{ sort: 'segment', name: node.segment, path: [...path, 'segment'] }]
      return 'score' in node ? [{ sort: 'score', name: node.score, path: [...path, 'score'] }] : []
    })
  const rules = kind === 'touch-rules' ? (body as { rules: { stage: string }[] }).rules : []
  const mapped = rules.map(({ stage }, index): Named => ({
    sort: 'stage',
    name: stage,
    path: ['rules', index, 'stage'],
  }))
  const traits = kind === 'personas' ? (body as PersonasBody).traits : []
  const ofPeople = traits.map((name, index): Named => ({ sort: 'trait', name, path: ['traits', index] }))
  return [...inTouches, ...inLeaves, ...mapped, ...ofPeople]
}

function ofTouch({ node, path }: Found<Touch>): Named[] {
  const { name, channel, kind } = node
  // The name of a visit is its page's; what has a `*` is no name.
  const isEvent = name !== undefined && !name.includes('*') && kind !== 'visit'
  return [
    ...(isEvent ? [{ sort: 'event' as const, name, path: [...path, 'name'] }] : []),
    ...(channel === undefined
      ? []
      : [{ sort: 'channel' as const, name: channel, path: [...path, 'channel'] }]),
  ]
}
