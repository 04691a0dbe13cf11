/** What a dry run shows: the first rows and what they would become, and times that may be read in two ways. */
import type { AmbiguousTime, ImportRunAnswer } from '@touchline/schemas/api'
import type { CompiledMap } from '../map/compile-map.js'
import { isBad, type ReadRow } from '../reading/row.js'
import type { MadeBatch } from './made-batch.js'

export interface Preview {
  take: (rows: readonly ReadRow[], compiled: CompiledMap, batch: MadeBatch) => void
  shown: () => Pick<ImportRunAnswer, 'preview' | 'ambiguous'>
}

const rowsShown = 20
const timesShown = 20

export function openPreview(): Preview {
  const preview: NonNullable<ImportRunAnswer['preview']> = []
  const ambiguous: AmbiguousTime[] = []
  return {
    take(rows, compiled, batch) {
      const reasons = new Map(batch.rejected.map(({ line, reason }) => [line, reason]))
      for (const row of rows) {
        if (!isBad(row) && ambiguous.length < timesShown)
          ambiguous.push(...compiled.ambiguous(row).slice(0, timesShown - ambiguous.length))
        if (preview.length >= rowsShown) continue
        const { events, costs } = isBad(row) ? { events: [], costs: [] } : compiled.map(row)
        const becomes = [...events, ...costs.map((cost) => ({ type: 'cost', ...cost }))]
        preview.push({ line: row.line, becomes, reason: reasons.get(row.line) ?? null })
      }
    },
    shown: () => ({ preview, ambiguous }),
  }
}
