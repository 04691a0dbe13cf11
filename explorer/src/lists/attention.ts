/**
 * Which account needs somebody most: how long it has been silent, times how far it has come. An account that is silent
 * in the last stage of six counts six times one that is silent in the first.
 */
import type { AccountListed, AccountsListed } from '../api/endpoints.js'
import { endpoints } from '../api/endpoints.js'
import { get } from '../api/client.js'

/** As many of each stage; what is silent for less time than these in the same stage comes after them anyway. */
const ofEachStage = 50

export async function accountsByAttention(
  stages: readonly string[],
  filter: Record<string, string | null>,
  signal: AbortSignal,
): Promise<AccountListed[]> {
  const lists = await Promise.all(
    stages.map((stage) =>
      get<AccountsListed>(
        endpoints.accounts({ ...filter, stage, sort: 'silence', order: 'desc', limit: ofEachStage }),
        signal,
      ),
    ),
  )
  return ranked(
    lists.flatMap(({ accounts }) => accounts),
    stages,
  )
}

export function ranked(accounts: readonly AccountListed[], stages: readonly string[]): AccountListed[] {
  const weight = ({ stage, silentDays }: AccountListed) =>
    (silentDays ?? 0) * (stage ? stages.indexOf(stage) + 1 : 0)
  return [...accounts].sort((a, b) => weight(b) - weight(a) || (a.id < b.id ? -1 : 1))
}
