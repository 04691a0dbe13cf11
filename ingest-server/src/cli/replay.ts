/** `touchline replay`: fills ClickHouse from what the log still holds, as far as it reaches. */
import { insertLines } from '../clickhouse/insert-lines.js'
import { rebuildIdentity } from '../identity/upkeep/stitch.js'
import { openLog } from '../log/open-log.js'
import type { AddTo, Cli } from './command.js'
import { openMigrated, projectsOf, quietLogger, refuseWhileRunning } from './open-parts.js'

export const addReplay: AddTo = (command, cli) => {
  command
    .option('--no-stitch', 'leave who is who as it is')
    .addHelpText(
      'after',
      `
Inserts every record that the log still keeps, handled or not, into ClickHouse; rows that are there already stay
as they are. Erasures travel through the log too: what they cover is removed again by the server's next look.
With the embedded log or the embedded ClickHouse the server must be stopped.`,
    )
    .action(({ stitch }: { stitch: boolean }) => replay(cli, stitch))
}

async function replay({ config: settings, print }: Cli, isStitched: boolean): Promise<void> {
  const config = settings()
  if (config.KAFKA_BROKERS === undefined) await refuseWhileRunning(config)
  const clickhouse = await openMigrated(config)
  const log = await openLog(config, { clock: Date.now, logger: quietLogger })
  let records = 0
  let bytes = 0
  try {
    await log.replay(async (batch) => {
      for (const { table, lines } of batch) {
        await insertLines(clickhouse.app, table, lines)
        bytes += lines.length
      }
      records += batch.length
    })
    print({ records, bytes }, `${records} records, ${bytes} bytes.`)
    if (isStitched) await rebuildIdentity({ clickhouse, projects: await projectsOf(config) })
  } finally {
    await log.close()
    await clickhouse.close()
  }
}
