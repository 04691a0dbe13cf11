/** The log that the settings name: Kafka when they name brokers, else the embedded one. */
import { openEmbeddedLog, type EmbeddedLogOptions } from './embedded-log.js'
import { openKafkaLog, type KafkaLogOptions } from './kafka-log.js'
import type { EventLog } from './log.js'

export interface LogOptions {
  kafka?: KafkaLogOptions | undefined
  embedded: EmbeddedLogOptions
}

export async function openLog({ kafka, embedded }: LogOptions): Promise<EventLog> {
  return kafka === undefined ? openEmbeddedLog(embedded) : openKafkaLog(kafka)
}
