/** Conditions about facts beside touches: traits, memberships, segments, as sets of keys. */
import type { SegmentBody, Subject } from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'
import { chunksOf } from '../../clickhouse/query.js'
import { asOfSql, type Bag } from './bag.js'
import { compareSql, isNegated, positive, type Comparison } from './compare.js'
import type { Compiling, LeafOf } from './compiling.js'
import { meant } from '../nearest.js'
import { latestTrait, saidTraits } from './said-traits.js'

/** What was said of one trait by the time that is asked about. */
const saidOf = (subject: Subject, name: string, bag: Bag) =>
  saidTraits(subject, `name = ${bag.text(name)} AND at <= ${asOfSql}`)

/** SELECT key: of whom the latest value compares so; what was verified comes before what was not. */
function keysOf(subject: Subject, name: string, comparison: Comparison, bag: Bag): string {
  const latest = `SELECT cityHash64(subject) AS key, ${latestTrait} AS latest FROM (${saidOf(subject, name, bag)}) GROUP BY subject`
  return `SELECT key FROM (${latest}) WHERE ${compareSql('latest', positive(comparison), bag)}`
}

/**
 * SELECT key, steps: since when the comparison holds and since when it does not, as [(ms, 0 or 1)], by what was known at
 * each time.
 */
export function traitSteps(subject: Subject, name: string, comparison: Comparison, bag: Bag): string {
  const running = `${latestTrait} OVER (PARTITION BY subject ORDER BY at, message_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`
  return `
SELECT key, arrayFilter((x, y, z) -> y != z, known, known.1, arrayShiftLeft(known.1, 1, toInt64(0))) AS steps
FROM (
  SELECT cityHash64(subject) AS key, arrayMap(x -> (x.1, x.3), arraySort(groupArray((ms, message_id, holds)))) AS known
  FROM (
    SELECT subject, toUnixTimestamp64Milli(at) AS ms, message_id, toUInt8(${compareSql('latest', positive(comparison), bag)}) AS holds
    FROM (SELECT subject, at, message_id, ${running} AS latest FROM (${saidOf(subject, name, bag)}))
  )
  GROUP BY subject
)`
}

/** Who counts in which account at asOf: account_key, person_key. */
const members = `(
SELECT cityHash64(account) AS account_key, cityHash64(person) AS person_key
FROM account_people FINAL ARRAY JOIN periods AS p
WHERE project = {project: String} AND (p.from IS NULL OR p.from <= ${asOfSql}) AND (p.to IS NULL OR p.to > ${asOfSql})
)`

/** Keys of one subject as keys of the other: an account of which one person is in the set, a person one of whose accounts is. */
export function crossedKeys(keys: string, of: Subject, { subject }: Pick<Compiling, 'subject'>): string {
  if (of === subject) return keys
  return `SELECT ${subject}_key FROM ${members} WHERE ${of}_key IN (${keys})`
}

/** SELECT key, steps of one subject as those of the other: it holds while it holds for one of them. `join` makes one of many. */
export function crossedSteps(
  steps: string,
  of: Subject,
  { subject }: Pick<Compiling, 'subject'>,
  join: (deltas: string, from: string) => string,
): string {
  if (of === subject) return steps
  const deltas =
    'groupArrayArray(arrayMap((x, y) -> (x.1, toInt64(x.2) - toInt64(y)), steps, arrayShiftRight(steps.2, 1, toUInt8(0))))'
  const from = `SELECT m.${subject}_key AS key, ${deltas} AS deltas FROM ${members} AS m INNER JOIN (${steps}) AS s ON s.key = m.${of}_key GROUP BY m.${subject}_key`
  return join('deltas', from)
}

export interface Keys {
  keys: string
  /** Everybody but these. */
  isNot: boolean
}

export function traitKeys({ trait, ...comparison }: LeafOf<'trait'>, compiling: Compiling): Keys {
  const keys = keysOf('person', trait, comparison, compiling.bag)
  return { keys: crossedKeys(keys, 'person', compiling), isNot: isNegated(comparison) }
}

export function accountTraitKeys(
  { accountTrait, ...comparison }: LeafOf<'accountTrait'>,
  compiling: Compiling,
): Keys {
  const keys = keysOf('account', accountTrait, comparison, compiling.bag)
  return { keys: crossedKeys(keys, 'account', compiling), isNot: isNegated(comparison) }
}

export function segmentOf(id: string, { references }: Pick<Compiling, 'references'>): SegmentBody {
  const found = references.segments.get(id)
  if (found !== undefined) return found.body
  const names = [...references.segments.keys()]
  throw new TouchlineError('QUERY_INVALID', `segment ${id}: there is no such segment${meant(id, names)}`)
}

/** SELECT key of a frozen list: identifiers by who they are today, accounts as they stand. */
export function staticKeys(
  identifiers: readonly string[],
  { subject, bag }: Pick<Compiling, 'subject' | 'bag'>,
  /** Who was added to it since; absent where it is not saved. */
  segment?: string,
): string {
  const lists = chunksOf([...new Set(identifiers)].sort()).map((chunk) => bag.texts(chunk))
  const all = lists.length === 1 ? lists[0] : `arrayConcat(${lists.join(', ')})`
  const added =
    segment === undefined
      ? ''
      : ` UNION DISTINCT SELECT identifier FROM segment_additions WHERE project = {project: String} AND segment = ${bag.text(segment)} AND at <= ${asOfSql}`
  const listed = `(SELECT arrayJoin(${all}) AS identifier${added})`
  if (subject === 'account') return `SELECT cityHash64(identifier) AS key FROM ${listed}`
  return `
SELECT cityHash64(if(owned.person = '', listed.identifier, owned.person)) AS key
FROM ${listed} AS listed
LEFT JOIN (
  SELECT identifier, if(notEmpty(owners), owners[-1].person, identifier) AS person
  FROM identity_map FINAL WHERE project = {project: String}
) AS owned ON owned.identifier = listed.identifier`
}
