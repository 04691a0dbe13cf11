/** The list of stages that a question is about. */
import type { StagesBody, Subject } from '@touchline/schemas/api'
import type { Reader } from '../clickhouse/query.js'
import type { Definition } from '../definitions/definition.js'
import { listDefinitions, requireDefinition } from '../definitions/read.js'
import { loadReferences, type References } from '../definitions/references.js'
import { conditionsOfBody } from '../definitions/walk.js'

export interface StageList {
  definition: Definition<'stages'>
  /** With the subject that is asked about. */
  body: StagesBody
  references: References
  /** The versions that answers name. */
  used: { kind: string; id: string; version: number }[]
}

export interface StageListWanted {
  list: string
  subject?: Subject | undefined
  version?: number | undefined
  asOf: number
}

/**
 * The list of that id; where it is about the other subject, the first that is about the one asked for, else the list
 * itself over that subject. Throws QUERY_INVALID naming the nearest list.
 */
export async function readStageList(
  reader: Reader,
  { list, subject, version, asOf }: StageListWanted,
): Promise<StageList> {
  const named = await requireDefinition(
    reader,
    'stages',
    list,
    version === undefined ? { asOf } : { version },
  )
  const wanted = subject ?? named.body.subject
  const definition =
    named.body.subject === wanted ? named : ((await ofSubject(reader, wanted, asOf)) ?? named)
  const body = { ...definition.body, subject: wanted }
  const conditions = conditionsOfBody('stages', body).map(({ condition }) => condition)
  const references = await loadReferences(reader, conditions, { subject: wanted, asOf })
  const own = { kind: 'stages', id: definition.id, version: definition.version }
  return { definition, body, references, used: [own, ...references.used] }
}

async function ofSubject(
  reader: Reader,
  subject: Subject,
  asOf: number,
): Promise<Definition<'stages'> | undefined> {
  const all = await listDefinitions(reader, 'stages', { asOf })
  return all.find(({ body }) => body.subject === subject)
}
