/**
 * The log: a port with two adapters (embedded, Kafka), each held to the one contract suite in
 * test/log-contract.ts. Nothing in the pipeline depends on the order of records.
 */

import type { LogTable } from '../log-tables.js'

export type { LogTable }

/**
 * One entry of the log.
 *
 *     lines = row LF { row LF }          each row one JSON object, as ClickHouse's JSONEachRow reads it
 *
 * One HTTP batch is one record. An adapter may join records of one table into one message of lines.
 */
export interface LogRecord {
  readonly table: LogTable
  /** UTF-8, every row ends with a line feed. */
  readonly lines: Buffer
  /** How many rows of which project `lines` holds; the exact counters of /metrics come from this. */
  readonly rows: Readonly<Record<string, number>>
}

export interface ReadRecord extends LogRecord {
  /** Where the record stands, for people and dead letters: `embedded/000000012`, `touchline.events/3/8812`. */
  readonly position: string
  /** The same for each delivery and each copy of what was appended once; where it is absent, `position` says it. */
  readonly id?: string
}

/** Where something stands in a log of several parts: a part's offsets rise, and are told in their order. */
export interface Place {
  readonly part: string
  readonly offset: bigint
}

export interface PlacedRecord extends LogRecord {
  readonly place: Place
}

export interface TailWatcher {
  /** Each once, whoever appended it; must be quick and not throw. */
  appended(records: readonly PlacedRecord[]): void
  /** Of each of these parts everything before the offset was handled; said again and again. */
  handledBefore(places: readonly Place[]): void
}

export interface Tail {
  /** Resolves once everything was told that was appended before this call, or after 2 s where that cannot be. */
  caughtUp(): Promise<void>
  /** The log does not answer at the moment; what is appended meanwhile is told once it does. */
  isAway(): boolean
  stop(): void
}

export interface LogLag {
  /** Records appended and not yet handled. */
  records: number
  bytes: number
  /** Age of the oldest one not yet handled, 0 when there is none. */
  oldestMs: number
  /** Why reading does not go on, where only people can mend it. */
  problem?: string
}

export interface EventLog {
  /**
   * Resolves only when the records survive losing this process (fsync, or acks=all). Rejects with
   * LOG_UNAVAILABLE (or LOG_FULL) within a bounded time; then they may or may not be there. Their bytes may be
   * written over once it has resolved; after a rejection somebody may still read them.
   */
  append(records: readonly LogRecord[]): Promise<void>
  /**
   * Calls `handle` with batches until `signal` aborts, one call at a time. A batch is marked done after
   * `handle` resolves, never before: a crash or a rejection delivers it again.
   */
  read(handle: (batch: readonly ReadRecord[]) => Promise<void>, signal: AbortSignal): Promise<void>
  lag(): Promise<LogLag>
  /**
   * Notes where the log ends now. What is answered says, as often as it is asked, whether everything until there was
   * handled; by places in the log and by no clock, for one may have been set back since something was appended.
   */
  noteEnd(): Promise<() => Promise<boolean>>
  /**
   * Tells what every process appends to `events` and `rejected_events` from the call on, and marks nothing. Absent where only
   * this process appends.
   */
  tail?(watcher: TailWatcher): Tail
  /**
   * Calls `handle` with everything that is still kept up to now, handled or not, in no order that matters;
   * marks nothing and may run beside a reader. What `touchline replay` rebuilds ClickHouse from.
   */
  replay(handle: (batch: readonly ReadRecord[]) => Promise<void>, signal?: AbortSignal): Promise<void>
  /**
   * Rewrites everything that is kept without the lines that `keepLine` refuses, so that they stand in no file
   * any more when it resolves, with how many they were. Appends go on. Absent where the log cannot forget:
   * Kafka's copy ends with the topic's retention.
   */
  rewrite?(keepLine: (line: Buffer, table: LogTable) => boolean): Promise<number>
  /** Finishes what was appended, ends the reader, then rejects every append. */
  close(): Promise<void>
}
