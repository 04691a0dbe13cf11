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
import { seenIn, type Seen } from './rows.js'

const rowsPerSecond = 200
/** For who comes back with Last-Event-ID. */
const mostKept = 2_000
const mostRefusedKept = 5_000
/** Ids of events whose end is awaited; beyond, only their number is known. */
const mostAwaited = 100_000
/** Rows whose person is looked for. */
const mostTracked = 5_000
/** Handled before it was told that they are durable: the two come from different sides. */
const mostEarly = 2_000

export interface Tracked {
  row: LiveRow
  /** Identifier by which the event stands in `events`. */
  subject: string
  storedAt: number | undefined
}

export interface Listener {
  /** Only what is called so, and all of that; undefined: what everybody sees. */
  id: string | undefined
  row(row: LiveRow): void
  changed(change: LiveChange): void
  /** Of a listener with an id: one more that is called so, shown or not. */
  counted?(what: { seq: number; isRefused: boolean }): void
}

interface Awaited {
  seqs: number[]
  /** By which it stands in `events`. */
  subject: string
  since: number
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
  /** By messageId those that are in the log and not handled, the oldest first. A message may be sent twice. */
  const awaited = new Map<string, Awaited>()
  let unnamed = 0
  const early = new Set<string>()
  const kept: LiveRow[] = []
  const keptRefused: LiveRow[] = []
  const tracked = new Map<string, Tracked[]>()
  let trackedCount = 0
  let second = { at: 0, shown: 0 }

  function tell(row: LiveRow, seen: Seen | undefined, isSampled: boolean): void {
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
    expectEnd(id, seq, line)
    const isSampled = mayShow()
    const isNamed = wanted.some((name) => line.includes(name))
    if (!isSampled && !isNamed) return
    const seen = seenIn(line.toString(), 'events')
    if (seen === undefined) return
    const row: LiveRow = { seq, ...seen.row }
    if (isSampled) keep(kept, row, mostKept)
    track(id, { row, subject: subjectIn(line), storedAt: undefined })
    tell(row, seen, isSampled)
  }

  function addRefused(line: Buffer): void {
    const seq = (totals.seq += 1)
    totals.received += 1
    totals.refused += 1
    const seen = seenIn(line.toString(), 'rejected_events')
    if (seen === undefined) return
    const row: LiveRow = { seq, ...seen.row }
    keep(keptRefused, row, mostRefusedKept)
    tell(row, seen, true)
  }

  function expectEnd(id: string, seq: number, line: Buffer): void {
    if (early.delete(id)) return
    const others = awaited.get(id)
    if (others) others.seqs.push(seq)
    else if (awaited.size < mostAwaited)
      awaited.set(id, { seqs: [seq], subject: subjectIn(line), since: clock() })
    else unnamed += 1
  }

  function track(id: string, one: Tracked): void {
    if (trackedCount >= mostTracked) dropOldest()
    const list = tracked.get(id)
    if (list) list.push(one)
    else tracked.set(id, [one])
    trackedCount += 1
  }

  function dropOldest(): void {
    const oldest = tracked.keys().next()
    if (oldest.done === true) return
    trackedCount -= tracked.get(oldest.value)?.length ?? 0
    tracked.delete(oldest.value)
  }

  function changed({ row }: Tracked, change: Omit<LiveChange, 'seq' | 'messageId' | 'storedAfterMs'>): void {
    Object.assign(row, change)
    const { seq, messageId, storedAfterMs } = row
    for (const listener of listeners) listener.changed({ seq, messageId, storedAfterMs, ...change })
  }

  function markStored(id: string): void {
    const seqs = awaited.get(id)?.seqs
    if (seqs === undefined) {
      if (unnamed > 0) unnamed -= 1
      else if (early.size < mostEarly) early.add(id)
      return
    }
    // All copies of one message become one event.
    seqs.shift()
    if (seqs.length === 0) awaited.delete(id)
    const one = tracked.get(id)?.find(({ storedAt }) => storedAt === undefined)
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
    /** How many after that one are in the log and not stored. */
    waitingSince(seq: number): number {
      let count = unnamed
      for (const { seqs } of awaited.values()) for (const one of seqs) if (one > seq) count += 1
      return count
    },
    isAwaited: (seq: number, id: string) => awaited.get(id)?.seqs.includes(seq) === true,
    /** The oldest of those that are awaited since before a time: another process may have stored them. */
    awaitedSince(before: number, limit: number): { id: string; subject: string }[] {
      const found: { id: string; subject: string }[] = []
      for (const [id, { subject, since }] of awaited) {
        if (since >= before || found.length === limit) break
        found.push({ id, subject })
      }
      return found
    },
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
    unlinked: (): Tracked[] => [...tracked.values()].flat(),
    changed,
    /** Its person is known, or nobody looks for it any longer. */
    untrack(one: Tracked): void {
      const list = tracked.get(one.row.messageId)?.filter((other) => other !== one)
      if (list === undefined) return
      trackedCount -= 1
      if (list.length === 0) tracked.delete(one.row.messageId)
      else tracked.set(one.row.messageId, list)
    },
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

/** The first field of that name: what the sender wrote comes later in the line, in properties and traits. */
const messageIdIn = (line: Buffer): string => textAfter(line, '"message_id":"')
const subjectIn = (line: Buffer): string => textAfter(line, '"subject":"')

const quote = 0x22
const backslash = 0x5c

function textAfter(line: Buffer, field: string): string {
  const start = line.indexOf(field)
  if (start === -1) return ''
  const begin = start + field.length
  let end = begin
  while (end < line.length && line[end] !== quote) end += line[end] === backslash ? 2 : 1
  const text = line.toString('utf8', begin, end)
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text
}
