/**
 * For whom a condition holds, as SQL. One pass over the touches, grouped by subject, decides all of a tree's leaves about
 * touches; leaves about traits, stages and segments are sets of keys beside it.
 */
import { durationMs, holdsForNone, type Condition } from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'
import { asOfMsSql, type Bag } from './bag.js'
import { touchSql, pageMatches } from './compile-touch.js'
import { countSigns, peopleOfPerson, type Compiling, type Leaf, type LeafOf } from './compiling.js'
import { sequenceDone } from './sequence.js'
import { accountTraitKeys, crossedKeys, segmentOf, staticKeys, traitKeys } from './sets.js'
import { touchesOf } from './touches.js'
import { universeOf } from './universe.js'

/** SELECT key: each subject once for which the condition holds at `asOf`. */
export function holdingSql(condition: Condition, compiling: Compiling): string {
  const { having, needsTouch, rows } = holds(condition, compiling)
  const { subject, isOnly } = compiling
  const source = needsTouch ? touchesOf(subject, isOnly) : universeOf(subject, isOnly)
  const where = needsTouch && rows !== undefined && rows.length > 0 ? ` WHERE ${rows.join(' OR ')}` : ''
  return `SELECT key FROM ${source}${where} GROUP BY key HAVING ${having}`
}

interface Holding {
  /** Over the touches of one subject, grouped. */
  having: string
  /** It holds for nobody without a touch. */
  needsTouch: boolean
  /** Which touches it needs to see; undefined: all. */
  rows: string[] | undefined
}

/** Every touch has a kind; the row that stands for who has no touch has none. */
export const isTouch = "kind != ''"
const after = (window: string, bag: Bag) =>
  `at > fromUnixTimestamp64Milli(${asOfMsSql} - ${bag.int(durationMs(window))}, 'UTC')`

function holds(condition: Condition, compiling: Compiling): Holding {
  if ('all' in condition) return joined(condition.all, 'AND', compiling)
  if ('any' in condition) return joined(condition.any, 'OR', compiling)
  if ('not' in condition) {
    const { having, rows } = holds(condition.not, compiling)
    return { having: `NOT (${having})`, needsTouch: false, rows }
  }
  return leaf(condition, compiling)
}

function joined(parts: readonly Condition[], by: 'AND' | 'OR', compiling: Compiling): Holding {
  const all = parts.map((part) => holds(part, compiling))
  const needs = all.map(({ needsTouch }) => needsTouch)
  return {
    having: all.map(({ having }) => `(${having})`).join(` ${by} `),
    needsTouch: by === 'AND' ? needs.includes(true) : !needs.includes(false),
    rows: all.some(({ rows }) => rows === undefined) ? undefined : all.flatMap(({ rows }) => rows ?? []),
  }
}

function leaf(condition: Leaf, compiling: Compiling): Holding {
  const { bag } = compiling
  if ('touch' in condition) return touchLeaf(condition, compiling)
  if ('sequence' in condition) {
    const { done, rows } = sequenceDone(condition, bag)
    return { having: `${done} > 0`, needsTouch: true, rows: [rows] }
  }
  if ('silentFor' in condition) return silentLeaf(condition, bag)
  if ('people' in condition) {
    const { op, n } = condition.people
    if (compiling.subject === 'person') throw peopleOfPerson()
    const having = `uniqExactIf(person_key, ${isTouch}) ${countSigns[op]} ${bag.int(n)}`
    return { having, needsTouch: !holdsForNone({ op, n }), rows: undefined }
  }
  if ('firstSeen' in condition) return seenLeaf(`minIf(at, ${isTouch})`, condition.firstSeen.within, bag)
  if ('lastSeen' in condition) return seenLeaf(`maxIf(at, ${isTouch})`, condition.lastSeen.within, bag)
  return setLeaf(condition, compiling)
}

function seenLeaf(when: string, within: string, bag: Bag): Holding {
  const having = `countIf(${isTouch}) > 0 AND ${when} > fromUnixTimestamp64Milli(${asOfMsSql} - ${bag.int(durationMs(within))}, 'UTC')`
  return { having, needsTouch: true, rows: undefined }
}

function silentLeaf({ silentFor, direction }: LeafOf<'silentFor'>, bag: Bag): Holding {
  const counts = direction === 'inbound' ? `${isTouch} AND direction = 'inbound'` : isTouch
  const limit = `fromUnixTimestamp64Milli(${asOfMsSql} - ${bag.int(durationMs(silentFor))}, 'UTC')`
  return {
    having: `countIf(${counts}) > 0 AND maxIf(at, ${counts}) <= ${limit}`,
    needsTouch: true,
    rows: undefined,
  }
}

