/** Stages, silences and reached goals, which a map shows around its touches. The rules are those of the other routes. */
import type { JourneyMap, Subject } from '@touchline/schemas/api'
import { queryRows, type Reader } from '../../clickhouse/query.js'
import { asOfParam } from '../../definitions/sql/bag.js'
import { listDefinitions, readDefinition } from '../../definitions/documents/read.js'
import { findGaps } from '../gaps.js'
import { conversionsOf, type Goal } from '../goals.js'
import { settings, type Question } from '../question.js'
import { readEntriesOf, stagesInTime, type StagesInTime } from '../silence.js'
import { readStageList } from '../stage-list.js'
import { inOnly } from './touches.js'

export interface Around {
  subject: Subject
  id: string
  asOf: number
}

const listName = 'default'
const mostGaps = 1_000
/** Each goal is a query of its own. */
const mostGoals = 30
const mostConversions = 200

/** The project's list of stages over this kind of subject; undefined where none is defined. */
export async function stagesFor(
  reader: Reader,
  { subject, asOf }: Omit<Around, 'id'>,
): Promise<StagesInTime | undefined> {
  if ((await readDefinition(reader, 'stages', listName, { asOf })) === undefined) return undefined
  return stagesInTime(await readStageList(reader, { list: listName, subject, asOf }), { subject, asOf })
}

/** When the subject was in which stage, oldest first. */
export async function readMapStages(
  reader: Reader,
  { id }: Around,
  stages: StagesInTime | undefined,
): Promise<JourneyMap['stages']> {
  if (stages === undefined) return []
  const entries = (await readEntriesOf(reader, stages, [id])).get(id) ?? []
  return entries.flatMap(([place, from, left]) => {
    const stage = stages.body.stages[place]
    return stage ? [{ id: stage.id, name: stage.name ?? stage.id, from, to: left === 0 ? null : left }] : []
  })
}

/** Entries of each person into stages of people, by id. */
export async function readPersonalStages(
  reader: Reader,
  people: readonly string[],
  asOf: number,
): Promise<Map<string, [string, number][]>> {
  const stages = people.length === 0 ? undefined : await stagesFor(reader, { subject: 'person', asOf })
  if (stages === undefined) return new Map()
  const entries = await readEntriesOf(reader, stages, people)
  return new Map(
    [...entries].map(([id, list]) => [
      id,
      list.flatMap(([place, at]): [string, number][] => {
        const stage = stages.body.stages[place]
        return stage ? [[stage.id, at]] : []
      }),
    ]),
  )
}

/** Gaps without any touch, and gaps without an inbound touch, in which only we spoke; each once. */
export async function readMapGaps(
  reader: Reader,
  { subject, id, asOf }: Around,
  stages: StagesInTime | undefined,
): Promise<JourneyMap['gaps']> {
  const ask = { subject, asOf, only: [id], minMs: undefined, isOpen: undefined, stages, limit: mostGaps }
  const [any, inbound] = await Promise.all(
    (['any', 'inbound'] as const).map(async (direction) => {
      const { rows } = await findGaps(reader, { ...ask, direction })
      return rows.map(({ from, to, stage, days, isOpen }) => ({
        from: Date.parse(from),
        to: to === null ? null : Date.parse(to),
        stage,
        days,
        direction,
        open: isOpen,
      }))
    }),
  )
  const silent = new Set(any?.map(({ from, to }) => `${from} ${to}`))
  const theirs = inbound?.filter(({ from, to }) => !silent.has(`${from} ${to}`)) ?? []
  return [...(any ?? []), ...theirs].sort((one, other) => one.from - other.from)
}

/** The conversions of each goal of this kind of subject, with what they are worth. */
export async function readMilestones(
  reader: Reader,
  { subject, id, asOf }: Around,
): Promise<JourneyMap['milestones']> {
  const goals = (await listDefinitions(reader, 'goals', { asOf })).filter(
    ({ body }) => body.subject === subject,
  )
  const found = await Promise.all(
    goals.slice(0, mostGoals).map((goal) => milestonesOf(reader, goal, { subject, id, asOf })),
  )
  return found.flat().sort((one, other) => one.at - other.at)
}

async function milestonesOf(
  reader: Reader,
  goal: Goal,
  { subject, id, asOf }: Around,
): Promise<JourneyMap['milestones']> {
  const question: Pick<Question, 'subject' | 'asOf'> = { subject, asOf }
  const { sql, params } = await conversionsOf(reader, goal, question, {
    prefix: 'goal',
    among: inOnly,
    withWorth: true,
  })
  const rows = await queryRows<[at: number, value: number | null, currency: string]>(
    reader,
    {
      name: 'map-milestones',
      sql: `SELECT toUnixTimestamp64Milli(at) AS ms, value, currency FROM (${sql}) ORDER BY ms LIMIT ${mostConversions}`,
      settings,
    },
    { ...asOfParam(asOf), ...params, only: [id] },
  )
  return rows.map(([at, amount, currency]) => ({
    goal: goal.id,
    name: goal.body.name ?? goal.id,
    at,
    amount,
    currency: currency === '' ? null : currency,
  }))
}
