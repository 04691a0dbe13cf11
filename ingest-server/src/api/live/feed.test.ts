/** A live view under more than it can show: what it holds is bounded, what it counts is exact. test/explorer.test.ts has the rest. */
import { expect, test } from 'vitest'
import type { LiveCount, LiveRow } from '@touchline/schemas/api'
import type { LogRecord } from '../../log/log.js'
import { createFeed } from './feed.js'
import { openView, type View } from './stream.js'

let now = Date.parse('2026-06-01T00:00:00Z')
const clock = () => now

const at = '2026-06-01T00:00:00.000Z'
function events(from: number, count: number, project = 'default'): LogRecord {
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      project,
      subject: `user:u${from + index}`,
      message_id: `m${from + index}`,
      type: 'track',
      name: 'E',
      received_at: at,
      user_id: `u${from + index}`,
    }),
  )
  return { table: 'events', lines: Buffer.from(`${lines.join('\n')}\n`), rows: { [project]: count } }
}
function refused(from: number, count: number): LogRecord {
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      project: 'default',
      received_at: at,
      message_id: `r${from + index}`,
      code: 'EVENT_NO_ID',
      message: 'no id',
      original: '{"type":"track"',
    }),
  )
  return { table: 'rejected_events', lines: Buffer.from(`${lines.join('\n')}\n`), rows: { default: count } }
}
const handled = (record: LogRecord) => ({ ...record, position: 'here' })
const viewOf = (feed: ReturnType<typeof createFeed>, id?: string): View =>
  openView({
    feed,
    clock,
    isLogAway: () => false,
    id,
    lastEventId: undefined,
    isStillAllowed: async () => true,
  })

/** Everything that waits to be read, once the view has nothing more to say. */
async function readAll(view: View, isDone: (seen: { rows: LiveRow[]; counts: LiveCount[] }) => boolean) {
  const seen = { rows: [] as LiveRow[], counts: [] as LiveCount[] }
  let rest = ''
  for await (const chunk of view.body) {
    rest += String(chunk)
    const messages = rest.split('\n\n')
    rest = messages.pop() ?? ''
    for (const message of messages) {
      const data = JSON.parse(/^data: (.*)$/m.exec(message)?.[1] ?? 'null') as LiveRow & LiveCount
      if (message.includes('event: row')) seen.rows.push(data)
      if (message.includes('event: count')) seen.counts.push(data)
    }
    if (isDone(seen)) break
  }
  return seen
}

test('a client that reads nothing costs a bounded queue: rows are left out of it, refused ones never, and the counts stay exact', async () => {
  const feed = createFeed('default', clock)
  const view = viewOf(feed)
  for (let second = 0; second < 60; second += 1) {
    now += 1_000
    feed.watcher.appended([events(second * 500, 500), refused(second * 50, 50)])
  }
  // Until nothing more was shown between two counts.
  const seen = await readAll(view, ({ counts }) => {
    const [before, last] = counts.slice(-2)
    return last?.received === 60 * 550 && last.shown === before?.shown
  })
  const last = seen.counts.at(-1)
  expect(seen.rows.filter(({ state }) => state === 'refused')).toHaveLength(60 * 50)
  expect(seen.rows.length).toBe(last?.shown)
  expect(seen.rows.length).toBeLessThan(60 * 50 + 1_500)
  expect(last).toMatchObject({ received: 33_000, refused: 3_000, waiting: 30_000, stored: 0 })
  view.end()
})

test('of ids beyond what is remembered their number still counts, until all are stored', () => {
  const feed = createFeed('default', clock)
  for (let part = 0; part < 12; part += 1) feed.watcher.appended([events(part * 10_000, 10_000)])
  expect(feed.waitingSince(0)).toBe(120_000)
  for (let part = 0; part < 12; part += 1) feed.watcher.handled([handled(events(part * 10_000, 10_000))])
  expect(feed.waitingSince(0)).toBe(0)
})

test('what is told to be handled before it is told to be durable is not awaited for ever', () => {
  const feed = createFeed('default', clock)
  feed.watcher.handled([handled(events(0, 3))])
  feed.watcher.appended([events(0, 3)])
  expect(feed.waitingSince(0)).toBe(0)
})

test('lines of other projects that travel in one record are none of its own', () => {
  const feed = createFeed('default', clock)
  const [mine, theirs] = [events(0, 2), events(10, 3, 'other')]
  const joined: LogRecord = {
    table: 'events',
    lines: Buffer.concat([mine.lines, theirs.lines]),
    rows: { default: 2, other: 3 },
  }
  feed.watcher.appended([joined, events(20, 4, 'other')])
  expect(feed.totals()).toMatchObject({ received: 2, refused: 0 })
})

test('what another process stored is found by its id and subject, once it is late', () => {
  const feed = createFeed('default', clock)
  feed.watcher.appended([events(0, 2)])
  expect(feed.awaitedSince(now, 10)).toEqual([])
  now += 500
  expect(feed.awaitedSince(now, 1)).toEqual([{ id: 'm0', subject: 'user:u0' }])
  feed.markStored('m0')
  expect(feed.waitingSince(0)).toBe(1)
})

test('a session that ended sees no more', async () => {
  const feed = createFeed('default', clock)
  let isAllowed = true
  const view = openView({
    feed,
    clock,
    isLogAway: () => false,
    id: undefined,
    lastEventId: undefined,
    isStillAllowed: async () => isAllowed,
  })
  view.body.resume()
  const ended = new Promise((resolve) => view.body.once('end', resolve))
  isAllowed = false
  await ended
  expect(feed.listeners()).toBe(0)
})

test('what has a place in the log is stored once the store’s mark has passed it, whatever its ids, and never twice', () => {
  const feed = createFeed('default', clock)
  const placedAt = (record: LogRecord, part: string, offset: bigint) => ({
    ...record,
    place: { part, offset },
  })
  feed.watcher.appended([
    placedAt(events(0, 3), 'events/0', 7n),
    placedAt(events(0, 2), 'events/1', 4n),
    placedAt(refused(0, 2), 'rejected_events/0', 1n),
  ])
  expect(feed.totals()).toMatchObject({ received: 7, refused: 2 })
  expect(feed.waitingSince(0)).toBe(5)
  expect(feed.awaitedSince(now + 1_000, 10)).toEqual([])
  feed.watcher.handledBefore([{ part: 'events/0', offset: 7n }])
  expect(feed.waitingSince(0)).toBe(5)
  for (let again = 0; again < 2; again += 1) feed.watcher.handledBefore([{ part: 'events/0', offset: 8n }])
  expect(feed.waitingSince(0)).toBe(2)
  expect(feed.waitingSince(3)).toBe(2)
  expect(feed.unlinked().map(({ storedAt }) => storedAt !== undefined)).toEqual([
    true,
    false,
    true,
    false,
    true,
  ])
  feed.watcher.handledBefore([{ part: 'events/1', offset: 9n }])
  expect(feed.waitingSince(0)).toBe(0)
  expect(feed.unlinked().every(({ storedAt }) => storedAt !== undefined)).toBe(true)
})
