/**
 * Inserts lines as they stand in the log: raw bytes in, no work per row. Sending the same lines again is
 * always safe, because every table is idempotent by its key; deduplication tokens are never used (on a plain
 * MergeTree they lose acknowledged data on a crash).
 */
import { Readable } from 'node:stream'
import { ClickHouseError, type ClickHouseClient, type ClickHouseSettings } from '@clickhouse/client'

const settings: ClickHouseSettings = {
  insert_deduplicate: 0,
  async_insert: 0,
  // `properties`, `traits` and `context` stand in a line as nested JSON and are kept as text, as sent.
  input_format_json_read_objects_as_strings: 1,
  input_format_json_read_numbers_as_strings: 1,
  input_format_json_read_bools_as_strings: 1,
  input_format_json_read_arrays_as_strings: 1,
  input_format_json_named_tuples_as_objects: 1,
  input_format_json_defaults_for_missing_elements_in_named_tuple: 1,
  date_time_input_format: 'best_effort',
  input_format_skip_unknown_fields: 1,
  input_format_null_as_default: 1,
  input_format_defaults_for_omitted_fields: 1,
  // Rows are made one by FINAL and by merges; doing it in each insert as well costs a sixth of the insert.
  optimize_on_insert: 0,
  // Cutting a few megabytes for several threads costs more CPU than it saves time; store inserts side by side.
  input_format_parallel_parsing: 0,
  // What happened in forty years is of more quarters than ClickHouse takes in one insert by default.
  max_partitions_per_insert_block: '0',
  // One block an insert, so that what is acknowledged is one part, and the views' rows another each.
  max_insert_block_size: '1048576',
}

/**
 * Resolves when ClickHouse has acknowledged the insert, rows and views. Rejects with ClickHouse's own error
 * (`code`), or a connection's; then the rows may be there, whole or in part, and sending them again is safe.
 */
export async function insertLines(
  app: ClickHouseClient,
  table: string,
  lines: Buffer | readonly Buffer[],
  signal?: AbortSignal,
): Promise<void> {
  // The client only hears a signal that is given later.
  signal?.throwIfAborted()
  const chunks = Buffer.isBuffer(lines) ? [lines] : lines
  const answer = await app.exec({
    query: `INSERT INTO ${table} FORMAT JSONEachRow`,
    values: Readable.from(chunks, { objectMode: false }),
    clickhouse_settings: settings,
    ...(signal === undefined ? {} : { abort_signal: signal }),
  })
  for await (const _ of answer.stream) {
    // An insert answers with nothing; reading it to the end frees the connection.
  }
}

/**
 * True when ClickHouse will never take these bytes: what they say cannot be read or stored. Bisect, and set
 * the bad line aside. False for everything else, known or not: try again for ever, and lose nothing.
 */
export function isRefusal(error: unknown): boolean {
  return error instanceof ClickHouseError && refusals.has(Number(error.code))
}

/**
 * ClickHouse's error codes that speak about the data itself; those that lines broken at every place and in many
 * ways were seen to give, and their kin. Any of them may also blame a good line's neighbour, so a line is set
 * aside only when it is refused alone.
 */
const refusals = new Set([
  6, // CANNOT_PARSE_TEXT
  25, // CANNOT_PARSE_ESCAPE_SEQUENCE
  26, // CANNOT_PARSE_QUOTED_STRING
  27, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  32, // ATTEMPT_TO_READ_AFTER_EOF: the line ends too early
  33, // CANNOT_READ_ALL_DATA: likewise
  38, // CANNOT_PARSE_DATE
  41, // CANNOT_PARSE_DATETIME
  53, // TYPE_MISMATCH
  69, // ARGUMENT_OUT_OF_BOUND
  70, // CANNOT_CONVERT_TYPE
  72, // CANNOT_PARSE_NUMBER
  117, // INCORRECT_DATA
  128, // TOO_LARGE_ARRAY_SIZE
  130, // CANNOT_READ_ARRAY_FROM_TEXT
  131, // TOO_LARGE_STRING_SIZE
  306, // TOO_DEEP_RECURSION
  321, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  467, // CANNOT_PARSE_BOOL
])
