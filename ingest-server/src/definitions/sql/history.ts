/**
 * When a condition became true and stopped being so, as SQL: of each subject the steps (step-sql.ts) of each part of the
 * tree, and from those the steps of the whole. `all` is where the sum of its parts' deltas reaches their number, `any`
 * where it reaches one, `not` turns round. One pass over the touches gathers what all leaves need.
 */
import { durationMs, holdsForNone, type Condition, type CountOp, type Subject } from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'
import { openColumns, type Columns, type GroupBy } from './columns.js'
import { isNegated, positive, type Comparison } from './compare.js'
import { touchSql } from './compile-touch.js'
import { countSigns, peopleOfPerson, type Compiling, type Leaf, type LeafOf } from './compiling.js'
import { betweenSql, distinctValue, isTouch } from './holding.js'
import { sequenceDone } from './sequence.js'
import { crossedSteps, segmentOf, staticKeys, traitSteps } from './sets.js'
import {
  coverage,
  deltasOf,
  distinctCoverage,
  joinSteps,
  noDeltas,
  noSteps,
  sumSteps,
  touchMs,
} from './step-sql.js'

export interface Steps {
  /** A column of the statement: Array(Tuple(Int64, UInt8)). */
  column: string
  initial: boolean
}

interface HistoryOptions {
  groupBy?: GroupBy
  /** The times of every touch that a condition asks for are wanted, not only when it became true. */
  isEveryTouch?: boolean
}

interface Context {
  compiling: Compiling
  columns: Columns
  groupBy: GroupBy
  isEveryTouch: boolean
  /** Times (ms) of the touches that leaves ask for: SQL of arrays. */
  times: string[]
}

export type History = ReturnType<typeof openHistory>

export function openHistory(
  compiling: Compiling,
  { groupBy = 'key', isEveryTouch = false }: HistoryOptions = {},
) {
  const columns = openColumns(compiling, groupBy)
  const times: string[] = []
  const context: Context = { compiling, columns, groupBy, isEveryTouch, times }
  return {
    ...columns,
    steps: (condition: Condition) => stepsOf(condition, context),
    /** Times (ms) of the touches that the conditions since the last call ask for. */
    takeTimes: () => times.splice(0),
  }
}

function stepsOf(condition: Condition, context: Context): Steps {
  if ('all' in condition) return joined(condition.all, 'all', context)
  if ('any' in condition) return joined(condition.any, 'any', context)
  if (!('not' in condition)) return leafSteps(condition, context)
  const before = context.times.length
  const inner = stepsOf(condition.not, context)
  // No touch of what must not be makes the whole true.
  context.times.length = before
  return turned(inner, context)
}

/** The steps of where the running sum of deltas is as `holds` says. */
function sum(deltas: readonly string[], holds: (sum: string) => string, { columns }: Context): string {
  const [first = noDeltas] = deltas
  const all = columns.form(`arraySort(${deltas.length === 1 ? first : `arrayConcat(${deltas.join(', ')})`})`)
  return columns.form(sumSteps(all, holds))
}

function joined(conditions: readonly Condition[], how: 'all' | 'any', context: Context): Steps {
  const parts = conditions.map((condition) => stepsOf(condition, context))
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  const base = parts.filter(({ initial }) => initial).length
  const least = how === 'all' ? parts.length : 1
  const deltas = parts.map(({ column, initial }) => deltasOf(column, initial))
  const column = sum(deltas, (total) => `${total} + ${base} >= ${least}`, context)
  return { column, initial: base >= least }
}

function turned({ column, initial }: Steps, { columns }: Context): Steps {
  return { column: columns.form(`arrayMap(x -> (x.1, toUInt8(1 - x.2)), ${column})`), initial: !initial }
}

function leafSteps(condition: Leaf, context: Context): Steps {
  if ('touch' in condition) return touchSteps(condition, context)
  if ('sequence' in condition) return sequenceSteps(condition, context)
  if ('silentFor' in condition) return silentSteps(condition, context)
  if ('people' in condition) {
    if (context.compiling.subject === 'person') throw peopleOfPerson()
    const people = { value: 'toString(person_key)', isList: false }
    return counted(condition.people, { distinct: people, where: isTouch }, context)
  }
  if ('firstSeen' in condition) return firstSeenSteps(condition, context)
  if ('lastSeen' in condition) return touchSteps({ touch: {}, within: condition.lastSeen.within }, context)
  return factSteps(condition, context)
}

