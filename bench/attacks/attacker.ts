/** One attack in a process of its own, until its parent closes its stdin. Told by one line of JSON: `{ "name": …, "target": … }`. */
import { createInterface } from 'node:readline'
import { attacks, type Target } from './attacks.js'

const over = new AbortController()
const lines = createInterface({ input: process.stdin })
lines.once('line', (line) => {
  const { name, target } = JSON.parse(line) as { name: string; target: Target }
  void attacks[name]?.(target, over.signal).finally(() => process.exit(0))
  console.log('attacking')
})
lines.once('close', () => over.abort())
