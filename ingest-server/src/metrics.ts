/**
 * The exact counters of the pipeline, per project, and what else an operator watches. Two sums always hold:
 *
 *     received = rejected + appended
 *     appended = handled + in flight,  handled = inserted + dead-lettered
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const events = (name: string, help: string) =>
    new Counter({
      name: `touchline_events_${name}_total`,
      help,
      labelNames: ['project'],
      registers: [registry],
    })
  const measures: (() => Promise<void>)[] = []
  // Without a value until it is measured: of several processes those that measure nothing must not say 0.
  let measuring: Promise<void> | undefined
  // All gauges are read at once: the first that is asked measures for all.
  const collect = () =>
    (measuring ??= Promise.all(measures.map((measure) => measure()))
      .then(() => undefined)
      .finally(() => (measuring = undefined)))
  const measured = <Label extends string = never>(name: string, help: string, labelNames: Label[] = []) => {
    const gauge = new Gauge({
      name: `touchline_${name}`,
      help,
      labelNames,
      aggregator: 'max',
      registers: [registry],
      collect,
    })
    if (labelNames.length === 0) gauge.remove()
    return gauge
  }
  return {
    registry,
    /** Called before each answer of /metrics, which waits for it. */
    whenScraped: (measure: () => Promise<void>) => void measures.push(measure),
    logRecords: measured('log_lag_records', 'Records appended to the log and not yet handled'),
    logBytes: measured('log_lag_bytes', 'Their bytes'),
    logOldestSeconds: measured('log_lag_oldest_seconds', 'Age of the oldest record not yet handled'),
    diskFreeBytes: measured('disk_free_bytes', 'Free bytes of the disk under DATA_DIR'),
    diskSizeBytes: measured('disk_size_bytes', 'Size of the disk under DATA_DIR'),
    erasuresOpen: measured(
      'erasures_open',
      'Erasures that are not finished: running, or stopped where the last try failed',
      ['state'],
    ),
    received: events('received', 'Events read from answered (2xx) requests'),
    rejected: events('rejected', 'Events refused one by one, kept in rejected_events'),
    appended: events('appended', 'Events confirmed durable by the log'),
    inserted: events('inserted', 'Events whose insert ClickHouse acknowledged'),
    deadLettered: events('dead_lettered', 'Events that ClickHouse refused, kept in dead_letters'),
    repeated: events(
      'repeated',
      'Events that the log delivered again; stored once, counted as inserted once',
    ),
    unwanted: events(
      'unwanted',
      'Events not taken because the browser asked for it (GPC, DNT); not counted as received',
    ),
    requests: new Counter({
      name: 'touchline_collect_requests_total',
      help: 'Collecting requests by status',
      labelNames: ['status'],
      registers: [registry],
    }),
    appendSeconds: new Histogram({
      name: 'touchline_log_append_seconds',
      help: 'Time until the log confirmed',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers: [registry],
    }),
    insertSeconds: new Histogram({
      name: 'touchline_store_insert_seconds',
      help: 'Time until ClickHouse took an insert',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
      registers: [registry],
    }),
    insertRetries: new Counter({
      name: 'touchline_store_insert_retries_total',
      help: 'Inserts tried again because ClickHouse did not take them',
      registers: [registry],
    }),
    querySeconds: new Histogram({
      name: 'touchline_query_seconds',
      help: 'Time until ClickHouse had answered a query, by its name',
      labelNames: ['query'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
      registers: [registry],
    }),
    queryFailures: new Counter({
      name: 'touchline_query_failures_total',
      help: 'Queries that ClickHouse did not answer or refused, by name and code of the error',
      labelNames: ['query', 'code'],
      registers: [registry],
    }),
    touchpoints: touchpointMetrics(registry),
    engage: engageMetrics(registry),
    programs: programMetrics(registry),
    deliveries: deliveryMetrics(registry),
    stitchLagSeconds: new Gauge({
      name: 'touchline_stitch_lag_seconds',
      help: 'Age of the oldest link that stitch has not looked at',
      aggregator: 'max',
      registers: [registry],
    }),
  }
}

