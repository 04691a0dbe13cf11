/**
 * Who does which part of a derived table's upkeep. The work is cut into slots; every live process holds its share of
 * them, and only the holder of a slot writes its rows: a slow writer could otherwise leave a row behind that nobody
 * knows of. ClickHouse has no compare-and-set, so:
 *
 *     claim      a row with the next term; after a pause the first claim of the term counts (claimed_at, then holder)
 *     renew      the holder's beat rises every few seconds; a process that sees it unchanged for `leaseMs`, by its own
 *                clock, may claim. No two machines' clocks are compared, and none may go back.
 *     hold       only while the last renewal is younger than `leaseMs` less a margin: a process that was frozen finds
 *                its lease lapsed before it writes, and claims anew like anybody else
 *
 * A row also says how far the slot is, so that the next holder goes on there.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import { query } from '../clickhouse/query.js'

/** How far a slot is; see projection_leases. */
export interface Progress {
  settledUntil: string | null
  sweep: string
}

export interface Leases {
  readonly holder: string
  /** Renews, claims and gives back, where it is time; answers what came and what went. */
  keep: (progressOf: (slot: number) => Progress) => Promise<Kept>
  /** Only renews what is held: for a timer, while long work goes on. */
  renew: (progressOf: (slot: number) => Progress) => Promise<void>
  held: () => number[]
  /** By this process's clock, so that it is also true after a pause of any length. */
  holds: (slot: number) => boolean
  /** The slot is this process's, but not renewed in time: it may be somebody else's, or come back with the next renewal. */
  hasLapsed: (slot: number) => boolean
  /** Gives everything back, so that others need not wait. */
  release: (progressOf: (slot: number) => Progress) => Promise<void>
}

export interface Kept {
  /** With what the holder before wrote down. */
  gained: ReadonlyMap<number, Progress>
  lost: readonly number[]
}

export interface LeaseOptions {
  client: ClickHouseClient
  projection: string
  slots: number
  /** There can be no other process, for the database is this one's: nothing is waited for. */
  isAlone: boolean
  leaseMs?: number | undefined
  now?: () => number
}

/** A row of this slot says only that its holder lives. */
const presence = 65_535
const nothingYet: Progress = { settledUntil: null, sweep: '' }

export function openLeases(options: LeaseOptions): Leases {
  const { client, projection, slots, isAlone, leaseMs = 10_000, now = () => performance.now() } = options
  const holder = randomUUID()
  const settleMs = isAlone ? 0 : leaseMs / 10
  const mine = new Map<number, { term: number; beat: number; claimedAt: string; renewedAt: number }>()
  const seen = new Map<string, { beat: number; since: number }>()
  let keptAt = -Infinity
  let beat = 0
  // Of rows that say who lives the newest come first.
  const startedAs = Date.now()
  const aliveRow = (isReleased = false) => ({
    slot: presence,
    term: startedAs,
    claimed_at: '1970-01-01T00:00:00.000Z',
    beat,
    is_released: isReleased,
    settled_until: null,
    sweep: '',
  })

  const isFresh = ({ renewedAt }: { renewedAt: number }) => isAlone || now() - renewedAt < leaseMs * 0.6
  const holds = (slot: number) => {
    const lease = mine.get(slot)
    return lease !== undefined && isFresh(lease)
  }

  async function write(rows: readonly Partial<LeaseRow>[]): Promise<void> {
    await client.insert({
      table: 'projection_leases',
      format: 'JSONEachRow',
      values: rows.map((row) => ({ name: projection, holder, ...row })),
      clickhouse_settings: { date_time_input_format: 'best_effort', insert_deduplicate: 0, async_insert: 0 },
    })
  }
  const read = () => query<LeaseRow>({ client }, leasesQuery, { projection })
  const rowOf = (slot: number, progress: Progress, isReleased = false): Partial<LeaseRow> => {
    const lease = mine.get(slot)
    return {
      slot,
      term: lease?.term ?? 0,
      claimed_at: lease?.claimedAt ?? '',
      beat: lease?.beat ?? 0,
      is_released: isReleased,
      settled_until: progress.settledUntil,
      sweep: progress.sweep,
    }
  }

  /** Notes whose beat rose; answers whether a row's holder may be overruled. */
  function isDead(row: LeaseRow): boolean {
    if (row.is_released || row.holder === holder) return true
    if (isAlone) return true
    const key = `${row.slot} ${row.term} ${row.holder}`
    const known = seen.get(key)
    if (known?.beat !== row.beat) seen.set(key, { beat: row.beat, since: now() })
    return known?.beat === row.beat && now() - known.since >= leaseMs
  }

  function shareOf(rows: readonly LeaseRow[]): number {
    const others = rows.filter((row) => row.slot === presence && row.holder !== holder && !isDead(row))
    return Math.ceil(slots / (others.length + 1))
  }

  async function claim(free: readonly { slot: number; term: number }[]): Promise<Map<number, LeaseRow>> {
    const startedAt = now()
    const time = await databaseTime(client)
    const claims = free.map(({ slot, term }) => ({ slot, term: term + 1, claimed_at: time, beat: 1 }))
    await write(claims)
    // Who was slow between looking and claiming may have been too slow for somebody who did not wait any longer.
    if (!isAlone && now() - startedAt > settleMs) return new Map()
    await delay(2 * settleMs)
    const winners = winnersOf(await read())
    const won = new Map<number, LeaseRow>()
    for (const { slot, term } of claims) {
      const winner = winners.get(slot)
      if (winner?.holder !== holder || winner.term !== term) continue
      mine.set(slot, { term, beat: 1, claimedAt: winner.claimed_at, renewedAt: startedAt })
      won.set(slot, winner)
    }
    return won
  }

  /** What was not renewed in time is lost, and so is what somebody else claimed meanwhile. */
  async function renewHeld(progressOf: (slot: number) => Progress) {
    const startedAt = now()
    const lost = [...mine.keys()].filter((slot) => !holds(slot))
    for (const slot of lost) mine.delete(slot)
    for (const lease of mine.values()) lease.beat += 1
    beat += 1
    await write([...[...mine.keys()].map((slot) => rowOf(slot, progressOf(slot))), aliveRow()])
    const rows = await read()
    const winners = winnersOf(rows)
    for (const [slot, lease] of mine) {
      const winner = winners.get(slot)
      if (winner?.holder === holder && winner.term === lease.term) lease.renewedAt = startedAt
      else {
        mine.delete(slot)
        lost.push(slot)
      }
    }
    keptAt = startedAt
    return { rows, winners, lost }
  }

  const isDue = () => !isBusy && now() - keptAt >= leaseMs / 5
  let isBusy = false
  async function alone<Result>(work: () => Promise<Result>): Promise<Result> {
    isBusy = true
    try {
      return await work()
    } finally {
      isBusy = false
    }
  }

  async function keepAll(progressOf: (slot: number) => Progress): Promise<Kept> {
    const { rows, winners, lost } = await renewHeld(progressOf)
    const share = shareOf(rows)
    const excess = [...mine.keys()].slice(share)
    if (excess.length > 0) await write(excess.map((slot) => rowOf(slot, progressOf(slot), true)))
    for (const slot of excess) mine.delete(slot)
    const free = Array.from({ length: slots }, (_, slot) => slot)
      .filter((slot) => !mine.has(slot) && !excess.includes(slot))
      .filter((slot) => {
        const winner = winners.get(slot)
        return winner === undefined || isDead(winner)
      })
      .slice(0, share - mine.size)
      .map((slot) => ({ slot, term: winners.get(slot)?.term ?? 0 }))
    const won = free.length === 0 ? new Map<number, LeaseRow>() : await claim(free)
    const gained = new Map([...won.keys()].map((slot) => [slot, progressBefore(winners.get(slot))]))
    return { gained, lost: [...lost, ...excess] }
  }

  return {
    holder,
    async keep(progressOf) {
      return isDue() ? alone(() => keepAll(progressOf)) : { gained: new Map(), lost: [] }
    },
    async renew(progressOf) {
      if (isDue()) await alone(() => renewHeld(progressOf))
    },
    held: () => [...mine.keys()].filter(holds),
    holds,
    hasLapsed: (slot) => mine.has(slot) && !holds(slot),
    async release(progressOf) {
      const held = [...mine.keys()].filter(holds)
      for (const slot of held) {
        const lease = mine.get(slot)
        if (lease) lease.beat += 1
      }
      beat += 1
      await write([...held.map((slot) => rowOf(slot, progressOf(slot), true)), aliveRow(true)])
      mine.clear()
    },
  }
}

