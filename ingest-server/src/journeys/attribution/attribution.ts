/** Which channels, campaigns, … brought the conversions: GET /v1/attribution. */
import type { Reader } from '../../clickhouse/query.js'
import { isPlainTouch, usedGoals, type UsedDefinition } from '../goals.js'
import { namesOfTouches, requireKnown } from '../known-row.js'
import { creditedTouches, keyOf, type AttributionQuestion, type Model } from './attribution-question.js'
import { weightsOf } from './credit.js'
import { markovOf, type MarkovResult } from './markov.js'
import { readConversions } from './read-conversions.js'
import { mostSteps, readTransitions } from './read-transitions.js'
import {
  openRow,
  shareConversions,
  shareTotals,
  totalOf,
  type Conversion,
  type OpenedRow,
  type Shared,
} from './share.js'

export interface ModelAnswer extends Shared {
  model: Model
  warnings: string[]
  /** For the Markov model only. */
  isAvailable?: boolean
  conversionProbability?: number
  notConverting?: number
  removals?: ReadonlyMap<string, { effect: number; weight: number }>
}

export interface Attribution {
  models: ModelAnswer[]
  /** The unverified part of the total; undefined for a goal that is no touch. */
  unverified: Shared['total'] | undefined
  definitions: UsedDefinition[]
  touchFilter: string
}

export async function attribute(reader: Reader, ask: AttributionQuestion): Promise<Attribution> {
  const conversions = await readConversions(reader, ask)
  const models: ModelAnswer[] = []
  for (const model of ask.models) models.push(await answerOf(reader, ask, model, conversions))
  const { lc, oc, cw } = ask.milestones
  return {
    models,
    unverified: isPlainTouch(ask.goal.body.when)
      ? totalOf(conversions.filter(({ isVerified }) => isVerified === false))
      : undefined,
    definitions: usedGoals(ask.goal, lc, oc, cw),
    touchFilter: creditedTouches(ask).words,
  }
}

/** What unattributed conversions are called, as a row that can be opened. */
export const unattributedRow = 'Unattributed'

/**
 * The subjects in whose conversions a row has a part: as many as its `subjects`. Throws QUERY_INVALID where no touch
 * belongs to the row.
 */
export async function attributedSubjects(
  reader: Reader,
  ask: AttributionQuestion & { row: string },
): Promise<OpenedRow[]> {
  const rows = await openedRows(reader, ask)
  if (rows.length > 0 || ask.row === unattributedRow) return rows
  const where = creditedTouches(ask).condition
  const keys = await namesOfTouches(reader, { ...ask, expression: keyOf(ask.by), where })
  if (keys !== undefined && keys.length > 0) requireKnown(ask.row, [...keys, unattributedRow], 'row')
  return rows
}

async function openedRows(reader: Reader, ask: AttributionQuestion & { row: string }): Promise<OpenedRow[]> {
  const conversions = await readConversions(reader, ask)
  const model = ask.models[0] ?? 'linear'
  const key = ask.row === unattributedRow ? undefined : ask.row
  if (model !== 'markov') return openRow(conversions, key, ruleWeights(model, ask))
  const { shared, weights } = await markovShare(reader, ask, conversions)
  const isShared = shared.attributed.conversions > 0
  return openRow(conversions, key, ({ touches }) =>
    isShared ? touches.map((touch) => (weights.has(touch.key) ? 1n : 0n)) : [],
  ).map((row) => ({ ...row, conversions: null, value: null }))
}

const ruleWeights =
  (model: Exclude<Model, 'markov'>, ask: AttributionQuestion) =>
  (conversion: Conversion): bigint[] =>
    weightsOf(model, withClosing(conversion), ask)

/** Closed-won is the goal itself where nothing else is named. */
const withClosing = (conversion: Conversion): Conversion => ({
  ...conversion,
  milestones: { cw: conversion.conversionAt, ...conversion.milestones },
})

async function answerOf(
  reader: Reader,
  ask: AttributionQuestion,
  model: Model,
  conversions: readonly Conversion[],
): Promise<ModelAnswer> {
  if (model !== 'markov') {
    const warnings = milestoneWarnings(model, ask, conversions)
    return { model, warnings, ...shareConversions(conversions, ruleWeights(model, ask)) }
  }
  const { shared, result, notConverting, removals } = await markovShare(reader, ask, conversions)
  const warnings: string[] = []
  if (!result.isAvailable) warnings.push(`markov is not available: ${result.reason}`)
  else if (conversions.length < fewConversions)
    warnings.push(
      `${conversions.length} conversions are few for markov: under ${fewConversions} its weights move much with each of them.`,
    )
  return {
    model,
    warnings,
    ...shared,
    isAvailable: result.isAvailable,
    conversionProbability: result.conversionProbability,
    notConverting,
    removals,
  }
}

const fewConversions = 400

function milestoneWarnings(
  model: Model,
  { milestones }: AttributionQuestion,
  conversions: readonly Conversion[],
): string[] {
  if (model !== 'w' && model !== 'full-path') return []
  return (['lc', 'oc'] as const).flatMap((name) => {
    if (milestones[name] === undefined)
      return [
        `No goal is named for ${name}: its share goes to the others in proportion. Name it with milestones=${name}:<goal>.`,
      ]
    const missing = conversions.filter((one) => one.milestones?.[name] === undefined).length
    return missing === 0
      ? []
      : [
          `${missing} of ${conversions.length} conversions have no ${name} before them: its share goes to the others in proportion.`,
        ]
  })
}

async function markovShare(reader: Reader, ask: AttributionQuestion, conversions: readonly Conversion[]) {
  const counted = await readTransitions(reader, ask, conversions)
  const result: MarkovResult = counted
    ? await markovOf(counted.transitions, counted.keys.length)
    : {
        isAvailable: false,
        conversionProbability: 0,
        reason: `there are more than ${mostSteps} different values; ask by channel or source.`,
      }
  const removals = new Map(
    result.isAvailable ? result.removals.map((one, step) => [counted?.keys[step] ?? '', one]) : [],
  )
  const weights = new Map([...removals].map(([key, { weight }]) => [key, weight]))
  return {
    shared: shareTotals(conversions, weights),
    weights,
    result,
    removals,
    notConverting: counted?.notConverting ?? 0,
  }
}
