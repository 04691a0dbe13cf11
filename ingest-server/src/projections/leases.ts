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
import { openHeldSlots, type Lease } from './held-slots.js'
import { databaseTime, openLeaseTable, winnersOf, type LeaseRow, type Progress } from './lease-table.js'

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

type ProgressOf = (slot: number) => Progress

export function openLeases(options: LeaseOptions): Leases {
  const { client, projection, slots, isAlone, leaseMs = 10_000, now = () => performance.now() } = options
  const holder = randomUUID()
  const table = openLeaseTable(client, { projection, holder })
  const slotsHeld = openHeldSlots(({ renewedAt }) => isAlone || now() - renewedAt < leaseMs * 0.6)
  const isDead = watchHolders({ holder, isAlone, leaseMs, now })
  const claiming = { client, table, holder, settleMs: isAlone ? 0 : leaseMs / 10, isAlone, now }
  const alive = presenceRows()
  let keptAt = -Infinity

  /** What was not renewed in time is lost, and so is what somebody else claimed meanwhile. */
  async function renewHeld(progressOf: ProgressOf) {
    const startedAt = now()
    const lapsed = slotsHeld.all().filter((slot) => !slotsHeld.holds(slot))
    slotsHeld.lose(lapsed)
    slotsHeld.beat()
    await table.write([...slotsHeld.all().map((slot) => slotsHeld.rowOf(slot, progressOf(slot))), alive()])
    const rows = await table.read()
    const winners = winnersOf(rows)
    const taken = slotsHeld.renewed(startedAt, (slot, { term }) => {
      const winner = winners.get(slot)
      return winner?.holder === holder && winner.term === term
    })
    keptAt = startedAt
    return { rows, winners, lost: [...lapsed, ...taken] }
  }

  async function keepAll(progressOf: ProgressOf): Promise<Kept> {
    const { rows, winners, lost } = await renewHeld(progressOf)
    const others = rows.filter((row) => row.slot === presence && row.holder !== holder && !isDead(row))
    const share = Math.ceil(slots / (others.length + 1))
    const excess = slotsHeld.all().slice(share)
    await table.write(excess.map((slot) => slotsHeld.rowOf(slot, progressOf(slot), true)))
    slotsHeld.lose(excess)
    const free = freeSlots(slots, winners, isDead)
      .filter(({ slot }) => !slotsHeld.has(slot) && !excess.includes(slot))
      .slice(0, share - slotsHeld.size())
    const won = free.length === 0 ? [] : await claim(claiming, free)
    for (const [slot, lease] of won) slotsHeld.gain(slot, lease)
    const gained = new Map(won.map(([slot]) => [slot, progressBefore(winners.get(slot))]))
    return { gained, lost: [...lost, ...excess] }
  }

  const { isBusy, alone } = oneAtATime()
  const isDue = () => !isBusy() && now() - keptAt >= leaseMs / 5

  return {
    holder,
    async keep(progressOf) {
      return isDue() ? alone(() => keepAll(progressOf)) : { gained: new Map(), lost: [] }
    },
    async renew(progressOf) {
      if (isDue()) await alone(() => renewHeld(progressOf))
    },
    held: slotsHeld.held,
    holds: slotsHeld.holds,
    hasLapsed: (slot) => slotsHeld.has(slot) && !slotsHeld.holds(slot),
    async release(progressOf) {
      const held = slotsHeld.held()
      slotsHeld.beat()
      await table.write([...held.map((slot) => slotsHeld.rowOf(slot, progressOf(slot), true)), alive(true)])
      slotsHeld.lose(slotsHeld.all())
    },
  }
}

interface Claiming extends Pick<LeaseOptions, 'client' | 'isAlone'> {
  table: ReturnType<typeof openLeaseTable>
  holder: string
  settleMs: number
  now: () => number
}

/** Those of the free slots that became this process's. */
async function claim(
  { client, table, holder, settleMs, isAlone, now }: Claiming,
  free: readonly { slot: number; term: number }[],
): Promise<[slot: number, lease: Lease][]> {
  const startedAt = now()
  const claimed_at = await databaseTime(client)
  const claims = free.map(({ slot, term }) => ({ slot, term: term + 1, claimed_at, beat: 1 }))
  await table.write(claims.map((one) => ({ ...one, is_released: false, settled_until: null, sweep: '' })))
  // Who was slow between looking and claiming may have been too slow for somebody who did not wait any longer.
  if (!isAlone && now() - startedAt > settleMs) return []
  await delay(2 * settleMs)
  const winners = winnersOf(await table.read())
  return claims.flatMap(({ slot, term }) => {
    const winner = winners.get(slot)
    if (winner?.holder !== holder || winner.term !== term) return []
    return [[slot, { term, beat: 1, claimedAt: winner.claimed_at, renewedAt: startedAt }]]
  })
}

/** Rows that say that this process lives, or that it ends; the newest come first. */
function presenceRows() {
  const startedAs = Date.now()
  let beat = 0
  return (isReleased = false): Omit<LeaseRow, 'holder'> => ({
    ...{ slot: presence, term: startedAs, claimed_at: '1970-01-01T00:00:00.000Z', beat: (beat += 1) },
    ...{ is_released: isReleased, settled_until: null, sweep: '' },
  })
}

/** Whether a row's holder may be overruled: it ended, or its beat has not risen for `leaseMs`. */
function watchHolders(self: { holder: string; isAlone: boolean; leaseMs: number; now: () => number }) {
  const seen = new Map<string, { beat: number; since: number }>()
  return (row: LeaseRow): boolean => {
    if (row.is_released || row.holder === self.holder || self.isAlone) return true
    const key = `${row.slot} ${row.term} ${row.holder}`
    const known = seen.get(key)
    if (known?.beat !== row.beat) seen.set(key, { beat: row.beat, since: self.now() })
    return known?.beat === row.beat && self.now() - known.since >= self.leaseMs
  }
}

/** Slots that nobody holds, with the last term of each. */
function freeSlots(
  slots: number,
  winners: ReadonlyMap<number, LeaseRow>,
  isDead: (row: LeaseRow) => boolean,
) {
  return Array.from({ length: slots }, (_, slot) => ({ slot, winner: winners.get(slot) }))
    .filter(({ winner }) => winner === undefined || isDead(winner))
    .map(({ slot, winner }) => ({ slot, term: winner?.term ?? 0 }))
}

function oneAtATime() {
  let isBusy = false
  return {
    isBusy: () => isBusy,
    alone: async <Result>(work: () => Promise<Result>): Promise<Result> => {
      isBusy = true
      try {
        return await work()
      } finally {
        isBusy = false
      }
    },
  }
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
