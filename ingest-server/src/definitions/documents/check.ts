/** Is a body what its kind asks for? What is wrong is said with its path and, where a name is wrong, the nearest right one. */
import {
  conditionHeads,
  definitionBodies,
  definitionKinds,
  condition as conditionSchema,
  type BodyOf,
  type Condition,
  type DefinitionKind,
  type ProgramBody,
  type Subject,
} from '@touchline/schemas/api'
import type { z } from 'zod'
import { clickHouseCodeOf } from '../../clickhouse/query-errors.js'
import { query, type NamedQuery, type QuerySource } from '../../clickhouse/query.js'
import { TouchlineError } from '../../errors.js'
import { meant, nearest } from '../nearest.js'
import { tooDeep } from './nesting.js'
import { problemOfProgram } from './program-check.js'
import { fieldsAt, optionsAt } from './schema-fields.js'
import {
  conditionsOfBody,
  leavesAt,
  pathText,
  touchesAt,
  touchesOfBody,
  type Found,
  type Path,
} from '../walk.js'
import { subjectOfBody } from './references.js'

export function checkKind(kind: string): DefinitionKind {
  const found = definitionKinds.find((one) => one === kind)
  if (found !== undefined) return found
  throw new TouchlineError(
    'QUERY_INVALID',
    `kind ${kind}: there is no such kind${meant(kind, definitionKinds)}`,
  )
}

/** Throws DEFINITION_INVALID for a body that is none of its kind. */
export function checkBody<Kind extends DefinitionKind>(kind: Kind, body: unknown): BodyOf<Kind> {
  refuseDeep(body)
  const schema = definitionBodies[kind]
  const parsed = schema.safeParse(body)
  if (!parsed.success) throw invalid(parsed.error, body, schema)
  for (const { condition, path } of conditionsOfBody(kind, parsed.data))
    checkTree(condition, subjectOfBody(parsed.data), path)
  const problem = kind === 'programs' ? problemOfProgram(parsed.data as ProgramBody) : undefined
  if (problem !== undefined) throw invalidAt(problem.path, problem.message)
  return parsed.data as BodyOf<Kind>
}

export function checkCondition(value: unknown, subject: Subject, path: Path = ['when']): Condition {
  refuseDeep(value, path)
  const parsed = conditionSchema.safeParse(value)
  if (!parsed.success) throw invalid(parsed.error, value, conditionSchema, path)
  checkTree(parsed.data, subject, path)
  return parsed.data
}

function refuseDeep(value: unknown, path: Path = []): void {
  const deep = tooDeep(value)
  if (deep !== undefined) throw invalidAt([...path, ...deep.path], deep.message)
}

/** In one condition, over all its branches: of traits alone 500 are more than the 256 KiB of SQL that ClickHouse takes. */
const mostLeaves = 200

function checkTree(condition: Condition, subject: Subject, path: Path): void {
  const leaves = leavesAt(condition, path)
  if (leaves.length > mostLeaves)
    throw invalidAt(
      path,
      `has ${leaves.length} conditions; one may have ${mostLeaves} at most. \`in\` compares with a list of values, and a segment may be named`,
    )
  if (subject !== 'person') return
  const found = leaves.find(({ node }) => 'people' in node)
  if (found) throw invalidAt(found.path, 'people are asked of accounts; a person has none')
}

export const invalidAt = (path: Path, message: string) =>
  new TouchlineError('DEFINITION_INVALID', `${pathText(path) || 'The body'}: ${message}`)

function invalid(error: z.ZodError, body: unknown, schema: z.ZodType, path: Path = []): TouchlineError {
  const [first] = error.issues
  if (first === undefined) return new TouchlineError('DEFINITION_INVALID')
  const { path: at, message } = whatIsWrong(error, body, schema) ?? first
  return invalidAt([...path, ...(at as Path)], message)
}

/** Of what a schema refused the first thing: where, and why, with the nearest right name. */
export function whatIsWrong(
  error: z.ZodError,
  root: unknown,
  schema: z.ZodType,
): { path: Path; message: string } | undefined {
  const first = firstOf(error.issues as Issue[], root)
  return first && explain(first, root, [schema])
}

interface Issue {
  code: string
  path: Path
  message: string
  keys?: readonly string[]
  values?: readonly unknown[]
  errors?: readonly (readonly Issue[])[]
}

/** Where a field is missing and one beside it is unknown, that one was meant for it. */
function firstOf(issues: readonly Issue[], root: unknown): Issue | undefined {
  const [first] = issues
  if (first === undefined || first.path.length === 0 || valueAt(root, first.path) !== undefined) return first
  const [parent, missing] = [first.path.slice(0, -1), String(first.path.at(-1))]
  const unknown = issues.find(
    ({ code, path }) => code === 'unrecognized_keys' && pathText(path) === pathText(parent),
  )
  if (unknown === undefined) return first
  const { keys = [] } = unknown
  const meantForIt = keys.filter((key) => nearest(key, [missing]) !== undefined)
  return { ...unknown, keys: [...meantForIt, ...keys] }
}

/**
 * Of a union the branch that was meant: for a condition the one whose field is there. The first of `schemas` is what the
 * issue is of, the others are what might have stood there as well.
 */
