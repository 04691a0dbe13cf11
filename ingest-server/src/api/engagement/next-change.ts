/**
 * Waits for a change after a cursor. All who wait in a project share one look at its highest `seq`, so that however many
 * they are ClickHouse is asked four times a second, and others' questions find it free.
 */
import type { Reader } from '../../clickhouse/query.js'
import { lastSeq } from '../../engagement/feeds/read.js'
import { pause } from '../../loop.js'

const lookEveryMs = 250

export interface NextChange {
  /** Resolves, at the latest after a look, with the highest `seq` of the project. Rejects as the look does. */
  look: (reader: Reader) => Promise<bigint>
}

export function openNextChange(read: (reader: Reader) => Promise<bigint> = lastSeq): NextChange {
  const looks = new Map<string, Promise<bigint>>()
  return {
    look(reader) {
      const { project } = reader
      const under = looks.get(project)
      if (under !== undefined) return under
      const look = pause(lookEveryMs)
        .then(() => read(reader))
        .finally(() => looks.delete(project))
      looks.set(project, look)
      return look
    },
  }
}
