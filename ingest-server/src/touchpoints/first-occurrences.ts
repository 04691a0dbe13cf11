/** What comes once each, where only a part of a timeline was read. */
import { queryRows, type Reader } from '../clickhouse/query.js'
import { conditionsOf, type RowsWanted } from './rows.js'
import type { Touch } from './touchpoints.js'

const firstsSql = `
SELECT type, user_id, email, group_id, toUnixTimestamp64Milli(min(occurred_at))
FROM events FINAL
WHERE project = {project: String} AND subject IN {subjects: Array(String)} AND type IN ('identify', 'group') AND kind = ''
  AND NOT has(memberships.left, true)`

/** `identified` and `joined_account` come once each: in a window only if there was none before it. */
export async function dropRepeatedFirsts(
  reader: Reader,
  wanted: RowsWanted,
  touches: Touch[],
): Promise<Touch[]> {
  const isFirst = ({ kind }: Touch) => kind === 'identified' || kind === 'joined_account'
  if (!touches.some(isFirst)) return touches
  const { sql, params } = conditionsOf(wanted)
  const rows = await queryRows<[string, string, string, string, number]>(
    reader,
    {
      name: 'first-occurrences',
      splitBy: 'subjects',
      sql: `${firstsSql}${sql} GROUP BY type, user_id, email, group_id`,
    },
    { ...params, subjects: wanted.subjects },
  )
  const firsts = new Map<string, number>()
  for (const [type, userId, email, groupId, at] of rows) {
    const key = type === 'group' ? `group ${groupId}` : userId !== '' ? `user ${userId}` : `email ${email}`
    firsts.set(key, Math.min(firsts.get(key) ?? Infinity, at))
  }
  return touches.filter((touch) => !isFirst(touch) || touch.at <= (firsts.get(firstKeyOf(touch)) ?? touch.at))
}

const firstKeyOf = ({ kind, lead }: Touch) =>
  kind === 'joined_account'
    ? `group ${lead.groupId}`
    : lead.userId !== ''
      ? `user ${lead.userId}`
      : `email ${lead.email}`
