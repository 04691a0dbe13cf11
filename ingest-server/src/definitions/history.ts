/**
 * When a condition became true and stopped being so, as SQL: of each subject the steps of each part of the tree, and
 * from those the steps of the whole.
 *
 *     steps = [(ms, 0 or 1)] by time     before the first of them it is as `initial` says, which no data decides
 *     deltas = [(ms, ±n)]                what a running sum is made of: steps are where the sum passes a limit
 *
 * `all` is where the sum of its parts' deltas reaches their number, `any` where it reaches one, `not` turns round.
 * One pass over the touches gathers what all leaves need.
 */
import { durationMs, holdsForNone, type Condition, type CountOp } from '@touchline/schemas/api'
import { TouchlineError } from '../errors.js'
import { touchSql } from './compile-touch.js'
import { countSigns, peopleOfPerson, type Compiling, type Leaf, type LeafOf } from './compiling.js'
import { betweenSql, distinctValue, isTouch } from './holding.js'
import { sequenceDone } from './sequence.js'
import { crossedSteps, segmentOf, staticKeys, traitSteps } from './sets.js'
import { isNegated, positive, type Comparison } from './compare.js'
import { touchesOf } from './touches.js'
import { universeOf } from './universe.js'

export interface Steps {
  /** A column of the statement: Array(Tuple(Int64, UInt8)). */
  column: string
  initial: boolean
}

export type History = ReturnType<typeof openHistory>

interface Column {
  column: string
  sql: string
}

/** Made of columns of lower levels only. */
interface Formed extends Column {
  level: number
}

const named = ({ column, sql }: Column) => `${sql} AS ${column}`
const ms = 'toUnixTimestamp64Milli(at)'
const noSteps = "CAST([], 'Array(Tuple(Int64, UInt8))')"

interface HistoryOptions {
  groupBy?: 'key' | 'key, person_key'
  /** The times of every touch that a condition asks for are wanted, not only when it became true. */
  isEveryTouch?: boolean
}

