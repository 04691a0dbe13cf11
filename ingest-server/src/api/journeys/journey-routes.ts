/** The journey row, silent gaps and paths. */
import {
  errors,
  gapsAnswer,
  gapsQuery,
  orCsv,
  pathsAnswer,
  pathsQuery,
  pathSubjectsQuery,
  subjectsAnswer,
  summaryAnswer,
  summaryQuery,
  summarySubjectsQuery,
} from '@touchline/schemas/api'
import type { z } from 'zod'
import type { Reader } from '../../clickhouse/query.js'
import { findGaps } from '../../journeys/gaps.js'
import { goalOf } from '../../journeys/goals.js'
import { findPaths, pathKeys, subjectsOfPath, type PathsAsk } from '../../journeys/paths.js'
import type { Question } from '../../journeys/question.js'
import { stagesInTime, type StagesInTime } from '../../journeys/silence.js'
import { readStageList } from '../../journeys/stage-list.js'
import { listJourneys, outcomes, summarize, type SummaryAsk } from '../../journeys/summary.js'
import type { Api, TimelineDeps } from '../context.js'
import { answerQuestion } from '../answer-question.js'
import { definitionNamed, durationOf, goalNamed, oneOf, questionOf, refuse } from './read-question.js'
import { isoTime } from '../../clock.js'

export function addJourneys(api: Api, deps: TimelineDeps): void {
  addSummary(api, deps)
  addGaps(api, deps)
  addPaths(api, deps)
}

function addSummary(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/journeys/summary',
    schema: {
      summary: 'Touches, channels, people, days and gaps of the journeys that were won, lost or are open',
      tags: ['Journeys'],
      querystring: summaryQuery,
      response: { 200: orCsv(summaryAnswer), ...errors },
    },
    handler: (request, reply) =>
      answerQuestion(request, reply, deps, {
        asOf: request.query.as_of,
        async answer(reader, now) {
          const ask = await summaryAskOf(reader, request.query, now)
          const { goal, outcome, subject, asOf } = ask
          return { goal: goal.id, outcome, subject, asOf: isoTime(asOf), ...(await summarize(reader, ask)) }
        },
        csv: {
          name: `journeys-${request.query.goal}`,
          format: request.query.format,
          rows: ({ definitions: _definitions, ...row }) => [row],
        },
      }),
  })

  api.route({
    method: 'GET',
    url: '/v1/journeys/summary/subjects',
    schema: {
      summary: 'The journeys behind the summary, the longest first',
      tags: ['Journeys'],
      querystring: summarySubjectsQuery,
      response: { 200: subjectsAnswer, ...errors },
    },
    handler: (request, reply) =>
      answerQuestion(request, reply, deps, {
        asOf: request.query.as_of,
        async answer(reader, now) {
          const ask = await summaryAskOf(reader, request.query, now)
          const { n } = await summarize(reader, ask)
          const journeys = await listJourneys(reader, ask, request.query)
          return { total: n, rows: journeys.map((journey) => ({ ...journey })) }
        },
      }),
  })
}

async function summaryAskOf(
  reader: Reader,
  wanted: Omit<z.infer<typeof summaryQuery>, 'format'>,
  now: number,
): Promise<SummaryAsk> {
  const outcome = oneOf(wanted.outcome, outcomes, 'outcome')
  const goal = await goalOf(reader, wanted.goal, wanted.as_of)
  const lost = await goalNamed(reader, wanted.lost, ['lost'], wanted.as_of)
  return { ...(await questionOf(reader, wanted, now, goal)), goal, lost, outcome }
}

