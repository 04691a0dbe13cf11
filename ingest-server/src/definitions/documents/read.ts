/** Definitions as they stand in ClickHouse: the latest, one version, or the one that held at an earlier time. */
import { definitionBodies, definitionKinds, type DefinitionKind } from '@touchline/schemas/api'
import type { ClickHouseClient } from '@clickhouse/client'
import QuickLRU from 'quick-lru'
import { query, type NamedQuery, type Reader } from '../../clickhouse/query.js'
import { TouchlineError } from '../../errors.js'
import type { Definition } from './definition.js'
import { meant } from '../nearest.js'

export interface StoredVersion {
  kind: DefinitionKind
  id: string
  version: number
  name: string
  /** JSON text. */
  body: string
  author: string
  /** Milliseconds since 1970. */
  at: number
  note: string
  isDeleted: boolean
  changeId: string
}

/** Of two changes that both made a version (two servers at once) the earlier one is it. */
const versionsSql = `
SELECT kind, id, version, name, body, author, toUnixTimestamp64Milli(at) AS at, note,
  toBool(is_deleted) AS isDeleted, change_id AS changeId
FROM (
  SELECT * FROM definitions
  WHERE project = {project: String} AND ({kind: String} = '' OR kind = {kind: String})
    AND ({id: String} = '' OR id = {id: String})
  ORDER BY kind, id, version, definitions.at, change_id
  LIMIT 1 BY kind, id, version
)
ORDER BY kind, id, version`

const versionsQuery: NamedQuery = { name: 'definition-versions', sql: versionsSql }

interface VersionsRead {
  stamp: string
  /** By project, kind and id. */
  versions: QuickLRU<string, Promise<readonly StoredVersion[]>>
}

/** Of each client what was read of the table as it is; 1,000 questions, quick-lru keeps up to twice as many. */
const read = new WeakMap<ClickHouseClient, VersionsRead>()

/** Every version there ever was, oldest first, deletions too. Not read again while the reader knows that nobody wrote. */
export function readVersions(
  reader: Reader,
  { kind = '', id = '' }: { kind?: string; id?: string } = {},
): Promise<readonly StoredVersion[]> {
  const { client, project, definitionsStamp: stamp } = reader
  const ask = () => query<StoredVersion>(reader, versionsQuery, { kind, id })
  if (stamp === undefined) return ask()
  let before = read.get(client)
  if (before?.stamp !== stamp) {
    before = { stamp, versions: new QuickLRU({ maxSize: 1_000 }) }
    read.set(client, before)
  }
  const { versions } = before
  const key = JSON.stringify([project, kind, id])
  const known = versions.get(key)
  if (known !== undefined) return known
  const asked = ask()
  versions.set(key, asked)
  asked.catch(() => versions.delete(key))
  return asked
}

export interface VersionWanted {
  version?: number | undefined
  /**
   * Milliseconds since 1970: the version that held then. A definition that is younger answers with its first one, so
   * that a question about last year may use a goal of today.
   */
  asOf?: number | undefined
}

/** Undefined: there is none, or it was deleted. */
export async function readDefinition<Kind extends DefinitionKind>(
  reader: Reader,
  kind: Kind,
  id: string,
  wanted: VersionWanted = {},
): Promise<Definition<Kind> | undefined> {
  if (id === '') return undefined
  const stored = versionWanted(await readVersions(reader, { kind, id }), wanted)
  return stored === undefined ? undefined : (toDefinition(stored) as Definition<Kind> | undefined)
}

/** As `readDefinition`; throws QUERY_INVALID naming the nearest one where there is none. */
export async function requireDefinition<Kind extends DefinitionKind>(
  reader: Reader,
  kind: Kind,
  id: string,
  wanted: VersionWanted = {},
): Promise<Definition<Kind>> {
  const found = await readDefinition(reader, kind, id, wanted)
  if (found !== undefined) return found
  const known = (await listDefinitions(reader, kind)).map((one) => one.id)
  const version = wanted.version === undefined ? '' : ` version ${wanted.version}`
  throw new TouchlineError(
    'QUERY_INVALID',
    `${kind}/${id}${version}: there is no such definition${meant(id, known)}`,
  )
}

/** All that are not deleted, by kind and id. */
export async function listDefinitions<Kind extends DefinitionKind = DefinitionKind>(
  reader: Reader,
  kind?: Kind,
  wanted: Pick<VersionWanted, 'asOf'> = {},
): Promise<Definition<Kind>[]> {
  const versions = await readVersions(reader, kind === undefined ? {} : { kind })
  const groups = new Map<string, StoredVersion[]>()
  for (const one of versions) {
    const key = `${one.kind}\n${one.id}`
    const group = groups.get(key)
    if (group) group.push(one)
    else groups.set(key, [one])
  }
  return [...groups.values()].flatMap((group) => {
    const stored = versionWanted(group, wanted)
    const definition = stored === undefined ? undefined : toDefinition(stored)
    return definition === undefined ? [] : [definition as Definition<Kind>]
  })
}

/** `versions` of one definition, oldest first. */
export function versionWanted(
  versions: readonly StoredVersion[],
  { version, asOf }: VersionWanted,
): StoredVersion | undefined {
  const wanted =
    version !== undefined
      ? versions.find((one) => one.version === version)
      : asOf === undefined
        ? versions.at(-1)
        : (versions.findLast(({ at }) => at <= asOf) ?? versions[0])
  return wanted === undefined || wanted.isDeleted ? undefined : wanted
}

/** Undefined where the stored body is none of its kind (any longer). */
export function toDefinition(stored: StoredVersion): Definition | undefined {
  const { kind, id, version, name, author, at, note } = stored
  if (!definitionKinds.includes(kind)) return undefined
  const parsed = definitionBodies[kind].safeParse(JSON.parse(stored.body))
  if (!parsed.success) return undefined
  return { kind, id, version, name, body: parsed.data, author, at, note }
}