function touchLeaf(condition: LeafOf<'touch'>, { subject, bag, isOnly }: Compiling): Holding {
  const { touch, within, between, by } = condition
  const { op, n } = condition.count ?? { op: 'gte', n: 1 }
  const time =
    within !== undefined ? [after(within, bag)] : between !== undefined ? [betweenSql(between, bag)] : []
  const matches = [isTouch, touchSql(touch, bag), ...time].join(' AND ')
  const counted = countedSql(condition, matches, bag)
  const limit = `${countSigns[op]} ${bag.int(n)}`
  if (by === 'same person' && subject === 'account') {
    const sameOne = `SELECT key FROM ${touchesOf(subject, isOnly)} WHERE ${matches} GROUP BY key, person_key HAVING ${counted} ${limit}`
    return { having: `key IN (${sameOne})`, needsTouch: true, rows: undefined }
  }
  return { having: `${counted} ${limit}`, needsTouch: !holdsForNone({ op, n }), rows: [`(${matches})`] }
}

export const betweenSql = ([from, to]: readonly [string, string], bag: Bag): string => {
  const time = (text: string) => bag.add(new Date(Date.parse(text)), "DateTime64(3, 'UTC')")
  return `at >= ${time(from)} AND at < ${time(to)}`
}

/** What is counted of the touches that match. */
function countedSql({ touch, distinct }: LeafOf<'touch'>, matches: string, bag: Bag): string {
  if (distinct === undefined) return `countIf(${matches})`
  const { value, isList } = distinctValue({ touch, distinct }, bag)
  return isList ? `uniqExactArrayIf(${value}, ${matches})` : `uniqExactIf(${value}, ${matches})`
}

/** Of pages every one that a visit saw counts, where the filter names pages those that match. */
export function distinctValue(
  { touch, distinct }: Pick<LeafOf<'touch'>, 'touch' | 'distinct'>,
  bag: Bag,
): { value: string; isList: boolean } {
  if (distinct === 'page') {
    const matches = touch.page === undefined ? "one != ''" : pageMatches(touch.page, 'one', bag)
    const value = `arrayDistinct(arrayFilter(one -> ${matches}, arrayPushBack(CAST(paths, 'Array(String)'), toString(path))))`
    return { value, isList: true }
  }
  if (distinct === 'person') return { value: 'toString(person_key)', isList: false }
  if (distinct === 'day') return { value: "toString(toDate(at, 'UTC'))", isList: false }
  return { value: `toString(${distinct ?? 'name'})`, isList: false }
}

function setLeaf(condition: Leaf, compiling: Compiling): Holding {
  const isIn = (keys: string, isNot = false): Holding => ({
    having: `key ${isNot ? 'NOT IN' : 'IN'} (${keys})`,
    needsTouch: false,
    rows: [],
  })
  if ('trait' in condition) {
    const { keys, isNot } = traitKeys(condition, compiling)
    return isIn(keys, isNot)
  }
  if ('accountTrait' in condition) {
    const { keys, isNot } = accountTraitKeys(condition, compiling)
    return isIn(keys, isNot)
  }
  if ('segment' in condition) return segmentLeaf(condition, compiling)
  if ('stage' in condition) return isIn(stageKeys(condition, compiling), condition.op === 'before')
  if ('score' in condition) return isIn(compiling.scores.holds(condition, compiling))
  throw new TouchlineError('INTERNAL')
}

/** A segment of the same subject is its condition, written out; of the other one a set. */
function segmentLeaf({ segment }: LeafOf<'segment'>, compiling: Compiling): Holding {
  const body = segmentOf(segment, compiling)
  const inner = { ...compiling, subject: body.subject, isOnly: false }
  if ('identifiers' in body) {
    const keys = crossedKeys(staticKeys(body.identifiers, inner, segment), body.subject, compiling)
    return { having: `key IN (${keys})`, needsTouch: false, rows: [] }
  }
  if (body.subject === compiling.subject) return holds(body.when, compiling)
  const keys = crossedKeys(holdingSql(body.when, inner), body.subject, compiling)
  return { having: `key IN (${keys})`, needsTouch: false, rows: [] }
}

/** For `before`: who is not before. */
function stageKeys({ stage, op, for: since }: LeafOf<'stage'>, compiling: Compiling): string {
  const { sql, subject, index } = compiling.stageEntries(stage, compiling)
  const { bag } = compiling
  const place = bag.int(index)
  const long = since === undefined ? '' : ` AND one.2 <= ${asOfMsSql} - ${bag.int(durationMs(since))}`
  const isThere = op === 'is' ? `one.1 = ${place} AND one.3 = 0${long}` : `one.1 >= ${place}${long}`
  const keys = `SELECT key FROM (${sql}) WHERE arrayExists(one -> ${isThere}, entries)`
  return crossedKeys(keys, subject, compiling)
}
