/**
 * How a path shares one conversion among its touches: the rules of attribution. Pure, and in integers: a path's
 * weights stand to each other exactly as the rule says, and what is shared out (apportion.ts) sums to the whole.
 */

export const ruleModels = [
  'first',
  'last',
  'last-non-direct',
  'linear',
  'linear-channels',
  'u',
  'w',
  'full-path',
  'time-decay',
  'equal-split',
] as const
export type RuleModel = (typeof ruleModels)[number]

export interface PathTouch {
  /** What gets the credit: the touch's channel, campaign, … */
  key: string
  channel: string
  /** Milliseconds since 1970. */
  at: number
}

export const milestoneNames = ['lc', 'oc', 'cw'] as const
/** Lead creation, opportunity creation, closed-won. */
export type MilestoneName = (typeof milestoneNames)[number]

export interface Path {
  /** In the total order, all at or before the conversion. */
  touches: readonly PathTouch[]
  conversionAt: number
  /** When each milestone was reached, at or before the conversion; absent where it was not. */
  milestones?: Readonly<Partial<Record<MilestoneName, number>>> | undefined
}

export interface CreditOptions {
  halfLifeMs: number
}

export const directChannel = 'Direct'

/**
 * Weights of the touches, as many as there are, not negative, at least one above zero. They mean nothing but their
 * proportions. An empty path has none.
 */
export function weightsOf(model: RuleModel, path: Path, options: CreditOptions): bigint[] {
  return path.touches.length === 0 ? [] : rules[model](path, options)
}

type Rule = (path: Path, options: CreditOptions) => bigint[]

const rules: Readonly<Record<RuleModel, Rule>> = {
  first: ({ touches }) => onlyAt(touches, 0),
  last: ({ touches }) => onlyAt(touches, touches.length - 1),
  'last-non-direct'({ touches }) {
    const index = touches.findLastIndex(({ channel }) => channel !== directChannel)
    return onlyAt(touches, index === -1 ? touches.length - 1 : index)
  },
  linear: ({ touches }) => touches.map(() => 1n),
  'linear-channels': ({ touches }) => sharedBy(touches, ({ channel }) => channel),
  u: ({ touches }) => byPositions(touches.length, [0, touches.length - 1], { each: 40n, rest: 20n }),
  w: (path) => byPositions(path.touches.length, placesOf(path, ['lc', 'oc']), { each: 30n, rest: 10n }),
  'full-path': (path) =>
    byPositions(path.touches.length, placesOf(path, ['lc', 'oc', 'cw']), { each: 225n, rest: 100n }),
  'time-decay': decayed,
  // Exact Shapley values of the game "worth 1 when every key of the path is there": all players are equal.
  'equal-split': ({ touches }) => sharedBy(touches, ({ key }) => key),
}

const onlyAt = (touches: readonly PathTouch[], index: number) =>
  touches.map((_touch, at) => (at === index ? 1n : 0n))

/** Equal weights for the groups, and within a group for its touches. */
function sharedBy(touches: readonly PathTouch[], groupOf: (touch: PathTouch) => string): bigint[] {
  const sizes = new Map<string, bigint>()
  for (const touch of touches) sizes.set(groupOf(touch), (sizes.get(groupOf(touch)) ?? 0n) + 1n)
  const common = [...sizes.values()].reduce(leastCommonMultiple, 1n)
  return touches.map((touch) => common / (sizes.get(groupOf(touch)) ?? 1n))
}

const leastCommonMultiple = (a: bigint, b: bigint): bigint => (a / greatestCommonDivisor(a, b)) * b

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [high, low] = [a, b]
  while (low !== 0n) [high, low] = [low, high % low]
  return high
}

/** The first touch, and of each milestone that was reached the last touch at or before it. One touch may hold several. */
function placesOf(
  { touches, conversionAt, milestones = {} }: Path,
  wanted: readonly MilestoneName[],
): number[] {
  const places = [0]
  for (const name of wanted) {
    const at = milestones[name]
    if (at === undefined || at > conversionAt) continue
    const place = touches.findLastIndex((touch) => touch.at <= at)
    if (place !== -1) places.push(place)
  }
  return places
}

/**
 * `each` for every place that is held, `rest` shared by the touches that hold none. A place without a touch,
 * and a rest without touches left, gets nothing: the other weights keep their proportions.
 */
function byPositions(
  n: number,
  places: readonly number[],
  { each, rest }: { each: bigint; rest: bigint },
): bigint[] {
  const held = new Map<number, bigint>()
  for (const place of places) held.set(place, (held.get(place) ?? 0n) + each)
  const others = BigInt(n - held.size)
  return Array.from({ length: n }, (_none, index) => {
    const own = held.get(index)
    if (own === undefined) return rest
    return others === 0n ? own : own * others
  })
}

// 2^52: weights are as fine as the doubles that they come from. A touch over 52 half-lives older than the last weighs nothing.
const scale = 2 ** 52

function decayed({ touches }: Path, { halfLifeMs }: CreditOptions): bigint[] {
  // Ages count from the last touch: a common factor falls out, and no weight is lost for being small.
  const last = touches.at(-1)?.at ?? 0
  return touches.map(({ at }) => BigInt(Math.round(2 ** (-(last - at) / halfLifeMs) * scale)))
}
