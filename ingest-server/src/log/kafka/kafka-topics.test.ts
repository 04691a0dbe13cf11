import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { withAdmin } from './kafka-topics.js'

/** Answers as a broker whose leaders are being chosen, by a client that counts its connections. */
function fakeKafka() {
  let open = 0
  let connections = 0
  const admin = () => ({
    connect: () => {
      open += 1
      connections += 1
      return Promise.resolve()
    },
    disconnect: () => {
      open -= 1
      return Promise.resolve()
    },
  })
  return {
    kafka: { admin } as unknown as Kafka,
    counts: () => ({ open, connections }),
  }
}

const protocolError = (type: string, code: number, retriable: boolean) => {
  const error = new kafkajs.KafkaJSProtocolError(new Error(type))
  return Object.assign(error, { type, code, retriable })
}

describe('a question to Kafka', () => {
  test.each([
    ['NOT_LEADER_FOR_PARTITION', 6],
    ['LEADER_NOT_AVAILABLE', 5],
    ['COORDINATOR_LOAD_IN_PROGRESS', 14],
  ])('that meets %s is asked again over a new connection', async (type, code) => {
    const { kafka, counts } = fakeKafka()
    let asked = 0
    const answer = await withAdmin(kafka, (_admin: Admin) => {
      asked += 1
      return asked < 3 ? Promise.reject(protocolError(type, code, true)) : Promise.resolve('there')
    })
    expect(answer).toBe('there')
    expect(counts()).toEqual({ open: 0, connections: 3 })
  })

  test.each([
    ['what asking again does not help', protocolError('TOPIC_AUTHORIZATION_FAILED', 29, false)],
    ['a broker that is away', new kafkajs.KafkaJSConnectionError('connect ECONNREFUSED')],
    ['a fault of our own', new TypeError('undefined is not iterable')],
  ])('that meets %s fails at once', async (_what, error) => {
    const { kafka, counts } = fakeKafka()
    await expect(withAdmin(kafka, () => Promise.reject(error))).rejects.toBe(error)
    expect(counts()).toEqual({ open: 0, connections: 1 })
  })

  test('whose leaders are not chosen for long fails with what Kafka said', async () => {
    const { kafka, counts } = fakeKafka()
    const error = protocolError('LEADER_NOT_AVAILABLE', 5, true)
    await expect(withAdmin(kafka, () => Promise.reject(error))).rejects.toBe(error)
    expect(counts()).toEqual({ open: 0, connections: 6 })
  })
})
