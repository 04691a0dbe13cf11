/** Lifecycle metrics, and the costs that some of them are made of. */
import {
  costsAnswer,
  costsBody,
  costsQuery,
  costsSummed,
  errors,
  lifecycleAnswer,
  lifecycleQuery,
  lifecycleSubjectsQuery,
  orCsv,
  subjectsAnswer,
  type TimeOrDay,
} from '@touchline/schemas/api'
import type { z } from 'zod'
import { insertLines } from '../../clickhouse/insert-lines.js'
import type { Reader } from '../../clickhouse/query.js'
import { wallTime } from '../../collect/read/named-zones.js'
import { goalOf } from '../../journeys/goals.js'
import { lifecycle } from '../../journeys/lifecycle/lifecycle.js'
import {
  periodNames,
  readBeginning,
  readPeriodAt,
  type PeriodName,
} from '../../journeys/lifecycle/periods.js'
import type { LifecycleAsk } from '../../journeys/lifecycle/read-figures.js'
import { costKeys, sumCosts } from '../../journeys/lifecycle/sum-costs.js'
import { lifecycleRows, lifecycleSubjects } from '../../journeys/lifecycle/subjects.js'
import { projectOf, readerFor, type Api, type TimelineDeps } from '../context.js'
import { answerQuestion } from '../answer-question.js'
import { checked, checkRange, goalNamed, oneOf, questionOf, refuse } from './read-question.js'
import { isoTime } from '../../clock.js'
import { dayMs } from '../../units.js'

export function addLifecycle(api: Api, deps: TimelineDeps): void {
  addMetrics(api, deps)
  addCosts(api, deps)
  addSummedCosts(api, deps)
}

function addMetrics(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/metrics/lifecycle',
    schema: {
      summary: 'CAC, order value, frequency, CLV, conversion, cost per lead and the rest, by period',
      tags: ['Journeys'],
      querystring: lifecycleQuery,
      response: { 200: orCsv(lifecycleAnswer), ...errors },
    },
    handler(request, reply) {
      const wanted = inItsZone(request.query)
      return answerQuestion(request, reply, deps, {
        asOf: wanted.as_of,
        async answer(reader, now) {
          const ask = await lifecycleAskOf(reader, wanted, now)
          return {
            ...(await lifecycle(reader, ask)),
            by: ask.period,
            timezone: ask.zone,
            subject: ask.subject,
            asOf: isoTime(ask.asOf),
            touchFilter: 'every touch',
          }
        },
        csv: {
          name: 'lifecycle',
          format: request.query.format,
          rows: ({ periods, channels }) =>
            channels?.flatMap(({ channel, periods: own }) => own.map((row) => ({ channel, ...row }))) ??
            periods,
        },
      })
    },
  })

  api.route({
    method: 'GET',
    url: '/v1/metrics/lifecycle/subjects',
    schema: {
      summary: 'Who is behind a number of a period: from and to are the period’s',
      tags: ['Journeys'],
      querystring: lifecycleSubjectsQuery,
      response: { 200: subjectsAnswer, ...errors },
    },
    handler(request, reply) {
      const wanted = inItsZone(request.query)
      return answerQuestion(request, reply, deps, {
        asOf: wanted.as_of,
        async answer(reader, now) {
          const { limit } = wanted
          const row = oneOf(wanted.row, lifecycleRows, 'row')
          return lifecycleSubjects(reader, await lifecycleAskOf(reader, wanted, now), { row, limit })
        },
      })
    },
  })
}

/** How far back is looked where nobody says. */
const usualSpanMs: Readonly<Record<PeriodName, number>> = {
  day: 92 * dayMs,
  week: 366 * dayMs,
  month: 5 * 366 * dayMs,
  quarter: 10 * 366 * dayMs,
}

async function lifecycleAskOf(
  reader: Reader,
  wanted: InItsZone<Omit<z.infer<typeof lifecycleQuery>, 'format'>>,
  now: number,
): Promise<LifecycleAsk & { from: number; to: number }> {
  const { customer, order, lead, as_of, timezone: zone, years, margin, channel, split } = wanted
  if (split !== undefined) oneOf(split, ['channel'], 'split')
  const period = oneOf(wanted.by, periodNames, 'by')
  const buyer = await goalNamed(reader, customer, ['customer', 'won'], as_of)
  const question = await questionOf(reader, wanted, now, buyer)
  const span = { period, zone }
  const end = question.to ?? question.asOf + 1
  const begin = question.from ?? Math.max(await readBeginning(reader, end), end - usualSpanMs[period])
  return {
    ...question,
    // A bound that nobody names is a period's: the last may not be over yet.
    from: question.from ?? (await readPeriodAt(reader, begin, span)).from,
    to: question.to ?? (await readPeriodAt(reader, end - 1, span)).to,
    ...span,
    customer: buyer,
    order:
      order === undefined
        ? ((await goalNamed(reader, undefined, ['order'], as_of)) ?? buyer)
        : await goalOf(reader, order, as_of),
    lead: await goalNamed(reader, lead, ['lead'], as_of),
    years,
    margin,
    channel,
    isSplit: split !== undefined,
  }
}

function zoneOf(name: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    throw refuse(`timezone: ${name} is no name of a time zone such as Europe/Berlin.`)
  }
}

interface Zoned {
  timezone: string
  from?: TimeOrDay | undefined
  to?: TimeOrDay | undefined
  as_of?: TimeOrDay | undefined
}
type Times = 'from' | 'to' | 'as_of'
type InItsZone<Wanted extends Zoned> = Omit<Wanted, Times> & Partial<Record<Times, number | undefined>>

/** With days as the midnights at which they begin in the time zone. */
function inItsZone<Wanted extends Zoned>(wanted: Wanted): InItsZone<Wanted> {
  const timezone = zoneOf(wanted.timezone)
  const at = (time: TimeOrDay | undefined) =>
    typeof time === 'object' ? wallTime(Date.parse(time.day), timezone) : time
  return { ...wanted, timezone, from: at(wanted.from), to: at(wanted.to), as_of: at(wanted.as_of) }
}

function addSummedCosts(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/costs',
    schema: {
      summary: 'What was spent in a range of days, by channel, source, medium or campaign',
      tags: ['Journeys'],
      querystring: costsQuery,
      response: { 200: costsSummed, ...errors },
    },
    async handler(request) {
      const { by: named, timezone: zone, from, to } = inItsZone(request.query)
      const by = oneOf(named, costKeys, 'by')
      checkRange({ from, to })
      const rows = await sumCosts(readerFor(request, deps), { by, zone, from, to })
      return { by, timezone: zone, rows }
    },
  })
}

function addCosts(api: Api, { clickhouse, projects, log, clock }: TimelineDeps): void {
  api.route({
    method: 'POST',
    url: '/v1/costs',
    validatorCompiler: () => (data: unknown) => ({ value: data }),
    schema: {
      summary:
        'What was spent, by day, channel and campaign; the same place sent again replaces what it said',
      tags: ['Journeys'],
      body: costsBody,
      response: { 200: costsAnswer, ...errors },
    },
    async handler(request) {
      const { rows } = checked(request.body, costsBody, 'body')
      const { id } = projectOf(request, { projects })
      const version = clock()
      const lines = Buffer.from(
        rows.map((row) => `${JSON.stringify({ project: id, version, ...row })}\n`).join(''),
      )
      await log.append([{ table: 'costs', lines, rows: {} }])
      // At once, so that who sent it reads it; the store brings the same rows again, and a replay too.
      await insertLines(clickhouse.app, 'costs', lines)
      return { success: true as const, accepted: rows.length }
    },
  })
}
