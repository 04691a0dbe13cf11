/**
 * What a read-only user may use at most; the same on the embedded server (a profile in users.xml), on a server
 * of one's own (a settings profile, see grants.ts), and for a reader that is the same user as the writer.
 */
import { gibibyte } from '../units.js'

export interface Caps {
  /** No client can go above these; the least is 1, because ClickHouse takes 0 for "no limit". */
  limits: Readonly<Record<string, number>>
  /** No client can change these. */
  fixed: Readonly<Record<string, string | number>>
}

/** Answers over HTTP: short, or better not at all. */
export const readerCaps = capsOf({ seconds: 15, memoryBytes: gibibyte, resultRows: 200_000, queries: 32 })

/** People and their tools may think longer. */
export const analystCaps = capsOf({
  seconds: 120,
  memoryBytes: 2 * gibibyte,
  resultRows: 10_000_000,
  queries: 8,
})

function capsOf(caps: {
  seconds: number
  memoryBytes: number
  resultRows: number
  /** Of one user at the same time. */
  queries: number
}): Caps {
  return {
    limits: {
      max_execution_time: caps.seconds,
      max_memory_usage: caps.memoryBytes,
      max_memory_usage_for_user: 2 * caps.memoryBytes,
      max_result_rows: caps.resultRows,
      max_concurrent_queries_for_user: caps.queries,
      max_threads: 4,
    },
    fixed: {
      // 2 and not 1: every client chooses how results are written, which is a setting too.
      readonly: 2,
      result_overflow_mode: 'throw',
      timeout_overflow_mode: 'throw',
      allow_ddl: 0,
      allow_introspection_functions: 0,
      // An aborted HTTP request stops its query, so a person who reloads does not pile up scans.
      cancel_http_readonly_queries_on_client_close: 1,
      // Only touchpoints are partitioned, by a time that is in their key: FINAL need not look across partitions.
      do_not_merge_across_partitions_select_final: 1,
    },
  }
}
