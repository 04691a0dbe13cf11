import { downloadCsv } from '../../parts/csv.js'
import { modelsOf, type ChannelsQuery } from './queries.js'
import type { ChannelRow } from './credit.js'

/** Amounts by currency. */
export type Money = Readonly<Record<string, number>>

export function saveCsv(
  query: ChannelsQuery,
  rows: readonly ChannelRow[],
  spent: Map<string, Money> | undefined,
): void {
  const currencies = [...new Set(rows.flatMap(({ value }) => Object.keys(value)))]
  const costs = [...new Set([...(spent?.values() ?? [])].flatMap((cost) => Object.keys(cost)))]
  downloadCsv(
    `channels-${query.goal}`,
    [
      query.by,
      ...modelsOf(query).map((model) => `credit ${model}`),
      'subjects',
      ...currencies.map((currency) => `value ${currency}`),
      ...costs.map((currency) => `cost ${currency}`),
      'medianDays',
    ],
    rows.map((row) => [
      row.key,
      ...row.credits,
      row.subjects,
      ...currencies.map((currency) => row.value[currency] ?? 0),
      ...costs.map((currency) => spent?.get(row.key)?.[currency] ?? null),
      row.medianDays,
    ]),
  )
}
