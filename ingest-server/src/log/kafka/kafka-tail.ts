/**
 * Looking on at the topics: what every process appends from now on, and how far the groups that handle it have come.
 *
 *     ends of the topics ─▶ `next` ─▶ a consumer in a group of its own, which commits nothing ─▶ appended
 *     committed offsets of the handling groups, asked for again and again                     ─▶ handledBefore
 *
 * Where to read on stands in `next` and nowhere else: a group without commits would begin at the end after each rebalance.
 */
import { randomUUID } from 'node:crypto'
import type { Admin, Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import QuickLRU from 'quick-lru'
import type { Logger } from '../../logger.js'
import { again, pause } from '../../loop.js'
import type { LogTable, Place, Tail, TailWatcher } from '../log.js'
import { toReadRecord } from './kafka-message.js'
import { startedAgainByUs, watchEnd } from './kafka-reader.js'
import { withAdmin } from './kafka-topics.js'

export interface KafkaTailing {
  kafka: Kafka
  /** Of whom the groups that look on have their names; such names are what a broker's access list must allow. */
  groupId: string
  sessionTimeoutMs: number
  /** What is looked on at. */
  tableOf: ReadonlyMap<string, LogTable>
  /** Topics whose handling is told, and by which group they are handled. */
  groupOf: ReadonlyMap<string, string>
  watcher: TailWatcher
  signal: AbortSignal
  logger: Logger
}

/** How exact `stored after` is; two small requests each time. */
const lookEveryMs = 250
/** The brokers answered nothing for so long. */
const awayAfterMs = 3_000
/** No fetch for so long; a group that begins may have to wait 3 s (group.initial.rebalance.delay.ms). */
const unreadAfterMs = 10_000
/** How long whoever looks on waits for what was appended before. */
const catchUpMs = 2_000
const beginAgain = { backOff: { first: 200, most: 2_000 }, steadyMs: 10_000 }
/** Messages of the last seconds, by which one that a producer had to send twice is known. quick-lru keeps up to twice as many. */
const mostKnown = 10_000

export function tailKafka(tailing: KafkaTailing): Tail & { ended: Promise<void> } {
  const { kafka, tableOf, watcher, logger } = tailing
  const topics = [...tableOf.keys()]
  const stopping = new AbortController()
  const signal = AbortSignal.any([stopping.signal, tailing.signal])
  /** By part: the offset that is read next. */
  const next = new Map<string, bigint>()
  const take = createTake({ tableOf, watcher, next })
  let answeredAt = performance.now()
  let readAt = performance.now()
  let isFirst = true
  let begin = () => {}
  const begun = new Promise<void>((resolve) => (begin = resolve))

  async function look(admin: Admin): Promise<void> {
    if (next.size === 0) for (const { part, offset } of await endsOf(admin, topics)) next.set(part, offset)
    begin()
    watcher.handledBefore(await committedBy(admin, tailing.groupOf))
    answeredAt = performance.now()
    await pause(lookEveryMs, signal)
  }
  const following = again(() => withAdmin(kafka, (admin) => untilAborted(() => look(admin), signal)), {
    ...beginAgain,
    signal,
    failed(error, failures) {
      answeredAt = -Infinity
      if (failures === 1)
        logger.warn({ err: error }, 'Kafka does not say what was handled; Live waits for it')
    },
  })
  const noteRead = () => (readAt = performance.now())
  const reading = Promise.race([begun, aborted(signal)]).then(() =>
    again(() => readOn({ ...tailing, signal, next, take, noteRead }), {
      ...beginAgain,
      signal,
      failed: (error) =>
        logger.warn({ err: error }, 'The consumer that looks on ended; a new one takes over'),
    }),
  )

  return {
    async caughtUp() {
      const isBeginning = isFirst
      isFirst = false
      const until = performance.now() + catchUpMs
      await Promise.race([begun, pause(catchUpMs, signal)])
      if (isBeginning || signal.aborted) return
      const asked = withAdmin(kafka, (admin) => endsOf(admin, topics)).catch(() => [])
      const ends = (await Promise.race([asked, pause(catchUpMs, signal)])) ?? []
      const isThere = () => ends.every(({ part, offset }) => (next.get(part) ?? 0n) >= offset)
      while (!isThere() && performance.now() < until && !signal.aborted) await pause(10, signal)
    },
    isAway: () => performance.now() - answeredAt > awayAfterMs || performance.now() - readAt > unreadAfterMs,
    stop: () => stopping.abort(),
    ended: Promise.all([following, reading]).then(() => undefined),
  }
}

interface Taking {
  tableOf: ReadonlyMap<string, LogTable>
  watcher: TailWatcher
  next: Map<string, bigint>
}

/** Tells a batch's messages that were not told before, and notes how far it went. */
function createTake({ tableOf, watcher, next }: Taking) {
  const known = new QuickLRU<string, true>({ maxSize: mostKnown })
  return ({ batch }: EachBatchPayload): void => {
    const { topic, partition, messages } = batch
    const table = tableOf.get(topic)
    if (table === undefined) return
    const part = partOf(topic, partition)
    const from = next.get(part) ?? 0n
    const records = messages.flatMap((message) => {
      const offset = BigInt(message.offset)
      if (offset < from) return []
      const record = toReadRecord({ topic, partition }, table, message)
      const id = record?.id ?? ''
      if (record === undefined || known.has(id)) return []
      known.set(id, true)
      return [{ ...record, place: { part, offset } }]
    })
    const end = BigInt(batch.lastOffset()) + 1n
    if (end > from) next.set(part, end)
    if (records.length > 0) watcher.appended(records)
  }
}

const partOf = (topic: string, partition: number) => `${topic}/${partition}`

async function endsOf(admin: Admin, topics: readonly string[]): Promise<Place[]> {
  const ends = topics.map(async (topic) =>
    (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({
      part: partOf(topic, partition),
      offset: BigInt(high),
    })),
  )
  return (await Promise.all(ends)).flat()
}

async function committedBy(admin: Admin, groupOf: ReadonlyMap<string, string>): Promise<Place[]> {
  const committed = [...groupOf].map(async ([topic, groupId]) => {
    const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] })
    return (answer?.partitions ?? []).map(({ partition, offset }) => ({
      part: partOf(topic, partition),
      offset: BigInt(offset),
    }))
  })
  return (await Promise.all(committed)).flat()
}

