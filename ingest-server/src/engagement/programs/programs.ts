/** Programs as defined, every version: a run goes by the one it began with. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { ProgramBody } from '@touchline/schemas/api'
import { readVersions, toDefinition } from '../../definitions/documents/read.js'
import type { Definition } from '../../definitions/documents/definition.js'

export interface Program {
  id: string
  /** The latest version; undefined: deleted. */
  latest: Definition<'programs'> | undefined
  /** When its first version was saved. */
  since: number
  versions: ReadonlyMap<number, Definition<'programs'>>
}

/**
 * Of a project by id, also deleted ones. Read each time: a program that was saved or deleted before something happened
 * has its say in it.
 */
export async function readPrograms(
  client: ClickHouseClient,
  project: string,
): Promise<ReadonlyMap<string, Program>> {
  const stored = await readVersions({ client, project, signedOnly: false }, { kind: 'programs' })
  const programs = new Map<string, Program & { versions: Map<number, Definition<'programs'>> }>()
  for (const one of stored) {
    const known = programs.get(one.id)
    const program = known ?? { id: one.id, latest: undefined, since: one.at, versions: new Map() }
    const definition = one.isDeleted ? undefined : (toDefinition(one) as Definition<'programs'> | undefined)
    if (definition !== undefined) program.versions.set(one.version, definition)
    programs.set(one.id, { ...program, latest: definition })
  }
  return programs
}

export const stepsOf = (body: ProgramBody): ReadonlyMap<string, number> =>
  new Map(body.steps.map(({ id }, place) => [id, place]))
