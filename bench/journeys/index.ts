/**
 * Questions over journeys, as HTTP answers them: p50 and p95 beside a full scan of everybody's touchpoints in the same run.
 * Half a million people in 40,000 accounts, 2,000 of which won.
 *
 *     npm run bench -- journeys            10,000,000 events
 *     npm run bench -- journeys 1000000    a tenth: from the one to the other it should cost no more than ten times
 */
import { startTestClickHouse } from '../../test-support/clickhouse.js'
import { startTimelineApi } from '../../test-support/timeline-api.js'
import { rounded } from '../report.js'
import { fillJourneys } from './data.js'
import { measureQuestions } from './measure.js'

const now = Date.parse('2027-02-01T00:00:00Z')

async function measure(events: number): Promise<void> {
  const clickhouse = await startTestClickHouse()
  const log = { lag: async () => ({ records: 0, bytes: 0, oldestMs: 0 }), append: async () => undefined }
  const server = await startTimelineApi({ clickhouse, log: log as never, clock: () => now })
  try {
    await fillJourneys(clickhouse, events)
    const { reader, embedded } = clickhouse
    await measureQuestions({ reader, pid: embedded?.pid(), server }, `journeys: ${rounded(events)} events`)
  } finally {
    await server.close()
    await clickhouse.close()
  }
}

await measure(Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? 10_000_000))
