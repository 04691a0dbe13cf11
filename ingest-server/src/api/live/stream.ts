/**
 * One live view as server-sent events. What its client does not read waits in a short queue; when that is full rows and
 * changes are left out, never a refused one, and the counts say how many were shown.
 *
 *     id    = epoch "." seq "." received "." refused "." base "." shown
 *
 * so that a client which comes back with Last-Event-ID goes on counting where it was: `received`, `refused` and `base` (a
 * seq) are what the feed had when the view was first opened, `shown` how many rows it had been sent.
 */
import { Readable } from 'node:stream'
import type { LiveChange, LiveCount, LiveRow } from '@touchline/schemas/api'
import type { Clock } from '../../clock.js'
import type { Feed, Listener } from './feed.js'

const mostQueued = 1_000
/** A client that reads nothing while so many were refused has gone; it finds them in the list of refused events. */
const mostQueuedRefused = 20_000
const mostRemembered = 5_000
const countEveryMs = 1_000
const comeBackAfterMs = 1_000

export interface ViewOptions {
  feed: Feed
  clock: Clock
  /** Whether this process sees everything that arrives. */
  scope: LiveCount['scope']
  id: string | undefined
  lastEventId: string | undefined
  /** Looked at every second: a session that ended sees no more. */
  isStillAllowed: () => Promise<boolean>
}

export interface View {
  body: Readable
  end(): void
}

type Queued = { event: 'row'; data: LiveRow } | { event: 'state'; data: LiveChange }

export function openView({ feed, clock, scope, id, lastEventId, isStillAllowed }: ViewOptions): View {
  const resumed = resumedFrom(feed, lastEventId)
  const { base, shown: before } = resumed
  let { seq, shown } = { seq: resumed.seq, shown: before }
  const own = { received: 0, refused: 0, seqs: new Map<number, string>() }
  const queue: Queued[] = []
  let refusedQueued = 0
  let isCountDue = true
  let isDraining = true

  /** Rows of this view that may still change. */
  const seqsShown = new Set<number>()
  const isShown = (one: number) => seqsShown.has(one) || (resumed.isResumed && one <= resumed.seq)

  const body = new Readable({ read: () => drain(), highWaterMark: 16_384 })

  function push(event: string, data: object): boolean {
    const mark = [feed.epoch, seq, base.received, base.refused, base.seq, shown].join('.')
    return body.push(`id: ${mark}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  function drain(): void {
    isDraining = true
    while (isDraining) {
      if (isCountDue) {
        isCountDue = false
        isDraining = push('count', counts())
        continue
      }
      const next = queue.shift()
      if (next === undefined) return
      if (next.event === 'row') {
        shown += 1
        seq = Math.max(seq, next.data.seq)
        if (next.data.state === 'refused') refusedQueued -= 1
      }
      isDraining = push(next.event, next.data)
    }
  }

  function remember(one: number): void {
    seqsShown.add(one)
    const [oldest] = seqsShown
    if (seqsShown.size > mostRemembered && oldest !== undefined) seqsShown.delete(oldest)
  }

  function add(one: Queued): void {
    const isRefused = one.event === 'row' && one.data.state === 'refused'
    if (isRefused) refusedQueued += 1
    else if (queue.length - refusedQueued >= mostQueued) return
    if (refusedQueued > mostQueuedRefused) return end()
    if (one.event === 'row' && !isRefused) remember(one.data.seq)
    queue.push(one)
    if (isDraining) drain()
  }

  function counts(): LiveCount {
    const at = clock()
    if (id !== undefined) {
      for (const [one, messageId] of own.seqs) if (!feed.isAwaited(one, messageId)) own.seqs.delete(one)
      return countOf({
        received: own.received,
        refused: own.refused,
        waiting: own.seqs.size,
        shown,
        at,
        scope,
      })
    }
    const totals = feed.totals()
    const received = totals.received - base.received
    const refused = totals.refused - base.refused
    return countOf({ received, refused, waiting: feed.waitingSince(base.seq), shown, at, scope })
  }

  const listener: Listener = {
    id,
    row(row) {
      if (id !== undefined && row.state !== 'refused') own.seqs.set(row.seq, row.messageId)
      add({ event: 'row', data: row })
    },
    changed(change) {
      if (!isShown(change.seq)) return
      if (change.state === 'linked') seqsShown.delete(change.seq)
      add({ event: 'state', data: change })
    },
    counted({ isRefused }) {
      own.received += 1
      if (isRefused) own.refused += 1
    },
  }
  const remove = feed.add(listener)
  body.push(`retry: ${comeBackAfterMs}\n\n`)
  if (id === undefined && resumed.isResumed)
    for (const row of feed.since(resumed.seq)) add({ event: 'row', data: row })
  const timer = setInterval(() => {
    isCountDue = true
    if (isDraining) drain()
    void isStillAllowed().then(
      (isAllowed) => {
        if (!isAllowed) end()
      },
      // The list of keys cannot be read at the moment: whoever was let in stays.
      () => undefined,
    )
  }, countEveryMs)

  function end(): void {
    clearInterval(timer)
    remove()
    queue.length = 0
    if (!body.readableEnded && !body.destroyed) body.push(null)
  }
  body.once('close', end)
  return { body, end }
}

const countOf = ({ received, refused, waiting, ...rest }: Omit<LiveCount, 'stored'>): LiveCount => {
  const stored = Math.max(0, received - refused - waiting)
  return { received, stored, refused, waiting: received - refused - stored, ...rest }
}

/** Of this very feed, and nothing that it never said: what a client sends changes no more than its own counts. */
function resumedFrom(feed: Feed, lastEventId: string | undefined) {
  const totals = feed.totals()
  const fresh = { isResumed: false, seq: totals.seq, base: totals, shown: 0 }
  const [epoch, ...numbers] = lastEventId?.split('.') ?? []
  if (epoch !== feed.epoch || numbers.length !== 5) return fresh
  const [seq = 0, received = 0, refused = 0, base = 0, shown = 0] = numbers.map(Number)
  const isSound =
    [seq, received, refused, base, shown].every((one) => Number.isSafeInteger(one) && one >= 0) &&
    seq <= totals.seq &&
    received <= totals.received &&
    refused <= totals.refused &&
    base <= seq
  return isSound ? { isResumed: true, seq, base: { seq: base, received, refused }, shown } : fresh
}
