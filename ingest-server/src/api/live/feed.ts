/**
 * What a project's live view is fed with, while somebody looks on: every line that the log confirmed is counted, every
 * refused one becomes a row, and of the others so many a second as eyes can follow; the rows' states move in place.
 * All of it is bounded: beyond a bound rows are not shown, but counted still.
 */
import { randomBytes } from 'node:crypto'
import type { LiveRow } from '@touchline/schemas/api'
import type { Clock } from '../../clock.js'
import { linesOf as splitLines, projectOf } from '../../log/join-records.js'
import type { LogRecord, Place, ReadRecord } from '../../log/log.js'
import type { LogWatcher } from '../../log/watched-log.js'
import { openAwaited } from './awaited.js'
import { messageIdIn, subjectIn } from './line-fields.js'
import { openListeners, type Change } from './listeners.js'
import { openPlaced, type Range } from './placed.js'
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
  const placed = openPlaced()
  const tracked = openTracked()
  const sample = openSample(clock)

  function addEvent(
    line: Buffer,
    { wanted, isPlaced }: { wanted: readonly string[]; isPlaced: boolean },
  ): void {
    const seq = (totals.seq += 1)
    totals.received += 1
    if (!isPlaced) awaited.add(messageIdIn(line), { seq, subject: subjectIn(line) })
    const isSampled = sample.mayShow()
    const isNamed = wanted.some((name) => line.includes(name))
    if (!isSampled && !isNamed) return
    const seen = seenIn(line.toString(), 'events')
    if (seen === undefined) return
    const row: LiveRow = { seq, ...seen.row }
    if (isSampled) sample.add(row)
    tracked.add(messageIdIn(line), { row, subject: subjectIn(line), storedAt: undefined })
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

  const { changed, markStored, handledBefore } = createMarks({ awaited, placed, tracked, listeners, clock })
  return {
    epoch,
    watcher: watch(project, {
      ...{ wanted: listeners.wanted, addEvent, addRefused, markStored, handledBefore },
      seq: () => totals.seq,
      place: (place, range) => placed.add(place, range),
    }),
    totals: (): Totals => ({ ...totals }),
    waitingSince: (seq: number) => awaited.countAfter(seq) + placed.countAfter(seq),
    isAwaited: (seq: number, id: string) => placed.has(seq) || awaited.has(seq, id),
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

interface Marked {
  awaited: ReturnType<typeof openAwaited>
  placed: ReturnType<typeof openPlaced>
  tracked: ReturnType<typeof openTracked>
  listeners: ReturnType<typeof openListeners>
  clock: Clock
}

/** What became of rows: told by a message's id, or by how far the log was handled. */
function createMarks({ awaited, placed, tracked, listeners, clock }: Marked) {
  function changed({ row }: Tracked, change: Change): void {
    Object.assign(row, change)
    listeners.changed(row, change)
  }

  function markStored(id: string): void {
    if (!awaited.settle(id)) return
    const one = tracked.stored(id, clock())
    if (one !== undefined) changed(one, { state: 'stored' })
  }

  function handledBefore(places: readonly Place[]): void {
    const ranges = places.flatMap((place) => placed.handledBefore(place))
    if (ranges.length === 0) return
    const isHandled = (seq: number) => ranges.some(({ first, last }) => seq >= first && seq <= last)
    for (const one of tracked.all())
      if (one.storedAt === undefined && isHandled(one.row.seq)) {
        tracked.noteStored(one, clock())
        changed(one, { state: 'stored' })
      }
  }
  return { changed, markStored, handledBefore }
}

interface LineHandlers {
  wanted: () => readonly string[]
  /** Of the newest line. */
  seq: () => number
  addEvent: (line: Buffer, how: { wanted: readonly string[]; isPlaced: boolean }) => void
  addRefused: (line: Buffer) => void
  place: (place: Place, range: Range) => void
  markStored: (messageId: string) => void
  handledBefore: (places: readonly Place[]) => void
}

const watch = (project: string, on: LineHandlers): LogWatcher => ({
  appended(records) {
    const wanted = on.wanted()
    for (const record of records) {
      const before = on.seq()
      const place = 'place' in record ? record.place : undefined
      for (const line of linesOf(record, project))
        if (record.table === 'events') on.addEvent(line, { wanted, isPlaced: place !== undefined })
        else on.addRefused(line)
      if (place !== undefined && record.table === 'events' && on.seq() > before)
        on.place(place, { first: before + 1, last: on.seq() })
    }
  },
  handled(records) {
    for (const record of records)
      if (record.table === 'events')
        for (const line of linesOf(record, project)) on.markStored(messageIdIn(line))
  },
  handledBefore: on.handledBefore,
})

/** Those of the project; of a table that Live does not show none. */
function* linesOf({ table, lines, rows }: LogRecord | ReadRecord, project: string): Generator<Buffer> {
  if ((table !== 'events' && table !== 'rejected_events') || !(project in rows)) return
  const isAlone = Object.keys(rows).length === 1
  for (const line of splitLines(lines)) if (isAlone || projectOf(line) === project) yield line
}
