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
import type { FunnelAsk } from '../../journeys/funnels/ask.js'
import { askFunnel, subjectsOfStep } from '../../journeys/funnels/funnel.js'
import type { Api, TimelineDeps } from '../context.js'
import { isoTime } from '../answer.js'
import { answerQuestion } from './answer.js'
import { checked, conditionOf, oneOf, refuse } from './ask.js'

export function addFunnels(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'POST',
    url: '/v1/funnels/query',
    config: { onlyReads: true },
    // Checked by `checked`, which knows the nearest field; here for the OpenAPI document.
    validatorCompiler: () => (data: unknown) => ({ value: data }),
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
        answer: async (reader) => ({ ...(await askFunnel(reader, ask)), ...headOf(ask) }),
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
    validatorCompiler: ({ httpPart, schema }) =>
      httpPart === 'querystring'
        ? (data: unknown) => {
            const result = (schema as unknown as typeof funnelSubjectsQuery).safeParse(data)
            return result.success
              ? { value: result.data }
              : { error: refuse(result.error.issues[0]?.message ?? '') }
          }
        : (data: unknown) => ({ value: data }),
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
      return answerQuestion(request, reply, deps, {
        asOf: ask.isAsOfGiven ? ask.asOf : undefined,
        answer: (reader) => subjectsOfStep(reader, ask, { step, part, limit }),
      })
    },
  })
}

function askOf(sent: unknown, now: number): FunnelAsk & { isAsOfGiven: boolean } {
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
    filter: filter === undefined ? undefined : conditionOf(filter, 'filter'),
    breakdown:
      breakdown === undefined
        ? undefined
        : breakdown === 'channel'
          ? { by: 'channel' }
          : { by: 'trait', trait: breakdown.trait },
  }
}

const headOf = ({ asOf, subject, mode }: FunnelAsk) => ({
  asOf: isoTime(asOf),
  subject,
  definitions: [],
  touchFilter: mode === 'strict' ? 'every touch' : 'touches of the steps',
})
