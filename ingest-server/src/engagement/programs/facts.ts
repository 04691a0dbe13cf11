/** Facts of runs, read: which wait, who entered, who was acted on, how many are where. They are written by `keep`. */
import type { ClickHouseClient } from '@clickhouse/client'
import { query, queryStream, type NamedQuery, type Reader } from '../../clickhouse/query.js'
import type { EntryWay, Run, RunState } from './run.js'

/** As `Run` names them. */
export const runColumns = `project, program, program_version AS programVersion, run, subject_kind AS subjectKind, subject, entry, way, trigger, slot, n, step,
  state, toUnixTimestamp64Milli(due_at) AS dueAt, toUnixTimestamp64Milli(entered_at) AS enteredAt, because`

/** Everything that runs in these slots. */
const waitingQuery: NamedQuery = {
  name: 'program-runs-waiting',
  sql: `
SELECT ${runColumns}
FROM program_runs_now FINAL
WHERE state = 'waiting' AND slot IN {slots: Array(UInt16)}`,
}

export async function* readWaitingRuns(
  client: ClickHouseClient,
  slots: readonly number[],
): AsyncGenerator<Run[]> {
  if (slots.length === 0) return
  yield* queryStream<Run>({ client }, waitingQuery, { slots })
}

export interface Before {
  run: string
  subject: string
  entry: number
  state: RunState
  way: EntryWay
  trigger: string
  programVersion: number
  step: string
  n: number
  because: string
  enteredAt: number
  endedAt: number | null
}

const entriesQuery: NamedQuery = {
  name: 'program-entries-of-subjects',
  splitBy: 'subjects',
  sql: `
SELECT run, subject, entry, state, way, trigger, program_version AS programVersion, step, n, because, toUnixTimestamp64Milli(entered_at) AS enteredAt,
  if(state = 'waiting', NULL, toUnixTimestamp64Milli(at)) AS endedAt
FROM program_runs_now FINAL
WHERE project = {project: String} AND program = {program: String} AND subject IN {subjects: Array(String)}`,
}

/** Runs of a program that these ids ever entered, ended or not. */
export const readEntries = (
  reader: Reader,
  program: string,
  subjects: readonly string[],
): Promise<Before[]> => query(reader, entriesQuery, { program, subjects })

const triggersQuery: NamedQuery = {
  name: 'program-triggers-used',
  splitBy: 'triggers',
  sql: `
SELECT DISTINCT trigger FROM program_runs_now
WHERE project = {project: String} AND program = {program: String} AND way != 'manual' AND trigger IN {triggers: Array(String)}`,
}

/** Those of these moments that started a run of the program, for any subject. */
export async function readTriggers(
  reader: Reader,
  program: string,
  triggers: readonly string[],
): Promise<Set<string>> {
  if (triggers.length === 0) return new Set()
  const rows = await query<{ trigger: string }>(reader, triggersQuery, {
    program,
    triggers: [...new Set(triggers)],
  })
  return new Set(rows.map(({ trigger }) => trigger))
}

const actsQuery: NamedQuery = {
  name: 'acts-of-people',
  splitBy: 'people',
  sql: `
SELECT person, arraySort(groupArray(toUnixTimestamp64Milli(at))) AS times
FROM program_facts FINAL
WHERE project = {project: String} AND kind = 'acted' AND is_outward AND person IN {people: Array(String)}
  AND at > fromUnixTimestamp64Milli({since: Int64}, 'UTC')
GROUP BY person`,
}

/** When each was acted on outwardly since then, over all programs, oldest first. */
export async function readActs(
  reader: Reader,
  people: readonly string[],
  since: number,
): Promise<Map<string, number[]>> {
  const rows = await query<{ person: string; times: number[] }>(reader, actsQuery, { people, since })
  const acts = new Map<string, number[]>()
  for (const { person, times } of rows) acts.set(person, [...(acts.get(person) ?? []), ...times])
  return acts
}

export interface RunRow {
  run: string
  subject: string
  program: string
  programVersion: number
  step: string
  state: RunState
  enteredAt: string
  dueAt: string | null
  because: string
  way: EntryWay
  steps: number
}

const runsSql = (which: string) => `
SELECT run, subject, program, program_version AS programVersion, step, state, entered_at AS enteredAt, due_at AS dueAt,
  because, way, facts AS steps
FROM program_runs
WHERE project = {project: String} AND program = {program: String}
  AND ({state: String} = '' OR state = {state: String})
  AND ({step: String} = '' OR step = {step: String})
  AND ${which}
  AND run > {after: String}
ORDER BY run
LIMIT {limit: UInt32}`
const runsQuery: NamedQuery = { name: 'program-runs', sql: runsSql('true') }
const runsOfQuery: NamedQuery = {
  name: 'program-runs-of',
  splitBy: 'subjects',
  sql: runsSql('subject IN {subjects: Array(String)}'),
}

export interface RunsWanted {
  program: string
  state?: string | undefined
  step?: string | undefined
  subjects?: readonly string[] | undefined
  after?: string | undefined
  limit: number
}

/** The first `limit` runs after `after`, in the order of their ids. */
export async function readRuns(reader: Reader, wanted: RunsWanted): Promise<RunRow[]> {
  const { program, state = '', step = '', subjects, after = '', limit } = wanted
  const params = { program, state, step, after, limit }
  if (subjects === undefined) return query(reader, runsQuery, params)
  const rows = await query<RunRow>(reader, runsOfQuery, { ...params, subjects })
  return rows.sort((a, b) => Buffer.compare(Buffer.from(a.run), Buffer.from(b.run))).slice(0, limit)
}

export interface StepCount {
  program: string
  step: string
  state: RunState
  because: string
  runs: number
}

/** How many runs are where. Ended ones by why they ended. */
export const readCounts = (reader: Reader, program = ''): Promise<StepCount[]> =>
  query(
    reader,
    {
      name: 'program-counts',
      sql: `
SELECT program, if(state = 'waiting', step, '') AS step, state, if(state = 'waiting', '', because) AS because, count() AS runs
FROM program_runs_now FINAL
WHERE project = {project: String} AND ({program: String} = '' OR program = {program: String})
GROUP BY program, step, state, because
ORDER BY program, step, state, because`,
    },
    { program },
  )
