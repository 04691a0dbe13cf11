/** The accounts that need somebody most, from the longest silent of each stage. */
import { endpoints, type AccountListed, type AccountsListed } from '../api/endpoints.js'
import { get } from '../api/client.js'
import { ranked } from './ranked.js'

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