function sequenceSteps(
  condition: LeafOf<'sequence'>,
  { compiling, columns, isEveryTouch, times }: Context,
): Steps {
  const { done: sql, rows } = sequenceDone(condition, compiling.bag)
  const done = columns.aggregate(sql)
  if (isEveryTouch) times.push(columns.aggregate(`arraySort(groupArrayIf(${touchMs}, ${rows}))`))
  return { column: columns.form(`if(${done} = 0, ${noSteps}, [(${done}, toUInt8(1))])`), initial: false }
}

function firstSeenSteps({ firstSeen }: LeafOf<'firstSeen'>, context: Context): Steps {
  const { columns, compiling } = context
  const first = columns.aggregate(`minIf(${touchMs}, ${isTouch})`)
  const window = compiling.bag.int(durationMs(firstSeen.within))
  const deltas = `if(${first} = 0, ${noDeltas}, [(${first}, toInt64(1)), (${first} + ${window}, toInt64(-1))])`
  return { column: sum([columns.form(deltas)], (total) => `${total} > 0`, context), initial: false }
}

function touchSteps(condition: LeafOf<'touch'>, context: Context): Steps {
  const { subject, bag } = context.compiling
  const { touch, within, between, by, distinct, count = { op: 'gte' as const, n: 1 } } = condition
  if (by === 'same person' && subject === 'account' && context.groupBy === 'key')
    return samePersonSteps(condition, context)
  const period = between === undefined ? [] : [betweenSql(between, bag)]
  const where = [isTouch, touchSql(touch, bag), ...period].join(' AND ')
  if (distinct !== undefined)
    return counted(count, { distinct: distinctValue({ touch, distinct }, bag), where, within }, context)
  return within === undefined && isAtLeast(count)
    ? fromNth(atLeast(count), where, context)
    : counted(count, { where, within }, context)
}

interface Count {
  op: CountOp
  n: number
}
const isAtLeast = ({ op, n }: Count) => (op === 'gte' && n > 0) || op === 'gt'
const atLeast = ({ op, n }: Count) => (op === 'gt' ? n + 1 : n)

/** True from the n-th on: one number a subject where n is 1. */
function fromNth(n: number, where: string, { columns, isEveryTouch, times }: Context): Steps {
  if (n === 1 && !isEveryTouch) {
    const first = columns.aggregate(`minIf(${touchMs}, ${where})`)
    return { column: columns.form(`if(${first} = 0, ${noSteps}, [(${first}, toUInt8(1))])`), initial: false }
  }
  const all = columns.aggregate(`arraySort(groupArrayIf(${touchMs}, ${where}))`)
  times.push(all)
  const steps = `if(length(${all}) < ${n}, ${noSteps}, [(${all}[${n}], toUInt8(1))])`
  return { column: columns.form(steps), initial: false }
}

interface Counting {
  distinct?: { value: string; isList: boolean }
  where: string
  within?: string | undefined
}

function counted(count: Count, { distinct, where, within }: Counting, context: Context): Steps {
  const { columns, times, compiling } = context
  const { bag } = compiling
  const holds = (total: string) => `${total} ${countSigns[count.op]} ${bag.int(count.n)}`
  const initial = holdsForNone(count)
  const window = within === undefined ? undefined : bag.int(durationMs(within))
  if (distinct === undefined) {
    const all = columns.aggregate(`arraySort(groupArrayIf(${touchMs}, ${where}))`)
    times.push(all)
    return { column: sum(coverage(all, window), holds, context), initial }
  }
  const values = distinct.isList ? distinct.value : `[${distinct.value}]`
  if (window === undefined) {
    const firstOccurrences = columns.aggregate(
      `arraySort(minMapIf(${values}, arrayMap(x -> ${touchMs}, ${values}), ${where}).2)`,
    )
    times.push(firstOccurrences)
    return { column: sum(coverage(firstOccurrences, undefined), holds, context), initial }
  }
  const pairs = columns.aggregate(
    `arraySort(groupArrayArrayIf(arrayMap(x -> (x, ${touchMs}), ${values}), ${where}))`,
  )
  times.push(`arrayMap(x -> x.2, ${pairs})`)
  return { column: sum(distinctCoverage(pairs, window), holds, context), initial }
}

