/** GET /v1/attribution, and who is behind each of its rows. */
import {
  attributionAnswer,
  attributionQuery,
  attributionSubjectsQuery,
  errors,
  orCsv,
  subjectsAnswer,
  type AttributionAnswer,
  type AttributionQuery,
} from '@touchline/schemas/api'
import type { Reader } from '../../clickhouse/query.js'
import {
  dimensions,
  models,
  type AttributionQuestion,
} from '../../journeys/attribution/attribution-question.js'
import { attribute, attributedSubjects, type ModelAnswer } from '../../journeys/attribution/attribution.js'
import { milestoneNames, type MilestoneName } from '../../journeys/attribution/credit.js'
import { goalOf, type Goal } from '../../journeys/goals.js'
import type { Api, TimelineDeps } from '../context.js'
import { answerQuestion } from '../answer-question.js'
import { durationOf, oneOf, questionOf, refuse } from './read-question.js'
import { isoTime } from '../../clock.js'

export function addAttribution(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/attribution',
    schema: {
      summary:
        'Which channels, campaigns or pages brought the conversions of a goal, by one model or several',
      tags: ['Journeys'],
      querystring: attributionQuery,
      response: { 200: orCsv(attributionAnswer), ...errors },
    },
    handler: (request, reply) =>
      answerQuestion(request, reply, deps, {
        asOf: request.query.as_of,
        answer: async (reader, now) => toAnswer(await askOf(reader, request.query, now), reader),
        csv: {
          name: `attribution-${request.query.goal}`,
          format: request.query.format,
          rows: ({ model, rows, unattributed, models: several }) =>
            (several ?? [{ model, rows, unattributed }]).flatMap((one) => [
              ...one.rows.map((row) => ({ model: one.model, ...row })),
              { model: one.model, key: 'Unattributed', ...one.unattributed },
            ]),
        },
      }),
  })

  api.route({
    method: 'GET',
    url: '/v1/attribution/subjects',
    schema: {
      summary:
        'Whose conversions a row of the attribution has a part in; row=Unattributed for those without a path',
      tags: ['Journeys'],
      querystring: attributionSubjectsQuery,
      response: { 200: subjectsAnswer, ...errors },
    },
    handler: (request, reply) =>
      answerQuestion(request, reply, deps, {
        asOf: request.query.as_of,
        async answer(reader, now) {
          const ask = await askOf(reader, request.query, now)
          if (ask.models.length > 1) throw refuse('model: one at a time opens a row.')
          const rows = await attributedSubjects(reader, { ...ask, row: request.query.row })
          return { total: rows.length, rows: rows.slice(0, request.query.limit).map((row) => ({ ...row })) }
        },
      }),
  })
}

type Wanted = Omit<AttributionQuery, 'format' | 'compare'> & { compare?: string | undefined }

async function askOf(reader: Reader, wanted: Wanted, now: number): Promise<AttributionQuestion> {
  const names = [wanted.model, wanted.compare ?? '']
    .flatMap((list) => list.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '')
  const asked = [...new Set(names.map((word) => oneOf(word.toLowerCase(), models, 'model')))]
  const by = oneOf(wanted.by.toLowerCase().replace(/[_-]/g, ' '), dimensions, 'by')
  const goal = await goalOf(reader, wanted.goal, wanted.as_of)
  if (wanted.since !== undefined) oneOf(wanted.since, ['lastConversion'], 'since')
  return {
    ...(await questionOf(reader, wanted, now, goal)),
    goal,
    models: asked,
    by,
    lookbackMs: wanted.lookback === 'none' ? undefined : durationOf(wanted.lookback, 'lookback'),
    sinceLastConversion: wanted.since !== undefined,
    halfLifeMs: durationOf(wanted.half_life, 'half_life'),
    order: wanted.order,
    milestones: await milestonesOf(reader, wanted),
  }
}

/** `lc:lead,oc:opportunity` → goals. */
async function milestonesOf(reader: Reader, { milestones, as_of }: Wanted) {
  const goals: Partial<Record<MilestoneName, Goal>> = {}
  for (const part of milestones?.split(',') ?? []) {
    const [word = '', id] = part.split(':').map((one) => one.trim())
    const name = oneOf(word.toLowerCase(), milestoneNames, 'milestones')
    if (id === undefined || id === '')
      throw refuse(`milestones: ${name} names no goal; write ${name}:<goal>.`)
    goals[name] = await goalOf(reader, id, as_of)
  }
  return goals
}

async function toAnswer(ask: AttributionQuestion, reader: Reader): Promise<AttributionAnswer> {
  const { models: answers, unverified, definitions, touchFilter } = await attribute(reader, ask)
  const [first, ...others] = answers.map(toModel)
  const [{ total } = { total: { conversions: 0, value: [] } }] = answers
  return {
    goal: ask.goal.id,
    by: ask.by,
    ...total,
    total,
    ...(unverified && { unverified }),
    ...(first ?? toModel(nothing)),
    ...(first && others.length > 0 && { models: [first, ...others] }),
    asOf: isoTime(ask.asOf),
    subject: ask.subject,
    definitions,
    touchFilter,
  }
}

const none = { conversions: 0, value: [] }
const nothing: ModelAnswer = {
  model: 'linear',
  warnings: [],
  rows: [],
  total: none,
  attributed: none,
  unattributed: none,
}

function toModel({ removals, total: _total, ...answer }: ModelAnswer) {
  const rows = answer.rows.map((row) => {
    const removal = removals?.get(row.key)
    return {
      ...row,
      share: row.share ?? 0,
      ...(removal && { removalEffect: removal.effect, weight: removal.weight }),
    }
  })
  return { ...answer, rows }
}
