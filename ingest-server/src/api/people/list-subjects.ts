/** GET /v1/accounts and /v1/people: a page of the list, with what is shown of each. */
import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Condition, listSubjectsQuery, Subject } from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'
import type { Reader } from '../../clickhouse/query.js'
import { checkCondition, checkPatterns, patternsOf } from '../../definitions/documents/check.js'
import { listDefinitions, readDefinition } from '../../definitions/documents/read.js'
import { warningsOfCondition } from '../../definitions/documents/warnings.js'
import { readListedScores, scoreOfList } from '../../journeys/listed-scores.js'
import { readTraitsOf } from '../../journeys/listed-traits.js'
import { readStageList } from '../../journeys/stage-list.js'
import {
  listSubjects,
  readCurrentStages,
  readSparklines,
  sparklineWeeks,
  type ListedSubject,
} from '../../journeys/subject-list.js'
import { searchAccounts, searchPeople } from '../../timeline/search.js'
import { isoTime } from '../../clock.js'
import { dayMs } from '../../units.js'

export type ListQuery = z.output<typeof listSubjectsQuery>

const nothing = { total: 0, fit: 0, behaviour: 0 }

/** A search that nothing else is asked of answers in its own order, and without what a list shows of each. */
export const isSearchAlone = (request: FastifyRequest): boolean =>
  [...new URL(request.url, 'http://of.any').searchParams.keys()].every((name) =>
    ['q', 'limit'].includes(name),
  )

/** So many that are found are listed, where more is asked of them than that. */
const mostFound = 250

async function foundIds(reader: Reader, subject: Subject, q: string): Promise<string[]> {
  const find = subject === 'person' ? searchPeople : searchAccounts
  return (await find(reader, q, mostFound)).map(({ id }) => id)
}

export async function readList(reader: Reader, subject: Subject, asked: ListQuery, now: number) {
  const asOf = asked.as_of ?? now
  const among = asked.q === undefined ? undefined : await foundIds(reader, subject, asked.q)
  const { sort, order, limit, channel, stage, cursor } = asked
  const condition = await conditionOf(reader, subject, asked)
  if (subject === 'person' && sort === 'people')
    throw new TouchlineError(
      'QUERY_INVALID',
      'sort: people are sorted by anything but people, which accounts have',
    )
  const question = [subject, sort, order].join()
  const after = cursor === undefined ? undefined : fromCursor(cursor, question)
  const score = await scoreOfList(reader, subject, { score: asked.score, asOf })
  if (sort === 'score' && score === undefined)
    throw new TouchlineError(
      'QUERY_INVALID',
      `sort: there is no score of ${subject === 'person' ? 'persons' : 'accounts'} to sort by`,
    )
  const isPast = asked.as_of !== undefined
  const wanted = { subject, asOf, isPast, sort, order, limit, channel, stage, among, condition, after, score }
  const { rows, next } = await listSubjects(reader, wanted)
  const ids = rows.map(({ id }) => id)
  const [traits, weeks, stages, scores] = await Promise.all([
    readTraitsOf(reader, subject, ids, asOf),
    readSparklines(reader, subject, ids, asOf),
    stagesOf(reader, subject, ids, asOf),
    score === undefined ? undefined : readListedScores(reader, score, ids, asOf),
  ])
  const warnings = rows.length === 0 ? await warningsOfNobody(reader, { channel, condition }) : []
  const none = Array.from({ length: sparklineWeeks }, () => 0)
  return {
    asOf: isoTime(asOf),
    rows: rows.map((row) => ({
      id: row.id,
      people: row.people,
      traits: traits.get(row.id) ?? {},
      ...touchFields(row, asOf),
      stage: stages.get(row.id)?.stage ?? null,
      stageSince: timeOf(stages.get(row.id)?.sinceMs),
      weeks: weeks.get(row.id) ?? none,
      score: score === undefined ? null : (scores?.get(row.id) ?? { id: score.definition.id, ...nothing }),
    })),
    nextCursor: next === undefined ? null : toCursor(next, question),
    ...(warnings.length > 0 && { warnings }),
  }
}

const timeOf = (ms: number | undefined) => (ms === undefined ? null : isoTime(ms))

function touchFields(row: ListedSubject, asOf: number) {
  const { touches, recent, firstMs, lastMs, firstChannel, lastChannel } = row
  const isSeen = touches > 0
  return {
    touches,
    touches30d: recent,
    firstTouch: isSeen ? { at: isoTime(firstMs), channel: firstChannel } : null,
    lastTouch: isSeen ? { at: isoTime(lastMs), channel: lastChannel } : null,
    silentDays: isSeen ? (asOf - lastMs) / dayMs : null,
  }
}

/** By the list `default`, where there is one. */
async function stagesOf(reader: Reader, subject: Subject, ids: readonly string[], asOf: number) {
  if ((await readDefinition(reader, 'stages', 'default', { asOf })) === undefined)
    return new Map<string, never>()
  return readCurrentStages(reader, await readStageList(reader, { list: 'default', subject, asOf }), ids, asOf)
}

async function conditionOf(
  reader: Reader,
  subject: Subject,
  { segment, condition: text }: ListQuery,
): Promise<Condition | undefined> {
  const all: Condition[] = []
  if (segment !== undefined) all.push({ segment })
  if (text !== undefined) {
    const condition = checkCondition(parse(text), subject, ['condition'])
    await checkPatterns(reader, patternsOf(condition, ['condition']))
    all.push(condition)
  }
  return all.length === 0 ? undefined : all.length === 1 ? all[0] : { all }
}

/** Why a list may be empty: what nothing bears that was asked for. */
async function warningsOfNobody(
  reader: Reader,
  { channel, condition }: { channel: string | undefined; condition: Condition | undefined },
): Promise<string[]> {
  const all: Condition[] = [
    ...(channel === undefined ? [] : [{ touch: { channel } }]),
    ...(condition === undefined ? [] : [condition]),
  ]
  if (all.length === 0) return []
  const found = await warningsOfCondition(reader, { all }, await listDefinitions(reader))
  return found.map(({ message }) => message)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TouchlineError('QUERY_INVALID', 'condition: is not JSON', { cause })
  }
}

const toCursor = ({ value, key }: { value: number; key: string }, question: string) =>
  Buffer.from(JSON.stringify([value, key, question])).toString('base64url')

function fromCursor(cursor: string, question: string): { value: number; key: string } {
  const text = Buffer.from(cursor, 'base64url').toString('utf8')
  const found = /^\[(-?\d{1,16}),"(\d{1,20})","([\w,]{1,50})"\]$/.exec(text)
  if (!found) throw new TouchlineError('QUERY_INVALID', 'The cursor is not one that this server made.')
  if (found[3] !== question)
    throw new TouchlineError('QUERY_INVALID', 'cursor: is of a list of others, or in another order')
  return { value: Number(found[1]), key: found[2] ?? '' }
}
