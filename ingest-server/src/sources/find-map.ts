/** The map that somebody names: one that is saved, else a ready one; or the map itself as JSON. */
import type { ImportBody } from '@touchline/schemas/api'
import { checkBody } from '../definitions/documents/check.js'
import { meant } from '../definitions/nearest.js'
import { listDefinitions, readDefinition } from '../definitions/documents/read.js'
import { TouchlineError } from '../errors.js'
import { readyMaps } from './maps/index.js'

/** Who asks definitions. */
type Reader = Parameters<typeof readDefinition>[0]

export interface NamedMap {
  id: string
  body: ImportBody
}

/** Throws IMPORT_INVALID with the nearest name, or DEFINITION_INVALID for a map that is none. */
export async function findMap(reader: Reader, named: string): Promise<NamedMap> {
  if (named.trimStart().startsWith('{')) return { id: 'sent', body: checkBody('import', parsed(named)) }
  const saved = await readDefinition(reader, 'import', named)
  if (saved !== undefined) return { id: named, body: saved.body }
  const ready = readyMaps.find(({ id }) => id === named)
  if (ready !== undefined) return { id: named, body: ready.body }
  const known = [...(await listDefinitions(reader, 'import')), ...readyMaps].map(({ id }) => id)
  throw new TouchlineError('IMPORT_INVALID', `map ${named}: there is no such map${meant(named, known)}`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TouchlineError('IMPORT_INVALID', `map: is no JSON (${(cause as Error).message})`, { cause })
  }
}
