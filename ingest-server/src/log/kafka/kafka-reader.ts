/**
 * Reading from Kafka in a consumer group: batches of all assigned partitions are gathered into one call of
 * the handler; a partition's offset is committed after its batch was handled, so what is committed is always
 * a contiguous prefix. A consumer that ends, for any reason, is replaced by a new one.
 */
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import type { Logger } from '../../logger.js'
import { errorTypeOf } from './kafka-client.js'
import { createCoalescer, type Coalescer } from './coalesce.js'
import { toReadRecord } from './kafka-message.js'
import type { LogTable, ReadRecord } from '../log.js'
import { again } from '../../loop.js'

export interface KafkaReading {
  kafka: Kafka
  groupId: string
  /** After a broker's or a reader's death its partitions are read again when this is over. */
  sessionTimeoutMs: number
  tableOf: ReadonlyMap<string, LogTable>
  handle: (batch: readonly ReadRecord[]) => Promise<void>
  signal: AbortSignal
  logger: Logger
}

/** Heartbeats in one session: some may be late. */
const heartbeatsPerSession = 5
/** How long a rebalance may wait for members that finish an insert. */
const rebalanceTimeoutMs = 20_000
const finishBeforeRejoinMs = 12_000
/**
 * 8 MiB instead of 1 MiB reads four times as fast (measured with messages of 600 KB); twice as much again lets the store
 * make inserts of a good size, a fifth faster.
 */
const maxBytesPerPartition = 16 * 1024 * 1024
const maxFetchBytes = 32 * 1024 * 1024
/** A fetch waits at most this long for the first byte; stopping waits for it too. */
const fetchWaitMs = 250
/** More than a process will be assigned: each batch only waits in the coalescer. */
const concurrentPartitions = 256
/** No fetch and no heartbeat for so long, though nothing is being handled: the consumer is dead and does not say so. */
const silentAfterMs = 30_000
const newConsumerAfterMs = { first: 200, most: 5_000 }
/** Not kafkajs but whoever runs a consumer starts again: it does so whatever the error says about itself. */
export const startedAgainByUs = {
  initialRetryTime: 100,
  maxRetryTime: 1_000,
  retries: 4,
  restartOnFailure: () => Promise.resolve(false),
}

/** Resolves after `signal` aborted, the call of `handle` under way ended, and its offsets were committed. */
export async function readFromKafka(reading: KafkaReading): Promise<void> {
  const { signal, logger } = reading
  const coalescer = createCoalescer(reading.handle, signal, logger)
  await again(() => consumeUntilItEnds(reading, coalescer), {
    signal,
    backOff: newConsumerAfterMs,
    steadyMs: silentAfterMs,
    failed: (error) => logger.warn({ err: error }, 'The Kafka consumer ended; a new one takes over'),
  })
  await coalescer.idle()
}

/** One consumer from its start to its end: resolves on abort, rejects when it crashed or fell silent. */
async function consumeUntilItEnds(reading: KafkaReading, coalescer: Coalescer): Promise<void> {
  const { kafka, groupId, sessionTimeoutMs, tableOf, signal } = reading
  const heartbeatEveryMs = Math.floor(sessionTimeoutMs / heartbeatsPerSession)
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: rebalanceTimeoutMs,
    heartbeatInterval: heartbeatEveryMs,
    maxBytesPerPartition,
    maxBytes: maxFetchBytes,
    maxWaitTimeInMs: fetchWaitMs,
    allowAutoTopicCreation: false,
    retry: startedAgainByUs,
  })
  const life = new AbortController()
  const end = watchEnd(consumer, life, signal)
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [...tableOf.keys()], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: concurrentPartitions,
      eachBatch: (payload) =>
        end.busy(() => handleBatch(payload, { tableOf, coalescer, life: life.signal, heartbeatEveryMs })),
    })
    await end.ended
  } finally {
    end.stopWatching()
    // Told to stop, the call under way still ends and its offsets are committed. Crashed, they cannot be.
    if (signal.aborted) await coalescer.idle()
    else life.abort()
    await consumer.disconnect()
  }
}

