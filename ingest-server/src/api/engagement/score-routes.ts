/** Scores over HTTP: what there is, whose is how high, and what each is made of. */
import {
  errors,
  orCsv,
  scoreParams,
  scoresAnswer,
  scoreSubjectsAnswer,
  scoreSubjectsQuery,
  scoreWhyAnswer,
  sentencesOf,
  engageWhyQuery,
  type ScoreBody,
  type Sentences,
} from '@touchline/schemas/api'
import { listDefinitions } from '../../definitions/documents/read.js'
import { explainScores } from '../../engagement/scores/explain.js'
import { countScored } from '../../engagement/scores/list.js'
import { openScore, readScored, type ScoreCursor } from '../../engagement/scores/subjects.js'
import { readerFor, type Api, type TimelineDeps } from '../context.js'
import { fromCursor, rowsFormat, sendAll, subjectAsked, toCursor } from './rows.js'
import { isoTime } from '../../clock.js'

const tags = ['Engagement']
const touchesShown = 50

export function addScores(api: Api, deps: TimelineDeps): void {
  addList(api, deps)
  addSubjects(api, deps)
  addWhy(api, deps)
}

function addList(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/scores',
    schema: { summary: 'The scores that there are', tags, response: { 200: scoresAnswer, ...errors } },
    async handler(request) {
      const reader = readerFor(request, deps)
      const all = await listDefinitions(reader, 'scores')
      const counted = await countScored(reader, all)
      const scores = all.map(({ id, version, name, body }) => ({
        ...{ id, version, name, subject: body.subject, on: body.on, off: body.off },
        rules: body.rules.length,
        ...(counted.get(id) ?? { subjects: 0, above: 0 }),
      }))
      return { asOf: isoTime(deps.clock()), scores }
    },
  })
}

function addSubjects(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/scores/:score/subjects',
    schema: {
      summary: 'Whose score is how high, the highest first',
      tags,
      params: scoreParams,
      querystring: scoreSubjectsQuery,
      response: { 200: orCsv(scoreSubjectsAnswer), ...errors },
    },
    async handler(request, reply) {
      const reader = readerFor(request, deps)
      const { as_of: asOf = deps.clock(), order, limit, cursor, format } = request.query
      const opened = await openScore(reader, request.params.score, asOf)
      const { id, body } = opened.score
      const page = async (most: number, after: ScoreCursor | undefined) => {
        const { rows, next } = await readScored(reader, opened, { order, limit: most, after })
        return {
          rows: rows.map(({ subject, total, fit, behaviour }) => ({ subject, total, fit, behaviour })),
          next,
        }
      }
      const wanted = rowsFormat(request, reply, format)
      const columns = ['subject', 'total', 'fit', 'behaviour']
      if (wanted !== undefined) return sendAll(reply, wanted, { name: `score-${id}`, columns, page })
      const after = fromCursor(cursor)
      const { rows, next } = await page(limit, after && { total: after[0], key: after[1] })
      return {
        ...{ asOf: isoTime(asOf), score: id, subject: body.subject, definitions: opened.used, rows },
        nextCursor: next === undefined ? null : toCursor([next.total, next.key]),
      }
    },
  })
}

function addWhy(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/scores/:score/why',
    schema: {
      summary:
        'What a score is made of: the points of each rule, which add up to it, and the touches that weigh most',
      tags,
      params: scoreParams,
      querystring: engageWhyQuery,
      response: { 200: scoreWhyAnswer, ...errors },
    },
    async handler(request) {
      const reader = readerFor(request, deps)
      const { as_of: asOf = deps.clock(), ...asked } = request.query
      const { score, references } = await openScore(reader, request.params.score, asOf)
      const { body } = score
      const id = await subjectAsked(reader, body.subject, asked, deps)
      const wanted = { score, references, asOf, touches: touchesShown }
      const explained = (await explainScores(reader, [id], wanted)).get(id)
      const { fit = 0, behaviour = 0, total = 0, rules = [], touches = [] } = explained ?? {}
      return {
        ...{ asOf: isoTime(asOf), score: score.id, version: score.version, subject: id },
        ...{ fit, behaviour, total, on: body.on, off: body.off },
        rules: rules.map((one) => ({ ...one, sentence: sentenceOfRule(body, one.rule) })),
        touches: touches.map(({ at, kind, name, page, rule, points }) => ({
          ...{ at: isoTime(at), kind, name, page, rule, points },
        })),
      }
    },
  })
}

function sentenceOfRule({ rules }: ScoreBody, id: string): Sentences | null {
  const when = rules.find((one) => one.id === id)?.when
  return when === undefined ? null : sentencesOf(when)
}
