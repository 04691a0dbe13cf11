/** Who a person is: search, profile, and everything that is kept about them. */
import { Readable } from 'node:stream'
import { toIntervalAnswer, toPersonHead, toTrait } from '../answer.js'
import { readerFor, type Api, type TimelineDeps } from '../context.js'
import { exportPerson } from '../../timeline/export.js'
import { knownPerson } from '../known-person.js'
import type { Reader } from '../../clickhouse/query.js'
import { accountsAt, lonePerson, readPeople } from '../../identity/people.js'
import { answerQuestion } from '../answer-question.js'
import { isSearchAlone, readList, type ListQuery } from './list-subjects.js'
import { searchPeople } from '../../timeline/search.js'
import { readTraits, traitValues } from '../../timeline/traits.js'
import {
  asOfQuery,
  errors,
  idParams,
  listSubjectsQuery,
  peopleListed,
  personProfile,
} from '@touchline/schemas/api'

export function addPeople(api: Api, deps: TimelineDeps): void {
  addSearch(api, deps)
  addProfile(api, deps)
  addExport(api, deps)
}

function addSearch(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/people',
    schema: {
      summary: 'People as a list: by a part of an identifier or a name (`q`), else sorted and filtered',
      tags: ['People'],
      querystring: listSubjectsQuery,
      response: { 200: peopleListed, ...errors },
    },
    async handler(request, reply) {
      const reader = readerFor(request, deps)
      const { q } = request.query
      if (q === undefined || !isSearchAlone(request))
        return answerQuestion(request, reply, deps, {
          asOf: request.query.as_of,
          answer: (of, now) => listPeople(of, request.query, now),
        })
      const found = await searchPeople(reader, q, request.query.limit)
      const people = await Promise.all(
        found.map(async (person) => ({
          id: person.id,
          identifiers: [...new Set(person.identifiers.map(({ identifier }) => identifier))],
          traits: traitValues(await readTraits(reader, person)),
          accounts: accountsAt(person.accounts, deps.clock()),
        })),
      )
      return { people }
    },
  })
}

async function listPeople(reader: Reader, asked: ListQuery, now: number) {
  const { rows, ...list } = await readList(reader, 'person', asked, now)
  const ids = rows.map(({ id }) => id)
  const known = new Map((await readPeople(reader, ids)).map((person) => [person.id, person]))
  const people = rows.map(({ people: _people, ...row }) => {
    const person = known.get(row.id) ?? lonePerson(row.id)
    return {
      ...row,
      identifiers: [...new Set(person.identifiers.map(({ identifier }) => identifier))],
      accounts: accountsAt(person.accounts, asked.as_of ?? now),
    }
  })
  return { people, ...list }
}

function addProfile(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/people/:id',
    schema: {
      summary: 'Who a person is: identifiers, traits and accounts, each with what said so',
      tags: ['People'],
      params: idParams,
      querystring: asOfQuery,
      response: { 200: personProfile, ...errors },
    },
    async handler(request) {
      const { id } = request.params
      const asOf = request.query.as_of
      const { person, traits } = await knownPerson(readerFor(request, deps), id, deps, asOf)
      return {
        id: person.id,
        identifiers: person.identifiers.map(toIntervalAnswer),
        traits: traits.map(toTrait),
        accounts: person.accounts.map(toIntervalAnswer),
      }
    },
  })
}

function addExport(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/people/:id/export',
    schema: {
      summary: 'Everything that is kept about a person, one JSON object a line',
      tags: ['People'],
      params: idParams,
      produces: ['application/x-ndjson'],
    },
    async handler(request, reply) {
      const reader = readerFor(request, deps)
      const { person, traits } = await knownPerson(reader, request.params.id, deps)
      const head = toPersonHead(person, traits, deps.clock())
      const lines = exportPerson(reader, person, head)
      return reply.type('application/x-ndjson').send(Readable.from(lines))
    },
  })
}