function addGaps(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/journeys/gaps',
    schema: {
      summary: 'Where it went quiet: silences of accounts or people, ended or still open, the longest first',
      tags: ['Journeys'],
      querystring: gapsQuery,
      response: { 200: orCsv(gapsAnswer), ...errors },
    },
    handler: (request, reply) =>
      answerQuestion(request, reply, deps, {
        asOf: request.query.as_of,
        async answer(reader, now) {
          const { min, open, limit, stages, firstTouch } = request.query
          const direction = oneOf(request.query.direction, ['any', 'inbound'] as const, 'direction')
          const question = await questionOf(reader, request.query, now)
          const found = await findGaps(reader, {
            ...question,
            minMs: min === undefined ? undefined : durationOf(min, 'min'),
            direction,
            isOpen: open === undefined ? undefined : open === 'true',
            stages: await stagesOf(reader, question, stages),
            withFirstTouch: firstTouch === 'true',
            limit,
          })
          return { ...found, direction, subject: question.subject, asOf: isoTime(question.asOf) }
        },
        csv: { name: 'gaps', format: request.query.format, rows: ({ rows }) => rows },
      }),
  })
}

/** The list of stages of such subjects; undefined where none is named and there is no `default`. */
export async function stagesOf(
  reader: Reader,
  question: Question,
  name: string | undefined,
): Promise<StagesInTime | undefined> {
  const { subject, asOf } = question
  const stages = await definitionNamed(reader, 'stages', name, asOf)
  return stages && stagesInTime(await readStageList(reader, { list: stages.id, subject, asOf }), question)
}

function addPaths(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/paths',
    schema: {
      summary: 'The most walked paths, how often each converts, and what follows what',
      tags: ['Journeys'],
      querystring: pathsQuery,
      response: { 200: orCsv(pathsAnswer), ...errors },
    },
    handler: (request, reply) =>
      answerQuestion(request, reply, deps, {
        asOf: request.query.as_of,
        async answer(reader, now) {
          const ask = await pathsAskOf(reader, request.query, now)
          return { ...(await findPaths(reader, ask)), subject: ask.subject, asOf: isoTime(ask.asOf) }
        },
        csv: {
          name: 'paths',
          format: request.query.format,
          rows: ({ paths }) => paths.map((path) => ({ ...path, steps: path.steps.join(arrow) })),
        },
      }),
  })

  api.route({
    method: 'GET',
    url: '/v1/paths/subjects',
    schema: {
      summary: 'Who walked a path, or an edge of two steps',
      tags: ['Journeys'],
      querystring: pathSubjectsQuery,
      response: { 200: subjectsAnswer, ...errors },
    },
    handler: (request, reply) =>
      answerQuestion(request, reply, deps, {
        asOf: request.query.as_of,
        async answer(reader, now) {
          const ask = await pathsAskOf(reader, request.query, now)
          return subjectsOfPath(reader, ask, pathRow(request.query.row))
        },
      }),
  })
}

const arrow = ' → '
const edgePrefix = 'edge:'

function pathRow(row: string): { steps: readonly string[] } | { from: string; to: string } {
  const isEdge = row.startsWith(edgePrefix)
  const steps = stepsOf(isEdge ? row.slice(edgePrefix.length) : row)
  const [from, to, ...more] = steps
  if (from === undefined || steps.includes('')) throw refuse(`row: ${row} is no path. ${rowForms}`)
  if (!isEdge) return { steps }
  if (to === undefined || more.length > 0) throw refuse(`row: an edge goes between two steps. ${rowForms}`)
  return { from, to }
}

const rowForms =
  'Write a path as ["Paid Search","Email"] or Paid Search → Email, and of an edge edge: before its two steps, such as edge:["Email","(conversion)"].'

function stepsOf(text: string): string[] {
  try {
    const steps: unknown = JSON.parse(text)
    if (Array.isArray(steps)) return steps.every((step) => typeof step === 'string') ? steps : []
  } catch {
    // Not JSON: as people write a path. What begins as a list of texts was meant for one.
    if (text.startsWith('["')) return []
  }
  return text.split(arrow).map((step) => step.trim())
}

async function pathsAskOf(
  reader: Reader,
  wanted: Omit<z.infer<typeof pathsQuery>, 'format'>,
  now: number,
): Promise<PathsAsk> {
  const goal = wanted.goal === undefined ? undefined : await goalOf(reader, wanted.goal, wanted.as_of)
  return {
    ...(await questionOf(reader, wanted, now, goal)),
    goal,
    by: oneOf(wanted.by, pathKeys, 'by'),
    depth: wanted.depth,
    collapse: wanted.collapse === 'true',
    limit: wanted.limit,
  }
}
