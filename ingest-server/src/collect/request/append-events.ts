/** What was accepted → the log, then the counters. The answer may leave once this has resolved. */
import type { Counter } from 'prom-client'
import type { Project } from '../../projects/project.js'
import type { Metrics } from '../../metrics.js'
import { TouchlineError } from '../../errors.js'
import type { EventLog, LogRecord } from '../../log/log.js'
import type { Outcome } from '../accept/accept.js'

type ProjectCounters = Record<'received' | 'rejected' | 'appended', Counter.Internal>

/** Resolves when the log holds every line of `outcome`; rejects with LOG_UNAVAILABLE or LOG_FULL, and counts nothing then. */
export function appendTo(log: EventLog, metrics: Metrics) {
  const countersOf = boundCounters(metrics)
  return async (outcome: Outcome, project: Project): Promise<void> => {
    const records = recordsOf(outcome, project)
    if (records.length > 0) {
      const startedAt = performance.now()
      try {
        await log.append(records)
      } catch (cause) {
        // Whatever an adapter throws, the client may send again: never a 4xx or a 500 for a log that did not confirm.
        throw cause instanceof TouchlineError
          ? cause
          : new TouchlineError('LOG_UNAVAILABLE', undefined, { cause })
      }
      // Not after a rejection: what timed out may still be on its way.
      outcome.release()
      metrics.appendSeconds.observe((performance.now() - startedAt) / 1_000)
    }
    const counters = countersOf(project.id)
    counters.received.inc(outcome.accepted + outcome.rejected.length)
    if (outcome.rejected.length > 0) counters.rejected.inc(outcome.rejected.length)
    if (outcome.accepted > 0) counters.appended.inc(outcome.accepted)
  }
}

function recordsOf(outcome: Outcome, project: Project): LogRecord[] {
  const records: LogRecord[] = []
  const { accepted, lines, rejected, rejectedLines } = outcome
  if (accepted > 0) {
    records.push({ table: 'events', lines, rows: { [project.id]: accepted } })
  }
  if (rejected.length > 0) {
    records.push({
      table: 'rejected_events',
      lines: rejectedLines,
      rows: { [project.id]: rejected.length },
    })
  }
  return records
}

/** prom-client finds a counter by hashing its labels, each time; a project's counters are looked up once. */
function boundCounters(metrics: Metrics): (project: string) => ProjectCounters {
  const known = new Map<string, ProjectCounters>()
  return (project) => {
    let counters = known.get(project)
    if (!counters) {
      counters = {
        received: metrics.received.labels({ project }),
        rejected: metrics.rejected.labels({ project }),
        appended: metrics.appended.labels({ project }),
      }
      known.set(project, counters)
    }
    return counters
  }
}
