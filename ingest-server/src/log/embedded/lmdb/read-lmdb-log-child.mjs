/**
 * Reads out the log of a version that kept it in LMDB (`log.mdb`), in a process of its own: a damaged file ends
 * LMDB's native code by a signal, and then this process and not the server. Plain JavaScript, so that it runs the same beside
 * the sources and beside the build. It goes with the dependency `lmdb` once nobody upgrades from such a version.
 *
 *     node read-lmdb-log-child.mjs <file>   →  { header LF value }
 *     header = {"handled":SEQUENCE} first, then for each entry {"sequence":N,"appendedAt":MS,"records":N,"bytes":N}
 *
 * A value is, as that version wrote it: {"table":…,"rows":{…}} LF lines.
 */
import { open } from 'lmdb'

const [path] = process.argv.slice(2)
const root = open({
  path,
  noSubdir: true,
  encoding: 'binary',
  compression: false,
  readOnly: false,
  maxDbs: 2,
})
const entries = root.openDB('entries', { encoding: 'binary' })
const marks = root.openDB('marks', { encoding: 'json' })
refuseRunningVersion()
await print(`${JSON.stringify({ handled: marks.get('handled') ?? 0 })}\n`)
for (const { key, value } of entries.getRange({})) {
  const [sequence, appendedAt, , records] = key
  await print(`${JSON.stringify({ sequence, appendedAt, records, bytes: value.length })}\n`)
  await print(Buffer.from(value))
}
await root.close()

/** LMDB's table of readers names each process that holds the file; those of dead ones are cleared first. */
function refuseRunningVersion() {
  root.get('')
  root.readerCheck()
  const pids = root
    .readerList()
    .split('\n')
    .map((line) => Number.parseInt(line, 10))
  const others = pids.filter((pid) => Number.isInteger(pid) && pid !== process.pid)
  if (others.length === 0) return
  process.stderr.write(`${path} is in use by process ${others.join(', ')}, of an earlier version.\n`)
  process.exit(1)
}

function print(bytes) {
  return new Promise((resolve, reject) =>
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve())),
  )
}
