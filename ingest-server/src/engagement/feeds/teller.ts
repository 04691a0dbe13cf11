/**
 * Puts what changed into one order a project. One process tells a project's changes (its slot), so that the order has
 * no holes: what has number n was kept before n + 1 was given out.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import type { ChangeKind, Subject } from '@touchline/schemas/api'
import type { Clock } from '../../clock.js'
import type { Reader } from '../../clickhouse/query.js'
import { listDefinitions } from '../../definitions/read.js'
import type { EventLog } from '../../log/log.js'
import type { Judge } from '../../log/tombstones.js'
import { openFeed } from '../../projections/feed.js'
import { hashOf } from '../deliveries/delivery.js'
import { keep } from '../programs/facts.js'
import { slotOfSubject } from '../programs/enter.js'
import { readWhos, whoOf } from '../programs/who.js'
import { changesRecord, type Change } from './change.js'
import { lastSeq, lastTold } from './read.js'
import { readStagesNow } from './stages-now.js'

/** Something that may have changed, as ClickHouse saw it (its views: migrations). */
export interface Seen {
  project: string
  kind: ChangeKind
  of: string
  subjectKind: Subject
  subject: string
  /** Of a recorded change its own; empty: whether it is one is told by what is so now. */
  id: string
  data: string
  /** When ClickHouse saw it. */
  storedAt: number
}

export interface TellerDeps {
  app: ClickHouseClient
  log: EventLog
  clock: Clock
  readerOf: (project: string) => Reader
  zoneOf: (project: string) => string
  version: () => bigint
  works: (slot: number) => boolean
  judgeOf: (project: string) => Judge | undefined
}

export interface Teller {
  /** Answers the projects of which something was told. */
  pass: () => Promise<Set<string>>
  goBackTo: (times: readonly (string | null)[]) => void
  settledUntil: () => string
}

export const slotOfChanges = (project: string): number => slotOfSubject(project, 'changes')
const together = 1_000

export function openTeller(deps: TellerDeps): Teller {
  const { app, clock, readerOf } = deps
  const seen = openFeed<Seen>({
    ...{ client: app, table: 'changes_seen', overlapMs: 3_000 },
    columns: [
      'project',
      'kind',
      'of',
      'subject_kind',
      'subject',
      'id',
      'data',
      'toUnixTimestamp64Milli(stored_at)',
    ],
    toRow: (values) => {
      const [project = '', kind, of = '', subjectKind, subject = '', id = '', data = '', storedAt] =
        values.map(String)
      const names = { project, kind: kind as ChangeKind, of, subjectKind: subjectKind as Subject, subject }
      return { ...names, id, data, storedAt: Number(storedAt) }
    },
  })

  async function tell(
    project: string,
    rows: readonly Seen[],
    wanted: ReadonlySet<ChangeKind>,
  ): Promise<boolean> {
    const reader = readerOf(project)
    const found = [...recorded(rows), ...(await derived(reader, rows, wanted))]
    const fresh: Omit<Change, 'seq' | 'version'>[] = []
    for (const kind of new Set(found.map((one) => one.kind))) {
      const mine = found.filter((one) => one.kind === kind)
      const last = await lastTold(reader, kind, [...new Set(mine.map(({ subject }) => subject))])
      for (const one of mine) {
        const key = `${one.of}\n${one.subject}`
        if (last.get(key) === one.id) continue
        last.set(key, one.id)
        fresh.push(one)
      }
    }
    if (fresh.length === 0) return false
    let seq = await lastSeq(reader)
    const version = deps.version()
    await keep(deps, [changesRecord(fresh.map((one) => ({ ...one, seq: (seq += 1n), version })))])
    return true
  }

  /** By the time at which it was seen, and not of the erased, so that an erasure meets all that was so before it. */
  const recorded = (rows: readonly Seen[]): Omit<Change, 'seq' | 'version'>[] =>
    rows.flatMap(({ data, storedAt, ...row }) => {
      if (row.id === '') return []
      const said = JSON.parse(data) as Record<string, unknown>
      const since = typeof said['validAt'] === 'string' ? Date.parse(said['validAt']) : storedAt
      const isErased = deps.judgeOf(row.project)?.isErased(row.subject, since, storedAt) === true
      return isErased ? [] : [{ ...row, at: storedAt, data: said }]
    })

  /** What is so now of whom something may have changed. */
  async function derived(reader: Reader, rows: readonly Seen[], wanted: ReadonlySet<ChangeKind>) {
    const now = clock()
    const found: Omit<Change, 'seq' | 'version'>[] = []
    for (const kind of ['person', 'account'] as const) {
      const mine = rows.filter((row) => row.id === '' && row.subjectKind === kind)
      const then = [...new Set(mine.map(({ subject }) => subject))].map((subject) => ({ subject, at: now }))
      if (then.length === 0) continue
      const whos = await readWhos(reader, kind, then, { zone: deps.zoneOf(reader.project), now })
      const people = [
        ...new Map(then.flatMap((one) => whoOf(whos, one) ?? []).map((who) => [who.id, who])).values(),
      ]
      const add = (change: {
        kind: ChangeKind
        of: string
        subject: string
        data: Record<string, unknown>
      }) =>
        found.push({
          ...change,
          project: reader.project,
          subjectKind: kind,
          at: now,
          id: hashOf(JSON.stringify(change)),
        })
      if (wanted.has(kind))
        for (const { id, identifiers, traits, account } of people)
          add({
            kind,
            of: '',
            subject: id,
            data: {
              ...(kind === 'person' && { identifiers, account: account ?? null }),
              traits: Object.fromEntries([...traits].sort(([a], [b]) => (a < b ? -1 : 1))),
            },
          })
      if (wanted.has('stage'))
        for (const { list, subject, stage, at } of await readStagesNow(reader, kind, {
          ids: people.map(({ id }) => id),
          now,
        }))
          add({ kind: 'stage', of: list, subject, data: { list, stage, since: at } })
    }
    return found
  }

  return {
    async pass() {
      const told = new Set<string>()
      const look = await seen.look()
      if (look.fresh.length === 0) return told
      const wanted = new Map<string, ReadonlySet<ChangeKind>>()
      for await (const page of seen.pages(look.fresh)) {
        const projects = [...new Set(page.map(({ project }) => project))]
        for (const project of projects) {
          if (!deps.works(slotOfChanges(project))) continue
          const kinds = wanted.get(project) ?? (await kindsWanted(readerOf(project)))
          wanted.set(project, kinds)
          const mine = page.filter((row) => row.project === project && kinds.has(row.kind))
          for (let from = 0; from < mine.length; from += together)
            if (await tell(project, mine.slice(from, from + together), kinds)) told.add(project)
        }
      }
      seen.settle(look, look.fresh)
      return told
    },
    goBackTo(times) {
      for (const time of times) seen.goBackTo(time ?? new Date(Date.now() - 60_000).toISOString())
    },
    settledUntil: () => seen.settledUntil(),
  }
}

/** What is recorded is told anyway; what would have to be asked for only where a feed wants it. */
async function kindsWanted(reader: Reader): Promise<ReadonlySet<ChangeKind>> {
  const feeds = await listDefinitions(reader, 'feeds')
  return new Set<ChangeKind>(['segment', 'handOff', ...feeds.flatMap(({ body }) => body.changes)])
}
