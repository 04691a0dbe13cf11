/**
 * A process for log tests, to be watched by strace: opens the embedded log of a folder, appends three numbers, prints
 * each when it is acknowledged, begins a new segment by a rewrite, appends a fourth, handles all and closes.
 */
import { writeSync } from 'node:fs'
import { openEmbeddedLog } from '../../ingest-server/src/log/embedded/embedded-log.js'

const [dir = ''] = process.argv.slice(2)
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const log = await openEmbeddedLog({ dir, clock: Date.now, logger: silent })

async function append(n: number): Promise<void> {
  const lines = Buffer.from(`${JSON.stringify({ project: 'a', n })}\n`)
  await log.append([{ table: 'events', rows: { a: 1 }, lines }])
  writeSync(1, `acknowledged ${n}\n`)
}

for (const n of [1, 2, 3]) await append(n)
await log.rewrite((line) => !line.includes('"n":2'))
writeSync(1, 'rewritten\n')
await append(4)
const stopping = new AbortController()
await log.read(async () => stopping.abort(), stopping.signal)
await log.close()
