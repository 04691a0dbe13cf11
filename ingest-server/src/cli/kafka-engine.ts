/** `touchline kafka-engine remove`: ClickHouse stops reading the topics, so that the store role can again. */
import { clusterOf } from '../clickhouse-options.js'
import { removeKafkaEngine } from '../clickhouse/kafka-engine.js'
import { usageError, subcommand, type Command } from './command.js'
import { openMigrated } from './open-parts.js'

const usage = `touchline kafka-engine remove

Removes the tables by which ClickHouse reads the topics itself. Servers with KAFKA_ENGINE=true make them at their
start, so restart them without it first and run the store role again. How far ClickHouse has read stays in Kafka:
with KAFKA_ENGINE=true again it goes on there. Needed too before other brokers or passwords are used.`

export const kafkaEngine: Command = {
  summary: "remove ClickHouse's own Kafka tables",
  usage,
  async run(args, config) {
    subcommand(args, ['remove'])
    if (config.KAFKA_ENGINE) throw usageError('unset KAFKA_ENGINE first, or the next start makes them again.')
    const clickhouse = await openMigrated(config)
    try {
      await removeKafkaEngine(clickhouse.app, clusterOf(config))
      console.log('ClickHouse reads no topic any more.')
    } finally {
      await clickhouse.close()
    }
  },
}
