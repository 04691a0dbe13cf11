/** The routes of the reading API over the invented company, its touchpoints and definitions. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedLog } from '../../ingest-server/src/log/embedded/embedded-log.js'
import { rebuildTouchpoints } from '../../ingest-server/src/touchpoints/upkeep/rebuild.js'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../clickhouse.js'
import { startTimelineApi, type TimelineApi } from '../timeline-api.js'
import { companyDefinitions, storeCompany } from './invented-company.js'

export interface CompanyApi {
  clickhouse: TestClickHouse
  server: TimelineApi
  close(): Promise<void>
}

/** Rejects where a definition is refused. */
export async function startCompanyApi(): Promise<CompanyApi> {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-company-'))
  const clickhouse = await startTestClickHouse()
  const log = await openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger })
  const server = await startTimelineApi({ clickhouse, log })
  await storeCompany(clickhouse.app)
  await rebuildTouchpoints({ clickhouse })
  for (const [path, payload] of Object.entries(companyDefinitions)) {
    const headers = { authorization: 'Bearer secret' }
    const answer = await server.app.inject({
      method: 'PUT',
      url: `/v1/definitions/${path}`,
      headers,
      payload,
    })
    if (answer.statusCode >= 300) throw new Error(`${path}: ${answer.body}`)
  }
  return {
    clickhouse,
    server,
    async close() {
      await server.close()
      await log.close()
      await clickhouse.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
