/** The ledger of erasures in ClickHouse and the log: what it says of a project, a new entry, and how far each is. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import { groupBy } from '../group-by.js'
import { insertLines } from '../clickhouse/insert-lines.js'
import { query, type NamedQuery } from '../clickhouse/query.js'
import type { LogRecord } from '../log/log.js'
import { hashIdentifier, type Tombstone, type Tombstones } from '../log/tombstones.js'
import { isoTime } from '../clock.js'

export interface Erasure extends Tombstones {
  project: string
  erasureId: string
  requestedAtMs: number
  /** Hash of the person's canonical identifier. */
  person: string
}

export interface Progress {
  state: 'running' | 'finished'
  atMs: number
  /** Rows that the last check still found, by table; what is 0 is left out. */
  remaining: Record<string, number>
  note: string
}

/** An identifier of the person who is to be erased, and when it is theirs; undefined: since or for ever. */
export interface Held {
  identifier: string
  from: number | undefined
  to: number | undefined
}

interface StoredTombstone {
  hash: string
  from: string | null
  to: string
  whole: boolean
}
interface StoredErasure {
  project: string
  erasure_id: string
  requested_at: string
  salt: string
  person: string
  tombstones: StoredTombstone[]
}

const endsAt = (to: number, requestedAtMs: number): Pick<Tombstone, 'to' | 'receivedTo'> => ({
  to,
  receivedTo: to === requestedAtMs ? requestedAtMs : undefined,
})

export const newSalt = (): string => randomBytes(32).toString('hex')

/** What happens or is received until `requestedAtMs` is erased; whatever bears the same names afterwards is somebody new. */
export function newErasure(
  project: string,
  person: { id: string; identifiers: readonly Held[] },
  { requestedAtMs, salt }: { requestedAtMs: number; salt: string },
): Erasure {
  const list = person.identifiers
    .map(({ identifier, from, to }): Tombstone => ({
      hash: hashIdentifier(salt, identifier),
      from,
      ...endsAt(Math.min(to ?? requestedAtMs, requestedAtMs), requestedAtMs),
      isWhole: from === undefined && to === undefined,
    }))
    // One that becomes theirs only later is not theirs yet.
    .filter(({ from, to }) => from === undefined || from < to)
  return {
    project,
    erasureId: randomUUID(),
    requestedAtMs,
    salt,
    person: hashIdentifier(salt, person.id),
    list,
  }
}

/** The entry as a record of the log; the same line goes into the table. */
export function toRecord(erasure: Erasure): LogRecord {
  const row: StoredErasure = {
    project: erasure.project,
    erasure_id: erasure.erasureId,
    requested_at: isoTime(erasure.requestedAtMs),
    salt: erasure.salt,
    person: erasure.person,
    tombstones: erasure.list.map(({ hash, from, to, isWhole }) => ({
      hash,
      from: from === undefined ? null : isoTime(from),
      to: isoTime(to),
      whole: isWhole,
    })),
  }
  return { table: 'erasures', lines: Buffer.from(`${JSON.stringify(row)}\n`), rows: {} }
}

export async function insertErasure(app: ClickHouseClient, erasure: Erasure): Promise<void> {
  await insertLines(app, 'erasures', toRecord(erasure).lines)
}

const erasuresQuery: NamedQuery = {
  name: 'erasures',
  sql: 'SELECT * FROM erasures FINAL ORDER BY project, requested_at, erasure_id',
}

/** Every erasure that ClickHouse knows of, oldest first. */
export async function readErasures(client: ClickHouseClient): Promise<Erasure[]> {
  const rows = await query<StoredErasure>({ client }, erasuresQuery)
  return rows.map((row) => ({
    project: row.project,
    erasureId: row.erasure_id,
    requestedAtMs: Date.parse(row.requested_at),
    salt: row.salt,
    person: row.person,
    list: row.tombstones.map(({ hash, from, to, whole }) => ({
      hash,
      from: from === null ? undefined : Date.parse(from),
      ...endsAt(Date.parse(to), Date.parse(row.requested_at)),
      isWhole: whole,
    })),
  }))
}

interface StoredProgress {
  erasure_id: string
  at: string
  state: Progress['state']
  remaining: Record<string, string | number>
  note: string
}

const progressQuery: NamedQuery = {
  name: 'erasure-progress',
  sql: 'SELECT * FROM erasure_progress FINAL',
}

export async function readProgress(client: ClickHouseClient): Promise<Map<string, Progress>> {
  const rows = await query<StoredProgress>({ client }, progressQuery)
  return new Map(
    rows.map(({ erasure_id, at, state, remaining, note }) => [
      erasure_id,
      {
        state,
        atMs: Date.parse(at),
        note,
        remaining: Object.fromEntries(
          Object.entries(remaining).map(([table, rows]) => [table, Number(rows)]),
        ),
      },
    ]),
  )
}

/** The same of all of them. */
export async function writeProgress(
  app: ClickHouseClient,
  erasures: readonly Pick<Erasure, 'project' | 'erasureId'>[],
  { state, atMs, remaining, note }: Progress,
): Promise<void> {
  await app.insert({
    table: 'erasure_progress',
    format: 'JSONEachRow',
    values: erasures.map(({ project, erasureId }) => ({
      ...{ project, erasure_id: erasureId, at: isoTime(atMs), state, remaining, note },
    })),
    clickhouse_settings: { date_time_input_format: 'best_effort', async_insert: 0, insert_deduplicate: 0 },
  })
}

/** At least one, all of one project and salt: what is looked for and removed at once. */
export type Together = readonly [Erasure, ...Erasure[]]

export const bySet = (erasures: readonly Erasure[]): Together[] => [
  ...groupBy(erasures, ({ project, salt }) => `${project}\n${salt}`).values(),
]

export const tombstonesOf = (together: Together): Tombstones => ({
  salt: together[0].salt,
  list: together.flatMap(({ list }) => list),
})
