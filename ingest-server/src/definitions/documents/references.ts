/** What conditions name beside touches and traits: stages, segments and scores, loaded before anything is compiled. */
import type { Condition, Subject } from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'
import type { Reader } from '../../clickhouse/query.js'
import type { Definition } from './definition.js'
import { meant } from '../nearest.js'
import { listDefinitions } from './read.js'
import { conditionsOfBody, leavesOf } from '../walk.js'

export interface References {
  /** The list of stages of a subject that has a stage of this id. */
  stages: (subject: Subject, stage: string) => Definition<'stages'> | undefined
  segments: ReadonlyMap<string, Definition<'segments'>>
  scores: ReadonlyMap<string, Definition<'scores'>>
  /** Which versions were used, for answers. */
  used: readonly { kind: string; id: string; version: number }[]
}

export const noReferences: References = {
  stages: () => undefined,
  segments: new Map(),
  scores: new Map(),
  used: [],
}

interface Wanted {
  subject: Subject
  asOf?: number | undefined
}

/**
 * Throws QUERY_INVALID where a condition names a stage, segment or score that is not there, with the nearest that is,
 * and where definitions name each other in a circle, with the circle.
 */
export async function loadReferences(
  reader: Reader,
  conditions: readonly Condition[],
  { subject, asOf }: Wanted,
): Promise<References> {
  if (!conditions.some(namesOthers)) return noReferences
  return referencesFrom(await listDefinitions(reader, undefined, { asOf }), conditions, { subject })
}

const namesOthers = (condition: Condition) =>
  leavesOf(condition).some((leaf) => 'stage' in leaf || 'segment' in leaf || 'score' in leaf)

/** The same from definitions at hand; pure. */
export function referencesFrom(
  all: readonly Definition[],
  conditions: readonly Condition[],
  {
    subject,
    root,
    isLenient = false,
  }: {
    subject: Subject
    /** The definition that the conditions are of: naming it is a circle too. */
    root?: { kind: string; id: string }
    /** What is not there is passed over: it may come later. */
    isLenient?: boolean
  },
): References {
  const references = indexOf(all)
  const start = root === undefined ? [] : [`${root.kind}/${root.id}`]
  const done = new Map<string, Definition>()
  for (const condition of conditions) follow(condition, subject, start, { references, all, done, isLenient })
  const used = [...done.values()].map(({ kind, id, version }) => ({ kind, id, version }))
  return { ...references, used }
}

function indexOf(all: readonly Definition[]): References {
  const segments = new Map<string, Definition<'segments'>>()
  const scores = new Map<string, Definition<'scores'>>()
  const lists: Definition<'stages'>[] = []
  for (const one of all) {
    if (one.kind === 'segments') segments.set(one.id, one as Definition<'segments'>)
    else if (one.kind === 'scores') scores.set(one.id, one as Definition<'scores'>)
    else if (one.kind === 'stages') lists.push(one as Definition<'stages'>)
  }
  // The list called `default` decides where several have a stage of that name.
  lists.sort((a, b) => Number(b.id === 'default') - Number(a.id === 'default'))
  const stages = (subject: Subject, stage: string) =>
    lists.find(({ body }) => body.subject === subject && body.stages.some(({ id }) => id === stage)) ??
    lists.find(({ body }) => body.stages.some(({ id }) => id === stage))
  return { stages, segments, scores, used: [] }
}

/** The subject that a definition's body names; a body without one is about accounts. */
export const subjectOfBody = (body: unknown): Subject => (body as { subject?: Subject }).subject ?? 'account'

interface Following {
  references: References
  all: readonly Definition[]
  done: Map<string, Definition>
  isLenient: boolean
}

/** Walks what the condition names, and what that names; `path` is how it came there. */
function follow(condition: Condition, subject: Subject, path: readonly string[], following: Following): void {
  const { done } = following
  for (const leaf of leavesOf(condition)) {
    const named = definitionOf(leaf, subject, following)
    if (named === undefined) continue
    const key = `${named.kind}/${named.id}`
    if (path.includes(key)) {
      const circle = [...path.slice(path.indexOf(key)), key].join(' → ')
      throw new TouchlineError('DEFINITION_INVALID', `There is a circle: ${circle}.`)
    }
    if (done.has(key)) continue
    for (const inner of conditionsOfBody(named.kind, named.body))
      follow(inner.condition, subjectOfBody(named.body), [...path, key], following)
    done.set(key, named)
  }
}

function definitionOf(
  leaf: Condition,
  subject: Subject,
  { references, all, isLenient }: Following,
): Definition | undefined {
  const known = (kind: string) => all.filter((one) => one.kind === kind).map(({ id }) => id)
  const orRefuse = (found: Definition | undefined, what: string, id: string, names: readonly string[]) => {
    if (found !== undefined || isLenient) return found
    throw new TouchlineError('QUERY_INVALID', `${what} ${id}: there is no such ${what}${meant(id, names)}`)
  }
  if ('segment' in leaf)
    return orRefuse(references.segments.get(leaf.segment), 'segment', leaf.segment, known('segments'))
  if ('score' in leaf)
    return orRefuse(references.scores.get(leaf.score), 'score', leaf.score, known('scores'))
  if ('stage' in leaf) {
    const stages = all
      .filter((one): one is Definition<'stages'> => one.kind === 'stages')
      .flatMap(({ body }) => body.stages.map(({ id }) => id))
    return orRefuse(references.stages(subject, leaf.stage), 'stage', leaf.stage, stages)
  }
  return undefined
}
