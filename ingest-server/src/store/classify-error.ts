/** What a failed insert says about whose fault it is. */
import { ClickHouseError } from '@clickhouse/client'
import { isRefusal } from '../clickhouse/insert-lines.js'

/**
 *     data      these bytes will never be taken: find the line and set it aside
 *     server    the server, the network, rights, memory, disk: try again for as long as it takes
 *     memory    the server's, but fewer rows may fit where many did not: try again, then in halves
 *     unclear   ClickHouse answered with a code that is none of these: try again, and look closer if it stays
 */
export type Fault = 'data' | 'server' | 'memory' | 'unclear'

const memoryLimitExceeded = 241

export function classifyError(error: unknown): Fault {
  if (isRefusal(error)) return 'data'
  if (!(error instanceof ClickHouseError)) return 'server'
  if (codeOf(error) === memoryLimitExceeded) return 'memory'
  return serverCodes.has(codeOf(error)) ? 'server' : 'unclear'
}

/** ClickHouse's number of the error, 0 for an error that is not ClickHouse's. */
export function codeOf(error: unknown): number {
  return error instanceof ClickHouseError ? Number(error.code) : 0
}

/** Errors that no line can cause. A line that can cause one of them would hold up the log, so be sure. */
const serverCodes = new Set([
  3, // UNEXPECTED_END_OF_FILE, when the server goes down while it reads
  60, // UNKNOWN_TABLE
  81, // UNKNOWN_DATABASE
  159, // TIMEOUT_EXCEEDED
  160, // TOO_SLOW
  164, // READONLY
  173, // CANNOT_ALLOCATE_MEMORY
  192, // UNKNOWN_USER
  193, // WRONG_PASSWORD
  194, // REQUIRED_PASSWORD
  201, // QUOTA_EXCEEDED
  202, // TOO_MANY_SIMULTANEOUS_QUERIES
  203, // NO_FREE_CONNECTION
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  225, // NO_ZOOKEEPER
  236, // ABORTED
  242, // TABLE_IS_READ_ONLY
  243, // NOT_ENOUGH_SPACE
  252, // TOO_MANY_PARTS
  279, // ALL_CONNECTION_TRIES_FAILED
  285, // TOO_FEW_LIVE_REPLICAS
  286, // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
  319, // UNKNOWN_STATUS_OF_INSERT
  394, // QUERY_WAS_CANCELLED
  439, // CANNOT_SCHEDULE_TASK
  497, // ACCESS_DENIED
  516, // AUTHENTICATION_FAILED
  745, // SERVER_OVERLOADED, by whatever else the machine does
  999, // KEEPER_EXCEPTION
])
