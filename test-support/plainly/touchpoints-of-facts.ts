/** What the tables of touchpoints hold of a project, held to what the function makes of all facts that are there. */
import type { ClickHouseClient } from '@clickhouse/client'
import { readCopies } from '../../ingest-server/src/touchpoints/upkeep/copies.js'
import { groupBy } from '../../ingest-server/src/group-by.js'
import { personScope } from '../../ingest-server/src/touchpoints/scope.js'
import { toTouchpointRow } from '../../ingest-server/src/touchpoints/stored-row.js'
import { touchpointsFrom } from '../../ingest-server/src/touchpoints/touchpoints.js'
import {
  gapsBetween,
  readKnownOwners,
  readWholePeople,
} from '../../ingest-server/src/touchpoints/upkeep/whose.js'
import type { LedgerResult } from '../faults/ledger.js'
import { until } from '../server.js'
import { storedAccounts, storedTouchpoints } from '../worlds/touchpoint-histories.js'

export interface TableState {
  expected: number
  /** That facts say and no row does. */
  missing: number
  /** Rows that say what no fact does any longer, or otherwise than the facts. */
  stale: number
  twice: number
}

/** Of everybody in the project; rows of both tables. */
export async function tableState(client: ClickHouseClient, project: string): Promise<TableState> {
  const source = { client, project, signedOnly: false }
  const namesOf = async (sql: string) => {
    const answer = await client.query({ query: sql, query_params: { project }, format: 'JSONEachRow' })
    return (await answer.json<{ name: string }>()).map(({ name }) => name)
  }
  const people = await namesOf(
    'SELECT person AS name FROM people FINAL WHERE project = {project: String} AND notEmpty(identifiers)',
  )
  const subjects = await namesOf(
    'SELECT DISTINCT subject AS name FROM events WHERE project = {project: String}',
  )
  const owners = await readKnownOwners(source, subjects)
  const lone = subjects.filter((subject) => gapsBetween(owners.get(subject) ?? []).length > 0)
  const everybody = await readWholePeople(source, [...new Set([...people, ...lone])])
  const rows = await readCopies(source, { subjects, limit: 10_000_000 })
  const bySubject = groupBy(rows, ({ subject }) => subject)
  const formed = everybody.flatMap((person) => {
    const scope = personScope(person)
    const events = scope.placed(scope.subjects.flatMap((subject) => bySubject.get(subject) ?? []))
    return touchpointsFrom(events.filter(({ row }) => !row.isBot)).map(toTouchpointRow)
  })
  const ofAccounts = formed.flatMap((row) => row.accounts.map((account) => ({ ...row, account })))
  const a = compare(formed, await storedTouchpoints(client, project))
  const b = compare(ofAccounts, await storedAccounts(client, project))
  return {
    expected: a.expected + b.expected,
    missing: a.missing + b.missing,
    stale: a.stale + b.stale,
    twice: a.twice + b.twice,
  }
}

interface Keyed {
  account?: string
  person: string
  at: number
  touch: string
  digest?: string
}

function compare(formed: readonly Keyed[], stored: readonly Keyed[]): TableState {
  const hasDigest = stored.some(({ digest }) => digest !== undefined)
  const keyOf = ({ account = '', person, at, touch, digest }: Keyed) =>
    `${account}\n${person}\n${at}\n${touch}\n${hasDigest ? digest : ''}`
  const wanted = new Set(formed.map(keyOf))
  const found = new Set(stored.map(keyOf))
  return {
    expected: wanted.size,
    missing: [...wanted].filter((key) => !found.has(key)).length,
    stale: [...found].filter((key) => !wanted.has(key)).length,
    twice: stored.length - found.size,
  }
}

const isRight = ({ missing, stale, twice }: TableState) => missing + stale + twice === 0

/** Resolves once the tables hold what the facts say, with how much that is; rejects with what is wrong after a while. */
export async function tablesFollow(
  client: ClickHouseClient,
  project: string,
  timeoutMs = 120_000,
): Promise<LedgerResult> {
  let last: TableState | undefined
  const { expected } = await until(
    async () => {
      last = await tableState(client, project)
      return isRight(last) ? last : undefined
    },
    { timeoutMs, everyMs: 500, what: 'the tables of touchpoints to follow the facts', seen: () => last },
  )
  return { acknowledged: expected, lost: 0, twice: 0 }
}
