/**
 * Puts what changed into one order a project. One process tells a project's changes (its slot), so that the order has
 * no holes: what has number n was kept before n + 1 was given out.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import type { ChangeKind, Subject } from '@touchline/schemas/api'
import type { Clock } from '../../clock.js'
import type { Reader } from '../../clickhouse/query.js'
import { listDefinitions } from '../../definitions/documents/read.js'
import { parseExact } from '../../exact-json.js'
import type { EventLog } from '../../log/log.js'
import type { Judge } from '../../log/tombstones.js'
import { openFeed } from '../../projections/feed.js'
import { withoutErased } from '../erased-subjects.js'
import { keep } from '../keep.js'
import { slotOfSubject } from '../slots.js'
import { changesRecord, type NewChange, type Seen } from './change.js'
import { readDerivedChanges } from './derived-changes.js'
import { lastSeq, lastRecorded } from './read.js'

export interface SequencerDeps {
  app: ClickHouseClient
  log: EventLog
  clock: Clock
  readerOf: (project: string) => Reader
  zoneOf: (project: string) => string
  version: () => bigint
  works: (slot: number) => boolean
  judgeOf: (project: string) => Judge | undefined
}

export interface Sequencer {
  /** Resolves with the projects for which something was recorded. */
  pass: () => Promise<Set<string>>
  goBackTo: (times: readonly (string | null)[]) => void
  settledUntil: () => string
}

export const slotOfChanges = (project: string): number => slotOfSubject(project, 'changes')
const together = 1_000

export function openSequencer(deps: SequencerDeps): Sequencer {
  const { app, readerOf } = deps
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

  return {
    async pass() {
      const changed = new Set<string>()
      const look = await seen.look()
      if (look.fresh.length === 0) return changed
      const wanted = new Map<string, ReadonlySet<ChangeKind>>()
      for await (const page of seen.pages(look.fresh)) {
        const projects = [...new Set(page.map(({ project }) => project))]
        for (const project of projects) {
          if (!deps.works(slotOfChanges(project))) continue
          const kinds = wanted.get(project) ?? (await kindsWanted(readerOf(project)))
          wanted.set(project, kinds)
          const mine = page.filter((row) => row.project === project && kinds.has(row.kind))
          for (let from = 0; from < mine.length; from += together)
            if (await record(deps, project, mine.slice(from, from + together), kinds)) changed.add(project)
        }
      }
      seen.settle(look, look.fresh)
      return changed
    },
    goBackTo(times) {
      for (const time of times) seen.goBackTo(time ?? new Date(Date.now() - 60_000).toISOString())
    },
    settledUntil: () => seen.settledUntil(),
  }
}

/**
 * Kinds of changes to record: segments and hand-offs always, for they need no query; those that do only where a feed
 * wants them.
 */
async function kindsWanted(reader: Reader): Promise<ReadonlySet<ChangeKind>> {
  const feeds = await listDefinitions(reader, 'feeds')
  return new Set<ChangeKind>(['segment', 'handOff', ...feeds.flatMap(({ body }) => body.changes)])
}

async function record(
  deps: SequencerDeps,
  project: string,
  rows: readonly Seen[],
  wanted: ReadonlySet<ChangeKind>,
): Promise<boolean> {
  const reader = deps.readerOf(project)
  const now = { reader, zone: deps.zoneOf(project), now: deps.clock() }
  const candidates = [...recordedIn(deps, rows), ...(await readDerivedChanges(now, rows, wanted))]
  const found = await withoutErased(reader, deps.judgeOf(project), candidates)
  const fresh: NewChange[] = []
  for (const kind of new Set(found.map((one) => one.kind))) {
    const mine = found.filter((one) => one.kind === kind)
    const last = await lastRecorded(reader, kind, [...new Set(mine.map(({ subject }) => subject))])
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

/**
 * Rows that are records themselves, without those of erased subjects. `at` is when ClickHouse saw the row, so that an
 * erasure also removes what was recorded before it.
 */
const recordedIn = ({ judgeOf }: SequencerDeps, rows: readonly Seen[]): NewChange[] =>
  rows.flatMap(({ data, storedAt, ...row }) => {
    if (row.id === '') return []
    const said = parseExact(data) as Record<string, unknown>
    const since = typeof said['validAt'] === 'string' ? Date.parse(said['validAt']) : storedAt
    const isErased = judgeOf(row.project)?.isErased(row.subject, since, storedAt) === true
    return isErased ? [] : [{ ...row, at: storedAt, data: said }]
  })
