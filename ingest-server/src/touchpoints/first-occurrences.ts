/** Kinds of touchpoints that are shown the first time only, where only a part of a timeline was read. */
import { queryRows, type Reader } from '../clickhouse/query.js'
import { conditionsOf, type RowsWanted } from './rows.js'
import type { Touchpoint } from './touchpoint.js'
import { firstKey } from './touchpoints.js'

// Of each message the first received copy, then of each identifier and account the first message.
const firstOccurrencesSql = (conditions: string) => `
SELECT said.1, said.2, said.3, said.4, toUnixTimestamp64Milli(min(said.5))
FROM (
  SELECT argMin((type, user_id, email, group_id, occurred_at), (received_at, batch_index)) AS said
  FROM events
  WHERE project = {project: String} AND subject IN {subjects: Array(String)} AND type IN ('identify', 'group') AND kind = ''
    AND NOT has(memberships.left, true)${conditions}
  GROUP BY message_id
)
GROUP BY said.1, said.2, said.3, said.4`

/** `identified` and `joined_account` come once each: in a window only if there was none before it. */
export async function keepFirstOccurrences(
  reader: Reader,
  wanted: RowsWanted,
  touchpoints: Touchpoint[],
): Promise<Touchpoint[]> {
  const isFirst = ({ kind }: Touchpoint) => kind === 'identified' || kind === 'joined_account'
  if (!touchpoints.some(isFirst)) return touchpoints
  const { sql, params } = conditionsOf(wanted)
  const rows = await queryRows<[string, string, string, string, number]>(
    reader,
    { name: 'first-occurrences', splitBy: 'subjects', sql: firstOccurrencesSql(sql) },
    { ...params, subjects: wanted.subjects },
  )
  const firstOccurrences = new Map<string, number>()
  for (const [type, userId, email, groupId, at] of rows) {
    const key = firstKey({ type, userId, email, groupId })
    firstOccurrences.set(key, Math.min(firstOccurrences.get(key) ?? Infinity, at))
  }
  return touchpoints.filter(
    (one) => !isFirst(one) || one.at <= (firstOccurrences.get(firstKey(one.lead)) ?? one.at),
  )
}
