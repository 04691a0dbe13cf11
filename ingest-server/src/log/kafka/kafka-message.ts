/**
 * How a record stands in a topic:
 *
 *     topic   = prefix table
 *     value   = lines                            as ClickHouse's JSONEachRow reads them, several rows a message
 *     header  rows = { "<project>": count, … }   absent from foreign producers: the lines are counted then
 *     header  id   = uuid                        of the append: a message that had to be sent twice bears it twice
 */
import { randomUUID } from 'node:crypto'
import type { IHeaders, KafkaMessage, Message } from 'kafkajs'
import { countProjects, linesOf } from '../join-records.js'
import type { LogRecord, LogTable, ReadRecord } from '../log.js'

const lineFeed = Buffer.from('\n')

export function toMessage(record: LogRecord): Message {
  return { value: record.lines, headers: { rows: JSON.stringify(record.rows), id: randomUUID() } }
}

/** Undefined for a message without a value: it holds no row. */
export function toReadRecord(
  { topic, partition }: { topic: string; partition: number },
  table: LogTable,
  message: KafkaMessage,
): ReadRecord | undefined {
  const { value } = message
  if (value === null || value.length === 0) return undefined
  const lines = value.at(-1) === lineFeed[0] ? value : Buffer.concat([value, lineFeed])
  const rows = readRows(message.headers) ?? countProjects(linesOf(lines))
  const position = `${topic}/${partition}/${message.offset}`
  return { table, lines, rows, position, id: message.headers?.id?.toString() ?? position }
}

function readRows(headers: IHeaders | undefined): Record<string, number> | undefined {
  const header = headers?.rows
  if (header === undefined || Array.isArray(header)) return undefined
  try {
    const rows: unknown = JSON.parse(header.toString())
    if (typeof rows !== 'object' || rows === null) return undefined
    const counts = Object.entries(rows).filter((entry): entry is [string, number] =>
      Number.isInteger(entry[1]),
    )
    return Object.fromEntries(counts)
  } catch {
    return undefined
  }
}