interface LeaseRow {
  slot: number
  term: number
  holder: string
  claimed_at: string
  beat: number
  is_released: boolean
  settled_until: string | null
  sweep: string
}

/** ClickHouse's. */
export async function databaseTime(client: ClickHouseClient): Promise<string> {
  const [row] = await query<{ time: string }>({ client }, timeQuery)
  return row?.time ?? ''
}

/** Records how far all slots are, for their next holders; only while no process holds one. */
export async function writeProgress(
  client: ClickHouseClient,
  projection: string,
  { slots, ...progress }: Progress & { slots: number },
): Promise<void> {
  await client.command({
    query: `
      INSERT INTO projection_leases (name, slot, term, holder, claimed_at, beat, is_released, settled_until, sweep)
      SELECT {projection: String}, s.number, t.term + 1, 'rebuild', now64(3, 'UTC'), 1, true,
        parseDateTime64BestEffort({settledUntil: String}, 3, 'UTC'), {sweep: String}
      FROM numbers({slots: UInt16}) AS s
      LEFT JOIN (
        SELECT slot, max(term) AS term FROM projection_leases WHERE name = {projection: String} GROUP BY slot
      ) AS t ON t.slot = s.number`,
    query_params: { projection, slots, ...progress },
    clickhouse_settings: { insert_deduplicate: 0, async_insert: 0 },
  })
}

const timeQuery = { name: 'lease-time', sql: "SELECT now64(3, 'UTC') AS time" }

// A slot has a row for every change of hands; the last few decide.
const leasesQuery = {
  name: 'leases',
  sql: `
SELECT slot, term, holder, claimed_at, beat, is_released, settled_until, sweep
FROM projection_leases FINAL
WHERE name = {projection: String}
ORDER BY slot, term DESC, claimed_at, holder
LIMIT 100 BY slot`,
}

/** Of each slot the claim that counts: the first of the highest term. Rows come in that order. */
function winnersOf(rows: readonly LeaseRow[]): Map<number, LeaseRow> {
  const winners = new Map<number, LeaseRow>()
  for (const row of rows) if (!winners.has(row.slot)) winners.set(row.slot, row)
  return winners
}

const progressBefore = (row: LeaseRow | undefined): Progress =>
  row === undefined ? nothingYet : { settledUntil: row.settled_until, sweep: row.sweep }

/** In which slot a key is: FNV-1a, the same in every process. */
export function slotOf(key: string, slots: number): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index += 1)
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193) >>> 0
  return hash % slots
}
