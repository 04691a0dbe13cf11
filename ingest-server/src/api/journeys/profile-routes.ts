/** The ideal customer profile and buyer personas. */
import {
  errors,
  icpAnswer,
  icpQuery,
  icpSubjectsQuery,
  orCsv,
  personasAnswer,
  personasQuery,
  personaSubjectsQuery,
  subjectsAnswer,
} from '@touchline/schemas/api'
import type { z } from 'zod'
import type { Reader } from '../../clickhouse/query.js'
import { goalOf } from '../../journeys/goals.js'
import { findIcp, subjectsOfFinding, type IcpAsk } from '../../journeys/profile/icp.js'
import {
  findPersonas,
  peopleOfPersona,
  usualPersonas,
  type PersonasAsk,
} from '../../journeys/profile/personas.js'
import type { ClosedAsk } from '../../journeys/profile/read-closed.js'
import type { Api, TimelineDeps } from '../context.js'
import { answerQuestion } from '../answer-question.js'
import { definitionNamed, oneOf, questionOf, refuse } from './read-question.js'
import { stagesOf } from './journey-routes.js'
import { isoTime } from '../../clock.js'

const everyTouch = 'every touch'

export function addProfiles(api: Api, deps: TimelineDeps): void {
  addIcp(api, deps)
  addPersonas(api, deps)
}

function addIcp(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/icp',
    schema: {
      summary: 'What won accounts have in common: each trait value with its lift, interval and q',
      tags: ['Journeys'],
      querystring: icpQuery,
      response: { 200: orCsv(icpAnswer), ...errors },
    },
    handler: (request, reply) =>
      answerQuestion(request, reply, deps, {
        asOf: request.query.as_of,
        async answer(reader, now) {
          const ask = await icpAskOf(reader, request.query, now)
          return { ...(await findIcp(reader, ask)), ...headOf(ask) }
        },
        csv: { name: 'icp', format: request.query.format, rows: ({ findings }) => findings },
      }),
  })

  api.route({
    method: 'GET',
    url: '/v1/icp/subjects',
    schema: {
      summary: 'The closed accounts that have a value of a trait',
      tags: ['Journeys'],
      querystring: icpSubjectsQuery,
      response: { 200: subjectsAnswer, ...errors },
    },
    handler: (request, reply) =>
      answerQuestion(request, reply, deps, {
        asOf: request.query.as_of,
        async answer(reader, now) {
          const { row, limit } = request.query
          const at = row.indexOf('=')
          if (at < 1) throw refuse('row: write trait=value.')
          const finding = { trait: row.slice(0, at), value: row.slice(at + 1) }
          const ask = await icpAskOf(reader, request.query, now)
          const rows = await subjectsOfFinding(reader, ask, finding)
          return { total: rows.length, rows: rows.slice(0, limit) }
        },
      }),
  })
}

function addPersonas(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/personas',
    schema: {
      summary: 'Who of the people of an account is there when it is won, when they come and what they touch',
      tags: ['Journeys'],
      querystring: personasQuery,
      response: { 200: orCsv(personasAnswer), ...errors },
    },
    handler: (request, reply) =>
      answerQuestion(request, reply, deps, {
        asOf: request.query.as_of,
        async answer(reader, now) {
          const ask = await personasAskOf(reader, request.query, now)
          return { ...(await findPersonas(reader, ask)), ...headOf(ask) }
        },
        csv: { name: 'personas', format: request.query.format, rows: ({ personas }) => personas },
      }),
  })

  api.route({
    method: 'GET',
    url: '/v1/personas/subjects',
    schema: {
      summary: 'The people behind a persona',
      tags: ['Journeys'],
      querystring: personaSubjectsQuery,
      response: { 200: subjectsAnswer, ...errors },
    },
    handler: (request, reply) =>
      answerQuestion(request, reply, deps, {
        asOf: request.query.as_of,
        async answer(reader, now) {
          const ask = await personasAskOf(reader, request.query, now)
          const rows = await peopleOfPersona(reader, ask, request.query.row)
          return {
            total: new Set(rows.map(({ subject }) => subject)).size,
            rows: rows.slice(0, request.query.limit),
          }
        },
      }),
  })
}

const headOf = ({ asOf, subject }: ClosedAsk) => ({ asOf: isoTime(asOf), subject, touchFilter: everyTouch })

type Wanted = Omit<z.infer<typeof icpQuery>, 'format' | 'bands'>

async function closedAskOf(reader: Reader, wanted: Wanted, now: number): Promise<ClosedAsk> {
  const [goal, lost] = [
    await goalOf(reader, wanted.goal, wanted.as_of),
    await goalOf(reader, wanted.lost, wanted.as_of),
  ]
  return {
    ...(await questionOf(reader, wanted, now, goal)),
    goal,
    lost,
    traits: oneOf(wanted.traits, ['close', 'now'] as const, 'traits'),
  }
}

async function icpAskOf(
  reader: Reader,
  wanted: Wanted & { bands?: string | undefined },
  now: number,
): Promise<IcpAsk> {
  return { ...(await closedAskOf(reader, wanted, now)), bands: bandsOf(wanted.bands) }
}

/** `employees:50,200,1000;arr:1e6` */
function bandsOf(text: string | undefined): Record<string, number[]> {
  const bands: Record<string, number[]> = {}
  for (const part of text?.split(';') ?? []) {
    const at = part.lastIndexOf(':')
    const bounds = part
      .slice(at + 1)
      .split(',')
      .map((bound) => Number(bound.trim() || Number.NaN))
    if (at < 1 || bounds.some((bound) => !Number.isFinite(bound)))
      throw refuse(`bands: ${part}: write trait:bound,bound, such as employees:50,200,1000.`)
    bands[part.slice(0, at).trim()] = bounds.sort((a, b) => a - b)
  }
  return bands
}

async function personasAskOf(
  reader: Reader,
  wanted: Wanted & { personas?: string | undefined },
  now: number,
): Promise<PersonasAsk> {
  const ask = await closedAskOf(reader, wanted, now)
  if (ask.subject !== 'account')
    throw refuse('subject: personas are of accounts; ask with a goal of accounts or subject=account.')
  const definition = await definitionNamed(reader, 'personas', wanted.personas, wanted.as_of)
  const stages = await stagesOf(reader, ask, undefined)
  return {
    ...ask,
    rules: definition?.body ?? usualPersonas,
    used: definition ? [{ kind: 'personas', id: definition.id, version: definition.version }] : [],
    stages,
  }
}
