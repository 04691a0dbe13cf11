/**
 * What every number over journeys means, worked out plainly: one subject and one touch at a time, as a person would with
 * paper. No cleverness here on purpose; the queries are held to it.
 */

export interface PlainTouch {
  subject: string
  person: string
  at: number
  id: string
  kind: string
  name: string
  channel: string
  direction: string
}

const dayMs = 86_400_000
type Walks = ReadonlyMap<string, readonly PlainTouch[]>

export const isBefore = (a: Pick<PlainTouch, 'at' | 'id'>, b: Pick<PlainTouch, 'at' | 'id'>) =>
  a.at !== b.at ? a.at < b.at : a.id < b.id

/** Each subject's touches in the total order. */
export function walksOf(touches: readonly PlainTouch[]): Walks {
  const walks = new Map<string, PlainTouch[]>()
  for (const touch of touches) walks.set(touch.subject, [...(walks.get(touch.subject) ?? []), touch])
  for (const walk of walks.values()) walk.sort((a, b) => (isBefore(a, b) ? -1 : 1))
  return walks
}

export interface PlainConversion {
  won: PlainTouch
  path: PlainTouch[]
  /** When lead and opportunity were reached, at or before it. */
  lead: number | undefined
  opportunity: number | undefined
}

const goalTouches = (walk: readonly PlainTouch[], name: string, isEach: boolean) =>
  walk.filter((touch) => touch.name === name).slice(0, isEach ? undefined : 1)

export function conversionsOf(walks: Walks, { lookbackMs, isEach }: { lookbackMs: number; isEach: boolean }) {
  const all: PlainConversion[] = []
  for (const walk of walks.values()) {
    const reached = (name: string, by: number) =>
      goalTouches(walk, name, isEach)
        .map(({ at }) => at)
        .filter((at) => at <= by)
        .at(-1)
    for (const won of goalTouches(walk, 'Deal Won', isEach))
      all.push({
        won,
        path: walk.filter(
          (touch) => touch.channel !== '' && !isBefore(won, touch) && touch.at > won.at - lookbackMs,
        ),
        lead: reached('Lead', won.at),
        opportunity: reached('Opp', won.at),
      })
  }
  return all
}

/** Shares of one conversion, a touch each, summing to 1. */
export function sharesOf(
  model: string,
  { path, won, lead, opportunity }: PlainConversion,
  halfLifeMs: number,
): number[] {
  const n = path.length
  const only = (index: number) => path.map((_touch, at) => (at === index ? 1 : 0))
  const normal = (weights: readonly number[]) => {
    const sum = weights.reduce((total, weight) => total + weight, 0)
    return weights.map((weight) => weight / sum)
  }
  const held = (each: number, rest: number, places: readonly number[]) => {
    const own = path.map((_touch, at) => places.filter((place) => place === at).length * each)
    const others = own.filter((weight) => weight === 0).length
    return normal(own.map((weight) => (weight === 0 ? rest / others : weight)))
  }
  const lastAt = (at: number | undefined) =>
    at === undefined ? [] : [path.findLastIndex((touch) => touch.at <= at)].filter((place) => place >= 0)
  const distinct = new Set(path.map(({ channel }) => channel)).size
  switch (model) {
    case 'first':
      return only(0)
    case 'last':
      return only(n - 1)
    case 'last-non-direct': {
      const place = path.findLastIndex(({ channel }) => channel !== 'Direct')
      return only(place < 0 ? n - 1 : place)
    }
    case 'linear':
      return path.map(() => 1 / n)
    case 'linear-channels':
    case 'equal-split':
      return path.map(
        ({ channel }) => 1 / distinct / path.filter((other) => other.channel === channel).length,
      )
    case 'u':
      return n === 1
        ? [1]
        : n === 2
          ? [0.5, 0.5]
          : path.map((_touch, at) => (at === 0 || at === n - 1 ? 0.4 : 0.2 / (n - 2)))
    case 'w':
      return held(30, 10, [0, ...lastAt(lead), ...lastAt(opportunity)])
    case 'full-path':
      return held(22.5, 10, [0, ...lastAt(lead), ...lastAt(opportunity), ...lastAt(won.at)])
    default:
      return normal(path.map(({ at }) => 2 ** (-(won.at - at) / halfLifeMs)))
  }
}

