/** One event by its messageId: stored, refused, or not seen. */
import { query, type NamedQuery, type Params, type Reader } from '../clickhouse/query.js'
import { readOwners, readPeople } from '../identity/people.js'
import { personScope } from '../touchpoints/scope.js'
import type { PlacedRow } from '../touchpoints/touchpoint.js'
import { readById, type FullRow } from '../touchpoints/rows.js'
import { isWithin } from '../identity/interval.js'

/** The event with its person and accounts as they are known now. */
export async function findEvent(
  reader: Reader,
  messageId: string,
): Promise<{ placed: PlacedRow; full: FullRow } | undefined> {
  const full = await readById(reader, messageId)
  if (!full) return undefined
  const [state] = await readOwners(reader, [full.subject])
  const owner = state?.owners.find((interval) => isWithin(interval, full.at))
  const [person] = owner ? await readPeople(reader, [owner.person]) : []
  const placed = person && personScope(person).place(full)
  const own = full.groupId !== '' && full.type !== 'group' ? [full.groupId] : []
  const alone = { person: owner?.person ?? full.subject, accounts: own, because: owner?.because ?? '' }
  return { placed: { ...(placed ?? alone), row: full }, full }
}

export interface Refusal {
  code: string
  message: string
  at: string
  original: string
}

const refusedQuery: NamedQuery = {
  name: 'rejected-event-by-id',
  sql: `
SELECT code, message, received_at AS at, original
FROM rejected_events
WHERE project = {project: String} AND message_id = {messageId: String}
ORDER BY received_at DESC
LIMIT 1`,
}

// Few ever, and none in a line that works: reading them all costs nothing.
const deadQuery: NamedQuery = {
  name: 'dead-letter-by-id',
  sql: `
SELECT toString(code) AS code, reason AS message, stored_at AS at, original
FROM dead_letters
WHERE project = {project: String} AND position(original, {quoted: String}) > 0
  AND JSONExtractString(original, 'message_id') = {messageId: String}
ORDER BY stored_at DESC
LIMIT 1`,
}

/** Why it was refused, by collect or by ClickHouse. */
export async function findRefusal(reader: Reader, messageId: string): Promise<Refusal | undefined> {
  const params: Params = { messageId, quoted: JSON.stringify(messageId) }
  const [refused, dead] = await Promise.all([
    query<Refusal>(reader, refusedQuery, params),
    query<Refusal>(reader, deadQuery, params),
  ])
  return refused[0] ?? dead[0]
}
