/** The number of subjects that get from step to step, and how long it takes them: POST /v1/funnels/query. */
import { createBreather } from '../../breathe.js'
import { queryRows, type NamedQuery, type Params, type Reader } from '../../clickhouse/query.js'
import { median, ratio } from '../numbers/statistics.js'
import { namesOf } from '../../definitions/sql/subject-names.js'
import { amongKeys } from '../../definitions/sql/touches.js'
import { requireKnown } from '../known-row.js'
import { countTouches, inPart, partParams, settings } from '../question.js'
import { furthestAttempt } from './attempts.js'
import type { FunnelQuestion } from './funnel-question.js'
import { levelsSql } from './levels.js'

export interface FunnelStepAnswer {
  name: string
  subjects: number
  ofFirst: number | null
  ofPrevious: number | null
  medianSecondsFromFirst: number | null
  medianSecondsFromPrevious: number | null
}

export interface FunnelGroup {
  steps: FunnelStepAnswer[]
  /** Subjects that are not through and are still inside the window of their latest beginning. */
  pending: number
}

export interface Funnel extends FunnelGroup {
  breakdown?: (FunnelGroup & { key: string })[]
}

/** A subject that may have got beyond the first step. */
interface Advanced {
  key: string
  part: string
  isInside: boolean
  /** When each step was reached, in milliseconds since 1970. */
  times: number[]
}

/** Number of subjects that only began. */
interface Began {
  part: string
  subjects: number
  inside: number
}

export async function askFunnel(reader: Reader, ask: FunnelQuestion): Promise<Funnel> {
  const { began, advanced } = await readFunnel(reader, ask)
  const parts = partsOf(began, advanced)
  const whole = groupOf(ask, began, advanced)
  if (ask.breakdown === undefined) return whole
  const breakdown = parts.map((key) => ({
    key,
    ...groupOf(
      ask,
      began.filter(({ part }) => part === key),
      advanced.filter(({ part }) => part === key),
    ),
  }))
  const first = ({ steps }: FunnelGroup) => steps[0]?.subjects ?? 0
  return { ...whole, breakdown: breakdown.sort((a, b) => first(b) - first(a)) }
}

const partsOf = (began: readonly Began[], advanced: readonly Advanced[]) =>
  [...new Set([...began, ...advanced].map(({ part }) => part))].sort()

/** Subjects that reached a step (from 0), of one group or of all. Throws QUERY_INVALID for a group without subjects. */
export async function subjectsOfStep(
  reader: Reader,
  ask: FunnelQuestion,
  { step, part, limit }: { step: number; part: string | undefined; limit: number },
): Promise<{ total: number; rows: { subject: string; at: string | null }[] }> {
  const isPart = (one: { part: string }) => part === undefined || one.part === part
  const { began, advanced } = await readFunnel(reader, ask)
  if (part !== undefined) requireKnown(part, partsOf(began, advanced), 'part')
  const reached = advanced.filter((one) => isPart(one) && one.times.length > step)
  const total = reached.length + (step === 0 ? sumOf(began.filter(isPart), 'subjects') : 0)
  const further = reached
    .sort((a, b) => a.key.length - b.key.length || (a.key < b.key ? -1 : 1))
    .slice(0, limit)
    .map(({ key, times }) => ({ key, at: new Date(times[step] ?? 0).toISOString() }))
  const wanted = step === 0 ? limit - further.length : 0
  const rows = [...further, ...(await keysThatOnlyBegan(reader, ask, { part, limit: wanted }))]
  const names = await namesOf(
    reader,
    ask.subject,
    rows.map(({ key }) => key),
  )
  return { total, rows: rows.map(({ key, at }) => ({ subject: names.get(key) ?? key, at })) }
}

async function keysThatOnlyBegan(
  reader: Reader,
  ask: FunnelQuestion,
  { part, limit }: { part: string | undefined; limit: number },
): Promise<{ key: string; at: null }[]> {
  const found: { key: string; at: null }[] = []
  if (limit <= 0) return found
  const { sqlOf, params } = await levelsSql(reader, ask)
  const named = {
    name: 'funnel-began',
    sql: `${sqlOf(inPart, 'exact')} SELECT toString(key) FROM levels WHERE level < 2 AND ({any: UInt8} OR part = {part: String}) ORDER BY key LIMIT {limit: UInt32}`,
    settings,
  }
  const asked = { ...params, any: Number(part === undefined), part: part ?? '', limit }
  for (const range of await rangesOf(reader, ask)) {
    const rows = await queryRows<[string]>(reader, named, { ...asked, ...range })
    for (const [key] of rows) found.push({ key, at: null })
    if (found.length >= limit) break
  }
  return found.slice(0, limit)
}

