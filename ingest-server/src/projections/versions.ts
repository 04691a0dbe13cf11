/**
 * Versions of derived rows that say when they were derived: ClickHouse's time before anything was read, in
 * microseconds. They never fall, whatever its clock does, for of two rows of one key the higher is read.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { queryRows } from '../clickhouse/query.js'

export interface Versions {
  /** Ask before the first fact is read. Above every version that stands in the table and all given out before. */
  next: () => Promise<bigint>
  /** Somebody else may have written since: look at the table again. */
  forget: () => void
}

export function openVersions(client: ClickHouseClient, table: string): Versions {
  let last: bigint | undefined
  return {
    async next() {
      const floor = last === undefined ? `(SELECT max(version) FROM ${table})` : 'toUInt64(0)'
      const sql = `SELECT toString(toUnixTimestamp64Micro(now64(6))), toString(${floor})`
      const [row] = await queryRows<[now: string, highest: string]>(
        { client },
        { name: `${table}-version`, sql },
      )
      const [now = '0', highest = '0'] = row ?? []
      last = [BigInt(now), BigInt(highest) + 1n, (last ?? 0n) + 1n].reduce((a, b) => (a > b ? a : b))
      return last
    },
    forget() {
      last = undefined
    },
  }
}
