// Tracks events with a spool until it is killed, and writes the number of each accepted one to its stdout.
//     node spooling-child.mjs <host> <spool dir> <first number>
import { writeSync } from 'node:fs'
import { Touchline } from '../../dist/index.js'

const [, , host, dir, first] = process.argv
const client = new Touchline({ writeKey: 'wk', host, spool: dir, requestTimeoutMs: 2_000, flushAfterMs: 20 })
let n = Number(first)

setInterval(() => {
  for (let i = 0; i < 20; i += 1, n += 1) {
    if (client.track({ userId: 'u1', event: 'Spooled', properties: { n } })) writeSync(1, `${n}\n`)
  }
}, 2)
