/**
 * Conditions → SQL with parameters only: for whom one holds at `asOf`, and when it first became true. The two are
 * compiled apart, since the first needs a count where the second needs a history; compile.test.ts holds both to one
 * plain evaluation.
 */
import type { ClickHouseSettings } from '@clickhouse/client'
import type { Condition, ScoreBody, StagesBody, Subject } from '@touchline/schemas/api'
import { asOfParam, openBag, type Compiled } from './sql/bag.js'
import type { Compiling } from './sql/compiling.js'
import { openHistory } from './sql/history.js'
import { holdingSql } from './sql/holding.js'
import { alternatingTimes, beginOf, risesOf } from './sql/moments.js'
import type { References } from './documents/references.js'
import { scoreConditions } from './scores/conditions.js'
import { listedSpansSql, lowestSql, pointsSql } from './scores/total.js'
import { entriesSql, stageEntriesOf } from './sql/stage-entries.js'
import { touchSettings } from './sql/touches.js'

export interface ConditionScope {
  subject: Subject
  /** `now` of the condition, milliseconds since 1970. */
  asOf: number
  references: References
  /** Of parameter names, where two compiled things meet in one statement. */
  prefix?: string
  /** Ids of the subjects that are asked about; absent: everybody. */
  only?: readonly string[] | undefined
}

export interface CompiledCondition extends Compiled {
  settings: ClickHouseSettings
}

function compiledIn(
  { prefix = 'c', asOf, only, ...scope }: ConditionScope,
  toSql: (compiling: Compiling) => string,
): CompiledCondition {
  const bag = openBag(prefix)
  const sql = toSql({
    ...scope,
    bag,
    stageEntries: stageEntriesOf,
    scores: scoreConditions,
    isOnly: only !== undefined,
  })
  const params = { ...bag.params, ...asOfParam(asOf), ...(only !== undefined && { only }) }
  return { sql, params, settings: touchSettings }
}

/** SELECT key: each subject once for which the condition holds at `asOf`. */
export const compileCondition = (condition: Condition, scope: ConditionScope): CompiledCondition =>
  compiledIn(scope, (compiling) => holdingSql(condition, compiling))

/** SELECT key, at: when it first became true, at `asOf` at the latest. What was always true did so with the first touch. */
export const compileFirstTrue = (condition: Condition, scope: ConditionScope): CompiledCondition =>
  compiledIn(scope, (compiling) => {
    const history = openHistory(compiling)
    const begin = beginOf(history)
    const rises = risesOf(history.steps(condition), begin, history)
    return `SELECT key, fromUnixTimestamp64Milli(rises[1], 'UTC') AS at FROM (${history.select([`${rises} AS rises`])}) WHERE notEmpty(rises)`
  })

/**
 * SELECT key, entries Array(Tuple(place of the stage from 0, at, left at or 0)) in ms, oldest first, and `more` columns
 * (`more0`, …) over the subject's touches; subjects without an entry too.
 */
export const compileStages = (
  body: StagesBody,
  scope: Omit<ConditionScope, 'subject'>,
  more: readonly string[] = [],
): CompiledCondition =>
  compiledIn({ ...scope, subject: body.subject }, (compiling) => entriesSql(body, compiling, more))

/**
 * SELECT key, subject, times0, times1, …: of each condition when a subject began and stopped to be so by turns, in ms; 0: it
 * was so before anything happened. Those to come, which a window or a fading score will bring, are in it.
 */
export const compileTimes = (conditions: readonly Condition[], scope: ConditionScope): CompiledCondition =>
  compiledIn(scope, (compiling) => {
    const history = openHistory(compiling)
    const begin = beginOf(history)
    const subject = history.aggregate('any(subject)')
    const times = conditions.map((condition) => {
      const steps = history.steps(condition)
      if (steps.initial) history.askEverybody()
      return alternatingTimes(steps, begin, history)
    })
    return history.select([
      `${subject} AS subject`,
      ...times.map((column, index) => `${column} AS times${index}`),
    ])
  })

/** SELECT key, subject, points, next (scores/total.ts) at asOf. */
export const compilePoints = (body: ScoreBody, scope: Omit<ConditionScope, 'subject'>): CompiledCondition =>
  compiledIn({ ...scope, subject: body.subject }, (compiling) => pointsSql(body, compiling))

/** SELECT key, subject, own, people (scores/total.ts): what the points are made of. */
export const compileSpans = (body: ScoreBody, scope: Omit<ConditionScope, 'subject'>): CompiledCondition =>
  compiledIn({ ...scope, subject: body.subject }, (compiling) => listedSpansSql(body, compiling))

/** SELECT key, lowest: the least total since `since`, ms as SQL over `key` (scores/total.ts). */
export const compileLowest = (
  body: ScoreBody,
  since: string,
  scope: Omit<ConditionScope, 'subject'>,
): CompiledCondition =>
  compiledIn({ ...scope, subject: body.subject }, (compiling) => lowestSql(body, since, compiling))
