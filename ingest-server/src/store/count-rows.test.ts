import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LogRecord } from '../log/log.js'
import { projectsOfRefused, subtractRows, sumRows } from './count-rows.js'

const line = fc.oneof(
  fc.constantFrom('a', 'b', 'c').map((project) => ({ project, text: `{"project":"${project}"}\n` })),
  // One that cannot be read, of a project that only the record's count knows.
  fc.constantFrom('a', 'b', 'c').map((project) => ({ project, text: '{"project":\n' })),
)

test('inserted and set aside together are exactly what the record counted, per project, readable or not', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(line, fc.boolean()), { minLength: 1, maxLength: 20 }), (lines) => {
      const rows: Record<string, number> = {}
      for (const [{ project }] of lines) rows[project] = (rows[project] ?? 0) + 1
      const buffers = lines.map(([{ text }]) => Buffer.from(text))
      const record: LogRecord = { table: 'events', rows, lines: Buffer.concat(buffers) }
      // ClickHouse refuses every line that cannot be read, and some others.
      const refused = buffers.filter((bytes, at) => !bytes.includes('}') || lines[at]?.[1] === true)
      const setAside: Record<string, number> = {}
      for (const project of projectsOfRefused(record, buffers, refused))
        setAside[project] = (setAside[project] ?? 0) + 1
      const inserted = subtractRows(sumRows([record]), setAside)
      for (const [project, count] of Object.entries(rows))
        expect((inserted[project] ?? 0) + (setAside[project] ?? 0)).toBe(count)
      expect(Object.keys(setAside).every((project) => project in rows)).toBe(true)
    }),
  )
})
