/**
 * Costs of one file, summed by day and place: an export has a row for each device or ad group, the table one for each
 * campaign. They are written when the file is read, so that a file sent again says the same again.
 */
import type { CostRow } from '@touchline/schemas/api'
import { hash } from 'node:crypto'
import { TouchlineError } from '../../errors.js'
import type { LogRecord } from '../../log/log.js'
import { ownText } from '../own-text.js'

export interface CostSums {
  /** A row whose key was there before counts once. */
  add: (key: string, rows: readonly CostRow[]) => void
  /** Records for the log, a few thousand rows each. */
  records: (project: string, version: number) => LogRecord[]
  size: () => number
}

/** Beyond these the file is no report by day and campaign; they fit into some 60 MB. */
const maxRows = 300_000
const rowsARecord = 5_000
const counted = ['impressions', 'clicks', 'engagements', 'followers'] as const

export function sumCosts(): CostSums {
  const seen = new Set<string>()
  const sums = new Map<string, CostRow>()
  return {
    add(key, rows) {
      if (rows.length === 0) return
      const short = hash('sha256', key, 'base64').slice(0, 16)
      if (seen.has(short)) return
      seen.add(short)
      if (seen.size > maxRows)
        throw new TouchlineError(
          'IMPORT_INVALID',
          `More than ${maxRows} rows of costs in one file; import it in parts, one a month.`,
        )
      for (const row of rows) {
        const { day, channel, source, medium, campaign, currency } = row
        const place = JSON.stringify([day, channel, source, medium, campaign, currency])
        const before = sums.get(place)
        sums.set(place, before === undefined ? ownRow(row) : added(before, row))
      }
    },
    records(project, version) {
      const rows = [...sums.values()]
      const records: LogRecord[] = []
      for (let from = 0; from < rows.length; from += rowsARecord) {
        const lines = rows
          .slice(from, from + rowsARecord)
          .map((row) => `${JSON.stringify({ project, version, ...row })}\n`)
        records.push({ table: 'costs', lines: Buffer.from(lines.join('')), rows: {} })
      }
      return records
    },
    size: () => sums.size,
  }
}

/** Kept until the end of the file, so it must not hold the row that it was read from. */
const ownRow = (row: CostRow): CostRow => ({
  ...row,
  channel: ownText(row.channel),
  source: ownText(row.source),
  medium: ownText(row.medium),
  campaign: ownText(row.campaign),
})

function added(before: CostRow, row: CostRow): CostRow {
  const sum = { ...before, amount: Math.round((before.amount + row.amount) * 1e6) / 1e6 }
  for (const name of counted) {
    const more = row[name]
    if (more !== undefined) sum[name] = (before[name] ?? 0) + more
  }
  return sum
}
