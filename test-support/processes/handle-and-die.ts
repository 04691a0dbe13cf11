/** A process for log tests: handles what the embedded log of a folder holds, says so, and is killed before that can be marked. */
import { writeSync } from 'node:fs'
import { openEmbeddedLog } from '../../ingest-server/src/log/embedded/embedded-log.js'

const [dir = ''] = process.argv.slice(2)
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const log = await openEmbeddedLog({ dir, clock: Date.now, logger: silent })
await log.read((batch) => {
  for (const { lines } of batch) writeSync(1, lines)
  // After everything that resolves now, and before the mark of it is on disk.
  queueMicrotask(() => process.kill(process.pid, 'SIGKILL'))
  return Promise.resolve()
}, new AbortController().signal)
