/** Reading a topic from its oldest kept message to its present end, beside the group that the store reads in. */
import { randomUUID } from 'node:crypto'
import { createCoalescer } from './coalesce.js'
import type { KafkaReading } from './kafka-reader.js'
import { toReadRecord } from './kafka-message.js'
import { lagOfPartitions, type PartitionLag } from './kafka-lag.js'
import { withAdmin } from './kafka-topics.js'

export type KafkaReplay = Omit<KafkaReading, 'signal' | 'sessionTimeoutMs'> & {
  signal?: AbortSignal | undefined
}

/** Resolves when everything that was there at the call was handled, or when `signal` aborts. Commits nothing. */
export async function replayFromKafka(replay: KafkaReplay): Promise<void> {
  const { kafka, tableOf, logger } = replay
  const groupId = `${replay.groupId}-replay-${randomUUID()}`
  const goals = await withAdmin(kafka, (admin) => lagOfPartitions(admin, groupId, [...tableOf.keys()]))
  const open = new Map(goals.filter(({ next, end }) => end > next).map((goal) => [nameOf(goal), goal]))
  if (open.size === 0) return
  const over = new AbortController()
  const signal = replay.signal === undefined ? over.signal : AbortSignal.any([over.signal, replay.signal])
  const coalescer = createCoalescer(replay.handle, signal, logger)
  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 250,
    retry: {
      initialRetryTime: 100,
      maxRetryTime: 1_000,
      retries: 10,
      restartOnFailure: () => Promise.resolve(false),
    },
  })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [...tableOf.keys()], fromBeginning: true })
    const done = new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => resolve())
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    })
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: open.size,
      eachBatch: async (payload) => {
        const { batch } = payload
        const { topic, partition, messages } = batch
        const table = tableOf.get(topic)
        const goal = open.get(nameOf({ topic, partition }))
        if (table === undefined || goal === undefined) return
        const wanted = messages.filter((message) => BigInt(message.offset) < goal.end)
        const records = wanted.flatMap((message) => toReadRecord({ topic, partition }, table, message) ?? [])
        if (records.length > 0) await coalescer.add(records, () => false)
        await payload.heartbeat()
        if (BigInt(batch.lastOffset()) + 1n < goal.end) return
        open.delete(nameOf(goal))
        if (open.size === 0) over.abort()
      },
    })
    await done
  } finally {
    await consumer.disconnect()
    await withAdmin(kafka, (admin) => admin.deleteGroups([groupId]))
  }
}

const nameOf = ({ topic, partition }: Pick<PartitionLag, 'topic' | 'partition'>) => `${topic}/${partition}`