/** Notices the end of a consumer: told to stop, crashed, or silent. */
export function watchEnd(consumer: Consumer, life: AbortController, signal: AbortSignal) {
  let lastSignAt = performance.now()
  let handling = 0
  let timer: NodeJS.Timeout | undefined
  let stop = () => {}
  const ended = new Promise<void>((resolve, reject) => {
    stop = resolve
    signal.addEventListener('abort', stop)
    if (signal.aborted) resolve()
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      life.abort()
      reject(payload.error)
    })
    timer = setInterval(() => {
      if (handling > 0) lastSignAt = performance.now()
      if (performance.now() - lastSignAt > silentAfterMs)
        reject(new Error(`The Kafka consumer gave no sign of life for ${silentAfterMs} ms.`))
    }, 1_000)
  })
  // A crash may come while connecting, before anybody awaits this.
  ended.catch(() => undefined)
  const noteSign = () => (lastSignAt = performance.now())
  consumer.on(consumer.events.FETCH, noteSign)
  consumer.on(consumer.events.HEARTBEAT, noteSign)
  return {
    ended,
    async busy(work: () => Promise<void>): Promise<void> {
      handling += 1
      try {
        await work()
      } finally {
        handling -= 1
      }
    },
    stopWatching() {
      clearInterval(timer)
      signal.removeEventListener('abort', stop)
    },
  }
}

interface Life {
  tableOf: ReadonlyMap<string, LogTable>
  coalescer: Coalescer
  life: AbortSignal
  heartbeatEveryMs: number
}

/** Hands one partition's batch over, keeps the membership alive meanwhile, and commits when it is handled. */
async function handleBatch(
  payload: EachBatchPayload,
  { tableOf, coalescer, life, heartbeatEveryMs }: Life,
): Promise<void> {
  const { topic, partition, messages } = payload.batch
  const table = tableOf.get(topic)
  if (table === undefined) return
  const records = messages.flatMap((message) => toReadRecord({ topic, partition }, table, message) ?? [])
  const membership = keepMembership(payload, heartbeatEveryMs, life)
  let isOver = false
  try {
    const handled = records.length === 0 || coalescer.add(records, () => isOver)
    if (!(await Promise.race([handled, membership.lost]))) return
  } finally {
    isOver = true
    membership.stop()
  }
  const last = payload.batch.lastOffset()
  payload.resolveOffset(last)
  const next = (BigInt(last) + 1n).toString()
  await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: next }] }] })
}

/**
 * kafkajs sends no heartbeat while a batch is handled: this does. A rebalance leaves time to finish; after it,
 * or when the membership is gone, `lost` rejects, so that kafkajs joins again. It resolves with false when
 * the consumer's life is over.
 */
function keepMembership(payload: EachBatchPayload, heartbeatEveryMs: number, life: AbortSignal) {
  let rebalancingSince: number | undefined
  let stop = () => {}
  const lost = new Promise<false>((resolve, reject) => {
    const onHeartbeatError = (error: Error) => {
      rebalancingSince ??= performance.now()
      const mayFinish = performance.now() - rebalancingSince < finishBeforeRejoinMs
      if (errorTypeOf(error) !== 'REBALANCE_IN_PROGRESS' || !mayFinish) reject(error)
    }
    const timer = setInterval(() => {
      payload.heartbeat().then(() => (rebalancingSince = undefined), onHeartbeatError)
    }, heartbeatEveryMs)
    const onLifeOver = () => resolve(false)
    life.addEventListener('abort', onLifeOver)
    if (life.aborted) resolve(false)
    stop = () => {
      clearInterval(timer)
      life.removeEventListener('abort', onLifeOver)
    }
  })
  // It may reject after the batch was handled, when nobody waits for it any more.
  lost.catch(() => undefined)
  return { lost, stop }
}
