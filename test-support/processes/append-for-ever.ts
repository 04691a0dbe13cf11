/** A process for log tests: appends numbers to the embedded log of a folder until it is killed, and prints each that was acknowledged. */
import { writeSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { openEmbeddedLog } from '../../ingest-server/src/log/embedded/embedded-log.js'

const [dir = '', first = '0'] = process.argv.slice(2)
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const log = await openEmbeddedLog({ dir, clock: Date.now, logger: silent })

/** Written at once: a stream would keep what was acknowledged in memory, to be lost by the kill. */
async function print(line: string): Promise<void> {
  for (;;) {
    try {
      writeSync(1, line)
      return
    } catch (error) {
      // Whoever reads is slower than the log.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
      await setTimeout(5)
    }
  }
}

let next = Number(first)
async function appendForEver(): Promise<void> {
  for (;;) {
    const n = next++
    const lines = Buffer.from(`${JSON.stringify({ project: 'a', n })}\n`)
    await log.append([{ table: 'events', rows: { a: 1 }, lines }])
    await print(`${n}\n`)
  }
}
await Promise.all(Array.from({ length: 8 }, appendForEver))
