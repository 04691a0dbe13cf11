/** For whom a definition would hold, before it is saved. */
import {
  sentencesOf,
  type Condition,
  type DefinitionKind,
  type Sentences,
  type StagesBody,
  type Subject,
} from '@touchline/schemas/api'
import type { Reader } from '../clickhouse/query.js'
import { TouchlineError } from '../errors.js'
import { compileCondition, compileStages } from './compile.js'
import type { Definition } from './documents/definition.js'
import { referencesFrom, type References, subjectOfBody } from './documents/references.js'
import { countHolding } from './sql/subject-names.js'
import { staticKeys } from './sql/sets.js'
import { asOfParam, openBag } from './sql/bag.js'
import { conditionsOfBody } from './walk.js'

export interface Preview {
  subject: Subject
  subjects: number
  examples: string[]
  stages?: { id: string; subjects: number; examples: string[] }[]
  sentence: Sentences | null
}

interface Wanted {
  asOf: number
  /** The definitions that there would be. */
  all: readonly Definition[]
}

export async function previewCondition(
  reader: Reader,
  condition: Condition,
  subject: Subject,
  { asOf, all }: Wanted,
): Promise<Preview> {
  const sentence = sentencesOf(condition)
  const references = referencesTo(all, [condition], subject)
  // What it names may come later; until then it holds for nobody, and a warning names it.
  if (references === undefined) return { subject, subjects: 0, examples: [], sentence }
  const compiled = compileCondition(condition, { subject, asOf, references })
  return { subject, ...(await countHolding(reader, subject, compiled)), sentence }
}

/** By the condition that says who is meant: `when`, `enter`; of stages each of them. */
export async function previewBody(
  reader: Reader,
  kind: DefinitionKind,
  body: unknown,
  wanted: Wanted,
): Promise<Preview> {
  const subject = subjectOfBody(body)
  if (kind === 'stages') return previewStages(reader, body as StagesBody, wanted)
  if (kind === 'segments' && 'identifiers' in (body as object)) {
    const bag = openBag('c')
    const { identifiers } = body as { identifiers: string[] }
    const sql = `SELECT DISTINCT key FROM (${staticKeys(identifiers, { subject, bag })})`
    const params = { ...bag.params, ...asOfParam(wanted.asOf) }
    return { subject, ...(await countHolding(reader, subject, { sql, params })), sentence: null }
  }
  const conditions = conditionsOfBody(kind, body).map(({ condition }) => condition)
  const [first] = conditions
  if (first === undefined) return { subject, subjects: 0, examples: [], sentence: null }
  const who = kind === 'scores' && conditions.length > 1 ? { any: conditions } : first
  return previewCondition(reader, who, subject, wanted)
}

async function previewStages(reader: Reader, body: StagesBody, { asOf, all }: Wanted): Promise<Preview> {
  const { subject, stages } = body
  const conditions = conditionsOfBody('stages', body).map(({ condition }) => condition)
  const references = referencesTo(all, conditions, subject)
  if (references === undefined) return { subject, subjects: 0, examples: [], sentence: null }
  const { sql, params } = compileStages(body, { asOf, references })
  const reached: { id: string; subjects: number; examples: string[] }[] = []
  for (const [index, { id }] of stages.entries()) {
    const keys = `SELECT key FROM (${sql}) WHERE arrayExists(one -> one.1 >= {stagePlace: Int64}, entries)`
    const found = await countHolding(reader, subject, { sql: keys, params: { ...params, stagePlace: index } })
    reached.push({ id, ...found })
  }
  const { subjects = 0, examples = [] } = reached[0] ?? {}
  return { subject, subjects, examples, stages: reached, sentence: null }
}

/** Undefined where a condition names what is not there. */
function referencesTo(
  all: readonly Definition[],
  conditions: readonly Condition[],
  subject: Subject,
): References | undefined {
  try {
    return referencesFrom(all, conditions, { subject })
  } catch (error) {
    if (error instanceof TouchlineError && error.code === 'QUERY_INVALID') return undefined
    throw error
  }
}
