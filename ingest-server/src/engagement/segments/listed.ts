/** Segments that are lists: frozen identifiers, by who they are today; who was added to them since is in. */
import type { Subject } from '@touchline/schemas/api'
import { chunksOf, type QuerySource, type Reader } from '../../clickhouse/query.js'
import { asOfSql, openBag, type Compiled } from '../../definitions/sql/bag.js'
import { readVersions } from '../../definitions/documents/read.js'
import { onlyKeys } from '../../definitions/sql/touches.js'

export interface Listed {
  identifier: string
  /** When the version was made since which it is in the list, in milliseconds. */
  since: number
}

/** Of the latest version each identifier with the time since which it stands there without a break. */
export async function listedSince(source: QuerySource, segment: string): Promise<Listed[]> {
  const versions = await readVersions(source as Reader, { kind: 'segments', id: segment })
  const found = new Map<string, number>()
  for (const { body, at, isDeleted } of versions) {
    const listed = isDeleted ? [] : ((JSON.parse(body) as { identifiers?: string[] }).identifiers ?? [])
    const now = new Set(listed)
    for (const identifier of [...found.keys()]) if (!now.has(identifier)) found.delete(identifier)
    for (const identifier of now) if (!found.has(identifier)) found.set(identifier, at)
  }
  return [...found].map(([identifier, since]) => ({ identifier, since }))
}

/** SELECT key, subject, times: as compileTimes, of a list. */
export function listedTimes(
  segment: string,
  subject: Subject,
  listed: readonly Listed[],
  isOnly: boolean,
): Compiled {
  const bag = openBag('l')
  const since = new Map(listed.map((one) => [one.identifier, one.since]))
  const lists = chunksOf([...since.keys()].sort()).map((chunk) => {
    const times = chunk.map((identifier) => since.get(identifier) ?? 0)
    return `SELECT row.1 AS identifier, row.2 AS ms FROM (SELECT arrayJoin(arrayZip(${bag.texts(chunk)}, ${bag.add(times, 'Array(Int64)')})) AS row)`
  })
  const added = `SELECT identifier, toUnixTimestamp64Milli(at) AS ms FROM segment_additions WHERE project = {project: String} AND segment = ${bag.text(segment)} AND at <= ${asOfSql}`
  const all = `(${[...lists, added].join(' UNION ALL ')})`
  const named =
    subject === 'account'
      ? `SELECT identifier AS subject, ms FROM ${all}`
      : `
SELECT if(owned.person = '', listed.identifier, owned.person) AS subject, ms
FROM ${all} AS listed
LEFT JOIN (
  SELECT identifier, if(notEmpty(owners), owners[-1].person, identifier) AS person
  FROM identity_map FINAL WHERE project = {project: String}
) AS owned ON owned.identifier = listed.identifier`
  const only = isOnly ? ` WHERE cityHash64(subject) IN ${onlyKeys}` : ''
  const sql = `SELECT cityHash64(subject) AS key, subject, [min(ms)] AS times FROM (${named})${only} GROUP BY subject`
  return { sql, params: bag.params }
}
