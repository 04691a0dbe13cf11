/** What compiling a condition needs at every depth. */
import type { Condition, CountOp, Subject } from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'
import type { Bag } from './bag.js'
import type { References } from '../documents/references.js'

export interface Compiling {
  subject: Subject
  bag: Bag
  references: References
  /** Only of the subjects that `{only: Array(String)}` names. */
  isOnly?: boolean | undefined
  /** The entries of the list that has the stage (stage-entries.ts), and the stage's place in it. */
  stageEntries: (stage: string, compiling: Compiling) => StageEntries
  /** A condition about a score, as the keys of those for whom it holds and as steps (scores/total.ts). */
  scores: ScoreConditions
}

export interface ScoreConditions {
  /** SELECT key. */
  holds: (condition: LeafOf<'score'>, compiling: Compiling) => string
  /** SELECT key, steps (step-sql.ts), and what is so before anything happened. */
  steps: (condition: LeafOf<'score'>, compiling: Compiling) => { sql: string; initial: boolean }
}

export interface StageEntries {
  /** SELECT key, entries Array(Tuple(place of the stage from 0, at, left at or 0)) in ms; oldest first. */
  sql: string
  subject: Subject
  index: number
}

export type Leaf = Exclude<Condition, { all: Condition[] } | { any: Condition[] } | { not: Condition }>
export type LeafOf<Head extends string> = Extract<Leaf, Record<Head, unknown>>

export const countSigns = { eq: '=', ne: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const

export const peopleOfPerson = () =>
  new TouchlineError('DEFINITION_INVALID', 'people: a person has no people; ask it of accounts.')

export interface Count {
  op: CountOp
  n: number
}

/** What a comparison with a count or a sum of points says of `value`; `countSigns` says it in SQL. */
export const comparesCount = ({ op, n }: Count, value: number): boolean =>
  ({
    eq: value === n,
    ne: value !== n,
    gt: value > n,
    gte: value >= n,
    lt: value < n,
    lte: value <= n,
  })[op]
