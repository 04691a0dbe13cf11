import type { AccountListed } from '../api/endpoints.js'

/**
 * Which account needs somebody most: how long it has been silent, times how far it has come. An account that is silent
 * in the last stage of six counts six times one that is silent in the first.
 */
export function ranked(accounts: readonly AccountListed[], stages: readonly string[]): AccountListed[] {
  const weight = ({ stage, silentDays }: AccountListed) =>
    (silentDays ?? 0) * (stage ? stages.indexOf(stage) + 1 : 0)
  return [...accounts].sort((a, b) => weight(b) - weight(a) || (a.id < b.id ? -1 : 1))
}