interface Reading extends Omit<KafkaTailing, 'groupOf' | 'watcher'> {
  next: ReadonlyMap<string, bigint>
  take: (payload: EachBatchPayload) => void
  noteRead: () => void
}

/** One consumer from its start to its end. Its group is its own: nobody waits for a dead member's session, nothing is shared. */
async function readOn(reading: Reading): Promise<void> {
  const { kafka, tableOf, sessionTimeoutMs, signal, take, noteRead } = reading
  const groupId = `${reading.groupId}-live-${randomUUID()}`
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: Math.floor(sessionTimeoutMs / 5),
    maxWaitTimeInMs: 250,
    // Partitions that were added are read within so long, from their beginning.
    metadataMaxAge: 10_000,
    allowAutoTopicCreation: false,
    retry: startedAgainByUs,
  })
  const end = watchEnd(consumer, new AbortController(), signal)
  consumer.on(consumer.events.FETCH, noteRead)
  seekAtJoins(consumer, reading.next)
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [...tableOf.keys()], fromBeginning: false })
    await consumer.run({ autoCommit: false, eachBatch: async (payload) => take(payload) })
    await end.ended
  } finally {
    end.stopWatching()
    await consumer.disconnect()
    // Kafka forgets a group without members and commits by itself; this way it is not listed meanwhile.
    if (signal.aborted)
      await withAdmin(kafka, (admin) => admin.deleteGroups([groupId])).catch(() => undefined)
  }
}

/** kafkajs calls listeners within the join, before the first fetch that follows it: nothing is read from elsewhere in between. */
function seekAtJoins(consumer: Consumer, next: ReadonlyMap<string, bigint>): void {
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    for (const [topic, partitions] of Object.entries(payload.memberAssignment))
      for (const partition of partitions) {
        // One that is not known was added since.
        const offset = next.get(partOf(topic, partition)) ?? 0n
        consumer.seek({ topic, partition, offset: offset.toString() })
      }
  })
}

async function untilAborted(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await work()
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
