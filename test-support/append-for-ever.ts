/** A process for log tests: appends numbers to the embedded log of a folder until it is killed, and prints each that was acknowledged. */
import { writeSync } from 'node:fs'
import { openEmbeddedLog } from '../ingest-server/src/log/embedded-log.js'

const [dir = '', first = '0'] = process.argv.slice(2)
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const log = await openEmbeddedLog({ dir, clock: Date.now, logger: silent })

let next = Number(first)
async function appendForEver(): Promise<void> {
  for (;;) {
    const n = next++
    const lines = Buffer.from(`${JSON.stringify({ project: 'a', n })}\n`)
    await log.append([{ table: 'events', rows: { a: 1 }, lines }])
    // Written at once: a stream would keep what was acknowledged in memory, to be lost by the kill.
    writeSync(1, `${n}\n`)
  }
}
await Promise.all(Array.from({ length: 8 }, appendForEver))
