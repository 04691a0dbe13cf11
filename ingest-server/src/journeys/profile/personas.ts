/** Buyer personas: which people of closed accounts take part when a deal is won. GET /v1/personas. */
import type { PersonasBody } from '@touchline/schemas/api'
import { queryRows, type Reader } from '../../clickhouse/query.js'
import { globOf } from '../../definitions/glob.js'
import { latestTrait } from '../../definitions/sql/said-traits.js'
import { touchesOf } from '../../definitions/sql/touches.js'
import { usedGoals, type UsedDefinition } from '../goals.js'
import { spreadOf, median, type Spread } from '../numbers/statistics.js'
import { requireKnown } from '../known-row.js'
import { settings } from '../question.js'
import { stageAt, stageParams, type StagesInTime } from '../silence.js'
import { profileOf, type Closed, type Finding } from './findings.js'
import { closedSql, readClosedTraits, saidOf, type ClosedAsk } from './read-closed.js'

export interface PersonasAsk extends ClosedAsk {
  rules: PersonasBody
  used: UsedDefinition[]
  /** Undefined: no stages are defined. */
  stages: StagesInTime | undefined
}

export interface Persona extends Omit<Finding, 'trait' | 'value'> {
  persona: string
  lost: number
  /** People, over all closed accounts. */
  people: number
  /** From the account's first touch to theirs. */
  medianDay: number | null
  /** The most frequent first touch, and the most frequent touch of all. */
  firstTouch: string | null
  mostTouched: string | null
  /** The stage of the account that most of them came in. */
  stage: string | null
}

export interface Personas {
  closed: number
  won: number
  baseRate: number | null
  personas: Persona[]
  /** How many different personas a won journey has. */
  perWonJourney: Spread
  /** Number of people whose traits name no persona. */
  unknown: number
  definitions: UsedDefinition[]
}

export const usualPersonas: PersonasBody = {
  name: undefined,
  traits: ['role', 'title', 'seniority', 'department'],
  groups: {},
}

interface Member {
  account: string
  isWon: boolean
  persona: string | undefined
  person: string
  day: number
  firstTouch: string
  /** Name of a touch → how often. */
  touched: ReadonlyMap<string, number>
  stage: string
}

export async function findPersonas(reader: Reader, ask: PersonasAsk): Promise<Personas> {
  const { accounts, members } = await readMembers(reader, ask)
  const closed = accounts.map(({ account, isWon }): Closed => {
    const personas = members.filter((one) => one.account === account).flatMap((one) => one.persona ?? [])
    return { subject: account, isWon, traits: new Map([['persona', [...new Set(personas)]]]) }
  })
  const profile = profileOf(closed)
  return {
    closed: profile.closed,
    won: profile.won,
    baseRate: profile.baseRate,
    personas: profile.findings.map(({ trait: _persona, value, ...finding }) =>
      toPersona(
        value,
        finding,
        members.filter(({ persona }) => persona === value),
      ),
    ),
    perWonJourney: spreadOf(
      closed.filter(({ isWon }) => isWon).map(({ traits }) => traits.get('persona')?.length ?? 0),
    ),
    unknown: new Set(members.filter(({ persona }) => persona === undefined).map(({ person }) => person)).size,
    definitions: [...usedGoals(ask.goal, ask.lost), ...ask.used, ...(ask.stages?.used ?? [])],
  }
}

/** The people of a persona, with their accounts. Throws QUERY_INVALID for a persona without people. */
export async function peopleOfPersona(
  reader: Reader,
  ask: PersonasAsk,
  persona: string,
): Promise<{ subject: string; account: string; isWon: boolean }[]> {
  const { members } = await readMembers(reader, ask)
  requireKnown(persona, [...new Set(members.flatMap((one) => one.persona ?? []))].sort(), 'row')
  return members
    .filter((one) => one.persona === persona)
    .map(({ person, account, isWon }) => ({ subject: person, account, isWon }))
}

