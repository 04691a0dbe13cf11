/** Deliveries and endpoints over HTTP: what came of what was sent, and once more by hand. */
import {
  deliveriesAnswer,
  deliveriesQuery,
  deliveryParams,
  deliveryRow,
  endpointsAnswer,
  errors,
  replayAnswer,
} from '@touchline/schemas/api'
import { listDefinitions } from '../../definitions/documents/read.js'
import { problemOfUrl, rangesOf } from '../../engagement/endpoints/address-guard.js'
import { signersOf } from '../../engagement/endpoints/signature.js'
import { readDeliveries, readEndpoints, type DeliveryRow } from '../../engagement/deliveries/read.js'
import { replayDelivery } from '../../engagement/deliveries/replay.js'
import { TouchlineError } from '../../errors.js'
import { parseExact } from '../../exact-json.js'
import { readerFor, type Api, type TimelineDeps } from '../context.js'
import { isoTime } from '../../clock.js'

const tags = ['Deliveries']

export function addDeliveries(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/deliveries',
    schema: {
      summary: 'What is or was to be sent to endpoints, the newest first',
      tags,
      querystring: deliveriesQuery,
      response: { 200: deliveriesAnswer, ...errors },
    },
    async handler(request) {
      const { cursor, ...wanted } = request.query
      const rows = await readDeliveries(readerFor(request, deps), {
        ...wanted,
        before: cursor === undefined ? undefined : beforeOf(cursor),
      })
      const last = rows.at(-1)
      const isFull = rows.length === wanted.limit && last !== undefined
      return { rows: rows.map(toAnswer), nextCursor: isFull ? `${last.decidedAt}~${last.id}` : null }
    },
  })
  api.route({
    method: 'GET',
    url: '/v1/deliveries/:id',
    schema: {
      summary: 'One delivery',
      tags,
      params: deliveryParams,
      response: { 200: deliveryRow, ...errors },
    },
    async handler(request) {
      const { id } = request.params
      const [row] = await readDeliveries(readerFor(request, deps), { id, limit: 1 })
      if (row === undefined) throw notThere(id)
      return toAnswer(row)
    },
  })
  api.route({
    method: 'POST',
    url: '/v1/deliveries/:id/replay',
    schema: {
      summary: 'Send a delivery once more, under its old id',
      tags,
      params: deliveryParams,
      response: { 200: replayAnswer, ...errors },
    },
    async handler(request) {
      const { id } = request.params
      const { log, clock, clickhouse } = deps
      const nextAt = await replayDelivery(
        { app: clickhouse.app, log, clock, reader: readerFor(request, deps) },
        id,
      )
      if (nextAt === undefined) throw notThere(id)
      return { id, state: 'waiting' as const, nextAt: isoTime(nextAt) }
    },
  })
  addEndpoints(api, deps)
}

const notThere = (id: string) => new TouchlineError('NOT_FOUND', `There is no delivery ${id}.`)

function beforeOf(cursor: string): { at: string; id: string } {
  const [at = '', id = ''] = cursor.split('~')
  if (Number.isNaN(Date.parse(at)) || id === '')
    throw new TouchlineError('QUERY_INVALID', 'cursor: must be nextCursor of the page before')
  return { at, id }
}

const toAnswer = ({ body, ...row }: DeliveryRow) => ({ ...row, body: parseExact(body) })

/** In a row: then only now and then one is tried. */
const opensAfter = 5

function addEndpoints(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/endpoints',
    schema: {
      summary: 'Endpoints, with what waits for them and how they answer',
      tags,
      response: { 200: endpointsAnswer, ...errors },
    },
    async handler(request) {
      const reader = readerFor(request, deps)
      const [definitions, rows] = await Promise.all([
        listDefinitions(reader, 'endpoints'),
        readEndpoints(reader),
      ])
      const allowed = rangesOf(deps.endpoints?.allowed ?? [])
      return {
        endpoints: definitions.map(({ id, body }) => {
          const row = rows.find(({ endpoint }) => endpoint === id)
          const failuresInRow = row?.failuresInRow ?? 0
          const wasTried = row !== undefined && (row.lastSuccessAt !== null || row.lastFailureAt !== null)
          return {
            id,
            url: body.url,
            problem: problemOfUrl(body.url, allowed) ?? problemOfSecrets(body, reader.project, deps) ?? null,
            circuit: failuresInRow >= opensAfter ? ('open' as const) : ('closed' as const),
            failuresInRow,
            waiting: row?.waiting ?? 0,
            delivered: row?.delivered ?? 0,
            gaveUp: row?.gaveUp ?? 0,
            lastSuccessAt: row?.lastSuccessAt ?? null,
            lastFailureAt: row?.lastFailureAt ?? null,
            lastStatus: wasTried ? row.lastStatus : null,
            lastAnswer: wasTried ? row.lastAnswer : null,
          }
        }),
      }
    },
  })
}

function problemOfSecrets(
  body: Parameters<typeof signersOf>[0],
  project: string,
  { endpoints }: TimelineDeps,
): string | undefined {
  if (endpoints === undefined) return undefined
  try {
    signersOf(body, (name) => endpoints.readSecret(name, project))
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
