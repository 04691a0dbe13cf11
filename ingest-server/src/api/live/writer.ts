/** A live view's rows, changes and counts as server-sent events, written as fast as its client reads them. */
import { Readable } from 'node:stream'
import type { LiveCount } from '@touchline/schemas/api'
import { openLiveQueue, type Queued } from './live-queue.js'

const comeBackAfterMs = 1_000

/** How far a view is: the newest row that it was sent, and how many it was sent. */
export interface Position {
  seq: number
  shown: number
}

export interface WriterOptions extends Position {
  /** The id of an event: what a client that comes back goes on from. */
  idOf: (position: Position) => string
  countsOf: (shown: number) => LiveCount
}

export function openWriter({ idOf, countsOf, ...position }: WriterOptions) {
  const { seq, shown } = position
  const at: Position = { seq, shown }
  const queue = openLiveQueue()
  let isCountDue = true
  /** Whether the client takes more. */
  let isDraining = true
  const body = new Readable({ read: () => drain(), highWaterMark: 16_384 })
  body.push(`retry: ${comeBackAfterMs}\n\n`)

  function push(event: string, data: object): boolean {
    return body.push(`id: ${idOf(at)}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  function drain(): void {
    isDraining = true
    while (isDraining) {
      if (isCountDue) {
        isCountDue = false
        isDraining = push('count', countsOf(at.shown))
        continue
      }
      const next = queue.next()
      if (next === undefined) return
      if (next.event === 'row') {
        at.shown += 1
        at.seq = Math.max(at.seq, next.data.seq)
      }
      isDraining = push(next.event, next.data)
    }
  }

  const drainIfRead = () => {
    if (isDraining) drain()
  }
  return {
    body,
    add(one: Queued): ReturnType<typeof queue.add> {
      const outcome = queue.add(one)
      drainIfRead()
      return outcome
    },
    sendCounts(): void {
      isCountDue = true
      drainIfRead()
    },
    end(): void {
      queue.clear()
      if (!body.readableEnded && !body.destroyed) body.push(null)
    },
  }
}
