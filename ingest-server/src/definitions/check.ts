/** Is a body what its kind asks for? What is wrong is said with its path and, where a name is wrong, the nearest right one. */
import {
  conditionHeads,
  definitionBodies,
  definitionKinds,
  condition as conditionSchema,
  touch as touchSchema,
  type BodyOf,
  type Condition,
  type DefinitionKind,
  type ProgramBody,
  type Subject,
} from '@touchline/schemas/api'
import type { z } from 'zod'
import { clickHouseCodeOf } from '../clickhouse/query-errors.js'
import { query, type NamedQuery, type QuerySource } from '../clickhouse/query.js'
import { TouchlineError } from '../errors.js'
import { meant } from './nearest.js'
import { problemOfProgram } from './program-check.js'
import {
  conditionsOfBody,
  leavesAt,
  pathText,
  touchesAt,
  touchesOfBody,
  type Found,
  type Path,
} from './walk.js'

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
  const parsed = definitionBodies[kind].safeParse(body)
  if (!parsed.success) throw invalid(parsed.error, body)
  for (const { condition, path } of conditionsOfBody(kind, parsed.data))
    checkSubject(condition, subjectOfBody(parsed.data), path)
  const problem = kind === 'programs' ? problemOfProgram(parsed.data as ProgramBody) : undefined
  if (problem !== undefined) throw invalidAt(problem.path, problem.message)
  return parsed.data as BodyOf<Kind>
}

export function checkCondition(value: unknown, subject: Subject, path: Path = ['when']): Condition {
  const parsed = conditionSchema.safeParse(value)
  if (!parsed.success) throw invalid(parsed.error, value, path)
  checkSubject(parsed.data, subject, path)
  return parsed.data
}

/** The subject of a body that has one. */
export const subjectOfBody = (body: unknown): Subject => (body as { subject?: Subject }).subject ?? 'account'

function checkSubject(condition: Condition, subject: Subject, path: Path): void {
  if (subject !== 'person') return
  const found = leavesAt(condition, path).find(({ node }) => 'people' in node)
  if (found) throw invalidAt(found.path, 'people are asked of accounts; a person has none')
}

export const invalidAt = (path: Path, message: string) =>
  new TouchlineError('DEFINITION_INVALID', `${pathText(path) || 'The body'}: ${message}`)

function invalid(error: z.ZodError, body: unknown, path: Path = []): TouchlineError {
  const [first] = error.issues
  if (first === undefined) return new TouchlineError('DEFINITION_INVALID')
  const { path: at, message } = whatIsWrong(error, body) ?? first
  return invalidAt([...path, ...(at as Path)], message)
}

/** Of what a schema refused the first thing: where, and why, with the nearest right name. */
export function whatIsWrong(error: z.ZodError, root: unknown): { path: Path; message: string } | undefined {
  const [first] = error.issues
  return first && explain(first as Issue, root)
}

interface Issue {
  code: string
  path: Path
  message: string
  keys?: readonly string[]
  values?: readonly unknown[]
  errors?: readonly (readonly Issue[])[]
}

/** Of a union the branch that was meant: for a condition the one whose field is there. */
function explain(issue: Issue, root: unknown): { path: Path; message: string } {
  const value = valueAt(root, issue.path)
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys ?? []
    return {
      path: [...issue.path, key],
      message: `there is no such field here${meant(key, fieldsAt(issue.path, value))}`,
    }
  }
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const names = (issue.values ?? []).map(String)
    return { path: issue.path, message: `${JSON.stringify(value)} is not known here${meant(value, names)}` }
  }
  if (issue.code !== 'invalid_union' || issue.errors === undefined || issue.errors.length === 0) return issue
  if (issue.errors.length === conditionHeads.length) return explainCondition(issue, issue.errors, value)
  const [best] = [...issue.errors].sort((a, b) => distance(a) - distance(b))
  const [first] = best ?? []
  return first === undefined ? issue : prefixed(issue.path, explain(first, value))
}

function explainCondition(
  { path }: Issue,
  branches: readonly (readonly Issue[])[],
  value: unknown,
): { path: Path; message: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return {
      path,
      message: 'must be a condition, an object such as { "touch": { "name": "Demo Requested" } }',
    }
  const index = conditionHeads.findIndex((head) => head in value)
  const [first] = branches[index] ?? []
  if (first !== undefined) return prefixed(path, explain(first, value))
  const [key] = Object.keys(value)
  if (key === undefined) return { path, message: `says nothing${meant('', conditionHeads)}` }
  return { path: [...path, key], message: `there is no such condition${meant(key, conditionHeads)}` }
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

const touchFields = Object.keys(touchSchema.shape)
const allFields = [
  ...conditionHeads,
  ...['op', 'n', 'value', 'count', 'distinct', 'within', 'between', 'by', 'without', 'for', 'direction'],
  ...[
    'name',
    'subject',
    'when',
    'value',
    'currency',
    'stages',
    'enter',
    'exit',
    'silentAfter',
    'again',
    'rules',
  ],
  ...[
    'property',
    'points',
    'halfLife',
    'window',
    'cap',
    'floor',
    'oncePer',
    'group',
    'groups',
    'identifiers',
    'id',
  ],
  ...[
    'on',
    'off',
    'steps',
    'reenter',
    'goal',
    'quietHours',
    'traits',
    'url',
    'secret',
    'wait',
    'waitUntil',
    'timeout',
  ],
]

function fieldsAt(path: Path, value: unknown): readonly string[] {
  const last = path.findLast((part) => typeof part === 'string')
  if (last === 'touch' || last === 'sequence' || last === 'without') return touchFields
  if (last === 'where') return ['property', 'op', 'value']
  const present = typeof value === 'object' && value !== null ? Object.keys(value) : []
  return allFields.filter((field) => !present.includes(field))
}

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
