/** What is measured when it is asked for (the log's lag, the disk), and counters that are there before they count. */
import { statfs } from 'node:fs/promises'
import type { EventLog } from './log/log.js'
import type { Metrics } from './metrics.js'
import type { OpenErasures } from './erasure/waiting.js'
import type { OpenedProjects } from './projects/projects.js'

interface Watched {
  log: Pick<EventLog, 'lag'>
  projects: Pick<OpenedProjects, 'all' | 'onChange'>
  /** Where the embedded log and ClickHouse are; undefined where both are other servers. */
  dataDir: string | undefined
  /** Undefined while erasures have not begun, or another process carries them out. */
  openErasures?: () => OpenErasures | undefined
}

/** Statuses of collecting answers that alerts ask about. */
const statuses = [200, 400, 401, 403, 413, 429, 500, 503]

export function watchMetrics(
  metrics: Metrics,
  { log, projects, dataDir, openErasures = () => undefined }: Watched,
): void {
  for (const status of statuses) metrics.requests.inc({ status: String(status) }, 0)
  // rate() and increase() miss the first count of a series that was not there before it.
  const byProject = [
    metrics.received,
    metrics.rejected,
    metrics.appended,
    metrics.inserted,
    metrics.deadLettered,
    metrics.repeated,
    metrics.unwanted,
  ]
  const begin = () => {
    for (const { id: project } of projects.all()) for (const counter of byProject) counter.inc({ project }, 0)
  }
  begin()
  projects.onChange(begin)

  metrics.whenScraped(async () => {
    const lag = await log.lag().catch(() => undefined)
    if (lag === undefined) {
      // The lag of a log that cannot report it is absent, not 0.
      for (const gauge of [metrics.logRecords, metrics.logBytes, metrics.logOldestSeconds]) gauge.remove()
      return
    }
    metrics.logRecords.set(lag.records)
    metrics.logBytes.set(lag.bytes)
    metrics.logOldestSeconds.set(lag.oldestMs / 1_000)
  })
  metrics.whenScraped(async () => {
    const open = openErasures()
    if (open === undefined) return
    const stopped = open.erasures.filter(({ isStopped }) => isStopped).length
    metrics.erasuresOpen.set({ state: 'stopped' }, stopped)
    metrics.erasuresOpen.set({ state: 'running' }, open.erasures.length - stopped)
  })
  if (dataDir === undefined) return
  metrics.whenScraped(async () => {
    const disk = await statfs(dataDir).catch(() => undefined)
    if (disk === undefined) return
    metrics.diskFreeBytes.set(disk.bavail * disk.bsize)
    metrics.diskSizeBytes.set(disk.blocks * disk.bsize)
  })
}
