/**
 * A stamp of what was written last, by one cheap query: as long as it is the same, every answer over the same time is
 * too.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { queryRows, type NamedQuery, type Reader } from '../clickhouse/query.js'

const tables = {
  touchpoints_of_people: '(max(version), count())',
  definitions: '(count(), max(at), sum(cityHash64(kind, id, version, body, is_deleted)))',
  costs: '(count(), max(version))',
  account_traits: '(count(), max(received_at))',
  traits: '(count(), max(received_at))',
  identity_map: '(count(), max(version))',
  people: '(count(), max(version))',
  account_people: '(count(), max(version))',
} as const

const writtenQuery: NamedQuery = {
  name: 'journeys-written',
  sql: `SELECT ${Object.entries(tables)
    .map(([table, last]) => `(SELECT ${last} FROM ${table} WHERE project = {project: String})`)
    .join(', ')}`,
}
const partsQuery: NamedQuery = {
  name: 'journeys-parts',
  sql: `
SELECT toString(groupBitXor(cityHash64(table, name))), count(),
  toString(groupBitXorIf(cityHash64(name), table = 'definitions')), countIf(table = 'definitions')
FROM system.parts WHERE database = currentDatabase() AND active AND table IN ({tables: Array(String)})`,
}

export interface Written {
  /** JSON text that changes whenever touches, definitions, costs, traits or identities change. */
  stamp: string
  /** The stamp of definitions alone: the parts of their table. Only where one server has every row. */
  definitionsStamp?: string
}

interface Look extends Required<Written> {
  /** Those of which that was read. */
  parts: string
}

/** By client and project. */
const looks = new WeakMap<ClickHouseClient, Map<string, Look>>()

/** What the last look found, without a new one; undefined: nobody has looked yet. */
export const lastLook = (project: string, app?: ClickHouseClient): Required<Written> | undefined =>
  app === undefined ? undefined : looks.get(app)?.get(project)

/**
 * With `app`, the client of a server that has every row by itself, what was written is not read again while the tables
 * consist of the same parts; a merge alone does not change the text.
 */
export async function readWritten(reader: Reader, app?: ClickHouseClient): Promise<Written> {
  if (app === undefined) return { stamp: JSON.stringify(await queryRows(reader, writtenQuery)) }
  const named = { tables: Object.keys(tables) }
  // The parts are read before their rows: rows that are written meanwhile make other parts.
  const [row = []] = await queryRows({ client: app }, partsQuery, named)
  const parts = JSON.stringify(row)
  const definitionsStamp = JSON.stringify(row.slice(2))
  const ofClient = looks.get(app) ?? new Map<string, Look>()
  looks.set(app, ofClient)
  const before = ofClient.get(reader.project)
  if (before?.parts === parts) return before
  const stamp = JSON.stringify(await queryRows(reader, writtenQuery))
  const look = { parts, stamp, definitionsStamp }
  ofClient.set(reader.project, look)
  return look
}
