/** Which of what is known is worth a card in the morning. Pure. */
import type { Line, Meta } from '@touchline/schemas/api'
import type { AccountListed, PersonListed, SentTo } from '../../api/endpoints.js'
import { dayMs } from '../../units.js'

export interface Gap {
  subject: string
  from: string
  days: number
  stage: string | null
}

/** The later half of the stages: of four the last two, of one itself. */
export function lateStages(stages: Meta['stages']): Meta['stages'] {
  return stages.filter((_stage, index) => index >= (stages.length - 1) / 2)
}

/** Longest silent in the latest stage first, as the list of accounts has it. */
export function silentLate(gaps: readonly Gap[], stages: Meta['stages']): Gap[] {
  const late = new Set(lateStages(stages).map(({ id }) => id))
  const weight = ({ days, stage }: Gap) => days * (stages.findIndex(({ id }) => id === stage) + 1)
  return gaps
    .filter(({ stage }) => stage !== null && late.has(stage))
    .sort((a, b) => weight(b) - weight(a) || (a.subject < b.subject ? -1 : 1))
}

/** People who are new, at accounts that stand in a late stage; with the account. */
export function newAtDeals(
  people: readonly PersonListed[],
  accounts: readonly AccountListed[],
): { person: PersonListed; account: AccountListed }[] {
  const byId = new Map(accounts.map((account) => [account.id, account]))
  return people.flatMap((person) => {
    const account = person.accounts.map((id) => byId.get(id)).find((one) => one !== undefined)
    return account === undefined ? [] : [{ person, account }]
  })
}

export type Trouble =
  | { kind: 'differs'; n: number }
  | { kind: 'refused'; n: number; code: string }
  | { kind: 'dead'; n: number }
  | { kind: 'waits'; ms: number }
  | { kind: 'unsent'; n: number; endpoint: string }

/** Longer than a restart of ClickHouse takes. */
const tooLongMs = 120_000

export function troubleIn(line: Line, now: number): Trouble[] {
  const differs = line.differences.reduce((sum, { left, right }) => sum + Math.abs(left - right), 0)
  return [
    ...(differs > 0 ? [{ kind: 'differs' as const, n: differs }] : []),
    ...(line.deadLetters > 0 ? [{ kind: 'dead' as const, n: line.deadLetters }] : []),
    ...(line.lag > 0 && line.oldestWaitingMs > tooLongMs
      ? [{ kind: 'waits' as const, ms: line.oldestWaitingMs }]
      : []),
    ...line.refusedByReason
      .filter(({ last }) => Date.parse(last) > now - dayMs)
      .map(({ code, n }) => ({ kind: 'refused' as const, n, code })),
  ]
}

/** Where something waits and is not taken: what cannot be sent to, and what failed at the last try. */
export const unsentIn = ({ endpoints }: SentTo): Trouble[] =>
  endpoints
    .filter(({ waiting, problem, failuresInRow }) => waiting > 0 && (problem !== null || failuresInRow > 0))
    .map(({ id, waiting }) => ({ kind: 'unsent', n: waiting, endpoint: id }))

export interface Finding {
  trait: string
  value: string
  lift: number | null
  isSignificant: boolean
}

/** The finding that says most for buying; bands of figures are none that a condition can name. */
export const bestFinding = (findings: readonly Finding[]): Finding | undefined =>
  findings
    .filter(({ isSignificant, lift, value }) => isSignificant && (lift ?? 0) >= 1.2 && !/\d/.test(value))
    .sort((a, b) => (b.lift ?? 0) - (a.lift ?? 0))[0]

/** Accounts that have that trait, several people who were here lately, and no entry of a CRM. */
export const alikeCondition = ({ trait, value }: Finding): string =>
  JSON.stringify({
    all: [
      { accountTrait: trait, op: 'eq', value },
      { people: { op: 'gte', n: 2 } },
      { lastSeen: { within: '30d' } },
      { not: { touch: { kind: 'crm' } } },
    ],
  })
