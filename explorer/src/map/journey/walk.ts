/** Arrow keys: from touch to touch of a lane, and from lane to lane at about the same time. */
import { firstFrom, type Journey } from './journey.js'
import type { Lane } from './lanes.js'

export type Step = 'left' | 'right' | 'up' | 'down' | 'first' | 'last'

/** The mark that a step leads to; undefined where there is none. Without a mark to begin from the first one seen. */
export function walked(
  journey: Journey,
  lanes: readonly Lane[],
  from: { mark: number | undefined; windowFrom: number },
  step: Step,
): number | undefined {
  const laneOf = laneOfPeople(journey, lanes)
  const { mark } = from
  if (mark === undefined) return firstSeen(journey, laneOf, from.windowFrom)
  const lane = laneOf[journey.person[mark] ?? -1]
  const isMine = (one: number) => laneOf[journey.person[one] ?? -1] === lane
  switch (step) {
    case 'left':
      return scan(journey, mark - 1, -1, isMine)
    case 'right':
      return scan(journey, mark + 1, 1, isMine)
    case 'first':
      return scan(journey, 0, 1, isMine)
    case 'last':
      return scan(journey, journey.at.length - 1, -1, isMine)
    case 'up':
    case 'down':
      return inLane(journey, laneOf, mark, lane ?? 0, step === 'up' ? -1 : 1, lanes.length)
  }
}

function firstSeen(journey: Journey, laneOf: Int32Array, windowFrom: number): number | undefined {
  const isShown = (one: number) => (laneOf[journey.person[one] ?? -1] ?? -1) >= 0
  return scan(journey, firstFrom(journey, windowFrom), 1, isShown) ?? scan(journey, 0, 1, isShown)
}

function inLane(
  journey: Journey,
  laneOf: Int32Array,
  mark: number,
  lane: number,
  by: 1 | -1,
  lanes: number,
): number | undefined {
  const at = journey.at[mark] ?? 0
  for (let next = lane + by; next >= 0 && next < lanes; next += by) {
    const isThere = (one: number) => laneOf[journey.person[one] ?? -1] === next
    const [before, after] = [scan(journey, mark - 1, -1, isThere), scan(journey, mark + 1, 1, isThere)]
    if (before === undefined && after === undefined) continue
    if (before === undefined || after === undefined) return before ?? after
    return at - (journey.at[before] ?? 0) <= (journey.at[after] ?? 0) - at ? before : after
  }
  return undefined
}

function scan(
  { at }: Journey,
  start: number,
  by: 1 | -1,
  fits: (mark: number) => boolean,
): number | undefined {
  for (let mark = start; mark >= 0 && mark < at.length; mark += by) if (fits(mark)) return mark
  return undefined
}

export function laneOfPeople({ people }: Journey, lanes: readonly Lane[]): Int32Array {
  const laneOf = new Int32Array(people.length).fill(-1)
  for (const [index, lane] of lanes.entries())
    if (lane.isOpen !== true) for (const person of lane.people) laneOf[person] = index
  return laneOf
}

/** Which touch of its lane this is, and of how many. */
export function placeOf(journey: Journey, lanes: readonly Lane[], mark: number): { n: number; of: number } {
  const laneOf = laneOfPeople(journey, lanes)
  const lane = laneOf[journey.person[mark] ?? -1]
  let [n, of] = [0, 0]
  for (let one = 0; one < journey.at.length; one += 1) {
    if (laneOf[journey.person[one] ?? -1] !== lane) continue
    of += 1
    if (one <= mark) n += 1
  }
  return { n, of }
}
