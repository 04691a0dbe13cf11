/** Whether everything that came in is accounted for: the equation of the pipeline, of one project (docs/operating.md). */
import { errors, lineAnswer, type Line } from '@touchline/schemas/api'
import { statfs } from 'node:fs/promises'
import type { Counter } from 'prom-client'
import { query, type NamedQuery } from '../../clickhouse/query.js'
import { p95Of, type Metrics } from '../../metrics.js'
import { readerFor, type Api, type TimelineDeps } from '../context.js'
import { isoTime } from '../../clock.js'

const refusedQuery: NamedQuery = {
  name: 'line-refused',
  sql: `
SELECT toString(code) AS code, count() AS n, min(received_at) AS first, max(received_at) AS last,
  substringUTF8(argMax(original, received_at), 1, 2000) AS example
FROM rejected_events WHERE project = {project: String}
GROUP BY code ORDER BY n DESC, code LIMIT 100`,
}

export function addLine(api: Api, deps: TimelineDeps): void {
  const { log, metrics, clock, localDir, isWholeLine = false } = deps
  api.route({
    method: 'GET',
    url: '/v1/health/line',
    schema: {
      summary:
        'Whether everything that came in is accounted for, what waits and for how long, and what was refused',
      description:
        'received = refused + inLog; inLog = handled + waiting; handled = stored + deadLetters. Since the process started; of several processes it says what the one that answers did; lag and reasons of refusals are of all.',
      tags: ['Explorer'],
      response: { 200: lineAnswer, ...errors },
    },
    async handler(request) {
      const reader = readerFor(request, deps)
      const lagBefore = await log.lag()
      const counts = await countsOf(metrics, reader.project)
      const [refusedByReason, lagAfter, disk, insertP95Ms, stitchAgeMs] = await Promise.all([
        query<Line['refusedByReason'][number]>(reader, refusedQuery),
        log.lag(),
        localDir === undefined ? undefined : statfs(localDir).catch(() => undefined),
        p95Of(metrics.insertSeconds),
        stitchAgeOf(metrics),
      ])
      const isEmpty = lagBefore.records === 0 && lagAfter.records === 0
      return {
        since: isoTime(clock() - performance.now()),
        at: isoTime(clock()),
        scope: isWholeLine ? ('all' as const) : ('process' as const),
        ...counts,
        differences: differencesIn(counts, { isEmpty: isEmpty && isWholeLine }),
        lag: lagAfter.records,
        oldestWaitingMs: lagAfter.oldestMs,
        insertP95Ms,
        stitchAgeMs,
        diskFreeBytes: disk === undefined ? null : disk.bavail * disk.bsize,
        refusedByReason,
      }
    },
  })
}

type Counts = Pick<
  Line,
  | 'received'
  | 'refused'
  | 'accepted'
  | 'inLog'
  | 'handled'
  | 'waiting'
  | 'stored'
  | 'deadLetters'
  | 'fromBefore'
>

/** All read in one turn, in which no counter moves. */
async function countsOf(metrics: Metrics, project: string): Promise<Counts> {
  const of = (counter: Counter<'project'>) =>
    counter.get().then(({ values }) => values.find(({ labels }) => labels.project === project)?.value ?? 0)
  const [received, refused, inLog, stored, deadLetters] = await Promise.all([
    of(metrics.received),
    of(metrics.rejected),
    of(metrics.appended),
    of(metrics.inserted),
    of(metrics.deadLettered),
  ])
  return toCounts({ received, refused, inLog, stored, deadLetters })
}

export function toCounts(
  counted: Pick<Counts, 'received' | 'refused' | 'inLog' | 'stored' | 'deadLetters'>,
): Counts {
  const { inLog, stored, deadLetters } = counted
  const handled = stored + deadLetters
  return {
    ...counted,
    accepted: inLog,
    handled,
    waiting: Math.max(0, inLog - handled),
    // What a former process left in the log and this one handled.
    fromBefore: Math.max(0, handled - inLog),
  }
}

/** Equations that do not hold. With an empty log nothing may be waiting; before, nobody can say how much should be. */
export function differencesIn(
  { received, refused, inLog, handled, fromBefore }: Counts,
  { isEmpty }: { isEmpty: boolean },
): Line['differences'] {
  const equations = [
    { name: 'received = refused + inLog', left: received, right: refused + inLog },
    ...(isEmpty ? [{ name: 'inLog + fromBefore = handled', left: inLog + fromBefore, right: handled }] : []),
  ]
  return equations.filter(({ left, right }) => left !== right)
}

async function stitchAgeOf({ stitchLagSeconds }: Metrics): Promise<number | null> {
  const [value] = (await stitchLagSeconds.get()).values
  return value === undefined ? null : value.value * 1_000
}
