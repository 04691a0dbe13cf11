/**
 * What a project's live view is fed with, while somebody looks on: every line that the log confirmed is counted, every
 * refused one becomes a row, and of the others so many a second as eyes can follow; the rows' states move in place.
 * All of it is bounded: beyond a bound rows are not shown, but counted still.
 */
import { randomBytes } from 'node:crypto'
import type { LiveRow } from '@touchline/schemas/api'
import type { Clock } from '../../clock.js'
import { linesOf as splitLines, projectOf } from '../../log/join-records.js'
import type { LogRecord, ReadRecord } from '../../log/log.js'
import type { LogWatcher } from '../../log/watched-log.js'
import { openAwaited } from './awaited.js'
import { messageIdIn, subjectIn } from './line-fields.js'
import { openListeners, type Change } from './listeners.js'
import { seenIn } from './rows.js'
import { openSample } from './sample.js'
import { openTracked, type Tracked } from './tracked.js'

export interface Totals {
  seq: number
  received: number
  refused: number
}

export type Feed = ReturnType<typeof createFeed>

export function createFeed(project: string, clock: Clock) {
  const epoch = randomBytes(6).toString('base64url')
  const listeners = openListeners()
  const totals: Totals = { seq: 0, received: 0, refused: 0 }
  const awaited = openAwaited(clock)
  const tracked = openTracked()
  const sample = openSample(clock)

  function addEvent(line: Buffer, wanted: readonly string[]): void {
    const seq = (totals.seq += 1)
    totals.received += 1
    const id = messageIdIn(line)
    awaited.add(id, { seq, subject: subjectIn(line) })
    const isSampled = sample.mayShow()
    const isNamed = wanted.some((name) => line.includes(name))
    if (!isSampled && !isNamed) return
    const seen = seenIn(line.toString(), 'events')
    if (seen === undefined) return
    const row: LiveRow = { seq, ...seen.row }
    if (isSampled) sample.add(row)
    tracked.add(id, { row, subject: subjectIn(line), storedAt: undefined })
    listeners.emit(row, { names: seen.names, isSampled })
  }

  function addRefused(line: Buffer): void {
    const seq = (totals.seq += 1)
    totals.received += 1
    totals.refused += 1
    const seen = seenIn(line.toString(), 'rejected_events')
    if (seen === undefined) return
    const row: LiveRow = { seq, ...seen.row }
    sample.addRefused(row)
    listeners.emit(row, { names: seen.names, isSampled: true })
  }

  function changed({ row }: Tracked, change: Change): void {
    Object.assign(row, change)
    listeners.changed(row, change)
  }

  function markStored(id: string): void {
    if (!awaited.settle(id)) return
    const one = tracked.stored(id, clock())
    if (one !== undefined) changed(one, { state: 'stored' })
  }

  return {
    epoch,
    watcher: watch(project, { wanted: listeners.wanted, addEvent, addRefused, markStored }),
    totals: (): Totals => ({ ...totals }),
    waitingSince: awaited.countAfter,
    isAwaited: awaited.has,
    awaitedSince: awaited.since,
    markStored,
    since: sample.since,
    add: listeners.add,
    listeners: listeners.size,
    /** Rows whose person is not known yet. */
    unlinked: tracked.all,
    changed,
    untrack: tracked.remove,
  }
}

interface LineHandlers {
  wanted: () => readonly string[]
  addEvent: (line: Buffer, wanted: readonly string[]) => void
  addRefused: (line: Buffer) => void
  markStored: (messageId: string) => void
}

const watch = (project: string, on: LineHandlers): LogWatcher => ({
  appended(records) {
    const wanted = on.wanted()
    for (const [table, line] of linesOf(records, project))
      if (table === 'events') on.addEvent(line, wanted)
      else on.addRefused(line)
  },
  handled(records) {
    for (const [table, line] of linesOf(records, project))
      if (table === 'events') on.markStored(messageIdIn(line))
  },
})

function* linesOf(
  records: readonly (LogRecord | ReadRecord)[],
  project: string,
): Generator<['events' | 'rejected_events', Buffer]> {
  for (const { table, lines, rows } of records) {
    if ((table !== 'events' && table !== 'rejected_events') || !(project in rows)) continue
    const isAlone = Object.keys(rows).length === 1
    for (const line of splitLines(lines)) if (isAlone || projectOf(line) === project) yield [table, line]
  }
}
