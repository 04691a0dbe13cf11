/** The tables whose rows pass through the log, named as in ClickHouse; each is a topic of Kafka. */
export const logTables = [
  'events',
  'rejected_events',
  'erasures',
  'definitions',
  'costs',
  'segment_transitions',
  'segment_additions',
  'handoff_records',
  'program_facts',
  'deliveries_decided',
  'delivery_attempts',
  'change_records',
  'imports',
] as const

export type LogTable = (typeof logTables)[number]

/**
 * What the sender has too or what can be brought in again may end with the log's retention. All other tables hold what was
 * decided, spent or sent once and by nobody else: without it a replay would do it again.
 */
const passing: ReadonlySet<LogTable> = new Set(['events', 'rejected_events', 'imports'])

export const isKeptForEver = (table: LogTable): boolean => !passing.has(table)
