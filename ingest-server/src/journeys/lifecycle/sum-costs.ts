/** What was spent in a range of days, by channel, source, medium or campaign: GET /v1/costs. */
import { query, type Reader } from '../../clickhouse/query.js'

export const costKeys = ['channel', 'source', 'medium', 'campaign'] as const

export interface SpentRow {
  key: string
  currency: string
  amount: number
  impressions: number | null
  clicks: number | null
}

interface CostsAsk {
  by: (typeof costKeys)[number]
  zone: string
  from: number | undefined
  to: number | undefined
}

/** Days that [from, to) touches; the highest sum first, each currency by itself. Costs without that key are left out. */
export async function sumCosts(reader: Reader, { by, zone, from, to }: CostsAsk): Promise<SpentRow[]> {
  const bounds = [
    ...(from === undefined ? [] : ["day >= toDate({from: DateTime64(3, 'UTC')}, {zone: String})"]),
    ...(to === undefined ? [] : ["toDateTime(day, {zone: String}) < {to: DateTime64(3, 'UTC')}"]),
  ]
  return query<SpentRow>(
    reader,
    {
      name: 'costs-summed',
      sql: `
SELECT toString(${by}) AS key, toString(currency) AS currency, toFloat64(sum(amount)) AS amount,
  sumOrNull(impressions) AS impressions, sumOrNull(clicks) AS clicks
FROM (SELECT * FROM costs FINAL WHERE ${['project = {project: String}', ...bounds].join(' AND ')})
WHERE ${by} != ''
GROUP BY key, currency
ORDER BY amount DESC, key, currency
LIMIT 10000`,
    },
    {
      zone,
      ...(from !== undefined && { from: new Date(from) }),
      ...(to !== undefined && { to: new Date(to) }),
    },
  )
}