/** Channel → credit. */
export function creditsOf(
  model: string,
  conversions: readonly PlainConversion[],
  halfLifeMs: number,
): Map<string, number> {
  const credits = new Map<string, number>()
  for (const conversion of conversions)
    sharesOf(model, conversion, halfLifeMs).forEach((share, at) => {
      const channel = conversion.path[at]?.channel ?? ''
      credits.set(channel, (credits.get(channel) ?? 0) + share)
    })
  return credits
}

/** Channel → weight by removal effects; undefined where nothing converts or nothing matters. */
export function markovWeights(
  walks: Walks,
  conversions: readonly PlainConversion[],
  { order, lookbackMs }: { order: number; lookbackMs: number },
): Map<string, number> | undefined {
  const winners = new Set(conversions.map(({ won }) => won.subject))
  const paths: { steps: string[]; end: string }[] = conversions.map(({ path }) => ({
    steps: path.map(({ channel }) => channel),
    end: 'won',
  }))
  for (const [subject, walk] of walks) {
    if (winners.has(subject)) continue
    const credited = walk.filter(({ channel }) => channel !== '')
    const last = credited.at(-1)?.at ?? 0
    paths.push({
      steps: credited.filter(({ at }) => at > last - lookbackMs).map(({ channel }) => channel),
      end: 'null',
    })
  }
  const moves = paths.flatMap(({ steps, end }) => {
    if (steps.length === 0) return []
    const grams =
      steps.length <= order
        ? [steps.join('>')]
        : steps.slice(order - 1).map((_step, at) => steps.slice(at, at + order).join('>'))
    const nodes = ['start', ...grams, end]
    return nodes.slice(1).map((to, at) => [nodes[at] ?? '', to] as const)
  })
  const probability = (without?: string) => {
    const states = [...new Set(moves.flat())].filter((state) => state !== 'won' && state !== 'null')
    const isOut = (state: string) => without !== undefined && state.split('>').includes(without)
    // Repeated until nothing moves: slow, and beyond doubt.
    let reach = new Map(states.map((state) => [state, 0]))
    for (let round = 0; round < 20_000; round += 1) {
      const next = new Map(
        states.map((state) => {
          const own = moves.filter(([from]) => from === state)
          const sum = own.reduce(
            (total, [, to]) =>
              total + (to === 'won' ? 1 : to === 'null' || isOut(to) ? 0 : (reach.get(to) ?? 0)),
            0,
          )
          return [state, sum / own.length]
        }),
      )
      const moved = states.some((state) => Math.abs((next.get(state) ?? 0) - (reach.get(state) ?? 0)) > 1e-15)
      reach = next
      if (!moved) break
    }
    return reach.get('start') ?? 0
  }
  const p = probability()
  if (!(p > 0)) return undefined
  const channels = [...new Set(paths.flatMap(({ steps }) => steps))]
  const effects = new Map(channels.map((channel) => [channel, 1 - probability(channel) / p]))
  const sum = [...effects.values()].reduce((total, effect) => total + effect, 0)
  return sum < 1e-12 ? undefined : new Map([...effects].map(([channel, effect]) => [channel, effect / sum]))
}

/** Linear interpolation between neighbours. */
export function quantileOf(values: readonly number[], level: number): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * level
  const [low = 0, high = 0] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  return low + (high - low) * (at - Math.floor(at))
}
export const meanOf = (values: readonly number[]) =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length

export interface PlainGap {
  subject: string
  from: number
  to: number | null
  days: number
}