export function openHistory(
  compiling: Compiling,
  { groupBy = 'key', isEveryTouch = false }: HistoryOptions = {},
) {
  const { subject, bag, isOnly } = compiling
  const gathered: Column[] = []
  const joined: string[] = []
  const formed: Formed[] = []
  const times: string[] = []
  let made = 0
  let isEverybody = false
  const name = (letter: string) => `${letter}${(made += 1)}`
  /** A column over the touches of one subject. */
  const gather = (sql: string) => {
    const column = name('g')
    gathered.push({ column, sql })
    return column
  }
  /** A column of columns before it. */
  const form = (sql: string) => {
    const column = name('f')
    const before = formed.filter((one) => new RegExp(`\\b${one.column}\\b`).test(sql))
    formed.push({ column, sql, level: 1 + Math.max(0, ...before.map(({ level }) => level)) })
    return column
  }

  /** The steps of where the running sum of deltas is as `holds` says. */
  function sum(deltas: readonly string[], holds: (sum: string) => string): string {
    const all = form(`arraySort(${deltas.length === 1 ? deltas[0] : `arrayConcat(${deltas.join(', ')})`})`)
    return form(sumSteps(all, holds))
  }

  function steps(condition: Condition): Steps {
    if ('all' in condition) return join(condition.all.map(steps), 'all')
    if ('any' in condition) return join(condition.any.map(steps), 'any')
    if ('not' in condition) {
      const before = times.length
      const inner = steps(condition.not)
      times.length = before
      return turned(inner)
    }
    return leaf(condition)
  }

  function join(parts: readonly Steps[], how: 'all' | 'any'): Steps {
    const [only] = parts
    if (parts.length === 1 && only !== undefined) return only
    const base = parts.filter(({ initial }) => initial).length
    const least = how === 'all' ? parts.length : 1
    const deltas = parts.map(({ column, initial }) => deltasOf(column, initial))
    return { column: sum(deltas, (total) => `${total} + ${base} >= ${least}`), initial: base >= least }
  }

  function turned({ column, initial }: Steps): Steps {
    return { column: form(`arrayMap(x -> (x.1, toUInt8(1 - x.2)), ${column})`), initial: !initial }
  }

  function leaf(condition: Leaf): Steps {
    if ('touch' in condition) return touchLeaf(condition)
    if ('sequence' in condition) {
      const { done: sql, rows } = sequenceDone(condition, bag)
      const done = gather(sql)
      if (isEveryTouch) times.push(gather(`arraySort(groupArrayIf(${ms}, ${rows}))`))
      return { column: form(`if(${done} = 0, ${noSteps}, [(${done}, toUInt8(1))])`), initial: false }
    }
    if ('silentFor' in condition) return silentLeaf(condition)
    if ('people' in condition) {
      if (subject === 'person') throw peopleOfPerson()
      return counted(condition.people, { value: 'toString(person_key)', isList: false }, isTouch)
    }
    if ('firstSeen' in condition) {
      const first = gather(`minIf(${ms}, ${isTouch})`)
      const window = bag.int(durationMs(condition.firstSeen.within))
      const deltas = form(
        `if(${first} = 0, CAST([], 'Array(Tuple(Int64, Int64))'), [(${first}, toInt64(1)), (${first} + ${window}, toInt64(-1))])`,
      )
      return { column: sum([deltas], (total) => `${total} > 0`), initial: false }
    }
    if ('lastSeen' in condition) return touchLeaf({ touch: {}, within: condition.lastSeen.within })
    return fact(condition)
  }

  function touchLeaf(condition: LeafOf<'touch'>): Steps {
    const { touch, within, between, by, distinct } = condition
    if (by === 'same person' && subject === 'account' && groupBy === 'key') return samePerson(condition)
    const matches = [
      isTouch,
      touchSql(touch, bag),
      ...(between === undefined ? [] : [betweenSql(between, bag)]),
    ]
    const where = matches.join(' AND ')
    const count = condition.count ?? { op: 'gte', n: 1 }
    if (distinct !== undefined) return counted(count, distinctValue({ touch, distinct }, bag), where, within)
    return within === undefined && isAtLeast(count)
      ? nth(atLeast(count), where)
      : counted(count, undefined, where, within)
  }

  /** True from the n-th on: one number a subject where n is 1. */
  function nth(n: number, where: string): Steps {
    if (n === 1 && !isEveryTouch) {
      const first = gather(`minIf(${ms}, ${where})`)
      return { column: form(`if(${first} = 0, ${noSteps}, [(${first}, toUInt8(1))])`), initial: false }
    }
    const all = gather(`arraySort(groupArrayIf(${ms}, ${where}))`)
    times.push(all)
    return {
      column: form(`if(length(${all}) < ${n}, ${noSteps}, [(${all}[${n}], toUInt8(1))])`),
      initial: false,
    }
  }

  function counted(
    count: { op: CountOp; n: number },
    distinct: { value: string; isList: boolean } | undefined,
    where: string,
    within?: string,
  ): Steps {
    const holds = (total: string) => `${total} ${countSigns[count.op]} ${bag.int(count.n)}`
    const initial = holdsForNone(count)
    const window = within === undefined ? undefined : bag.int(durationMs(within))
    if (distinct === undefined) {
      const all = gather(`arraySort(groupArrayIf(${ms}, ${where}))`)
      times.push(all)
      return { column: sum(coverage(all, window), holds), initial }
    }
    const values = distinct.isList ? distinct.value : `[${distinct.value}]`
    if (window === undefined) {
      const firsts = gather(`arraySort(minMapIf(${values}, arrayMap(x -> ${ms}, ${values}), ${where}).2)`)
      times.push(firsts)
      return { column: sum(coverage(firsts, undefined), holds), initial }
    }
    const pairs = gather(`arraySort(groupArrayArrayIf(arrayMap(x -> (x, ${ms}), ${values}), ${where}))`)
    times.push(`arrayMap(x -> x.2, ${pairs})`)
    return { column: sum(distinctCoverage(pairs, window), holds), initial }
  }

  /** While one person of the account has done it often enough. */
  function samePerson(condition: LeafOf<'touch'>): Steps {
    const inner = openHistory(compiling, { groupBy: 'key, person_key' })
    const { column } = inner.steps({ ...condition, by: 'anyone' })
    const rows = touchSql(condition.touch, bag)
    const from = `SELECT key, groupArrayArray(${deltasOf('steps', false)}) AS deltas FROM (${inner.select([`${column} AS steps`], rows)}) GROUP BY key`
    return fromJoin(joinSteps('deltas', from))
  }

  function silentLeaf({ silentFor, direction }: LeafOf<'silentFor'>): Steps {
    const where = direction === 'inbound' ? `${isTouch} AND direction = 'inbound'` : isTouch
    const all = gather(`arraySort(groupArrayIf(${ms}, ${where}))`)
    const window = bag.int(durationMs(silentFor))
    // Once anything came the sum is `seen` where nothing is within the window.
    const seen = 1_000_000_000
    const first = form(
      `if(empty(${all}), CAST([], 'Array(Tuple(Int64, Int64))'), [(${all}[1], toInt64(${seen}))])`,
    )
    const column = sum([first, ...coverage(all, window)], (total) => `${total} = ${seen}`)
    return { column, initial: false }
  }

  function fact(condition: Leaf): Steps {
    if ('trait' in condition) return traitLeaf('person', condition.trait, condition)
    if ('accountTrait' in condition) return traitLeaf('account', condition.accountTrait, condition)
    if ('segment' in condition) return segmentLeaf(condition)
    if ('stage' in condition) return stageLeaf(condition)
    throw new TouchlineError(
      'QUERY_INVALID',
      'score: the time at which a score was reached cannot be asked for.',
    )
  }

  function traitLeaf(of: 'person' | 'account', trait: string, { op, value }: Comparison): Steps {
    const comparison = { op, value }
    const own = traitSteps(of, trait, positive(comparison), bag)
    const found = fromJoin(crossedSteps(own, of, compiling, joinSteps))
    return isNegated(comparison) ? turned(found) : found
  }

  function segmentLeaf({ segment }: LeafOf<'segment'>): Steps {
    const body = segmentOf(segment, compiling)
    const inner = { ...compiling, subject: body.subject, isOnly: false }
    if ('identifiers' in body) {
      const since = `SELECT DISTINCT key, [(toInt64(0), toUInt8(1))] AS steps FROM (${staticKeys(body.identifiers, inner)})`
      return fromJoin(crossedSteps(since, body.subject, compiling, joinSteps))
    }
    if (body.subject === subject) return steps(body.when)
    const history = openHistory(inner)
    const { column, initial } = history.steps(body.when)
    const own = `SELECT key, ${initial ? `arrayPushFront(${column}, (toInt64(0), toUInt8(1)))` : column} AS steps FROM (${history.select([column])})`
    return fromJoin(crossedSteps(own, body.subject, compiling, joinSteps))
  }

  function stageLeaf({ stage, op, for: since }: LeafOf<'stage'>): Steps {
    const entries = compiling.stageEntries(stage, compiling)
    const place = bag.int(entries.index)
    const wait = since === undefined ? 'toInt64(0)' : bag.int(durationMs(since))
    const spans =
      op === 'is'
        ? `arrayMap(x -> (x.2 + ${wait}, x.3), arrayFilter(x -> x.1 = ${place} AND (x.3 = 0 OR x.3 > x.2 + ${wait}), entries))`
        : `arrayMap(x -> (x.2 + ${wait}, toInt64(0)), arraySlice(arrayFilter(x -> x.1 >= ${place}, entries), 1, 1))`
    const own = `SELECT key, arraySort(arrayFlatten(arrayMap(x -> if(x.2 = 0, [(x.1, toUInt8(1))], [(x.1, toUInt8(1)), (x.2, toUInt8(0))]), ${spans}))) AS steps FROM (${entries.sql})`
    const found = fromJoin(crossedSteps(own, entries.subject, compiling, joinSteps))
    return op === 'before' ? turned(found) : found
  }

  /** Steps that a statement of its own finds, SELECT key, steps. */
  function fromJoin(sql: string): Steps {
    const alias = name('j')
    joined.push(`LEFT JOIN (${sql}) AS ${alias} ON ${alias}.key = own.key`)
    isEverybody = true
    return { column: form(`${alias}.steps`), initial: false }
  }

  /** SELECT key, columns: of all subjects that the parts asked about may be about. */
  function select(columns: readonly string[], rows?: string): string {
    const source = isEverybody ? universeOf(subject, isOnly) : touchesOf(subject, isOnly)
    const where = rows === undefined ? '' : ` WHERE ${rows}`
    const own = `SELECT ${[groupBy, ...gathered.map(named)].join(', ')} FROM ${source}${where} GROUP BY ${groupBy}`
    const ofOwn = ['key', ...gathered.map(({ column }) => column)].map(
      (column) => `own.${column} AS ${column}`,
    )
    let from = `(${own}) AS own ${joined.join(' ')}`
    // A column that is named in a SELECT of its own is written out once; beside what uses it, each use repeats it, and
    // those of a deep tree pass ClickHouse's limit.
    for (let level = 1; level <= Math.max(1, ...formed.map((one) => one.level)); level += 1) {
      const mine = formed.filter((one) => one.level === level).map(named)
      from = `(SELECT ${[...(level === 1 ? ofOwn : ['*']), ...mine].join(', ')} FROM ${from})`
    }
    return `SELECT ${['key', ...columns].join(', ')} FROM ${from}`
  }

  return {
    steps,
    gather,
    form,
    select,
    /** Times (ms) of the touches that leaves about touches ask for, so far: SQL of arrays. */
    takeTimes: () => times.splice(0),
    /** Also who has no touch: where a part holds for them. */
    askEverybody: () => {
      isEverybody = true
    },
  }
}

