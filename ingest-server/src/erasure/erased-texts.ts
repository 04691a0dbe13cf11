/**
 * Words that stand in what was recorded of others and may name the erased: the body of a delivery, what an endpoint
 * answered, a change, the touches of a hand-off, the file of an import, a campaign. The rows stay whose they are, with the name
 * gone; a delivery that waits goes out without it.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { emailIdentifier, userIdentifier } from '@touchline/schemas'
import { createBreather } from '../breathe.js'
import { insertLines } from '../clickhouse/insert-lines.js'
import { chunksOf, queryStream, type NamedQuery } from '../clickhouse/query.js'
import { parseExact, stringifyExact } from '../exact-json.js'
import { addressesIn } from '../log/addresses-in-text.js'
import { withoutTexts, withoutTextsThat } from '../log/scrub.js'
import type { Judge } from '../log/tombstones.js'
import { userTextsIn } from '../log/user-ids-in-text.js'
import { mayNameErased, type ErasedRows, type sqlParams } from './erasure-sql.js'

/** By table: when a row was written, and its columns of words; `lists` hold several, `file` is the name of one. */
const wordsOf = {
  segment_additions: { at: 'at', words: ['author'] },
  handoff_records: { at: 'at', words: ['rules', 'touches'] },
  program_facts: { at: 'at', words: ['trigger', 'because'] },
  program_runs_now: { at: 'at', words: ['trigger', 'because'] },
  deliveries_decided: { at: 'decided_at', words: ['touch_name', 'body'] },
  delivery_attempts: { at: 'at', words: ['answer'] },
  delivery_states: { at: 'at', words: ['answer'] },
  change_records: { at: 'at', words: ['body'] },
  changes_seen: { at: 'stored_at', words: ['data'] },
  imports: {
    at: 'updated_at',
    words: ['import_id', 'name', 'map'],
    lists: ['columns', 'warnings'],
    file: 'name',
  },
  // Milliseconds.
  costs: { at: 'version', words: ['channel', 'source', 'medium', 'campaign'] },
} satisfies Record<string, Words>

interface Words {
  at: string
  words: string[]
  lists?: string[]
  file?: string
}

export type TableOfWords = keyof typeof wordsOf
export const tablesOfWords = Object.keys(wordsOf) as TableOfWords[]
export const hasWords = (table: string): table is TableOfWords => table in wordsOf

type Row = Record<string, unknown>

const columnsOf = (table: TableOfWords): { at: string; columns: string[]; file: string | undefined } => {
  const { at, words, lists = [], file }: Words = wordsOf[table]
  return { at, columns: [...words, ...lists], file }
}

/** As `.csv.gz`: `ada@example.com.csv` is read as an address of another host where they stay. */
const mostEndings = 2
const lastEnding = /\.[^.]*$/

/** The row, as a table or a line of the log has it, without the erased; undefined where it names none of them. */
export function scrubWords(table: TableOfWords, row: Row, judge: Judge): Row | undefined {
  const { at, columns, file } = columnsOf(table)
  const writtenAt = row[at]
  const atMs =
    typeof writtenAt === 'string' && /\D/.test(writtenAt) ? Date.parse(writtenAt) : Number(writtenAt)
  const isGone = (identifier: string) => judge.isNamed(identifier, atMs)
  const namesIn = (value: unknown): string[] => {
    const json = stringifyExact(value)
    return [
      ...addressesIn(json).filter((address) => isGone(emailIdentifier(address))),
      ...userTextsIn(json).filter((text) => isGone(text) || isGone(userIdentifier(text))),
    ]
  }
  const without = (value: unknown): unknown => {
    const gone = namesIn(value)
    if (gone.length === 0) return value
    const clean = withoutTexts(value, gone)
    // A text that a name cannot be cut out of goes whole.
    return namesIn(clean).length === 0 ? clean : withoutTextsThat(clean, (text) => namesIn(text).length > 0)
  }
  const fileName = file === undefined ? undefined : row[file]
  const ofFile =
    file === undefined || typeof fileName !== 'string'
      ? {}
      : { [file]: fileNameWithout(fileName, (text) => String(without(text))) }
  // A line of the log may leave out what holds its default.
  const said = Object.fromEntries(
    columns.filter((column) => column in row).map((column) => [column, readFrom(row[column])]),
  )
  const named = { ...said, ...ofFile }
  const clean = without(named) as Row
  if (clean === named && (file === undefined || named[file] === said[file])) return undefined
  const written = Object.entries(clean).map(([column, value]) => [
    column,
    typeof row[column] === 'string' && typeof value !== 'string' ? stringifyExact(value) : value,
  ])
  return { ...row, ...(Object.fromEntries(written) as Row) }
}

