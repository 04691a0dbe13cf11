/** `touchline stitch --rebuild`: derives who is who anew from the facts. */
import { parseArgs } from 'node:util'
import { queryRows } from '../clickhouse/query.js'
import { rebuildIdentity } from '../identity/stitch.js'
import { usageError, type Command } from './command.js'
import { openMigrated, projectsOf } from './open-parts.js'

const usage = `touchline stitch --rebuild     derives persons and accounts anew from all facts

Gives what the running server gives; for after a bug, or to see for yourself. With the embedded ClickHouse
the server must be stopped.`

export const stitch: Command = {
  summary: 'derive who is who anew from the facts',
  usage,
  async run(args, config) {
    const { values } = parseArgs({ args, options: { rebuild: { type: 'boolean', default: false } } })
    if (!values.rebuild) throw usageError('say --rebuild: the server itself keeps who is who up to date.')
    const clickhouse = await openMigrated(config)
    try {
      await rebuildIdentity({ clickhouse, projects: await projectsOf(config) })
      const counting = { name: 'count-people', sql: 'SELECT count() FROM people FINAL' }
      const [[people] = [0]] = await queryRows<[number]>({ client: clickhouse.app }, counting)
      console.log(`${people} persons.`)
    } finally {
      await clickhouse.close()
    }
  },
}