/** The upper bound of the bucket below which 95 % lie, in milliseconds; null where nothing was measured. */
export async function p95Of(histogram: Histogram): Promise<number | null> {
  const { values } = await histogram.get()
  const buckets = values.filter(({ metricName }) => metricName?.endsWith('_bucket') === true)
  const most = buckets.find(({ labels }) => labels.le === '+Inf')?.value ?? 0
  if (most === 0) return null
  const found = buckets.find(({ value }) => value >= 0.95 * most)?.labels.le
  return typeof found === 'number' ? found * 1_000 : null
}

/** The upkeep of segments, scores and hand-offs. */
function engageMetrics(registry: Registry) {
  const gauge = (name: string, help: string, aggregator: 'max' | 'sum') =>
    new Gauge({ name: `touchline_engage_${name}`, help, aggregator, registers: [registry] })
  const counter = (name: string, help: string) =>
    new Counter({ name: `touchline_engage_${name}_total`, help, registers: [registry] })
  return {
    lagSeconds: gauge(
      'lag_seconds',
      'Age of the oldest change whose segments and scores were not looked at',
      'max',
    ),
    slots: gauge('slots', 'Parts of the work that this process does', 'sum'),
    subjects: counter('subjects', 'Persons and accounts that were looked at because something changed'),
    transitions: counter('transitions', 'Entries into and leaves of segments that were recorded'),
    handoffs: counter('handoffs', 'Hand-offs that were recorded because a score crossed its threshold'),
    passSeconds: new Histogram({
      name: 'touchline_engage_pass_seconds',
      help: 'Time of one look at who changed, with what was recorded for it',
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
      registers: [registry],
    }),
  }
}

/** What programs do; by project. */
function programMetrics(registry: Registry) {
  const counter = (name: string, help: string) =>
    new Counter({
      name: `touchline_program_${name}_total`,
      help,
      labelNames: ['project'],
      registers: [registry],
    })
  return {
    steps: counter('steps', 'Facts of runs that were written: entries, steps, acts, ends'),
    acts: counter('acts', 'Acts, each once for its step'),
    ended: counter('runs_ended', 'Runs that ended, by whatever reason'),
    held: counter('held', 'Acts that had to wait for the end of quiet hours or for a cap'),
    waiting: new Gauge({
      name: 'touchline_program_runs_waiting',
      help: 'Runs that this process holds and that wait',
      aggregator: 'sum',
      registers: [registry],
    }),
  }
}

/** decided = delivered + given up + waiting + handed over, exactly, of what this process took up. */
function deliveryMetrics(registry: Registry) {
  const counter = (name: string, help: string) =>
    new Counter({
      name: `touchline_deliveries_${name}_total`,
      help,
      labelNames: ['project'],
      registers: [registry],
    })
  return {
    decided: counter(
      'decided',
      'Deliveries that this process took up: decided, found at its start, asked for again',
    ),
    delivered: counter('delivered', 'Deliveries that their endpoint took'),
    gaveUp: counter(
      'given_up',
      'Deliveries that nobody took within seven days, or whose endpoint is gone (410)',
    ),
    handedOver: counter(
      'handed_over',
      'Deliveries that another process goes on with, or whose subject was erased',
    ),
    tries: counter('tries', 'Requests to endpoints, those that failed too'),
    waiting: new Gauge({
      name: 'touchline_deliveries_waiting',
      help: 'Deliveries that wait in this process',
      labelNames: ['project'],
      aggregator: 'sum',
      registers: [registry],
    }),
  }
}

/** The upkeep of the table of touchpoints. */
function touchpointMetrics(registry: Registry) {
  const gauge = (name: string, help: string, aggregator: 'max' | 'sum') =>
    new Gauge({ name: `touchline_touchpoints_${name}`, help, aggregator, registers: [registry] })
  const counter = (name: string, help: string) =>
    new Counter({ name: `touchline_touchpoints_${name}_total`, help, registers: [registry] })
  return {
    lagSeconds: gauge('lag_seconds', 'Age of the oldest change whose touchpoints are not formed', 'max'),
    filling: gauge('filling', '1 while the table is filled for the first time', 'max'),
    waiting: gauge('waiting', 'People who wait to be formed whole', 'sum'),
    slots: gauge('slots', 'Parts of the work that this process does', 'sum'),
    people: counter('people', 'People whose touchpoints were formed'),
    recent: counter('recent', 'People of whom only the last visit had to be formed, among these'),
    events: counter('events', 'Events that were read for it, copies too'),
    written: counter('written', 'Rows that were written, those that say that one is gone too'),
  }
}
