/**
 * A score's rules as spans of time, SQL over the touches of one subject:
 *
 *     spans = [(from, to)] in ms        what a rule gives points for counts in [from, to); its age is counted from `from`
 *
 * A rule whose condition is a touch alone counts each touch; any other condition counts while it holds. A window ends a
 * span; of a rule that counts once per page, name or property the next touch of the same value ends it.
 */
import { durationMs, isTouchAlone, type ScoreBody } from '@touchline/schemas/api'
import { asOfSql } from '../sql/bag.js'
import { touchSql } from '../sql/compile-touch.js'
import type { Compiling, LeafOf } from '../sql/compiling.js'
import type { History } from '../sql/history.js'
import { betweenSql, distinctValue, isTouch } from '../sql/holding.js'
import { alternatingTimes } from '../sql/moments.js'
import { touchMs } from '../sql/step-sql.js'
import { touchesOf } from '../sql/touches.js'

export type ScoreRule = ScoreBody['rules'][number]

/** No end, in ms: some 285,000 years. */
export const never = 'toInt64(9000000000000000)'
export const noSpans = "CAST([], 'Array(Tuple(Int64, Int64))')"

/** Whether each touch counts, and not that something holds. */
export const isPerTouch = ({ when }: ScoreRule): boolean => isTouchAlone(when)

/** A column of spans of one rule. `begin` as in moments.ts. */
export function spansOf(rule: ScoreRule, begin: string, history: History, compiling: Compiling): string {
  const spans = isPerTouch(rule)
    ? touchSpans(rule, rule.when as LeafOf<'touch'>, history, compiling)
    : stateSpans(rule, begin, history)
  if (rule.window === undefined) return history.form(spans)
  const window = compiling.bag.int(durationMs(rule.window))
  return history.form(`arrayMap(x -> (x.1, least(x.2, x.1 + ${window})), ${history.form(spans)})`)
}

function stateSpans({ when }: ScoreRule, begin: string, history: History): string {
  const steps = history.steps(when)
  if (steps.initial) history.askEverybody()
  const times = alternatingTimes(steps, begin, history)
  return `arrayMap(i -> (${times}[i], if(i < length(${times}), ${times}[i + 1], ${never})), range(1, length(${times}) + 1, 2))`
}

function touchSpans(
  { oncePer }: ScoreRule,
  { touch, between }: LeafOf<'touch'>,
  history: History,
  compiling: Compiling,
): string {
  const { bag } = compiling
  const period = between === undefined ? [] : [betweenSql(between, bag)]
  const where = [isTouch, touchSql(touch, bag), ...period].join(' AND ')
  if (oncePer === undefined) {
    const times = history.aggregate(`arraySort(groupArrayIf(${touchMs}, ${where}))`)
    return `arrayMap(x -> (x, ${never}), ${times})`
  }
  const pairs = oncePer.startsWith('property:')
    ? pairsByProperty(oncePer.slice('property:'.length), where, history, compiling)
    : pairsByValue(oncePer === 'page' ? 'page' : 'name', { touch, where }, history, compiling)
  return `arrayMap((x, y) -> (x.2, if(x.1 = y.1, y.2, ${never})), ${pairs}, arrayShiftLeft(${pairs}, 1, ('', toInt64(-1))))`
}

/** Sorted (value, ms); a value that is a text is prefixed, so that the end of the list is like none. */
function pairsByValue(
  distinct: 'page' | 'name',
  { touch, where }: { touch: LeafOf<'touch'>['touch']; where: string },
  history: History,
  { bag }: Compiling,
): string {
  const { value, isList } = distinctValue({ touch, distinct }, bag)
  const values = isList ? value : `[${value}]`
  return history.aggregate(
    `arraySort(groupArrayArrayIf(arrayMap(one -> (concat('=', one), ${touchMs}), ${values}), ${where}))`,
  )
}

/** The property stands in the event that the touch stands for; of copies of a message the first received one counts. */
function pairsByProperty(
  property: string,
  where: string,
  history: History,
  { bag, subject, isOnly }: Compiling,
): string {
  const raw = `JSONExtractRaw(properties, ${bag.text(property)})`
  const found = `FROM ${touchesOf(subject, isOnly)} WHERE ${where}`
  const valuesOfEvents = `
SELECT message_id, argMin(${raw}, (received_at, batch_index)) AS value
FROM events
WHERE project = {project: String} AND occurred_at <= ${asOfSql} AND message_id IN (SELECT message_id ${found})
GROUP BY message_id`
  const pairs = `arraySort(groupArray((concat('=', of_event.value), toUnixTimestamp64Milli(found.at))))`
  const by = history.isByPerson ? ['key', 'person_key'] : ['key']
  const [keys, own] = [by.map((one) => `found.${one} AS ${one}`), by.map((one) => `found.${one}`)]
  return history.join(
    `SELECT ${keys.join(', ')}, ${pairs} AS steps FROM (SELECT ${by.join(', ')}, at, message_id ${found}) AS found LEFT JOIN (${valuesOfEvents}) AS of_event ON of_event.message_id = found.message_id GROUP BY ${own.join(', ')}`,
    history.isByPerson,
  )
}
