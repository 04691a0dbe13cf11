/** Stages over HTTP: the table of them, who is behind each number, and the way of one account or person. */
import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'
import {
  accountParams,
  errors,
  idParams,
  orCsv,
  stagesAnswer,
  stagesQuery,
  stageSubjectsAnswer,
  stageSubjectsQuery,
  subjectStagesAnswer,
  subjectStagesQuery,
  type Subject,
} from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'
import type { Reader } from '../../clickhouse/query.js'
import { meant } from '../../definitions/nearest.js'
import { readStageList, readUsualList, type StageList } from '../../journeys/stage-list.js'
import { readEntries, readStageSubjects } from '../../journeys/stage-subjects.js'
import { readStages } from '../../journeys/stages.js'
import { isKnownAccount, readAccount } from '../../identity/account-people.js'
import { accountIdOf } from '../../timeline/identifiers.js'
import { readAccountTraits } from '../../timeline/traits.js'
import { accountNotFound, type Api, type TimelineDeps } from '../context.js'
import { stageColumns } from '../csv.js'
import { answerQuestion } from '../answer-question.js'
import { knownPerson } from '../known-person.js'
import { isoTime } from '../../clock.js'
import { dayMs } from '../../units.js'

const tags = ['Journeys']
/** Everything that a person or an account did counts for its stage; each stage's condition says what it asks. */
const touchFilter = 'all touches'

export function addStages(api: Api, deps: TimelineDeps): void {
  addTable(api, deps)
  addSubjects(api, deps)
  addEntries(api, deps)
}

function addTable(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/stages',
    schema: {
      summary: 'How many reached, entered and skipped each stage, how long they stay, and who dropped off',
      tags,
      querystring: stagesQuery,
      response: { 200: orCsv(stagesAnswer), ...errors },
    },
    handler: (request, reply) =>
      answerQuestion(request, reply, deps, {
        asOf: request.query.as_of,
        async answer(reader, now) {
          const { subject, list: id, version, as_of: asOf = now } = request.query
          const list = await readStageList(reader, { list: id, subject, version, asOf })
          const { subjects, stages } = await readStages(reader, list, asOf)
          const { definition, used: definitions, body } = list
          const head = { asOf: isoTime(asOf), subject: body.subject, list: definition.id }
          return { ...head, definitions, touchFilter, subjects, stages }
        },
        csv: {
          name: 'stages',
          format: request.query.format,
          columns: stageColumns,
          rows: ({ stages }) => stages,
        },
      }),
  })
}

function addSubjects(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/stages/subjects',
    schema: {
      summary: 'Who is behind a number of /v1/stages',
      tags,
      querystring: stageSubjectsQuery,
      response: { 200: stageSubjectsAnswer, ...errors },
    },
    handler: (request, reply) =>
      answerQuestion(request, reply, deps, {
        asOf: request.query.as_of,
        answer: (reader, now) => pageOf(reader, request.query, now),
      }),
  })
}

async function pageOf(reader: Reader, wanted: z.output<typeof stageSubjectsQuery>, now: number) {
  const { subject, list: id, version, as_of: asOf = now, stage, state, limit, cursor } = wanted
  const list = await readStageList(reader, { list: id, subject, version, asOf })
  const place = placeOf(list, stage)
  const after = cursor === undefined ? undefined : keyOf(cursor)
  const found = await readStageSubjects(reader, list, { stage: place, state, asOf, limit, after })
  const rows = found.rows.map(({ id: one, current, sinceMs, enteredMs, lastTouchMs }) => ({
    subject: one,
    stage: list.body.stages[current]?.id ?? null,
    since: sinceMs === 0 ? null : isoTime(sinceMs),
    enteredAt: enteredMs === 0 ? null : isoTime(enteredMs),
    lastTouchAt: lastTouchMs === 0 ? null : isoTime(lastTouchMs),
    silentDays: lastTouchMs === 0 ? null : (asOf - lastTouchMs) / dayMs,
  }))
  const nextCursor = found.next === undefined ? null : Buffer.from(found.next).toString('base64url')
  const used = { definitions: list.used, total: found.total, rows, nextCursor }
  return { asOf: isoTime(asOf), subject: list.body.subject, stage, state, ...used }
}

function keyOf(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('utf8')
  if (/^\d{1,20}$/.test(key)) return key
  throw new TouchlineError('QUERY_INVALID', 'The cursor is not one that this server made.')
}

function placeOf({ body }: StageList, stage: string): number {
  const ids = body.stages.map(({ id }) => id)
  const place = ids.indexOf(stage)
  if (place >= 0) return place
  throw new TouchlineError('QUERY_INVALID', `stage ${stage}: there is no such stage${meant(stage, ids)}`)
}

function addEntries(api: Api, deps: TimelineDeps): void {
  const route = (
    url: string,
    subject: Subject,
    idOf: (request: FastifyRequest, reader: Reader) => Promise<string>,
    /** Throws where nothing is known of that id; absent: `idOf` does. */
    check?: (id: string, reader: Reader) => Promise<void>,
  ) =>
    api.route({
      method: 'GET',
      url,
      schema: {
        summary: `Which stages ${subject === 'account' ? 'an account' : 'a person'} entered and left, when and why`,
        tags,
        params: subject === 'account' ? accountParams : idParams,
        querystring: subjectStagesQuery,
        response: { 200: subjectStagesAnswer, ...errors },
      },
      handler: (request, reply) =>
        answerQuestion(request, reply, deps, {
          asOf: request.query.as_of,
          isOfOne: true,
          async answer(reader, now) {
            const { list: named, as_of: asOf = now } = request.query
            const list =
              named === undefined
                ? readUsualList(reader, subject, asOf)
                : readStageList(reader, { list: named, subject, asOf })
            // Side by side; of two refusals it is always that of the id.
            list.catch(() => undefined)
            const id = await idOf(request, reader)
            const answer = list.then((found) => entriesOf(reader, id, { list: found, asOf }))
            // Who entered a stage is known, and need not be looked for.
            const isKnown = await answer.then(
              ({ entries }) => entries.length > 0,
              () => false,
            )
            if (!isKnown) await check?.(id, reader)
            return answer
          },
        }),
    })
  const paramsOf = (request: FastifyRequest) => request.params as { id: string }
  const accountOf = (request: FastifyRequest) => Promise.resolve(accountIdOf(paramsOf(request).id))
  route('/v1/accounts/:id/stages', 'account', accountOf, async (id, reader) => {
    const [account, traits] = await Promise.all([readAccount(reader, id), readAccountTraits(reader, id)])
    if (!isKnownAccount(account) && traits.length === 0) throw await accountNotFound(id, deps)
  })
  const personOf = async (request: FastifyRequest, reader: Reader) =>
    (await knownPerson(reader, paramsOf(request).id, deps)).person.id
  route('/v1/people/:id/stages', 'person', personOf)
}

async function entriesOf(reader: Reader, id: string, { list, asOf }: { list: StageList; asOf: number }) {
  const { entries, current, furthest } = await readEntries(reader, list, id, asOf)
  return {
    asOf: isoTime(asOf),
    subject: id,
    definitions: list.used,
    entries: entries.map(({ stage, atMs, leftMs, because }) => ({
      stage: stage.id,
      name: stage.name ?? stage.id,
      at: isoTime(atMs),
      leftAt: leftMs === undefined ? null : isoTime(leftMs),
      days: ((leftMs ?? asOf) - atMs) / dayMs,
      because: because ?? null,
    })),
    current: current?.id ?? null,
    furthest: furthest?.id ?? null,
  }
}
