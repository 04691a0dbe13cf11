/** How many get from step to step, and how long it takes: POST /v1/funnels/query. */
import { queryRows, type Reader } from '../../clickhouse/query.js'
import { median, ratio } from '../numbers/statistics.js'
import { namesOf } from '../../definitions/subject-names.js'
import { inPart, mostPerPart, settings } from '../question.js'
import { furthestAttempt } from './attempts.js'
import type { FunnelQuestion } from './funnel-question.js'
import { levelsSql, type Levels } from './levels.js'

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
  /** Not through, and still inside the window of their latest beginning. */
  pending: number
}

export interface Funnel extends FunnelGroup {
  breakdown?: (FunnelGroup & { key: string })[]
}

/** Somebody who may have got beyond the first step. */
interface Advanced {
  key: string
  part: string
  isInside: boolean
  /** When each step was reached, in milliseconds since 1970. */
  times: number[]
}

/** Those who only began, counted. */
interface Began {
  part: string
  subjects: number
  inside: number
}

export async function askFunnel(reader: Reader, ask: FunnelQuestion): Promise<Funnel> {
  const { began, advanced } = await readFunnel(reader, ask)
  const parts = [...new Set([...began, ...advanced].map(({ part }) => part))].sort()
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

/** Who reached a step (from 0), of one group or of all. */
export async function subjectsOfStep(
  reader: Reader,
  ask: FunnelQuestion,
  { step, part, limit }: { step: number; part: string | undefined; limit: number },
): Promise<{ total: number; rows: { subject: string; at: string | null }[] }> {
  const isPart = (one: { part: string }) => part === undefined || one.part === part
  const { began, advanced, levels } = await readFunnel(reader, ask)
  const reached = advanced.filter((one) => isPart(one) && one.times.length > step)
  const found = reached.map(({ key, times }) => ({ key, at: new Date(times[step] ?? 0).toISOString() }))
  const named = async (rows: readonly { key: string; at: string | null }[]) => {
    const names = await namesOf(
      reader,
      ask.subject,
      rows.map(({ key }) => key),
    )
    return rows.map(({ key, at }) => ({ subject: names.get(key) ?? key, at }))
  }
  if (step > 0) return { total: found.length, rows: await named(found.slice(0, limit)) }
  const rows = await queryRows<[string]>(
    reader,
    {
      name: 'funnel-began',
      sql: `${levels.sqlOf()} SELECT toString(key) FROM levels WHERE level < 2 AND ({any: UInt8} OR part = {part: String}) ORDER BY key LIMIT {limit: UInt32}`,
      settings,
    },
    { ...levels.params, any: Number(part === undefined), part: part ?? '', limit },
  )
  const onlyBegan = began.filter(isPart).reduce((sum, { subjects }) => sum + subjects, 0)
  const all = [...found, ...rows.map(([key]) => ({ key, at: null }))]
  return { total: found.length + onlyBegan, rows: await named(all.slice(0, limit)) }
}

interface Read {
  began: Began[]
  advanced: Advanced[]
  levels: Levels
}

/** More subjects than these are not named one by one; then everybody is read in the exact order. */
const mostTied = 2_000

async function readFunnel(reader: Reader, ask: FunnelQuestion): Promise<Read> {
  const quick = await levelsSql(reader, ask, [])
  const found = await readLevels(reader, ask, quick)
  if (found) return found
  const tied = await queryRows<[string]>(
    reader,
    {
      name: 'funnel-tied',
      sql: `${quick.sqlOf()} SELECT toString(key) FROM levels WHERE tied LIMIT ${mostTied + 1}`,
      settings,
    },
    quick.params,
  )
  const levels = await levelsSql(reader, ask, tied.length > mostTied ? 'all' : tied.map(([key]) => key))
  return (await readLevels(reader, ask, levels)) ?? { began: [], advanced: [], levels }
}

/** Undefined where some are tied, whose order was left open. */
async function readLevels(reader: Reader, ask: FunnelQuestion, levels: Levels): Promise<Read | undefined> {
  const { sqlOf, params } = levels
  const counted = await queryRows<
    [part: string, subjects: number, inside: number, advanced: number, tied: number]
  >(
    reader,
    {
      name: 'funnel-levels',
      sql: `${sqlOf()} SELECT part, countIf(level < 2), countIf(level < 2 AND isInside), countIf(level >= 2), countIf(tied) FROM levels GROUP BY part`,
      settings,
    },
    params,
  )
  if (counted.some(([, , , , tied]) => tied > 0)) return undefined
  const many = counted.reduce((sum, [, , , advanced]) => sum + advanced, 0)
  const parts = Math.ceil(many / mostPerPart)
  const advanced: Advanced[] = []
  for (let part = 0; part < parts; part += 1) {
    const named = {
      name: 'funnel-attempts',
      sql: `${sqlOf(inPart)} SELECT toString(key), part, isInside, codes, masks FROM levels WHERE level >= 2 ORDER BY key`,
      settings,
    }
    const rows = await queryRows<[string, string, number, number[], number[]]>(reader, named, {
      ...params,
      parts,
      part,
    })
    for (const [key, group, isInside, codes, masks] of rows) {
      const times = furthestAttempt({ codes, masks }, { ...ask, steps: ask.steps.length })
      advanced.push({ key, part: group, isInside: isInside === 1, times })
    }
  }
  const began = counted.map(([part, subjects, inside]) => ({ part, subjects, inside }))
  return { began, advanced, levels }
}

function groupOf(ask: FunnelQuestion, began: readonly Began[], advanced: readonly Advanced[]): FunnelGroup {
  const onlyBegan = began.reduce((sum, { subjects }) => sum + subjects, 0)
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
  return { steps, pending: inside.length + began.reduce((sum, one) => sum + one.inside, 0) }
}
