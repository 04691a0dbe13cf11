/** Programs over HTTP: where everybody is, who would enter, entering by hand. */
import {
  dryRunAnswer,
  dryRunQuery,
  enterAnswer,
  enterBody,
  errors,
  programList,
  programParams,
  programShape,
  runsAnswer,
  runsQuery,
  sentencesOf,
  sentencesOfStep,
} from '@touchline/schemas/api'
import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Definition } from '../../definitions/documents/definition.js'
import { meant } from '../../definitions/nearest.js'
import { listDefinitions } from '../../definitions/documents/read.js'
import { dryRun } from '../../engagement/programs/dry-run.js'
import { enterByHand } from '../../engagement/programs/entering/enter-by-hand.js'
import { readCounts, readRuns, type StepCount } from '../../engagement/programs/facts.js'
import { readPrograms } from '../../engagement/programs/programs.js'
import { TouchlineError } from '../../errors.js'
import { findPerson, readOwners, readPeople } from '../../identity/people.js'
import { readSubjects } from '../../identity/subjects.js'
import { accountIdOf, personNames } from '../../timeline/identifiers.js'
import { projectOf, readerFor, type Api, type TimelineDeps } from '../context.js'
import { isoTime } from '../../clock.js'

const tags = ['Programs']

export function addPrograms(api: Api, deps: TimelineDeps): void {
  addLists(api, deps)
  addRuns(api, deps)
  addEntering(api, deps)
  addDryRun(api, deps)
}

function addLists(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/programs',
    schema: {
      summary: 'Programs, with how many wait where',
      tags,
      response: { 200: programList, ...errors },
    },
    async handler(request) {
      const reader = readerFor(request, deps)
      const [definitions, counts] = await Promise.all([
        listDefinitions(reader, 'programs'),
        readCounts(reader),
      ])
      return {
        programs: definitions.map((one) =>
          shapeOf(
            one,
            counts.filter(({ program }) => program === one.id),
          ),
        ),
      }
    },
  })
  api.route({
    method: 'GET',
    url: '/v1/programs/:id',
    schema: {
      summary: 'A program, with how many wait where and why runs ended',
      tags,
      params: programParams,
      response: { 200: programShape, ...errors },
    },
    async handler(request) {
      const definition = await programOf(request, deps)
      return shapeOf(definition, await readCounts(readerFor(request, deps), definition.id))
    },
  })
}

async function programOf(
  request: FastifyRequest<{ Params: { id: string } }>,
  deps: TimelineDeps,
): Promise<Definition<'programs'>> {
  const all = await listDefinitions(readerFor(request, deps), 'programs')
  const { id } = request.params
  const found = all.find((one) => one.id === id)
  if (found !== undefined) return found
  const known = all.map((one) => one.id)
  throw new TouchlineError('NOT_FOUND', `There is no program ${id}${meant(id, known)}`)
}

function shapeOf(
  { id, name, version, body }: Definition<'programs'>,
  counts: readonly StepCount[],
): z.input<typeof programShape> {
  const sum = (state: string) =>
    counts.filter((one) => one.state === state).reduce((total, { runs }) => total + runs, 0)
  const waitingAt = (step: string) =>
    counts.find((one) => one.state === 'waiting' && one.step === step)?.runs ?? 0
  const known = new Set(body.steps.map((step) => step.id))
  return {
    id,
    name,
    version,
    subject: body.subject,
    enters: sentencesOf(body.enter),
    goal: body.goal === undefined ? null : sentencesOf(body.goal),
    waiting: sum('waiting'),
    done: sum('done'),
    exited: sum('exited'),
    steps: body.steps.map((step) => ({
      step: step.id,
      sentence: sentencesOfStep(step),
      does: doesOf(step),
      waiting: waitingAt(step.id),
    })),
    elsewhere: counts
      .filter(({ state, step }) => state === 'waiting' && !known.has(step))
      .map(({ step, runs }) => ({ step, sentence: null, does: '', waiting: runs })),
    ended: counts
      .filter(({ state }) => state !== 'waiting')
      .map(({ state, because, runs }) => ({ state, because, runs })),
  }
}

const doesOf = (step: object): string =>
  ['wait', 'waitUntil', 'branch', 'act', 'exit'].find((name) => name in step) ?? ''

