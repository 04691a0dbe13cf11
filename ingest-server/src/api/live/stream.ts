/**
 * One live view as server-sent events. What its client does not read waits in a short queue; when that is full rows and
 * changes are left out, never a refused one, and the counts say how many were shown.
 *
 *     id    = epoch "." seq "." received "." refused "." base "." shown
 *
 * so that a client which comes back with Last-Event-ID goes on counting where it was: `received`, `refused` and `base` (a
 * seq) are what the feed had when the view was first opened, `shown` how many rows it had been sent.
 */
import type { Readable } from 'node:stream'
import QuickLRU from 'quick-lru'
import type { Clock } from '../../clock.js'
import type { Feed } from './feed.js'
import type { Queued } from './live-queue.js'
import { openCounts } from './view-counts.js'
import { openWriter, type Position } from './writer.js'

/** quick-lru keeps up to twice as many. */
const mostChangeable = 5_000
const countEveryMs = 1_000

export interface ViewOptions {
  feed: Feed
  clock: Clock
  /** Whether the log does not answer, and so nothing of it can be shown. */
  isLogAway: () => boolean
  id: string | undefined
  lastEventId: string | undefined
  /** Looked at every second: a session that ended sees no more. */
  isStillAllowed: () => Promise<boolean>
}

export interface View {
  body: Readable
  end(): void
}

export function openView({ feed, clock, isLogAway, id, lastEventId, isStillAllowed }: ViewOptions): View {
  const resumed = resumedFrom(feed, lastEventId)
  const { base, seq, shown } = resumed
  const counts = openCounts({ feed, clock, isLogAway, isNamed: id !== undefined, base })
  const idOf = (at: Position) =>
    [feed.epoch, at.seq, base.received, base.refused, base.seq, at.shown].join('.')
  const writer = openWriter({ seq, shown, idOf, countsOf: counts.now })
  /** Rows of this view that may still change. */
  const changeable = new QuickLRU<number, true>({ maxSize: mostChangeable })
  const mayChange = (one: number) => changeable.has(one) || (resumed.isResumed && one <= resumed.seq)

  function add(one: Queued): void {
    const outcome = writer.add(one)
    if (outcome === 'gone') end()
    else if (outcome === 'queued' && one.event === 'row' && one.data.state !== 'refused')
      changeable.set(one.data.seq, true)
  }

  const remove = feed.add({
    id,
    row(row) {
      if (row.state !== 'refused') counts.await(row.seq, row.messageId)
      add({ event: 'row', data: row })
    },
    changed(change) {
      if (!mayChange(change.seq)) return
      if (change.state === 'linked') changeable.delete(change.seq)
      add({ event: 'state', data: change })
    },
    counted: counts.add,
  })
  if (id === undefined && resumed.isResumed)
    for (const row of feed.since(resumed.seq)) add({ event: 'row', data: row })
  const timer = setInterval(() => {
    writer.sendCounts()
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
    writer.end()
  }
  writer.body.once('close', end)
  return { body: writer.body, end }
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
