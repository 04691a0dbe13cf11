/** `touchline touchpoints --rebuild`: forms everybody's touchpoints anew from their events. */
import { rebuildTouchpoints } from '../touchpoints/upkeep/rebuild.js'
import { usageError, type AddTo, type Cli } from './command.js'
import { openMigrated } from './open-parts.js'

export const addTouchpoints: AddTo = (command, cli) => {
  command
    .option('--rebuild', "form everybody's touchpoints anew from all events")
    .addHelpText(
      'after',
      `
Gives what the running server gives; for after a bug, or to see for yourself. Rows that are right already are left
as they are. Stop the processes with the role touchpoints first; with the embedded ClickHouse, the server.`,
    )
    .action(({ rebuild }: { rebuild?: true }) => {
      if (!rebuild) throw usageError('say --rebuild: the server itself keeps touchpoints up to date.')
      return rebuildAll(cli)
    })
}

const logEveryMs = 2_000

async function rebuildAll({ config, print, isJson }: Cli): Promise<void> {
  const clickhouse = await openMigrated(config())
  try {
    let loggedAt = performance.now()
    const done = await rebuildTouchpoints({ clickhouse }, (soFar) => {
      if (isJson() || performance.now() - loggedAt < logEveryMs) return
      loggedAt = performance.now()
      console.log(`${soFar} persons so far`)
    })
    const { people, events, written } = done
    print({ people, events, written }, `${people} persons, ${events} events read, ${written} rows written.`)
  } finally {
    await clickhouse.close()
  }
}