/** `without` gives a text back as it is where it names nobody. */
function fileNameWithout(name: string, without: (text: string) => string): string {
  let stem = name
  for (let endings = 0; endings <= mostEndings; endings += 1) {
    const clean = without(stem)
    if (clean !== stem) return `${clean}${name.slice(stem.length)}`
    stem = stem.replace(lastEnding, '')
  }
  return name
}

/** Not in the text of JSON: there a name may begin in the middle of an escape. */
function readFrom(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{"]/.test(value)) return value
  try {
    return parseExact(value)
  } catch {
    return value
  }
}

type Params = ReturnType<typeof sqlParams>

interface Found {
  hash: string
  clean: Row
}

async function naming(
  app: ClickHouseClient,
  table: TableOfWords,
  { parts, judge }: { parts: readonly Params[]; judge: Judge },
): Promise<Found[]> {
  const { at, columns, file } = columnsOf(table)
  const texts = [
    ...columns.map((column) => `toString(${column})`),
    ...(file === undefined ? [] : stemsOf(file)),
  ]
  const text = `arrayStringConcat([${texts.join(', ')}], ' ')`
  const time = at === 'version' ? 'fromUnixTimestamp64Milli(toInt64(version))' : at
  const named: NamedQuery = {
    name: `${table}-that-may-name-erased`,
    sql: `SELECT *, ${hashOf(table)} AS hashOfRow FROM ${table} WHERE ${mayNameErased(text, time)}`,
    // They are written back as they were read.
    settings: { output_format_json_quote_64bit_integers: 1, output_format_json_quote_decimals: 1 },
  }
  // By the whole row: many may have the same words at the same time, and several parts may find one.
  const found = new Map<string, Found>()
  const breather = createBreather()
  for (const params of parts)
    for await (const batch of queryStream<Row & { hashOfRow: string }>({ client: app }, named, params))
      for (const { hashOfRow: hash, ...row } of batch) {
        const clean = scrubWords(table, row, judge)
        if (clean) found.set(JSON.stringify(row), { hash, clean })
        if (breather.isDue()) await breather.rest()
      }
  return [...found.values()]
}

/** SQL: the name of a file without one ending, without two … */
const stemsOf = (file: string): string[] =>
  Array.from(
    { length: mostEndings },
    (_, more) => `replaceRegexpOne(${file}, '(\\\\.[^.]*){${more + 1}}$', '')`,
  )

/** All rows of these words at this time name them, whosever they are. */
const hashOf = (table: TableOfWords): string => {
  const { at, columns } = columnsOf(table)
  return `toString(cityHash64(${[at, ...columns].join(', ')}))`
}

/** How many rows of each table name them. */
export async function countWords(
  app: ClickHouseClient,
  parts: readonly Params[],
  judge: Judge,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const table of tablesOfWords) {
    const rows = await naming(app, table, { parts, judge })
    if (rows.length > 0) counts[table] = rows.length
  }
  return counts
}

/** Written anew, then the old rows are deleted by hashes, since a mutation names nobody. */
export async function removeWords(
  app: ClickHouseClient,
  { parts, judge }: { parts: readonly Params[]; judge: Judge },
  remove: (rows: ErasedRows, params: Record<string, unknown>) => Promise<void>,
): Promise<void> {
  const [params] = parts
  for (const table of tablesOfWords) {
    const found = await naming(app, table, { parts, judge })
    if (found.length === 0) continue
    await insertLines(
      app,
      table,
      Buffer.from(found.map(({ clean }) => `${JSON.stringify(clean)}\n`).join('')),
    )
    const condition = `project = {project: String} AND has({ids: Array(String)}, ${hashOf(table)})`
    for (const ids of chunksOf([...new Set(found.map(({ hash }) => hash))]))
      await remove({ table, condition }, { project: params?.project, ids })
  }
}
