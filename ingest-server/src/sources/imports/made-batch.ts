/** Rows of one batch → what they become, and which of them become nothing, with the reason. */
import type { CostRow, RejectedRowShape } from '@touchline/schemas/api'
import type { Json } from '../map/columns.js'
import type { CompiledMap } from '../map/compile-map.js'
import { isBad, type ReadRow, type Row } from '../reading/row.js'
import { ownText, reasonText } from '../own-text.js'
import { dayMs } from '../../units.js'

export interface MadeBatch {
  events: Json[]
  costs: { key: string; rows: CostRow[] }[]
  rejected: RejectedRowShape[]
  /** Rows that became something; those that `refuse` names no longer count. */
  accepted: number
  skipped: number
  lastRow: number
  /** What collecting refuses of the events, by their place. */
  refuse: (refusals: readonly { index: number; code: string; message: string }[]) => void
}

const keptOfRow = 1_000
/** As collecting has it: nobody tells of an earlier time. */
const earliest = '1990-01-01'

export function collectBatch(rows: readonly ReadRow[], { map }: CompiledMap, nowMs: number): MadeBatch {
  const owners: Row[] = []
  const latest = new Date(nowMs + dayMs).toISOString()
  const batch: MadeBatch = {
    ...{ events: [], costs: [], rejected: [], accepted: 0, skipped: 0 },
    lastRow: rows.at(-1)?.number ?? 0,
    refuse(refusals) {
      const refused = new Set<Row>()
      for (const { index, code, message } of refusals) {
        const owner = owners[index]
        if (owner === undefined || refused.has(owner)) continue
        refused.add(owner)
        batch.rejected.push(rejected(owner, code, message))
      }
      batch.accepted -= refused.size
      if (refused.size > 0) batch.rejected.sort((a, b) => a.line - b.line)
    },
  }
  const reject = (row: ReadRow, reason: string) =>
    batch.rejected.push(rejected(row, 'IMPORT_ROW_INVALID', reason))
  for (const row of rows) {
    if (isBad(row)) {
      reject(row, row.reason)
      continue
    }
    const { events, costs, key, problem } = map(row)
    const wrong = problem ?? outOfTime(events, latest)
    if (wrong !== undefined) reject(row, wrong)
    else if (events.length + costs.length === 0) batch.skipped += 1
    else {
      batch.accepted += 1
      for (const event of events) {
        batch.events.push(event)
        owners.push(row)
      }
      if (costs.length > 0) batch.costs.push({ key, rows: costs })
    }
  }
  return batch
}

/** Collecting would take the time of receipt for it; of history that is a lie. */
function outOfTime(events: readonly Json[], latest: string): string | undefined {
  for (const { timestamp } of events)
    if (typeof timestamp === 'string' && (timestamp > latest || timestamp < earliest))
      return `${timestamp.slice(0, 10)} lies ${timestamp < earliest ? 'before 1990' : 'in the future'}`
  return undefined
}

const rejected = (row: ReadRow, code: string, reason: string): RejectedRowShape => ({
  ...{ line: row.line, code },
  reason: reasonText(reason),
  row: ownText(textOf(row), keptOfRow),
})

function textOf(row: ReadRow): string {
  if (isBad(row) || row.raw !== '') return row.raw
  return Array.isArray(row.cells) ? row.cells.join(',') : JSON.stringify(row.cells)
}
