/** A live view as a client reads it: rows, what changed of them, and the counts. */
import {
  liveChange,
  liveCount,
  liveRow,
  type LiveChange,
  type LiveCount,
  type LiveRow,
} from '@touchline/schemas/api'
import { expect } from 'vitest'
import { until, type TestServer } from './server.js'

export interface LiveView {
  rows: LiveRow[]
  changes: LiveChange[]
  counts: LiveCount[]
  lastId: string
  last(): LiveCount
  stop(): void
  ended: Promise<void>
}

interface Asked {
  id?: string
  lastId?: string
  key?: string
}

const none: LiveCount = {
  received: -1,
  stored: 0,
  refused: 0,
  waiting: 0,
  shown: 0,
  at: 0,
  scope: 'all',
  logAway: false,
}

/** Resolves with the first count. */
export async function watchLive(
  server: TestServer,
  { id, lastId, key = server.secretKey }: Asked = {},
): Promise<LiveView> {
  const ending = new AbortController()
  const answer = await fetch(
    `${server.url}/v1/live${id === undefined ? '' : `?id=${encodeURIComponent(id)}`}`,
    {
      headers: { authorization: `Bearer ${key}`, ...(lastId !== undefined && { 'last-event-id': lastId }) },
      signal: ending.signal,
    },
  )
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  const seen: LiveView = {
    rows: [],
    changes: [],
    counts: [],
    lastId: '',
    last: () => seen.counts.at(-1) ?? none,
    stop: () => ending.abort(),
    ended: Promise.resolve(),
  }
  seen.ended = readEvents(answer, seen).catch(() => undefined)
  await until(() => (seen.counts.length > 0 ? true : undefined))
  return seen
}

async function readEvents(answer: Response, seen: LiveView): Promise<void> {
  let rest = ''
  for await (const chunk of answer.body ?? []) {
    rest += Buffer.from(chunk as Uint8Array).toString()
    const messages = rest.split('\n\n')
    rest = messages.pop() ?? ''
    for (const message of messages) take(message, seen)
  }
}

function take(message: string, seen: LiveView): void {
  const fields = new Map(
    message
      .split('\n')
      .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  )
  const data: unknown = JSON.parse(fields.get('data') ?? 'null')
  seen.lastId = fields.get('id') ?? seen.lastId
  if (fields.get('event') === 'row') seen.rows.push(liveRow.parse(data))
  else if (fields.get('event') === 'state') seen.changes.push(liveChange.parse(data))
  else if (fields.get('event') === 'count') seen.counts.push(liveCount.parse(data))
}

export const stateOf = (seen: LiveView, messageId: string) =>
  seen.changes.findLast((change) => change.messageId === messageId)?.state ??
  seen.rows.find((row) => row.messageId === messageId)?.state
