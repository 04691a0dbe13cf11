/** Rows of an attribution as a table shows them. Pure. */
import type { AttributionAnswer } from '@touchline/schemas/api'

export interface ModelAnswer {
  model: string
  rows: readonly AttributionAnswer['rows'][number][]
  unattributed: AttributionAnswer['unattributed']
  warnings: readonly string[]
  isAvailable?: boolean | undefined
}

/** What a conversion without a path is called, as a row; the server opens it under this name. */
export const unattributed = 'Unattributed'

export interface ChannelRow {
  key: string
  isUnattributed: boolean
  subjects: number | null
  medianDays: number | null
  /** One for each model that is compared; what a model gives nothing is 0. */
  credits: readonly number[]
  shares: readonly number[]
  /** Amounts by currency, of the first model, rounded so that the column sums to its total. */
  value: Readonly<Record<string, number>>
}

/**
 * Rounded to `digits` so that they sum to the rounded total: what is left over goes to those that lost most by rounding
 * down (largest remainder). A column that is added up by hand then gives the figure below it.
 */
export function roundedToSum(values: readonly number[], total: number, digits: number): number[] {
  const unit = 10 ** digits
  // A hair more, for 0.285 × 100 is 28.499….
  const scaled = values.map((value) => value * unit)
  const floors = scaled.map((value) => Math.floor(value + 1e-7))
  const missing = Math.round(total * unit) - floors.reduce((sum, value) => sum + value, 0)
  const byRemainder = scaled
    .map((value, index) => ({ index, remainder: value - (floors[index] ?? 0) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index)
  const given = [...floors]
  for (let step = 0; step < Math.abs(missing); step += 1) {
    const place = missing > 0 ? step : byRemainder.length - 1 - step
    const one = byRemainder[((place % byRemainder.length) + byRemainder.length) % byRemainder.length]
    if (one === undefined) break
    given[one.index] = (given[one.index] ?? 0) + Math.sign(missing)
  }
  return given.map((value) => value / unit)
}

export function rowsOf(models: readonly ModelAnswer[], total: AttributionAnswer['total']): ChannelRow[] {
  const [first] = models
  if (first === undefined) return []
  const keys = [...new Set(models.flatMap(({ rows }) => rows.map(({ key }) => key)))]
  const byKey = models.map(({ rows }) => new Map(rows.map((row) => [row.key, row])))
  const hasUnattributed = models.some((model) => model.unattributed.conversions > 0)
  const named = hasUnattributed ? [...keys, unattributed] : keys
  const creditOf = (model: number, key: string) =>
    key === unattributed && !byKey[model]?.has(key)
      ? (models[model]?.unattributed.conversions ?? 0)
      : (byKey[model]?.get(key)?.conversions ?? 0)
  const columns = models.map((_model, index) =>
    roundedToSum(
      named.map((key) => creditOf(index, key)),
      named.reduce((sum, key) => sum + creditOf(index, key), 0),
      2,
    ),
  )
  const values = valuesOf(first, named, total)
  const rows = named.map((key, at): ChannelRow => {
    const known = byKey[0]?.get(key)
    return {
      key,
      isUnattributed: known === undefined && key === unattributed && hasUnattributed,
      subjects: known?.subjects ?? null,
      medianDays: known?.medianDays ?? null,
      credits: columns.map((column) => column[at] ?? 0),
      shares: models.map((_model, index) =>
        total.conversions === 0 ? 0 : creditOf(index, key) / total.conversions,
      ),
      value: values[at] ?? {},
    }
  })
  return rows.sort(
    (a, b) =>
      Number(a.isUnattributed) - Number(b.isUnattributed) ||
      (b.credits[0] ?? 0) - (a.credits[0] ?? 0) ||
      (b.credits[1] ?? 0) - (a.credits[1] ?? 0) ||
      (a.key < b.key ? -1 : 1),
  )
}

function valuesOf(
  model: ModelAnswer,
  keys: readonly string[],
  total: AttributionAnswer['total'],
): Record<string, number>[] {
  const values: Record<string, number>[] = keys.map(() => ({}))
  const amountOf = (key: string, currency: string | null) => {
    const row =
      model.rows.find((one) => one.key === key) ?? (key === unattributed ? model.unattributed : undefined)
    return row?.value.find((one) => one.currency === currency)?.amount ?? 0
  }
  for (const { currency, amount } of total.value) {
    const column = roundedToSum(
      keys.map((key) => amountOf(key, currency)),
      amount,
      2,
    )
    for (const [at, value] of column.entries()) {
      const row = values[at]
      if (row !== undefined && value !== 0) row[currency ?? ''] = value
    }
  }
  return values
}

/** What the rows of each column add up to, and whether that is the total: shown, because it must be. */
export function sumsOf(
  rows: readonly ChannelRow[],
  models: number,
): { credits: number[]; value: Record<string, number> } {
  const credits = Array.from({ length: models }, (_none, index) =>
    rounded(rows.reduce((sum, row) => sum + (row.credits[index] ?? 0), 0)),
  )
  const value: Record<string, number> = {}
  for (const row of rows)
    for (const [currency, amount] of Object.entries(row.value))
      value[currency] = (value[currency] ?? 0) + amount
  for (const currency of Object.keys(value)) value[currency] = rounded(value[currency] ?? 0)
  return { credits, value }
}

const rounded = (value: number) => Math.round(value * 100) / 100
