/** Forms everybody's touchpoints anew, as fast as it can. */
import type { ClickHouse } from '../../clickhouse/clickhouse.js'
import type { Reader } from '../../clickhouse/query.js'
import { databaseTime, writeProgress } from '../../projections/lease-table.js'
import { groupBy } from '../../group-by.js'
import type { SweepState } from '../../projections/share.js'
import { openVersions } from '../../projections/versions.js'
import { nothing, reformPeople, sum, type Reformed } from './reform.js'
import { readSweepPage, sweepStart, type SweepPosition } from './sweep.js'

/** The work is cut into so many parts. */
export const usualSlots = 16
const pageSize = 2_000

/** With the server stopped, for it holds no leases. `onPage` hears how many people are done. */
export async function rebuildTouchpoints(
  { clickhouse: { app: client } }: { clickhouse: Pick<ClickHouse, 'app'> },
  onPage?: (people: number) => void,
): Promise<Reformed> {
  const versions = openVersions(client, 'touchpoints_of_people')
  const startedAt = await databaseTime(client)
  let total = nothing
  for (let position: SweepPosition | undefined = sweepStart; position;) {
    const page = await readSweepPage(client, position, pageSize)
    for (const [project, people] of groupBy(page.people, ({ project }) => project)) {
      const source: Reader = { client, project, signedOnly: false }
      const reformed = await reformPeople(
        { source, versions, mayWrite: () => true },
        people.map(({ person }) => person),
      )
      total = sum(total, reformed)
    }
    onPage?.(total.people)
    position = page.next
  }
  // The process that keeps the table from now on need not fill it once more.
  const sweep = JSON.stringify({ position: sweepStart, rounds: 1 } satisfies SweepState<SweepPosition>)
  await writeProgress(client, 'touchpoints', { slots: usualSlots, settledUntil: startedAt, sweep })
  return total
}
