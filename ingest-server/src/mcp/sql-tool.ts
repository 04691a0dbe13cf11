/** A question in SQL, where no other tool answers it. */
import { z } from 'zod'
import { counted, limitOf, tool } from './tool.js'

export const querySqlTool = tool({
  name: 'query_sql',
  title: 'Ask in SQL',
  description:
    'One SELECT (ClickHouse SQL) over this project’s own tables and views, read only: touchpoints, persons, accounts, journeys, ' +
    'conversions, silent_gaps, stage_entries, segment_members, scores, user_timeline(project = …, id = …), account_timeline(…). ' +
    'SHOW TABLES and DESCRIBE TABLE tell what there is. Prefer the other tools: they know what the numbers mean. Aggregate; rows are few.',
  input: z.strictObject({
    sql: z.string().trim().min(1).max(20_000).describe('One statement, without FORMAT'),
    limit: limitOf(200, 50),
  }),
  async answer({ sql, limit }, context) {
    const { columns, rows, hasMore } = await context.sql(sql, limit)
    return {
      said: `${counted(rows.length, 'row')} of ${counted(columns.length, 'column')}${hasMore ? '; there are more, which are not shown' : ''}.`,
      data: { columns, rows, hasMore },
    }
  },
})