interface Read {
  began: Began[]
  advanced: Advanced[]
}

/** Touches in one query: their answer is some 20 MB of text. */
const touchesAtATime = 1_000_000

async function rangesOf(reader: Reader, { subject, only }: FunnelQuestion): Promise<Params[]> {
  const touches = only === undefined ? await countTouches(reader, subject) : 0
  const parts = Math.max(1, Math.ceil(touches / touchesAtATime))
  return Array.from({ length: parts }, (_none, part) => partParams(part, parts))
}

async function readFunnel(reader: Reader, ask: FunnelQuestion): Promise<Read> {
  const { sqlOf, params } = await levelsSql(reader, ask)
  const read: Read = { began: [], advanced: [] }
  const quick = { name: 'funnel-levels', sql: levelRowsSql(sqlOf(inPart, 'quick')), settings }
  const exact = {
    name: 'funnel-tied',
    sql: levelRowsSql(sqlOf(`key ${amongKeys}`, 'exact')),
    settings,
    splitBy: 'keys',
  }
  const rowsOf = (named: NamedQuery, which: Params) =>
    queryRows<LevelRow>(reader, named, { ...params, ...which })
  for await (const rows of oneAhead(await rangesOf(reader, ask), (range) => rowsOf(quick, range))) {
    const keys = await addRows(read, rows, ask)
    if (keys.length > 0) await addRows(read, await rowsOf(exact, { keys }), ask)
  }
  return read
}

/** ClickHouse answers the next query while this process works on the answer before. */
async function* oneAhead<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
): AsyncGenerator<Answer> {
  const asked = (at: number) => {
    const item = items[at]
    const answer = item === undefined ? undefined : ask(item)
    // Where the work on the answer before fails, nothing waits for this one.
    answer?.catch(() => undefined)
    return answer
  }
  let next = asked(0)
  for (let at = 0; next !== undefined; at += 1) {
    const answer = await next
    next = asked(at + 1)
    yield answer
  }
}

type LevelRow = [
  part: string,
  subjects: number,
  inside: number,
  tied: string[],
  advanced: [key: string, isInside: number, codes: number[], masks: number[]][],
]

/** A row a group: many subjects in one, for rows are counted (clickhouse/caps.ts). */
const levelRowsSql = (levels: string) => `${levels}
SELECT part, countIf(NOT tied AND level < 2), countIf(NOT tied AND level < 2 AND isInside), groupArrayIf(toString(key), tied),
  groupArrayIf((toString(key), isInside, codes, masks), NOT tied AND level >= 2)
FROM levels GROUP BY part`

/** Whose touches of one time are to be read in their order. */
async function addRows(
  { began, advanced }: Read,
  rows: readonly LevelRow[],
  ask: FunnelQuestion,
): Promise<string[]> {
  const breather = createBreather()
  const rules = { ...ask, steps: ask.steps.length }
  for (const [part, subjects, inside, , ahead] of rows) {
    if (subjects > 0) began.push({ part, subjects, inside })
    for (const [key, isInside, codes, masks] of ahead) {
      advanced.push({
        key,
        part,
        isInside: isInside === 1,
        times: furthestAttempt({ codes, masks }, rules),
      })
      if (breather.isDue()) await breather.rest()
    }
  }
  return rows.flatMap(([, , , tied]) => tied)
}

const sumOf = (began: readonly Began[], what: 'subjects' | 'inside'): number =>
  began.reduce((sum, one) => sum + one[what], 0)

function groupOf(ask: FunnelQuestion, began: readonly Began[], advanced: readonly Advanced[]): FunnelGroup {
  const onlyBegan = sumOf(began, 'subjects')
  const reached = ask.steps.map(
    (_step, step) =>
      advanced.filter(({ times }) => times.length > step).length + (step === 0 ? onlyBegan : 0),
  )
  const steps = ask.steps.map(({ name }, step): FunnelStepAnswer => {
    const subjects = reached[step] ?? 0
    const through = advanced.filter(({ times }) => times.length > step).map(({ times }) => times)
    const since = (earlier: number) =>
      median(through.map((times) => ((times[step] ?? 0) - (times[earlier] ?? 0)) / 1_000))
    return {
      name,
      subjects,
      ofFirst: ratio(subjects, reached[0] ?? 0),
      ofPrevious: step === 0 ? ratio(subjects, subjects) : ratio(subjects, reached[step - 1] ?? 0),
      medianSecondsFromFirst: step === 0 ? null : since(0),
      medianSecondsFromPrevious: step === 0 ? null : since(step - 1),
    }
  })
  const inside = advanced.filter(({ times, isInside }) => isInside && times.length < ask.steps.length)
  return { steps, pending: inside.length + sumOf(began, 'inside') }
}