function toPersona(
  persona: string,
  finding: Omit<Finding, 'trait' | 'value'>,
  members: readonly Member[],
): Persona {
  const touched = new Map<string, number>()
  for (const one of members)
    for (const [name, count] of one.touched) touched.set(name, (touched.get(name) ?? 0) + count)
  return {
    persona,
    ...finding,
    lost: finding.n - finding.won,
    people: new Set(members.map(({ person }) => person)).size,
    medianDay: median(members.map(({ day }) => day)),
    firstTouch: mostOf(countedBy(members.map(({ firstTouch }) => firstTouch))),
    mostTouched: mostOf(touched),
    stage: mostOf(countedBy(members.map(({ stage }) => stage).filter((stage) => stage !== ''))),
  }
}

function countedBy(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

/** The most frequent, of equal ones the first by name. */
function mostOf(counts: ReadonlyMap<string, number>): string | null {
  const [first] = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  return first?.[0] ?? null
}

type MemberRow = [
  account: string,
  isWon: number,
  personKey: string,
  person: string,
  day: number,
  firstTouch: string,
  names: string[],
  counts: number[],
  stage: string,
]

async function readMembers(reader: Reader, ask: PersonasAsk) {
  const closed = await closedSql(reader, ask)
  const { stages } = ask
  const sql = `${closed.sql},
members AS (
  SELECT touches.key AS key, any(touches.subject) AS account, any(closed.isWon) AS isWon, person_key, any(person) AS who,
    min(at) AS came, argMin(name, (at, message_id, touch)) AS firstTouch,
    sumMap([toString(name)], [toUInt64(1)]) AS touched
  FROM ${touchesOf('account')} AS touches INNER JOIN closed ON closed.key = touches.key
  WHERE at <= closed.closedAt
  GROUP BY touches.key, person_key
)`
  const params = { ...closed.params, ...stages?.entries.params, ...(stages && stageParams(stages)) }
  const rows = await queryRows<MemberRow>(
    reader,
    {
      name: 'personas-members',
      sql: `${sql}
SELECT account, isWon, toString(person_key), who, dateDiff('millisecond', min(came) OVER (PARTITION BY members.key), came) / 86400000, firstTouch, touched.1, touched.2,
  ${stages ? stageAt('stages.entries', 'toUnixTimestamp64Milli(came)') : "''"}
FROM members ${stages ? `LEFT JOIN (${stages.entries.sql}) AS stages ON stages.key = members.key` : ''}
ORDER BY account, who`,
      settings,
    },
    params,
  )
  const bound = ask.traits === 'close' ? 'said.at <= buyers.closedAt' : '1'
  const traits = await readClosedTraits(
    reader,
    { ...params, personaTraits: ask.rules.traits },
    `${sql},
buyers AS (SELECT person_key, max(closed.closedAt) AS closedAt FROM members INNER JOIN closed ON closed.key = members.key GROUP BY person_key)
SELECT toString(buyers.person_key), name, ${latestTrait}
FROM buyers INNER JOIN (${saidOf('person', ' AND name IN {personaTraits: Array(String)}')}) AS said ON said.key = buyers.person_key
WHERE ${bound}
GROUP BY buyers.person_key, name`,
  )
  const members = rows.map(
    ([account, isWon, personKey, person, day, firstTouch, names, counts, stage]): Member => ({
      account,
      isWon: isWon === 1,
      persona: personaOf(ask.rules, traits.get(personKey)),
      person,
      day,
      firstTouch,
      touched: new Map(names.map((name, index) => [name, counts[index] ?? 0])),
      stage,
    }),
  )
  const accounts = [...new Map(members.map((one) => [one.account, one])).values()]
  return { accounts, members }
}

/** The first group that one of the traits is in, else the first trait's value; undefined where none is known. */
export function personaOf(
  { traits, groups }: PersonasBody,
  known: ReadonlyMap<string, readonly (string | number | boolean)[]> | undefined,
): string | undefined {
  const values = traits.flatMap((trait) => known?.get(trait) ?? []).map(String)
  for (const [group, patterns] of Object.entries(groups))
    if (values.some((value) => patterns.some((pattern) => isLike(value, pattern)))) return group
  return values[0]
}

/** Compares without regard to case; `*` is any run of characters. */
const isLike = (value: string, pattern: string): boolean =>
  globOf(pattern.toLowerCase())(value.trim().toLowerCase())
