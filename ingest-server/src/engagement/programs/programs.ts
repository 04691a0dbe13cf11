/** Programs as defined, every version: a run goes by the one it began with. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { ProgramBody } from '@touchline/schemas/api'
import { readVersions, toDefinition } from '../../definitions/read.js'
import type { Definition } from '../../definitions/definition.js'

export interface Program {
  id: string
  /** The latest version; undefined: deleted. */
  latest: Definition<'programs'> | undefined
  /** When its first version was saved. */
  since: number
  versions: ReadonlyMap<number, Definition<'programs'>>
}

export interface Programs {
  /** Of a project by id, also deleted ones; a change is seen a second later at most. */
  of: (project: string) => Promise<ReadonlyMap<string, Program>>
  /** Read now: whatever was saved before this call is among them. */
  now: (project: string) => Promise<ReadonlyMap<string, Program>>
}

export function openPrograms({
  client,
  keptMs = 1_000,
}: {
  client: ClickHouseClient
  keptMs?: number
}): Programs {
  const kept = new Map<string, { at: number; programs: Promise<ReadonlyMap<string, Program>> }>()
  function now(project: string) {
    const programs = read(client, project)
    kept.set(project, { at: performance.now(), programs })
    programs.catch(() => kept.delete(project))
    return programs
  }
  return {
    of(project) {
      const known = kept.get(project)
      if (known !== undefined && performance.now() - known.at < keptMs) return known.programs
      return now(project)
    },
    now,
  }
}

async function read(client: ClickHouseClient, project: string): Promise<ReadonlyMap<string, Program>> {
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
