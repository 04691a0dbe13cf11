/** From the words of a request to a question over journeys. A word that is unknown is refused, with the nearest known. */
import { z } from 'zod'
import {
  durationMs,
  longestMs,
  subjects,
  tooLong,
  touch,
  type Condition,
  type Subject,
  type Touch,
} from '@touchline/schemas/api'
import type { Reader } from '../../clickhouse/query.js'
import {
  checkCondition,
  checkPatterns,
  patternsOf,
  patternsOfTouch,
  whatIsWrong,
} from '../../definitions/documents/check.js'
import { meant } from '../../definitions/nearest.js'
import { readDefinition, requireDefinition } from '../../definitions/documents/read.js'
import type { Found } from '../../definitions/walk.js'
import { TouchlineError } from '../../errors.js'
import { goalIfAny, goalOf, subjectOf, type Goal } from '../../journeys/goals.js'
import type { Question } from '../../journeys/question.js'

export interface Asked {
  subject?: string | undefined
  from?: number | undefined
  to?: number | undefined
  as_of?: number | undefined
  filter?: string | undefined
  touch?: string | undefined
}

export const refuse = (message: string): TouchlineError => new TouchlineError('QUERY_INVALID', message)

/** `word`, as one of `known`; throws QUERY_INVALID with the nearest of them for another. `what` is the parameter's name. */
export function oneOf<Known extends string>(word: string, known: readonly Known[], what: string): Known {
  const found = known.find((one) => one === word)
  if (found === undefined) throw refuse(`${what}: there is no ${word}${meant(word, known)}`)
  return found
}

/** Milliseconds of `90d`, `12h`; throws QUERY_INVALID naming the parameter, what units there are and the longest time. */
export function durationOf(text: string, what: string): number {
  const ms = durationMs(text)
  if (Number.isNaN(ms)) {
    const unit = /^\d+(.*)$/.exec(text)?.[1]?.trim()
    const why = unit ? `there is no unit ${unit}${meant(unit, ['s', 'm', 'h', 'd', 'w'])}` : 'it is no time.'
    throw refuse(`${what}: ${text}: ${why} A time is such as 30d, 2w, 12h or 45m.`)
  }
  if (ms <= 0) throw refuse(`${what} must be longer than 0.`)
  if (ms > longestMs) throw refuse(`${what}: ${text} ${tooLong}.`)
  return ms
}

/** A value of `schema` that came as JSON text in a parameter. */
function parsed<Schema extends z.ZodType>(text: string, schema: Schema, what: string): z.output<Schema> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new TouchlineError('QUERY_INVALID', `${what} is not JSON.`, { cause })
  }
  return checked(value, schema, what)
}

/** Throws QUERY_INVALID with the path of what is wrong; of an unknown field the nearest that there is. */
export function checked<Schema extends z.ZodType>(
  value: unknown,
  schema: Schema,
  what: string,
): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const { path, message } = whatIsWrong(result.error, value, schema) ?? { path: [], message: 'is not valid' }
  throw refuse(`${[what, ...path].join('/')}: ${message}`)
}

/** A condition about such subjects; throws DEFINITION_INVALID with the place and the nearest name. */
export async function conditionOf(
  reader: Reader,
  value: unknown,
  { what, subject }: { what: string; subject: Subject },
): Promise<Condition> {
  const condition = checkCondition(value, subject, [what])
  await checkPatterns(reader, patternsOf(condition, [what]))
  return condition
}

/** Regular expressions of touch filters; throws DEFINITION_INVALID for one that does not compile. */
export const checkTouches = (reader: Reader, touches: readonly Found<Touch>[]): Promise<void> =>
  checkPatterns(reader, touches.flatMap(patternsOfTouch))

async function touchOf(reader: Reader, text: string | undefined): Promise<Touch | undefined> {
  if (text === undefined) return undefined
  const node = parsed(text, touch, 'touch')
  await checkTouches(reader, [{ path: ['touch'], node }])
  return node
}

/** Undefined where none is named; throws QUERY_INVALID for another word. */
export const subjectNamed = (word: string | undefined): Subject | undefined =>
  word === undefined ? undefined : oneOf(word, subjects, 'subject')

/** Throws QUERY_INVALID where the range is empty. */
export function checkRange({ from, to }: Pick<Asked, 'from' | 'to'>): void {
  if (from !== undefined && to !== undefined && from >= to) throw refuse('from must be before to.')
}

/** `goal` decides about whom it is asked where the request does not. */
export async function questionOf(
  reader: Reader,
  asked: Asked,
  now: number,
  goal?: Goal,
): Promise<Question & { touch: Touch | undefined }> {
  const { from, to } = asked
  checkRange(asked)
  const named = subjectNamed(asked.subject)
  const subject = goal ? subjectOf(goal, named) : (named ?? 'account')
  const filter = asked.filter === undefined ? undefined : parsedJson(asked.filter, 'filter')
  return {
    subject,
    from,
    to,
    asOf: asked.as_of ?? now,
    filter: filter === undefined ? undefined : await conditionOf(reader, filter, { what: 'filter', subject }),
    touch: await touchOf(reader, asked.touch),
  }
}

const parsedJson = (text: string, what: string): unknown => parsed(text, z.unknown(), what)

/** A goal by name; where none is named the first of `usual` that is defined. */
export async function goalNamed(
  reader: Reader,
  name: string | undefined,
  usual: readonly string[],
  asOf: number | undefined,
): Promise<Goal | undefined> {
  if (name !== undefined) return goalOf(reader, name, asOf)
  for (const id of usual) {
    const found = await goalIfAny(reader, id, asOf)
    if (found) return found
  }
  return undefined
}

/** The definition of that id, `default` where none is named and there is one. */
export async function definitionNamed<Kind extends 'stages' | 'personas'>(
  reader: Reader,
  kind: Kind,
  name: string | undefined,
  asOf: number | undefined,
) {
  if (name !== undefined) return requireDefinition(reader, kind, name, { asOf })
  return readDefinition(reader, kind, 'default', { asOf })
}
