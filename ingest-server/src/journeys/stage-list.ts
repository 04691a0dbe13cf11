/** The list of stages that a question is about. */
import type { StagesBody, Subject } from '@touchline/schemas/api'
import type { Reader } from '../clickhouse/query.js'
import { TouchlineError } from '../errors.js'
import type { Definition } from '../definitions/documents/definition.js'
import { listDefinitions, requireDefinition } from '../definitions/documents/read.js'
import { loadReferences, type References } from '../definitions/documents/references.js'
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
    named.body.subject === wanted ? named : (ofSubject(await listsAt(reader, asOf), wanted) ?? named)
  return withReferences(reader, definition, { subject: wanted, asOf })
}

/**
 * The list where none is named: `default`, or the first about this subject, or the only one. Throws where there is
 * none.
 */
export async function readUsualList(reader: Reader, subject: Subject, asOf: number): Promise<StageList> {
  const all = await listsAt(reader, asOf)
  const isUsual = ({ id, body }: Definition<'stages'>) => id === usual && body.subject === subject
  const definition =
    all.find(isUsual) ??
    ofSubject(all, subject) ??
    all.find(({ id }) => id === usual) ??
    all[0] ??
    (await requireDefinition(reader, 'stages', usual, { asOf }))
  return withReferences(reader, definition, { subject, asOf })
}

/**
 * The list that decides who is in a stage of that name (definitions/documents/references.ts), over these subjects. Throws
 * QUERY_INVALID naming the nearest stage.
 */
export async function listOfStage(
  reader: Reader,
  stage: string,
  { subject, asOf }: { subject: Subject; asOf: number },
): Promise<StageList> {
  const references = await loadReferences(reader, [{ stage, op: 'is' }], { subject, asOf })
  const definition = references.stages(subject, stage)
  if (definition === undefined) throw new TouchlineError('INTERNAL')
  return withReferences(reader, definition, { subject, asOf })
}

const usual = 'default'

async function withReferences(
  reader: Reader,
  definition: Definition<'stages'>,
  { subject, asOf }: { subject: Subject; asOf: number },
): Promise<StageList> {
  const body = { ...definition.body, subject }
  const conditions = conditionsOfBody('stages', body).map(({ condition }) => condition)
  const references = await loadReferences(reader, conditions, { subject, asOf })
  const own = { kind: 'stages', id: definition.id, version: definition.version }
  return { definition, body, references, used: [own, ...references.used] }
}

const listsAt = (reader: Reader, asOf: number) => listDefinitions(reader, 'stages', { asOf })

const ofSubject = (all: readonly Definition<'stages'>[], subject: Subject) =>
  all.find(({ body }) => body.subject === subject)