const isAtLeast = ({ op, n }: { op: CountOp; n: number }) => (op === 'gte' && n > 0) || op === 'gt'
const atLeast = ({ op, n }: { op: CountOp; n: number }) => (op === 'gt' ? n + 1 : n)

/** `deltas` is sorted. Of several at one time the last sum is what holds. */
const sumSteps = (deltas: string, holds: (sum: string) => string) =>
  `arrayFilter((x, y, z) -> y != z, arrayZip(${deltas}.1, arrayMap(x -> toUInt8(${holds('x')}), arrayCumSum(${deltas}.2))), ${deltas}.1, arrayShiftLeft(${deltas}.1, 1, toInt64(9000000000000000)))`

const deltasOf = (column: string, initial: boolean) =>
  `arrayMap((x, y) -> (x.1, toInt64(x.2) - toInt64(y)), ${column}, arrayShiftRight(${column}.2, 1, toUInt8(${initial ? 1 : 0})))`

/** One statement of steps where any of those in `deltas` holds. */
const joinSteps = (deltas: string, from: string) =>
  `SELECT key, ${sumSteps('sorted', (sum) => `${sum} > 0`)} AS steps FROM (SELECT key, arraySort(${deltas}) AS sorted FROM (${from}))`

/** Each time counts one, for as long as the window is. */
const coverage = (times: string, window: string | undefined): string[] => [
  `arrayMap(x -> (x, toInt64(1)), ${times})`,
  ...(window === undefined ? [] : [`arrayMap(x -> (x + ${window}, toInt64(-1)), ${times})`]),
]

/** `pairs` = [(value, ms)], sorted: each value counts one while one of its times is within the window. */
const distinctCoverage = (pairs: string, window: string): string[] => [
  `arrayMap(x -> (x.2, toInt64(1)), arrayFilter((x, y, i) -> NOT (i > 1 AND x.1 = y.1 AND x.2 < y.2 + ${window}), ${pairs}, arrayShiftRight(${pairs}, 1, ('', toInt64(0))), arrayEnumerate(${pairs})))`,
  `arrayMap(x -> (x.2 + ${window}, toInt64(-1)), arrayFilter((x, y, i) -> NOT (i < length(${pairs}) AND x.1 = y.1 AND y.2 < x.2 + ${window}), ${pairs}, arrayShiftLeft(${pairs}, 1, ('', toInt64(0))), arrayEnumerate(${pairs})))`,
]
