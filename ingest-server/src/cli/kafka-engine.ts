/** `touchline kafka-engine remove`: ClickHouse stops reading the topics, so that the store role can again. */
import { clusterOf } from '../clickhouse-options.js'
import { removeKafkaEngine } from '../clickhouse/kafka-engine.js'
import { usageError, type AddTo, type Cli } from './command.js'
import { openMigrated } from './open-parts.js'

export const addKafkaEngine: AddTo = (command, cli) => {
  command
    .command('remove')
    .description('remove the tables by which ClickHouse reads the topics itself')
    .addHelpText(
      'after',
      `
Servers with KAFKA_ENGINE=true make them at their start, so restart them without it first and run the store role
again. How far ClickHouse has read stays in Kafka: with KAFKA_ENGINE=true again it goes on there. Needed too before
other brokers or passwords are used.`,
    )
    .action(() => remove(cli))
}

async function remove({ config: settings, print }: Cli): Promise<void> {
  const config = settings()
  if (config.KAFKA_ENGINE) throw usageError('unset KAFKA_ENGINE first, or the next start makes them again.')
  const clickhouse = await openMigrated(config)
  try {
    await removeKafkaEngine(clickhouse.app, clusterOf(config))
    print({ removed: true }, 'ClickHouse reads no topic any more.')
  } finally {
    await clickhouse.close()
  }
}
