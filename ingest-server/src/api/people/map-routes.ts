/** The journey of an account or a person as a picture needs it, in columns. */
import accepts from 'accepts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { shownAddresses } from '@touchline/schemas'
import { accountParams, errors, idParams, mapAnswer, mapQuery, type JourneyMap } from '@touchline/schemas/api'
import { readAccount } from '../../identity/account-people.js'
import { readMap } from '../../journeys/map/map.js'
import { accountIdOf } from '../../timeline/identifiers.js'
import { readAccountTraits } from '../../timeline/traits.js'
import { accountNotFound, readerFor, type Api, type TimelineDeps } from '../context.js'
import { knownPerson } from '../known-person.js'

const tags = ['Explorer']

export function addMaps(api: Api, deps: TimelineDeps): void {
  addAccountMap(api, deps)
  addPersonMap(api, deps)
}

function addAccountMap(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/accounts/:id/map',
    schema: {
      summary: 'The journey of an account in columns: people, touches, silences, stages and goals',
      description:
        'Up to 50,000 touches of 500 people one by one, and 20,000 of any number; beyond, how many each person has in each part of the window.',
      tags,
      params: accountParams,
      querystring: mapQuery,
      response: { 200: mapAnswer, ...errors },
    },
    async handler(request, reply) {
      const reader = readerFor(request, deps)
      const id = accountIdOf(request.params.id)
      const account = await readAccount(reader, id)
      const stays = new Map<string, JourneyStay[]>()
      for (const { person, periods } of account.memberships)
        stays.set(person, [...(stays.get(person) ?? []), ...periods])
      const ask = { ...request.query, asOf: deps.clock() }
      const map = await readMap(reader, {
        ...ask,
        subject: 'account',
        id,
        staysOf: (person) => stays.get(person) ?? [],
      })
      const isKnown = map.account.touches > 0 || account.memberships.length > 0 || account.guests.length > 0
      if (!isKnown && (await readAccountTraits(reader, id)).length === 0)
        throw await accountNotFound(id, deps)
      return send(request, reply, map)
    },
  })
}

type JourneyStay = { from: number | undefined; to: number | undefined }

function addPersonMap(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/people/:id/map',
    schema: {
      summary: 'The journey of one person, as /v1/accounts/{id}/map answers it',
      tags,
      params: idParams,
      querystring: mapQuery,
      response: { 200: mapAnswer, ...errors },
    },
    async handler(request, reply) {
      const reader = readerFor(request, deps)
      const { person } = await knownPerson(reader, request.params.id, deps)
      const ask = { ...request.query, asOf: deps.clock() }
      return send(request, reply, await readMap(reader, { ...ask, subject: 'person', id: person.id }))
    },
  })
}

const gzipped = promisify(gzip)
/** Packing less saves nobody anything. */
const worthPackingBytes = 16_384

/**
 * As text, past the check of answers: that looks at each of the hundreds of thousands of numbers of a large map, which
 * takes longer than reading them. Packed at the fastest level: a quarter of the bytes for some milliseconds.
 */
async function send(request: FastifyRequest, reply: FastifyReply, map: JourneyMap): Promise<FastifyReply> {
  // Packed, it is not shown in Unicode on its way out (routes.ts).
  const text = shownAddresses(JSON.stringify(map))
  void reply.type('application/json; charset=utf-8').header('vary', 'Accept-Encoding, Cookie')
  if (text.length < worthPackingBytes || accepts(request.raw).encoding(['gzip']) !== 'gzip')
    return reply.send(text)
  return reply.header('content-encoding', 'gzip').send(await gzipped(text, { level: 1 }))
}
