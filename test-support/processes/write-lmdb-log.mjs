/**
 * Writes a log as the version before segments did: LMDB, entries under [sequence, appendedAt, bytes, records], the mark under
 * "handled". Run as a process, it keeps the file open until it is killed; that is what the old server looks like.
 *
 *     node write-lmdb-log.mjs FILE HANDLED < ENTRIES      ENTRIES = [[sequence, appendedAt, records, {table, rows}, "lines"], …]
 */
import { readFileSync } from 'node:fs'
import { open } from 'lmdb'

const [path, handled] = process.argv.slice(2)
const root = open({
  path,
  noSubdir: true,
  encoding: 'binary',
  compression: false,
  overlappingSync: false,
  maxDbs: 2,
})
const db = root.openDB('entries', { encoding: 'binary' })
const marks = root.openDB('marks', { encoding: 'json' })
for (const [sequence, appendedAt, records, header, lines] of JSON.parse(readFileSync(0, 'utf8'))) {
  const value = Buffer.from(`${JSON.stringify(header)}\n${lines}`)
  await db.put([sequence, appendedAt, value.length, records], value)
}
if (Number(handled) > 0) await marks.put('handled', Number(handled))
root.get('')
process.stdout.write('written\n')
if (process.env.KEEP_OPEN) setInterval(() => undefined, 1_000)
else await root.close()
