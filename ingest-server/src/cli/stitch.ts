/** `touchline stitch --rebuild`: derives who is who anew from the facts. */
import { queryRows } from '../clickhouse/query.js'
import { rebuildIdentity } from '../identity/upkeep/stitch.js'
import { usageError, type AddTo, type Cli } from './command.js'
import { openMigrated, projectsOf } from './open-parts.js'

export const addStitch: AddTo = (command, cli) => {
  command
    .option('--rebuild', 'derive persons and accounts anew from all facts')
    .addHelpText(
      'after',
      `
Gives what the running server gives; for after a bug, or to see for yourself. With the embedded ClickHouse
the server must be stopped.`,
    )
    .action(({ rebuild }: { rebuild?: true }) => {
      if (!rebuild) throw usageError('say --rebuild: the server itself keeps who is who up to date.')
      return rebuildAll(cli)
    })
}

async function rebuildAll({ config: settings, print }: Cli): Promise<void> {
  const config = settings()
  const clickhouse = await openMigrated(config)
  try {
    await rebuildIdentity({ clickhouse, projects: await projectsOf(config) })
    const counting = { name: 'count-people', sql: 'SELECT count() FROM people FINAL' }
    const [[people] = [0]] = await queryRows<[number]>({ client: clickhouse.app }, counting)
    print({ persons: Number(people) }, `${people} persons.`)
  } finally {
    await clickhouse.close()
  }
}
