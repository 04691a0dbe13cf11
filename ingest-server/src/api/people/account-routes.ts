/** Who is in an account and what is known of it. */
import type { Reader } from '../../clickhouse/query.js'
import { accountIdOf } from '../../timeline/identifiers.js'
import { toIntervalAnswer, toTrait } from '../answer.js'
import { isKnownAccount, readAccount } from '../../identity/account-people.js'
import { accountAsOf } from '../../timeline/as-of.js'
import { compareText } from '../../touchpoints/event-order.js'
import { accountNotFound, readerFor, type Api, type TimelineDeps } from '../context.js'
import { answerQuestion } from '../answer-question.js'
import { isSearchAlone, readList } from './list-subjects.js'
import { searchAccounts } from '../../timeline/search.js'
import { readAccountTraits, traitValues } from '../../timeline/traits.js'
import {
  accountParams,
  accountProfile,
  accountsListed,
  asOfQuery,
  errors,
  listSubjectsQuery,
} from '@touchline/schemas/api'

async function foundAccounts(reader: Reader, q: string, limit: number) {
  const found = await searchAccounts(reader, q, limit)
  return Promise.all(
    found.map(async ({ id, people }) => ({
      id,
      people,
      traits: traitValues(await readAccountTraits(reader, id)),
    })),
  )
}

export function addAccounts(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/accounts',
    schema: {
      summary: 'Accounts as a list: by a part of their id, name or domain (`q`), else sorted and filtered',
      tags: ['Accounts'],
      querystring: listSubjectsQuery,
      response: { 200: accountsListed, ...errors },
    },
    async handler(request, reply) {
      const { q, limit, as_of: asOf } = request.query
      if (q !== undefined && isSearchAlone(request))
        return { accounts: await foundAccounts(readerFor(request, deps), q, limit) }
      return answerQuestion(request, reply, deps, {
        asOf,
        async answer(of, now) {
          const { rows, ...list } = await readList(of, 'account', request.query, now)
          return { accounts: rows, ...list }
        },
      })
    },
  })

  api.route({
    method: 'GET',
    url: '/v1/accounts/:id',
    schema: {
      summary: 'Who is or was in an account, how and when, and what is known of it',
      tags: ['Accounts'],
      params: accountParams,
      querystring: asOfQuery,
      response: { 200: accountProfile, ...errors },
    },
    async handler(request) {
      const reader = readerFor(request, deps)
      const id = accountIdOf(request.params.id)
      const asOf = request.query.as_of
      const [account, traits] = await Promise.all([
        asOf === undefined ? readAccount(reader, id) : accountAsOf(reader, id, asOf),
        readAccountTraits(reader, id, asOf),
      ])
      if (!isKnownAccount(account) && traits.length === 0) throw await accountNotFound(id, deps)
      const memberships = [...account.memberships].sort((a, b) => compareText(a.person, b.person))
      const people = memberships.flatMap(({ person, how, periods, verified }) =>
        periods.map((period) => {
          const { from, to, because } = toIntervalAnswer({ account: id, how, verified, ...period })
          return { person, how, since: from, until: to, because, verified }
        }),
      )
      return { id, traits: traits.map(toTrait), people }
    },
  })
}
