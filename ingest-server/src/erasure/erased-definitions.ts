/**
 * Definitions name people too: lists of who is in a segment, a value that a condition asks for, who wrote a version and
 * what they noted. An erased person goes out of every version, those of the past as well; the versions stay.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { emailIdentifier, userIdentifier } from '@touchline/schemas'
import { insertLines } from '../clickhouse/insert-lines.js'
import { query, type NamedQuery } from '../clickhouse/query.js'
import { stringifyExact } from '../exact-json.js'
import { addressesIn } from '../log/addresses-in-text.js'
import { erasedText, withoutTexts } from '../log/scrub.js'
import type { Judge } from '../log/tombstones.js'
import { userTextsIn } from '../log/user-ids-in-text.js'
import type { ErasedRows } from './erasure-sql.js'
import { jsonOrText } from '../json-or-text.js'

/** A version as it stands in a line of the log, and in the table. */
export interface DefinitionLine {
  project: string
  at: string
  name: string
  /** JSON. */
  body: string
  author: string
  note: string
}

/** The version without the erased; undefined where it names none of them. */
export function scrubDefinition<Line extends DefinitionLine>(line: Line, judge: Judge): Line | undefined {
  const atMs = Date.parse(line.at)
  const isGone = (identifier: string) => judge.isNamed(identifier, atMs)
  const body = withoutListed(jsonOrText(line.body), isGone)
  const said = { body, name: line.name, author: line.author, note: line.note }
  const text = stringifyExact(said)
  const gone = [
    ...addressesIn(text).filter((address) => isGone(emailIdentifier(address))),
    ...userTextsIn(text).filter((one) => isGone(userIdentifier(one))),
    ...textsIn(text).filter((one) => /^(user|email|anon):/.test(one) && isGone(one)),
  ]
  const clean = withoutTexts(said, gone) as typeof said
  const cleaned = { ...line, ...clean, body: stringifyExact(clean.body) }
  const isSame = (['body', 'name', 'author', 'note'] as const).every(
    (field) => cleaned[field] === line[field],
  )
  return isSame ? undefined : cleaned
}

const textsIn = (json: string) => Array.from(json.matchAll(/"((?:[^"\\]|\\.)*)"/g), ([, text = '']) => text)

/** A list of people without them. It keeps a place for nobody where it would be empty, which no list may be. */
function withoutListed(body: unknown, isGone: (identifier: string) => boolean): unknown {
  if (typeof body !== 'object' || body === null || !('identifiers' in body)) return body
  const { identifiers } = body
  if (!Array.isArray(identifiers)) return body
  const left = identifiers.filter((one) => typeof one !== 'string' || !isGone(one))
  return { ...body, identifiers: left.length === 0 && identifiers.length > 0 ? [erasedText] : left }
}

type StoredLine = DefinitionLine & { id: string; rowHash?: string }

const rowHash = 'toString(cityHash64(id, version, at, change_id, name, body, author, note))'
const definitionsQuery: NamedQuery = {
  name: 'definitions-that-may-name-erased',
  sql: `SELECT *, ${rowHash} AS rowHash FROM definitions WHERE project = {project: String}`,
}

interface Found {
  hash: string
  clean: object
}

async function namingErased(app: ClickHouseClient, project: string, judge: Judge): Promise<Found[]> {
  const rows = await query<StoredLine>({ client: app }, definitionsQuery, { project })
  return rows.flatMap(({ rowHash: hash = '', ...row }) => {
    const clean = scrubDefinition(row, judge)
    return clean === undefined ? [] : [{ hash, clean }]
  })
}

/** How many versions in the table name an erased person. */
export const countDefinitions = async (
  app: ClickHouseClient,
  project: string,
  judge: Judge,
): Promise<number> => (await namingErased(app, project, judge)).length

/** Written anew under the same key, then the old rows are deleted, by hashes, since a mutation names nobody. */
export async function scrubDefinitions(
  app: ClickHouseClient,
  { project, judge }: { project: string; judge: Judge },
  remove: (rows: ErasedRows, params: Record<string, unknown>) => Promise<void>,
): Promise<void> {
  const found = await namingErased(app, project, judge)
  if (found.length === 0) return
  const lines = found.map(({ clean }) => `${JSON.stringify(clean)}\n`)
  await insertLines(app, 'definitions', Buffer.from(lines.join('')))
  const condition = `project = {project: String} AND has({hashes: Array(String)}, ${rowHash})`
  await remove({ table: 'definitions', condition }, { project, hashes: found.map(({ hash }) => hash) })
}