function explain(
  issue: Issue,
  root: unknown,
  schemas: readonly z.ZodType[],
): { path: Path; message: string } {
  const value = valueAt(root, issue.path)
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys ?? []
    return {
      path: [...issue.path, key],
      message: `there is no such field here${meantField(key, issue, value, schemas)}`,
    }
  }
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const names = (issue.values ?? []).map(String)
    return { path: issue.path, message: `${JSON.stringify(value)} is not known here${meant(value, names)}` }
  }
  if (issue.code !== 'invalid_union' || issue.errors === undefined || issue.errors.length === 0) return issue
  const options = schemas.slice(0, 1).flatMap((schema) => optionsAt(schema, issue.path))
  if (issue.errors.length === conditionHeads.length)
    return explainCondition(issue, issue.errors, { value, options })
  const branches = issue.errors.map((issues, index) => ({ issues, option: options[index] }))
  const [best] = branches.sort((a, b) => distance(a.issues) - distance(b.issues))
  const first = firstOf(best?.issues ?? [], value)
  if (first === undefined) return issue
  const likeliest = best?.option === undefined ? options : [best.option, ...options]
  return prefixed(issue.path, explain(first, value, likeliest))
}

function explainCondition(
  { path }: Issue,
  branches: readonly (readonly Issue[])[],
  { value, options }: { value: unknown; options: readonly z.ZodType[] },
): { path: Path; message: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return {
      path,
      message: 'must be a condition, an object such as { "touch": { "name": "Demo Requested" } }',
    }
  const index = conditionHeads.findIndex((head) => head in value)
  const first = firstOf(branches[index] ?? [], value)
  if (first !== undefined) return prefixed(path, explain(first, value, options.slice(index, index + 1)))
  const [key] = Object.keys(value)
  if (key === undefined) return { path, message: `says nothing${meant('', conditionHeads)}` }
  return { path: [...path, key], message: `there is no such condition${meant(key, conditionHeads)}` }
}

/** The fields of the likeliest schema; one of another only where its name is near, and not this one's. */
function meantField(
  key: string,
  { keys = [], path }: Issue,
  value: unknown,
  schemas: readonly z.ZodType[],
): string {
  const isOther = (name: string) => name !== key
  const present = Object.keys(value ?? {}).filter((name) => !keys.includes(name))
  const all = schemas.map((schema) => fieldsAt(schema, path))
  const [likely = []] = all
  const fitting = likely.filter((names) => present.every((name) => names.includes(name)))
  const own = [...new Set((fitting.length > 0 ? fitting : likely).flat())].filter(isOther)
  const any = all.flat(2).filter(isOther)
  return meant(key, nearest(key, own) === undefined && nearest(key, any) !== undefined ? any : own)
}

const prefixed = (path: Path, { path: rest, message }: { path: Path; message: string }) => ({
  path: [...path, ...rest],
  message,
})

/** How far a branch is from what was sent: unknown fields weigh most, then how early it goes wrong. */
const distance = (issues: readonly Issue[]) =>
  issues.reduce(
    (sum, { code, keys, path }) =>
      sum + (code === 'unrecognized_keys' ? 100 * (keys?.length ?? 1) : 10 / (1 + path.length)),
    0,
  )

const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, part) => (value as Record<string | number, unknown> | undefined)?.[part], root)

const regexQuery: NamedQuery = {
  name: 'check-regex',
  sql: "SELECT match('', {pattern: String})",
}

/** Throws DEFINITION_INVALID for a regular expression that ClickHouse (RE2) does not compile. */
export async function checkPatterns(source: QuerySource, placed: readonly Found<string>[]): Promise<void> {
  for (const { path, node: pattern } of placed) {
    try {
      await query(source, regexQuery, { pattern })
    } catch (error) {
      if (clickHouseCodeOf(error) !== '427') throw error
      const why = /(?:error|Error): ([^.]*)\./.exec(String((error as Error).cause))?.[1] ?? ''
      throw invalidAt(
        path,
        `is no regular expression that RE2 compiles${why === '' ? '' : ` (${why.slice(0, 200)})`}`,
      )
    }
  }
}

export const patternsOfBody = (kind: DefinitionKind, body: unknown): Found<string>[] => [
  ...conditionsOfBody(kind, body).flatMap(({ condition, path }) => patternsOf(condition, path)),
  ...(kind === 'touch-rules' ? touchesOfBody(kind, body).flatMap(patternsOfTouch) : []),
]

/** Every regular expression of a condition with its path. */
export function patternsOf(condition: Condition, path: Path): Found<string>[] {
  const ofTraits = leavesAt(condition, path).flatMap(({ node, path: at }): Found<string>[] =>
    ('trait' in node || 'accountTrait' in node) && node.op === 'matches'
      ? [{ path: [...at, 'value'], node: String(node.value) }]
      : [],
  )
  return [...ofTraits, ...touchesAt(condition, path).flatMap(patternsOfTouch)]
}

export const patternsOfTouch = ({
  node,
  path,
}: Found<{ where?: { op: string; value?: unknown }[] | undefined }>) =>
  (node.where ?? []).flatMap(({ op, value }, index): Found<string>[] =>
    op === 'matches' ? [{ path: [...path, 'where', index, 'value'], node: String(value) }] : [],
  )
