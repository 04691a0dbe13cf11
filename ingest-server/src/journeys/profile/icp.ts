/** The ideal customer profile, and with low lifts the anti-profile: GET /v1/icp. */
import type { Reader } from '../../clickhouse/query.js'
import { usedGoals, type UsedDefinition } from '../goals.js'
import { groupsOf, profileOf, type Profile } from './findings.js'
import { readClosed, type ClosedAsk } from './read-closed.js'

export interface IcpAsk extends ClosedAsk {
  /** Bounds of the bands of numeric traits, by trait. */
  bands: Readonly<Record<string, readonly number[]>>
}

export interface Icp extends Profile {
  definitions: UsedDefinition[]
}

export async function findIcp(reader: Reader, ask: IcpAsk): Promise<Icp> {
  return {
    ...profileOf(await readClosed(reader, ask), ask.bands),
    definitions: usedGoals(ask.goal, ask.lost),
  }
}

/** Who has the value of the trait, as many as the finding's n. */
export async function subjectsOfFinding(
  reader: Reader,
  ask: IcpAsk,
  { trait, value }: { trait: string; value: string },
): Promise<{ subject: string; isWon: boolean }[]> {
  const members = groupsOf(await readClosed(reader, ask), trait, ask.bands[trait]).get(value) ?? []
  return members.map(({ subject, isWon }) => ({ subject, isWon }))
}
