/** In which stage subjects are now, by each list of stages of their kind. */
import type { Subject } from '@touchline/schemas/api'
import { queryRows, type Reader } from '../../clickhouse/query.js'
import { compileStages } from '../../definitions/compile.js'
import { listDefinitions } from '../../definitions/documents/read.js'
import { loadReferences } from '../../definitions/documents/references.js'
import { conditionsOfBody } from '../../definitions/walk.js'

export interface StageNow {
  list: string
  subject: string
  stage: string
  /** Since when, ISO 8601. */
  at: string
}

export async function readStagesNow(
  reader: Reader,
  subject: Subject,
  { ids, now }: { ids: readonly string[]; now: number },
): Promise<StageNow[]> {
  if (ids.length === 0) return []
  const lists = (await listDefinitions(reader, 'stages')).filter(({ body }) => body.subject === subject)
  const found: StageNow[] = []
  for (const { id: list, body } of lists) {
    const conditions = conditionsOfBody('stages', body).map(({ condition }) => condition)
    const references = await loadReferences(reader, conditions, { subject })
    const compiled = compileStages(body, { asOf: now, references, only: ids })
    const named = {
      name: 'stages-now',
      splitBy: 'only',
      sql: `
SELECT w.id, s.entries[-1].1 AS place, s.entries[-1].2 AS at
FROM (SELECT DISTINCT arrayJoin({only: Array(String)}) AS id) AS w
INNER JOIN (${compiled.sql}) AS s ON s.key = cityHash64(w.id)
WHERE notEmpty(s.entries) AND s.entries[-1].3 = 0`,
      settings: compiled.settings,
    }
    for (const [id, place, at] of await queryRows<[string, number, number]>(reader, named, {
      ...compiled.params,
      only: ids,
    })) {
      const stage = body.stages[Number(place)]
      if (stage !== undefined)
        found.push({ list, subject: id, stage: stage.id, at: new Date(Number(at)).toISOString() })
    }
  }
  return found
}
