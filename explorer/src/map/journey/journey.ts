/**
 * The map's answer as arrays to walk in order of time. A mark is one touch, or, where the server has folded the journey
 * into columns, what a column of one person holds; so everything that is drawn counts `n`.
 */
import type { JourneyMap, MapPerson } from '@touchline/schemas/api'

export interface Journey {
  from: number
  to: number
  asOf: number
  account: JourneyMap['account']
  people: readonly MapPerson[]
  others: JourneyMap['others']
  channels: readonly string[]
  kinds: readonly string[]
  names: readonly string[]
  gaps: JourneyMap['gaps']
  stages: JourneyMap['stages']
  milestones: JourneyMap['milestones']
  /** All sorted by `at`, of one length. */
  at: Float64Array
  person: Uint32Array
  channel: Uint8Array
  kind: Uint8Array
  name: Uint32Array
  /** How long it lasted; of a column its width. */
  length: Float64Array
  /** Touches that the mark stands for. */
  n: Uint32Array
  isOutbound: Uint8Array
  /** messageId of its first event, where the answer has them. */
  ids: readonly string[] | undefined
  isFolded: boolean
  /** Sum of `n`. */
  touches: number
}

/** Channels beyond these are one: a byte a mark, and no eye tells more apart. */
const mostChannels = 255
export const foldedKind = 255

export function journeyOf(answer: JourneyMap): Journey {
  const { touches, folded } = answer
  const marks = folded === null ? rawMarks(touches) : foldedMarks(answer, folded)
  let sum = 0
  for (const n of marks.n) sum += n
  return {
    from: answer.from,
    to: Math.max(answer.to, answer.from + 1),
    asOf: answer.asOf,
    account: answer.account,
    people: answer.people,
    others: answer.others,
    channels: answer.channels,
    kinds: answer.kinds,
    names: answer.names,
    gaps: answer.gaps,
    stages: answer.stages,
    milestones: answer.milestones,
    ...marks,
    ids: folded === null ? touches?.id : undefined,
    isFolded: folded !== null,
    touches: sum,
  }
}

type Marks = Pick<Journey, 'at' | 'person' | 'channel' | 'kind' | 'name' | 'length' | 'n' | 'isOutbound'>

function rawMarks(touches: JourneyMap['touches']): Marks {
  const size = touches?.person.length ?? 0
  const marks = emptyMarks(size)
  if (touches === null) return marks
  let at = touches.start0 ?? 0
  for (let i = 0; i < size; i += 1) {
    at += touches.dt[i] ?? 0
    marks.at[i] = at
    marks.person[i] = touches.person[i] ?? 0
    marks.channel[i] = Math.min(touches.ch[i] ?? 0, mostChannels)
    marks.kind[i] = touches.kind[i] ?? 0
    marks.name[i] = touches.name[i] ?? 0
    marks.length[i] = touches.len[i] ?? 0
    marks.isOutbound[i] = touches.out[i] ?? 0
  }
  marks.n.fill(1)
  return marks
}

/** A run of columns is given back to its columns, so that no count moves when somebody zooms. */
function foldedMarks(answer: JourneyMap, folded: NonNullable<JourneyMap['folded']>): Marks {
  const columnMs = (answer.to - answer.from) / Math.max(1, folded.columns)
  const found: { at: number; person: number; channel: number; n: number }[] = []
  for (const { person, col, run, n, ch } of folded.perPerson)
    for (let i = 0; i < col.length; i += 1) {
      const [columns, total] = [Math.max(1, run[i] ?? 1), n[i] ?? 0]
      for (let k = 0; k < columns; k += 1) {
        const part = Math.floor((total * (k + 1)) / columns) - Math.floor((total * k) / columns)
        if (part === 0) continue
        const at = answer.from + ((col[i] ?? 0) + k + 0.5) * columnMs
        found.push({ at, person, channel: ch[i] ?? 0, n: part })
      }
    }
  found.sort((a, b) => a.at - b.at || a.person - b.person)
  const marks = emptyMarks(found.length)
  for (const [i, one] of found.entries()) {
    marks.at[i] = one.at
    marks.person[i] = one.person
    marks.channel[i] = Math.min(one.channel, mostChannels)
    marks.n[i] = one.n
  }
  marks.kind.fill(foldedKind)
  marks.length.fill(columnMs)
  return marks
}

const emptyMarks = (size: number): Marks => ({
  at: new Float64Array(size),
  person: new Uint32Array(size),
  channel: new Uint8Array(size),
  kind: new Uint8Array(size),
  name: new Uint32Array(size),
  length: new Float64Array(size),
  n: new Uint32Array(size),
  isOutbound: new Uint8Array(size),
})

/** The first mark that is not before `at`. */
export function firstFrom(journey: Pick<Journey, 'at'>, at: number): number {
  let [low, high] = [0, journey.at.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((journey.at[middle] ?? 0) < at) low = middle + 1
    else high = middle
  }
  return low
}
