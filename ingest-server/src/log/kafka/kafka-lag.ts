/** How far the group is behind the ends of the topics. */
import type { Admin, Kafka } from 'kafkajs'
import { withAdmin } from './kafka-topics.js'
import type { LogLag } from '../log.js'

export interface PartitionLag {
  topic: string
  partition: number
  /** First offset that is not handled. */
  next: bigint
  /** Offset after the last message. */
  end: bigint
}

export interface LagQuestion {
  kafka: Kafka
  /** Topics and the group that handles each. */
  groupOf: ReadonlyMap<string, string>
  /** Bytes. Kafka does not report sizes: this is the recent average of a message in this process. */
  averageMessageBytes: number
}

/** Kafka finds offsets by time, not times by offset: the oldest age is the highest of these that is reached. */
const agesMs = [
  100, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 900_000, 3_600_000,
  14_400_000, 43_200_000, 86_400_000, 259_200_000, 604_800_000,
]

export async function queryLag({ kafka, groupOf, averageMessageBytes }: LagQuestion): Promise<LogLag> {
  return withAdmin(kafka, async (admin) => {
    const lags = await lagOfGroups(admin, groupOf)
    const behind = lags.filter(({ next, end }) => end > next)
    const messages = behind.reduce((sum, { next, end }) => sum + Number(end - next), 0)
    return {
      records: messages,
      bytes: Math.round(messages * averageMessageBytes),
      oldestMs: messages === 0 ? 0 : await oldestAge(admin, behind),
    }
  })
}

/** The ends of the topics now; what is answered says whether every message before them was handled. */
export async function noteEnds({
  kafka,
  groupOf,
}: Pick<LagQuestion, 'kafka' | 'groupOf'>): Promise<() => Promise<boolean>> {
  const read = () => withAdmin(kafka, (admin) => lagOfGroups(admin, groupOf))
  const ends = new Map((await read()).map(({ topic, partition, end }) => [`${topic} ${partition}`, end]))
  return async () =>
    (await read()).every(({ topic, partition, next }) => next >= (ends.get(`${topic} ${partition}`) ?? 0n))
}

async function lagOfGroups(admin: Admin, groupOf: LagQuestion['groupOf']): Promise<PartitionLag[]> {
  const lags: PartitionLag[] = []
  for (const group of new Set(groupOf.values())) {
    const topics = [...groupOf.keys()].filter((topic) => groupOf.get(topic) === group)
    lags.push(...(await lagOfPartitions(admin, group, topics)))
  }
  return lags
}

export async function lagOfPartitions(
  admin: Admin,
  groupId: string,
  topics: readonly string[],
): Promise<PartitionLag[]> {
  const committed = await admin.fetchOffsets({ groupId, topics: [...topics] })
  const lags: PartitionLag[] = []
  for (const topic of topics) {
    const known = committed.find((one) => one.topic === topic)?.partitions ?? []
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      const offset = BigInt(known.find((one) => one.partition === partition)?.offset ?? '-1')
      // Nothing committed yet, or what was not handled has passed its retention: from the oldest kept.
      const next = offset > BigInt(low) ? offset : BigInt(low)
      lags.push({ topic, partition, next, end: BigInt(high) })
    }
  }
  return lags
}

/** Bisects `agesMs`. Topics carry the broker's time, so this compares with real time, not with a set clock. */
async function oldestAge(admin: Admin, behind: readonly PartitionLag[]): Promise<number> {
  const now = Date.now()
  let low = 0
  let high = agesMs.length
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (await isOlder(admin, behind, now - (agesMs[middle] ?? 0))) low = middle + 1
    else high = middle
  }
  return agesMs[low - 1] ?? 1
}

/** Whether some partition's first message not yet handled was appended before `timestamp`. */
async function isOlder(admin: Admin, behind: readonly PartitionLag[], timestamp: number): Promise<boolean> {
  for (const topic of new Set(behind.map((lag) => lag.topic))) {
    const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, timestamp)
    for (const { partition, offset } of offsets) {
      const lag = behind.find((one) => one.topic === topic && one.partition === partition)
      if (lag !== undefined && BigInt(offset) > lag.next) return true
    }
  }
  return false
}
