/**
 * Conditions → SQL with parameters only: for whom one holds at `asOf`, and when it first became true. The two are
 * compiled apart, since the first needs a count where the second needs a history; compile.test.ts holds both to one
 * plain evaluation.
 */
import type { ClickHouseSettings } from '@clickhouse/client'
import type { Condition, StagesBody, Subject } from '@touchline/schemas/api'
import { asOfParam, openBag, type Compiled } from './bag.js'
import type { Compiling } from './compiling.js'
import { openHistory } from './history.js'
import { holdingSql } from './holding.js'
import { beginOf, risesOf } from './moments.js'
import type { References, ScoreCompiler } from './references.js'
import { entriesSql, stageEntriesOf } from './stage-entries.js'
import { touchSettings } from './touches.js'

export interface ConditionScope {
  subject: Subject
  /** `now` of the condition, milliseconds since 1970. */
  asOf: number
  references: References
  /** Of parameter names, where two compiled things meet in one statement. */
  prefix?: string
  score?: ScoreCompiler
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
  const sql = toSql({ ...scope, bag, stageEntries: stageEntriesOf, isOnly: only !== undefined })
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
