/** Touchpoints of so many events, as cheaply as they can be had: those of a few people are formed, the others' are copies. */
import { rebuildTouchpoints } from '../../ingest-server/src/touchpoints/upkeep/rebuild.js'
import type { OpenedClickHouse } from '../../ingest-server/src/clickhouse/open-clickhouse.js'
import { copyTouchpoints, eventsPerPerson, insertEvents, insertPeople, merge } from '../touchpoints/data.js'
import { insertDeals } from './deals.js'

const formed = 100_000

/** The events behind the copies are not inserted, since no question over everybody reads them. */
export async function fillJourneys(clickhouse: OpenedClickHouse, events: number): Promise<void> {
  await insertEvents(clickhouse, 0, formed)
  await rebuildTouchpoints({ clickhouse })
  await insertPeople(clickhouse, formed, events)
  await copyTouchpoints(clickhouse, formed / eventsPerPerson, events / eventsPerPerson)
  await insertDeals(clickhouse)
  for (const table of ['touchpoints_of_people', 'touchpoints_of_accounts']) await merge(clickhouse, table)
}