export function gapsOf(
  walks: Walks,
  { asOf, minMs, direction }: { asOf: number; minMs: number; direction: 'any' | 'inbound' },
): PlainGap[] {
  return [...walks].flatMap(([subject, walk]) => {
    const heard = walk.filter((touch) => direction === 'any' || touch.direction === 'inbound')
    return heard.flatMap(({ at }, index) => {
      const next = heard[index + 1]?.at
      const ms = (next ?? asOf) - at
      return ms > minMs ? [{ subject, from: at, to: next ?? null, days: ms / dayMs }] : []
    })
  })
}

/** One journey in the numbers of its row. */
export function journeyOf(touches: readonly PlainTouch[]) {
  const times = touches.map(({ at }) => at)
  const [first = 0, last = 0] = [times[0], times.at(-1)]
  return {
    touches: touches.length,
    channels: new Set(touches.map(({ channel }) => channel).filter((channel) => channel !== '')).size,
    people: new Set(touches.map(({ person }) => person)).size,
    sessions: touches.filter(({ kind }) => kind === 'visit').length,
    days: (last - first) / dayMs,
    longestGapDays: Math.max(0, ...times.slice(1).map((at, index) => at - (times[index] ?? 0))) / dayMs,
  }
}

/** How many steps the best attempt of a walk reaches. Touches that match no step count in the mode `strict` only. */
export function funnelReach(
  walk: readonly PlainTouch[],
  steps: readonly ((touch: PlainTouch) => boolean)[],
  { mode, windowMs }: { mode: string; windowMs: number },
): number {
  const isIn = (start: PlainTouch, touch: PlainTouch) => touch.at - start.at <= windowMs
  const ordered = (start: PlainTouch, from: number, step: number): number => {
    let best = step
    for (let next = from + 1; next < walk.length && step < steps.length; next += 1) {
      const touch = walk[next]
      if (touch && isIn(start, touch) && steps[step]?.(touch))
        best = Math.max(best, ordered(start, next, step + 1))
      if (mode === 'strict') break
    }
    return best
  }
  const anyOrder = (start: PlainTouch, from: number, done: ReadonlySet<number>): number => {
    let best = done.size
    for (let next = from; next < walk.length; next += 1) {
      const touch = walk[next]
      if (touch === undefined || !isIn(start, touch)) break
      steps.forEach((matches, step) => {
        if (!done.has(step) && matches(touch))
          best = Math.max(best, anyOrder(start, next + 1, new Set([...done, step])))
      })
    }
    return best
  }
  return Math.max(
    0,
    ...walk.map((touch, at) =>
      mode === 'any'
        ? steps.some((matches) => matches(touch))
          ? anyOrder(touch, at, new Set())
          : 0
        : steps[0]?.(touch)
          ? ordered(touch, at, 1)
          : 0,
    ),
  )
}

export interface PlainVisit {
  stage: number
  at: number
  left: number | undefined
}

/** Entries into stages that have no way back: the first touch of each, forward only. */
export function visitsOf(
  walk: readonly PlainTouch[],
  enters: readonly ((touch: PlainTouch) => boolean)[],
): PlainVisit[] {
  const visits: PlainVisit[] = []
  const times = [...new Set(walk.map(({ at }) => at))]
  for (const at of times)
    enters.forEach((matches, stage) => {
      const furthest = visits.at(-1)?.stage ?? -1
      const first = walk.find(matches)
      if (first?.at !== at || stage <= furthest) return
      const before = visits.at(-1)
      if (before) before.left = at
      visits.push({ stage, at, left: undefined })
    })
  return visits
}

/** Kaplan and Meier: after how many milliseconds half have left, those who have not counting for as long as they are there. */
export function kaplanMeierMedian(visits: readonly PlainVisit[], asOf: number): number | null {
  const spans = visits.map(({ at, left }) => ({ ms: (left ?? asOf) - at, isOver: left !== undefined }))
  let there = 1
  for (const ms of [...new Set(spans.map((span) => span.ms))].sort((a, b) => a - b)) {
    const atRisk = spans.filter((span) => span.ms >= ms).length
    const over = spans.filter((span) => span.ms === ms && span.isOver).length
    there *= 1 - over / atRisk
    if (there <= 0.5 + 1e-12) return ms
  }
  return null
}
