/** The ideal customer profile, and with low lifts the anti-profile: GET /v1/icp. */
import type { Reader } from '../../clickhouse/query.js'
import { TouchlineError } from '../../errors.js'
import { usedGoals, type UsedDefinition } from '../goals.js'
import { requireKnown } from '../known-row.js'
import { groupsOf, problemOfBands, profileOf, traitsOf, type Closed, type Profile } from './findings.js'
import { readClosed, type ClosedAsk } from './read-closed.js'

export interface IcpAsk extends ClosedAsk {
  /** Bounds of the bands of numeric traits, by trait. */
  bands: Readonly<Record<string, readonly number[]>>
}

export interface Icp extends Profile {
  definitions: UsedDefinition[]
}

export async function findIcp(reader: Reader, ask: IcpAsk): Promise<Icp> {
  const closed = await readClosed(reader, ask)
  checkBands(ask, closed)
  return {
    ...profileOf(closed, ask.bands),
    definitions: usedGoals(ask.goal, ask.lost),
  }
}

/** Subjects with the value of the trait, as many as the finding's n. Throws QUERY_INVALID for a value that nobody has. */
export async function subjectsOfFinding(
  reader: Reader,
  ask: IcpAsk,
  { trait, value }: { trait: string; value: string },
): Promise<{ subject: string; isWon: boolean }[]> {
  const closed = await readClosed(reader, ask)
  checkBands(ask, closed)
  const groups = groupsOf(closed, trait, ask.bands[trait])
  if (groups.size > 0)
    requireKnown(
      `${trait}=${value}`,
      [...groups.keys()].map((one) => `${trait}=${one}`),
      'row',
    )
  else requireKnown(trait, traitsOf(closed), 'row')
  const members = groups.get(value) ?? []
  return members.map(({ subject, isWon }) => ({ subject, isWon }))
}

function checkBands({ bands }: IcpAsk, closed: readonly Closed[]): void {
  const problem = problemOfBands(closed, bands)
  if (problem !== undefined) throw new TouchlineError('QUERY_INVALID', `bands: ${problem}`)
}
