/** Content mapping: which stage touches are content for, beside the stage that their subjects were in. */
import {
  contentAnswer,
  contentQuery,
  contentSubjectsQuery,
  errors,
  orCsv,
  subjectsAnswer,
} from '@touchline/schemas/api'
import type { z } from 'zod'
import type { Reader } from '../../clickhouse/query.js'
import { requireDefinition } from '../../definitions/documents/read.js'
import {
  contentStages,
  mapContent,
  subjectsOfContent,
  unmappedRow,
  type ContentAsk,
} from '../../journeys/content.js'
import type { Api, TimelineDeps } from '../context.js'
import { answerQuestion } from '../answer-question.js'
import { oneOf, questionOf } from './read-question.js'
import { stagesOf } from './journey-routes.js'
import { isoTime } from '../../clock.js'

export function addContent(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/stages/content',
    schema: {
      summary:
        'Which stage touches are content for, by the touch rules, and in which stage their subjects were',
      tags: ['Journeys'],
      querystring: contentQuery,
      response: { 200: orCsv(contentAnswer), ...errors },
    },
    handler: (request, reply) =>
      answerQuestion(request, reply, deps, {
        asOf: request.query.as_of,
        async answer(reader, now) {
          const ask = await askOf(reader, request.query, now)
          const { rules } = request.query
          return { rules, ...(await mapContent(reader, ask)), subject: ask.subject, asOf: isoTime(ask.asOf) }
        },
        csv: {
          name: 'content',
          format: request.query.format,
          rows: ({ rows, unmapped }) => [...rows, { stage: unmappedRow, ...unmapped }],
        },
      }),
  })

  api.route({
    method: 'GET',
    url: '/v1/stages/content/subjects',
    schema: {
      summary: 'Whose touches are content for a stage, or for none',
      tags: ['Journeys'],
      querystring: contentSubjectsQuery,
      response: { 200: subjectsAnswer, ...errors },
    },
    handler: (request, reply) =>
      answerQuestion(request, reply, deps, {
        asOf: request.query.as_of,
        async answer(reader, now) {
          const { limit } = request.query
          const ask = await askOf(reader, request.query, now)
          const row = oneOf(request.query.row, [...contentStages(ask.rules), unmappedRow], 'row')
          return subjectsOfContent(reader, ask, { row, limit })
        },
      }),
  })
}

async function askOf(
  reader: Reader,
  wanted: Omit<z.infer<typeof contentQuery>, 'format'>,
  now: number,
): Promise<ContentAsk> {
  const question = await questionOf(reader, wanted, now)
  const { id, version, body } = await requireDefinition(reader, 'touch-rules', wanted.rules, {
    asOf: wanted.as_of,
  })
  return {
    ...question,
    rules: body,
    used: [{ kind: 'touch-rules', id, version }],
    stages: await stagesOf(reader, question, wanted.stages),
  }
}
