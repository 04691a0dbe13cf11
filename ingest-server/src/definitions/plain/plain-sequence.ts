/** Touches in an order: when the sequence was first complete, as sequence.ts folds it in SQL. */
import { durationMs } from '@touchline/schemas/api'
import type { LeafOf } from '../sql/compiling.js'
import type { PlainContext, PlainSteps } from './plain-steps.js'
import { noSteps } from './steps.js'
import { needsEvents } from './touch-matcher.js'

export function sequenceDone(
  { sequence, within, without = [] }: LeafOf<'sequence'>,
  { matcher }: PlainContext,
): PlainSteps | undefined {
  if ([...sequence, ...without].some(needsEvents)) return undefined
  matcher.keepOrder()
  const steps = sequence.map((touch) => matcher.add(touch))
  const breaks = without.map((touch) => matcher.add(touch))
  const window = within === undefined ? Infinity : durationMs(within)
  const last = steps.length
  return {
    initial: false,
    of({ touches, of }) {
      if (steps.some((filter) => of(filter).length === 0)) return noSteps
      // Of each number of steps done so far the latest beginning, which a window spares longest; 0: none.
      let begun = new Array<number>(last).fill(0)
      for (const { at, matched } of touches) {
        const has = steps.map((filter) => matched.includes(filter))
        const isBroken = breaks.some((filter) => matched.includes(filter))
        if (!isBroken && !has.includes(true)) continue
        const before = begun[last - 1] ?? 0
        if (has[last - 1] === true && before !== 0 && at - before < window) return [[at, 1]]
        begun = begun.map((since, done) => {
          if (done === 0) return since
          if (done === 1) return has[0] === true ? at : isBroken ? 0 : since
          if (isBroken) return 0
          const earlier = begun[done - 1] ?? 0
          return has[done - 1] === true && earlier !== 0 ? earlier : since
        })
      }
      return noSteps
    },
  }
}
