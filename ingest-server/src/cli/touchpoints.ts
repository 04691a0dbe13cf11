/** `touchline touchpoints --rebuild`: forms everybody's touchpoints anew from their events. */
import { parseArgs } from 'node:util'
import { rebuildTouchpoints } from '../touchpoints/upkeep.js'
import { usageError, type Command } from './command.js'
import { openMigrated } from './open-parts.js'

const usage = `touchline touchpoints --rebuild     forms everybody's touchpoints anew from all events

Gives what the running server gives; for after a bug, or to see for yourself. Rows that are right already are left
as they are. Stop the processes with the role touchpoints first; with the embedded ClickHouse, the server.`

export const touchpoints: Command = {
  summary: "form everybody's touchpoints anew from their events",
  usage,
  async run(args, config) {
    const { values } = parseArgs({ args, options: { rebuild: { type: 'boolean', default: false } } })
    if (!values.rebuild) throw usageError('say --rebuild: the server itself keeps touchpoints up to date.')
    const clickhouse = await openMigrated(config)
    try {
      let loggedAt = performance.now()
      const { people, events, written } = await rebuildTouchpoints({ clickhouse }, (soFar) => {
        if (performance.now() - loggedAt < logEveryMs) return
        loggedAt = performance.now()
        console.log(`${soFar} persons so far`)
      })
      console.log(`${people} persons, ${events} events read, ${written} rows written.`)
    } finally {
      await clickhouse.close()
    }
  },
}

const logEveryMs = 2_000