/** While one person of the account has done it often enough. */
function samePersonSteps(condition: LeafOf<'touch'>, { compiling, columns }: Context): Steps {
  const inner = openHistory(compiling, { groupBy: 'key, person_key' })
  const { column } = inner.steps({ ...condition, by: 'anyone' })
  const rows = touchSql(condition.touch, compiling.bag)
  const ofOne = inner.select([`${column} AS steps`], rows)
  const from = `SELECT key, groupArrayArray(${deltasOf('steps', false)}) AS deltas FROM (${ofOne}) GROUP BY key`
  return { column: columns.join(joinSteps('deltas', from)), initial: false }
}

function silentSteps({ silentFor, direction }: LeafOf<'silentFor'>, context: Context): Steps {
  const { columns, compiling } = context
  const where = direction === 'inbound' ? `${isTouch} AND direction = 'inbound'` : isTouch
  const all = columns.aggregate(`arraySort(groupArrayIf(${touchMs}, ${where}))`)
  const window = compiling.bag.int(durationMs(silentFor))
  // Once anything came the sum is `seen` where nothing is within the window.
  const seen = 1_000_000_000
  const first = columns.form(`if(empty(${all}), ${noDeltas}, [(${all}[1], toInt64(${seen}))])`)
  const column = sum([first, ...coverage(all, window)], (total) => `${total} = ${seen}`, context)
  return { column, initial: false }
}

function factSteps(condition: Leaf, context: Context): Steps {
  if ('trait' in condition) return traitLeaf('person', condition.trait, condition, context)
  if ('accountTrait' in condition) return traitLeaf('account', condition.accountTrait, condition, context)
  if ('segment' in condition) return segmentSteps(condition, context)
  if ('stage' in condition) return stageSteps(condition, context)
  if ('score' in condition) {
    const { columns, compiling } = context
    const { sql, initial } = compiling.scores.steps(condition, compiling)
    return { column: columns.join(sql), initial }
  }
  throw new TouchlineError('INTERNAL')
}

/** Steps that stand beside the touches, of one subject as those of the one asked about. */
function beside(steps: string, of: Subject, { compiling, columns }: Context): Steps {
  return { column: columns.join(crossedSteps(steps, of, compiling, joinSteps)), initial: false }
}

function traitLeaf(of: Subject, trait: string, { op, value }: Comparison, context: Context): Steps {
  const comparison = { op, value }
  const found = beside(traitSteps(of, trait, positive(comparison), context.compiling.bag), of, context)
  return isNegated(comparison) ? turned(found, context) : found
}

function segmentSteps({ segment }: LeafOf<'segment'>, context: Context): Steps {
  const { compiling } = context
  const body = segmentOf(segment, compiling)
  const { subject } = body
  const inner = { ...compiling, subject, isOnly: false }
  const always = '(toInt64(0), toUInt8(1))'
  if ('identifiers' in body) {
    const listed = staticKeys(body.identifiers, inner, segment)
    return beside(`SELECT DISTINCT key, [${always}] AS steps FROM (${listed})`, subject, context)
  }
  if (subject === compiling.subject) return stepsOf(body.when, context)
  const history = openHistory(inner)
  const { column, initial } = history.steps(body.when)
  if (initial) history.askEverybody()
  const steps = initial ? `arrayPushFront(${column}, ${always})` : column
  return beside(`SELECT key, ${steps} AS steps FROM (${history.select([column])})`, subject, context)
}

function stageSteps({ stage, op, for: since }: LeafOf<'stage'>, context: Context): Steps {
  const { compiling } = context
  const { sql, subject, index } = compiling.stageEntries(stage, compiling)
  const place = compiling.bag.int(index)
  const wait = since === undefined ? 'toInt64(0)' : compiling.bag.int(durationMs(since))
  const spans =
    op === 'is'
      ? `arrayMap(x -> (x.2 + ${wait}, x.3), arrayFilter(x -> x.1 = ${place} AND (x.3 = 0 OR x.3 > x.2 + ${wait}), entries))`
      : `arrayMap(x -> (x.2 + ${wait}, toInt64(0)), arraySlice(arrayFilter(x -> x.1 >= ${place}, entries), 1, 1))`
  const ofSpan = 'if(x.2 = 0, [(x.1, toUInt8(1))], [(x.1, toUInt8(1)), (x.2, toUInt8(0))])'
  const steps = `SELECT key, arraySort(arrayFlatten(arrayMap(x -> ${ofSpan}, ${spans}))) AS steps FROM (${sql})`
  const found = beside(steps, subject, context)
  return op === 'before' ? turned(found, context) : found
}