function addRuns(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/programs/:id/runs',
    schema: {
      summary: 'Who is in a program, where and since when, or why they are no longer',
      tags,
      params: programParams,
      querystring: runsQuery,
      response: { 200: runsAnswer, ...errors },
    },
    async handler(request) {
      const { id } = await programOf(request, deps)
      const reader = readerFor(request, deps)
      const { state, step, subject, limit, cursor } = request.query
      const subjects = subject === undefined ? undefined : await idsOf(reader, subject)
      const rows = await readRuns(reader, { program: id, state, step, subjects, after: cursor, limit })
      return {
        rows: rows.map(({ programVersion, steps: _, program: _of, ...row }) => ({
          ...row,
          version: programVersion,
        })),
        nextCursor: rows.length < limit ? null : (rows.at(-1)?.run ?? null),
      }
    },
  })
}

/** Every id that the runs of somebody may stand under. */
async function idsOf(reader: ReturnType<typeof readerFor>, subject: string): Promise<string[]> {
  const person = await findPerson(reader, personNames(subject))
  return [...new Set([person.id, subject, ...person.identifiers.map(({ identifier }) => identifier)])]
}

function addEntering(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'POST',
    url: '/v1/programs/:id/enter',
    schema: {
      summary: 'Let persons or accounts enter a program by hand',
      description: 'What it is entered by is not asked for; reenter and consent are.',
      tags,
      params: programParams,
      body: enterBody,
      response: { 200: enterAnswer, ...errors },
    },
    async handler(request) {
      const { id, body } = await programOf(request, deps)
      const { subjects = [], subject } = request.body
      const named = [...subjects, ...(subject === undefined ? [] : [subject])]
      if (named.length === 0) throw new TouchlineError('QUERY_INVALID', 'subjects: must name somebody')
      const reader = readerFor(request, deps)
      const ids = body.subject === 'account' ? named.map(accountIdOf) : await personIdsOf(reader, named)
      const program = (await readPrograms(deps.clickhouse.app, reader.project)).get(id)
      if (program === undefined) throw new TouchlineError('NOT_FOUND', `There is no program ${id}.`)
      const { log, clock, clickhouse } = deps
      const { timezone: zone = deps.zone ?? 'UTC' } = projectOf(request, deps)
      return enterByHand({ app: clickhouse.app, log, reader, clock, zone }, program, ids)
    },
  })
}

/** As `findPerson` of each, in a few queries for all: a reader's user has no more than eight at once. */
async function personIdsOf(reader: ReturnType<typeof readerFor>, ids: readonly string[]): Promise<string[]> {
  const names = [...new Set(ids.flatMap(personNames))]
  const [states, people, subjects] = await Promise.all([
    readOwners(reader, names),
    readPeople(reader, names),
    readSubjects(reader, names),
  ])
  const owners = new Map(states.map(({ identifier, owners: of }) => [identifier, of.at(-1)?.person]))
  const known = new Set([...people.map(({ id }) => id), ...subjects])
  return ids.map((id) => {
    const candidates = personNames(id)
    const found = candidates.find((name) => (owners.get(name) ?? name) !== name || known.has(name))
    const name = found ?? candidates.at(-1) ?? id
    return owners.get(name) ?? name
  })
}

function addDryRun(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/programs/:id/dry-run',
    schema: {
      summary: 'Who would enter a program now and what would be sent; nothing is',
      tags,
      params: programParams,
      querystring: dryRunQuery,
      response: { 200: dryRunAnswer, ...errors },
    },
    async handler(request) {
      const definition = await programOf(request, deps)
      const reader = readerFor(request, deps)
      const { clock } = deps
      const { timezone: zone = deps.zone ?? 'UTC' } = projectOf(request, deps)
      const endpoints = new Set((await listDefinitions(reader, 'endpoints')).map(({ id }) => id))
      const scoreOf = (score: string, subject: string) =>
        deps.scoreOf?.(reader, score, subject, clock()) ?? Promise.resolve(undefined)
      const found = await dryRun({ reader, clock, zone }, definition, {
        limit: request.query.limit,
        endpoints,
        scoreOf,
      })
      return { program: definition.id, version: definition.version, asOf: isoTime(clock()), ...found }
    },
  })
}
