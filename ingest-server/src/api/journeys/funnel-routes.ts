/** POST /v1/funnels/query, and who reached a step. */
import {
  durationMs,
  errors,
  funnelAnswer,
  funnelBody,
  funnelQuery,
  funnelSubjectsQuery,
  orCsv,
  subjectsAnswer,
} from '@touchline/schemas/api'
import type { Reader } from '../../clickhouse/query.js'
import { whatIsWrong } from '../../definitions/documents/check.js'
import type { FunnelQuestion } from '../../journeys/funnels/funnel-question.js'
import { askFunnel, subjectsOfStep } from '../../journeys/funnels/funnel.js'
import type { Api, TimelineDeps } from '../context.js'
import { answerQuestion } from '../answer-question.js'
import { checked, checkTouches, conditionOf, oneOf, refuse } from './read-question.js'
import { isoTime } from '../../clock.js'

export function addFunnels(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'POST',
    url: '/v1/funnels/query',
    config: { onlyReads: true },
    validatorCompiler: validator,
    schema: {
      summary: 'How many get from step to step of a funnel, and how long it takes',
      tags: ['Journeys'],
      querystring: funnelQuery,
      body: funnelBody,
      response: { 200: orCsv(funnelAnswer), ...errors },
    },
    handler(request, reply) {
      const now = deps.clock()
      const ask = askOf(request.body, now)
      return answerQuestion(request, reply, deps, {
        asOf: ask.isAsOfGiven ? ask.asOf : undefined,
        answer: async (reader) => ({
          ...(await askFunnel(reader, await checkedAsk(reader, ask))),
          ...headOf(ask),
        }),
        csv: {
          name: 'funnel',
          format: request.query.format,
          rows: ({ steps, breakdown }) =>
            breakdown?.flatMap(({ key, steps: own }) => own.map((step) => ({ key, ...step }))) ?? steps,
        },
      })
    },
  })

  api.route({
    method: 'POST',
    url: '/v1/funnels/query/subjects',
    config: { onlyReads: true },
    validatorCompiler: validator,
    schema: {
      summary: 'Who reached a step of a funnel; the body is the funnel',
      tags: ['Journeys'],
      querystring: funnelSubjectsQuery,
      body: funnelBody,
      response: { 200: subjectsAnswer, ...errors },
    },
    handler(request, reply) {
      const ask = askOf(request.body, deps.clock())
      const { row, part, limit } = request.query
      const names = ask.steps.map(({ name }) => name)
      const step = names.indexOf(oneOf(row, names, 'row'))
      if (part !== undefined && ask.breakdown === undefined)
        throw refuse('part: names a key of the breakdown, and the funnel has none.')
      return answerQuestion(request, reply, deps, {
        asOf: ask.isAsOfGiven ? ask.asOf : undefined,
        answer: async (reader) =>
          subjectsOfStep(reader, await checkedAsk(reader, ask), { step, part, limit }),
      })
    },
  })
}

/** Parameters by their schema. A body is checked by `checked`, which knows the nearest field; its schema is for the document. */
const validator =
  ({ httpPart, schema }: { httpPart?: string | undefined; schema: unknown }) =>
  (data: unknown) => {
    if (httpPart !== 'querystring') return { value: data }
    const query = schema as typeof funnelSubjectsQuery
    const result = query.safeParse(data)
    if (result.success) return { value: result.data }
    const { path, message } = whatIsWrong(result.error, data, query) ?? { path: [], message: 'is not valid' }
    return { error: refuse(`${path.join('/')}: ${message}`) }
  }

/** What only ClickHouse can judge, and what names other definitions. */
async function checkedAsk(
  reader: Reader,
  { sentFilter, ...ask }: FunnelQuestion & { sentFilter: unknown },
): Promise<FunnelQuestion> {
  const touches = ask.steps.map(({ touch }, index) => ({ path: ['steps', index, 'touch'], node: touch }))
  await checkTouches(reader, touches)
  if (sentFilter === undefined) return ask
  return { ...ask, filter: await conditionOf(reader, sentFilter, { what: 'filter', subject: ask.subject }) }
}

function askOf(sent: unknown, now: number): FunnelQuestion & { isAsOfGiven: boolean; sentFilter: unknown } {
  const body = checked(sent, funnelBody, 'body')
  const { subject, steps, window, mode, from, to, as_of, filter, breakdown } = body
  if (from !== undefined && to !== undefined && from >= to) throw refuse('from must be before to.')
  return {
    subject,
    steps,
    mode,
    from,
    to,
    windowMs: durationMs(window),
    asOf: as_of ?? now,
    isAsOfGiven: as_of !== undefined,
    sentFilter: filter,
    breakdown:
      breakdown === undefined
        ? undefined
        : breakdown === 'channel'
          ? { by: 'channel' }
          : { by: 'trait', trait: breakdown.trait },
  }
}

const headOf = ({ asOf, subject, mode }: FunnelQuestion) => ({
  asOf: isoTime(asOf),
  subject,
  definitions: [],
  touchFilter: mode === 'strict' ? 'every touch' : 'touches of the steps',
})
