/**
 * What a project's live view is fed with, while somebody looks on: every line that the log confirmed is counted, every
 * refused one becomes a row, and of the others so many a second as eyes can follow; the rows' states move in place.
 * All of it is bounded: beyond a bound rows are not shown, but counted still.
 */
import { randomBytes } from 'node:crypto'
import type { LiveChange, LiveRow } from '@touchline/schemas/api'
import type { Clock } from '../../clock.js'
import { linesOf as splitLines, projectOf } from '../../log/join-records.js'
import type { LogRecord, ReadRecord } from '../../log/log.js'
import type { LogWatcher } from '../../log/watched-log.js'
import { openAwaited } from './awaited.js'
import { messageIdIn, subjectIn } from './line-fields.js'
import { seenIn, type Seen } from './rows.js'
import { openTracked, type Tracked } from './tracked.js'

const rowsPerSecond = 200
/** For who comes back with Last-Event-ID. */
const mostKept = 2_000
const mostRefusedKept = 5_000

export interface Listener {
  /** Only what is called so, and all of that; undefined: what everybody sees. */
  id: string | undefined
  row(row: LiveRow): void
  changed(change: LiveChange): void
  /** Of a listener with an id: one more that is called so, shown or not. */
  counted?(what: { seq: number; isRefused: boolean }): void
}

export interface Totals {
  seq: number
  received: number
  refused: number
}

export type Feed = ReturnType<typeof createFeed>

export function createFeed(project: string, clock: Clock) {
  const epoch = randomBytes(6).toString('base64url')
  const listeners = new Set<Listener>()
  const totals: Totals = { seq: 0, received: 0, refused: 0 }
  const awaited = openAwaited(clock)
  const tracked = openTracked()
  const kept: LiveRow[] = []
  const keptRefused: LiveRow[] = []
  let second = { at: 0, shown: 0 }

  function emit(row: LiveRow, seen: Seen | undefined, isSampled: boolean): void {
    for (const listener of listeners) {
      const isTheirs = listener.id === undefined ? isSampled : seen?.names.includes(listener.id) === true
      if (!isTheirs) continue
      if (listener.id !== undefined) listener.counted?.({ seq: row.seq, isRefused: row.state === 'refused' })
      listener.row({ ...row })
    }
  }

  function mayShow(): boolean {
    const at = Math.floor(clock() / 1_000)
    if (second.at !== at) second = { at, shown: 0 }
    second.shown += 1
    return second.shown <= rowsPerSecond
  }

  function addEvent(line: Buffer, wanted: readonly string[]): void {
    const seq = (totals.seq += 1)
    totals.received += 1
    const id = messageIdIn(line)
    awaited.add(id, { seq, subject: subjectIn(line) })
    const isSampled = mayShow()
    const isNamed = wanted.some((name) => line.includes(name))
    if (!isSampled && !isNamed) return
    const seen = seenIn(line.toString(), 'events')
    if (seen === undefined) return
    const row: LiveRow = { seq, ...seen.row }
    if (isSampled) keep(kept, row, mostKept)
    tracked.add(id, { row, subject: subjectIn(line), storedAt: undefined })
    emit(row, seen, isSampled)
  }

  function addRefused(line: Buffer): void {
    const seq = (totals.seq += 1)
    totals.received += 1
    totals.refused += 1
    const seen = seenIn(line.toString(), 'rejected_events')
    if (seen === undefined) return
    const row: LiveRow = { seq, ...seen.row }
    keep(keptRefused, row, mostRefusedKept)
    emit(row, seen, true)
  }

  function changed({ row }: Tracked, change: Omit<LiveChange, 'seq' | 'messageId' | 'storedAfterMs'>): void {
    Object.assign(row, change)
    const { seq, messageId, storedAfterMs } = row
    for (const listener of listeners) listener.changed({ seq, messageId, storedAfterMs, ...change })
  }

  function markStored(id: string): void {
    if (!awaited.settle(id)) return
    const one = tracked.of(id).find(({ storedAt }) => storedAt === undefined)
    if (one === undefined) return
    one.storedAt = clock()
    one.row.storedAfterMs = Math.max(0, one.storedAt - one.row.at)
    changed(one, { state: 'stored' })
  }

  const watcher: LogWatcher = {
    appended(records) {
      const wanted = [...listeners].flatMap(({ id }) => (id === undefined ? [] : [bareOf(id)]))
      for (const [table, line] of linesOf(records, project))
        if (table === 'events') addEvent(line, wanted)
        else addRefused(line)
    },
    handled(records) {
      for (const [table, line] of linesOf(records, project))
        if (table === 'events') markStored(messageIdIn(line))
    },
  }

  return {
    epoch,
    watcher,
    totals: (): Totals => ({ ...totals }),
    waitingSince: (seq: number) => awaited.countAfter(seq),
    isAwaited: awaited.has,
    awaitedSince: (before: number, limit: number) => awaited.since(before, limit),
    markStored,
    /** What was shown to everybody after that one, as it stands now. */
    since: (seq: number): LiveRow[] =>
      [...kept, ...keptRefused]
        .filter((row) => row.seq > seq)
        .sort((one, other) => one.seq - other.seq)
        .map((row) => ({ ...row })),
    add(listener: Listener): () => void {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    listeners: () => listeners.size,
    /** Rows whose person is not known yet. */
    unlinked: tracked.all,
    changed,
    /** Its person is known, or nobody looks for it any longer. */
    untrack: (one: Tracked) => tracked.remove(one),
  }
}

function keep(list: LiveRow[], row: LiveRow, most: number): void {
  list.push(row)
  if (list.length > most) list.splice(0, Math.ceil(most / 10))
}

/** `user:u7` is written as `u7` in the line; a filter for either finds it. As JSON writes it. */
const bareOf = (id: string): string => JSON.stringify(id.replace(/^(?:user|anon|email):/, '')).slice(1, -1)

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
