/** Touches in an order: when the sequence was first complete. */
import { durationMs } from '@touchline/schemas/api'
import type { Bag } from './bag.js'
import { touchSql } from './compile-touch.js'
import type { LeafOf } from './compiling.js'

const withoutBit = 15

/**
 * Over the touches of one subject, grouped: `done` is the time (ms) of the touch that first completed the sequence, 0
 * where none did. Of each number of steps done so far the fold keeps the latest beginning, since that is the one that
 * a window spares longest. A touch of `without` ends all that are under way, and may itself begin or end one.
 */
export function sequenceDone(
  { sequence, within, without = [] }: LeafOf<'sequence'>,
  bag: Bag,
): { done: string; rows: string } {
  const steps = sequence.map((touch) => touchSql(touch, bag))
  const breaks = without.map((touch) => touchSql(touch, bag))
  const bits = steps.map((sql, step) => `if(${sql}, ${2 ** step}, 0)`)
  if (breaks.length > 0) bits.push(`if(${breaks.join(' OR ')}, ${2 ** withoutBit}, 0)`)
  const mask = `toUInt32(${bits.join(' + ')})`
  const rows = `(kind != '' AND (${[...steps, ...breaks].join(' OR ')}))`
  const touches = `arraySort(groupArrayIf((toUnixTimestamp64Milli(at), message_id, touch, ${mask}), ${rows}))`
  const none = 'toInt64(0)'
  const has = (bit: number) => `bitTest(x.4, ${bit})`
  const last = steps.length
  const inTime = within === undefined ? '' : ` AND x.1 - acc[${last - 1}] < ${bag.int(durationMs(within))}`
  const next = steps.map((_, index) => {
    const step = index + 1
    if (step === last)
      return `if(acc[${last}] = 0 AND ${has(index)} AND acc[${last - 1}] != 0${inTime}, x.1, acc[${last}])`
    if (step === 1) return `if(${has(0)}, x.1, if(${has(withoutBit)}, ${none}, acc[1]))`
    return `if(${has(withoutBit)}, ${none}, if(${has(index)} AND acc[${step - 1}] != 0, acc[${step - 1}], acc[${step}]))`
  })
  const begin = `[${steps.map(() => none).join(', ')}]`
  const done = `arrayFold((acc, x) -> [${next.join(', ')}], ${touches}, ${begin})[${last}]`
  return { done, rows }
}
