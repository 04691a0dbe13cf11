/**
 * Everything that is kept about a person, line by line:
 *
 *     { "record": "person", … }
 *     { "record": "link" | "trait" | "membership" | "event", … }    as the tables hold it, traits and links with history
 */
import { chunksOf, query, type NamedQuery, type Reader } from '../clickhouse/query.js'
import { parseExact, stringifyExact } from '../exact-json.js'
import type { Person } from '../identity/people.js'
import { readAllRepeated, readRowsOf, rowKey } from '../touchpoints/rows.js'
import { personScope } from '../touchpoints/scope.js'
import { isWithin } from '../identity/interval.js'

const pageRows = 5_000

const eventsQuery: NamedQuery = {
  name: 'export-events',
  sql: `
SELECT * EXCEPT (version, links, person_traits, group_traits, memberships),
  toUnixTimestamp64Milli(occurred_at) AS occurredMs, toString(client_time) AS keyTime
FROM events FINAL
WHERE project = {project: String} AND subject IN {identifiers: Array(String)}
  AND (subject, client_time, message_id) > ({subject: String}, {time: DateTime64(3, 'UTC')}, {message: String})
ORDER BY subject, client_time, message_id
LIMIT {limit: UInt32}`,
}

const factsOf = (table: string, columns: string): NamedQuery => ({
  name: `export-${table}`,
  sql: `SELECT ${columns} FROM ${table} FINAL WHERE project = {project: String} AND identifier IN {identifiers: Array(String)} ORDER BY identifier`,
})
const withTime = '* EXCEPT version, toUnixTimestamp64Milli(at) AS occurredMs'
const tables: Readonly<Record<string, NamedQuery>> = {
  link: factsOf('links', '* EXCEPT version'),
  trait: factsOf('traits', withTime),
  membership: factsOf('memberships', withTime),
}

type Stored = Record<string, unknown> & { occurredMs?: number }
type StoredFact = Stored & { identifier: string }
type StoredEvent = Stored & { keyTime: string; message_id: string; subject: string }

const line = (record: string, fields: object) => `${stringifyExact({ record, ...fields })}\n`

/** Of a shared device only what happened while it was theirs. */
export async function* exportPerson(reader: Reader, person: Person, head: object): AsyncGenerator<string> {
  yield line('person', head)
  const isLaterCopy = await laterCopies(reader, person)
  const held = new Map<string, Person['identifiers'][number][]>()
  for (const one of person.identifiers) held.set(one.identifier, [...(held.get(one.identifier) ?? []), one])
  const isTheirs = (identifier: string, { occurredMs }: Stored) =>
    occurredMs === undefined || held.get(identifier)?.some((one) => isWithin(one, occurredMs)) === true
  // Several at a time: somebody of a thousand devices is not a thousand times four questions.
  for (const identifiers of chunksOf([...held.keys()]).flatMap(smaller)) {
    for (const [record, named] of Object.entries(tables)) {
      const rows = await query<StoredFact>(reader, named, { identifiers })
      for (const row of rows) if (isTheirs(row.identifier, row)) yield line(record, withParsedJson(row))
    }
    for await (const row of eventsOf(reader, identifiers)) {
      if (isTheirs(row.subject, row) && !isLaterCopy(row.subject, row))
        yield line('event', withParsedJson(row))
    }
  }
}

const identifiersAtOnce = 100

function smaller(identifiers: readonly string[]): string[][] {
  const parts: string[][] = []
  for (let start = 0; start < identifiers.length; start += identifiersAtOnce)
    parts.push(identifiers.slice(start, start + identifiersAtOnce))
  return parts
}

/** Of a message that came several times, under other identifiers or times, only the first received copy is theirs. */
async function laterCopies(reader: Reader, person: Person) {
  const scope = personScope(person)
  const identifiers = [...scope.subjects]
  const messageIds = await readAllRepeated(reader, identifiers)
  const copies = await readRowsOf(reader, { subjects: identifiers }, messageIds)
  const firstCopies = new Set(scope.placed(copies).map(({ row }) => rowKey(row)))
  const ids = new Set(messageIds)
  return (subject: string, { message_id: messageId, keyTime: clientTime }: StoredEvent) =>
    ids.has(messageId) && !firstCopies.has(rowKey({ subject, clientTime, messageId }))
}

async function* eventsOf(reader: Reader, identifiers: readonly string[]): AsyncGenerator<StoredEvent> {
  let after = { subject: '', time: '1900-01-01 00:00:00.000', message: '' }
  for (;;) {
    const rows = await query<StoredEvent>(reader, eventsQuery, {
      identifiers,
      ...after,
      limit: pageRows,
    })
    yield* rows
    const last = rows.at(-1)
    if (!last || rows.length < pageRows) return
    after = { subject: last.subject, time: last.keyTime, message: last.message_id }
  }
}

const jsonColumns = ['properties', 'traits', 'context']

function withParsedJson({ occurredMs: _, keyTime: __, ...row }: Stored): object {
  const parsed = jsonColumns
    .filter((column) => typeof row[column] === 'string')
    .map((column): [string, unknown] => [column, parseExact(row[column] as string)])
  return { ...row, ...Object.fromEntries(parsed) }
}
