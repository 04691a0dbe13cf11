/** Files that are imported: the upload, streamed, and what became of it. */
import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import {
  errors,
  importAnswer,
  importParams,
  importQuery,
  importRowsQuery,
  importRunAnswer,
  mapList,
  type ImportShape,
  type RejectedRowShape,
} from '@touchline/schemas/api'
import type { z } from 'zod'
import { createBrotliDecompress, createInflate } from 'node:zlib'
import { pipeline, type Readable, type Transform } from 'node:stream'
import { query, type NamedQuery, type Reader } from '../../clickhouse/query.js'
import { TouchlineError } from '../../errors.js'
import { forgetContentType } from '../../http/content-type.js'
import { readerOf, requireMay } from '../../http/credentials.js'
import { endLongRequest, mayTakeLong } from '../../http/long-requests.js'
import { findMap } from '../../sources/find-map.js'
import type { Imports, KnownRun } from '../../sources/imports/open-imports.js'
import { marksOf, type EarlierRun } from '../../sources/imports/progress.js'
import { readyMaps } from '../../sources/maps/index.js'
import { projectOf, readerFor, type Api, type TimelineDeps } from '../context.js'
import { refuseUnknownParameters } from '../known-parameters.js'

const tags = ['Imports']

interface ImportRouteDeps extends TimelineDeps {
  imports: Imports
}

/** Its body is a file, so it stands beside the other routes: no parser, no time limit. */
export function importUpload(deps: ImportRouteDeps): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    app.addHook('onRequest', async (request) => {
      requireMay(request, readerOf(request, deps.projects))
      forgetContentType(request)
    })
    app.addHook('preValidation', async (request) => refuseUnknownParameters(request))
    app.addHook('preClose', (done) => {
      deps.imports.stop()
      done()
    })
    app.withTypeProvider<ZodTypeProvider>().route({
      method: 'POST',
      url: '/v1/imports',
      schema: {
        summary: 'Import a file: each row becomes what the map says',
        description:
          'The body is the file: CSV, TSV or JSON lines, gzip or not. The answer comes at its end; meanwhile GET /v1/imports/{id} says how far it is. Sent again with the same importId it goes on where it stopped, and rows that were done change nothing.',
        tags,
        consumes: ['text/csv', 'application/x-ndjson', 'application/octet-stream'],
        querystring: importQuery,
        response: { 200: importRunAnswer, ...errors },
      },
      async handler(request) {
        mayTakeLong(request)
        try {
          return await runOf(request, request.query, deps)
        } finally {
          endLongRequest(request)
        }
      },
    })
  }
}

async function runOf(
  request: FastifyRequest,
  { map: named, importId, dryRun, name }: z.output<typeof importQuery>,
  deps: ImportRouteDeps,
) {
  const reader = readerFor(request, deps)
  const map = await findMap(reader, named)
  const id = importId ?? randomUUID()
  const isDryRun = dryRun === '1' || dryRun === 'true'
  const hungUp = new AbortController()
  request.raw.once('close', () => {
    if (!request.raw.complete) hungUp.abort(new Error('the client hung up'))
  })
  const input = bodyOf(request)
  if (input === undefined)
    throw new TouchlineError('IMPORT_INVALID', 'The body is empty; it must be the file.')
  try {
    return await deps.imports.run({
      project: projectOf(request, deps),
      ...{ id, map, name: name ?? '', input, isDryRun },
      earlier: isDryRun ? undefined : await earlierRun(reader, id),
      signal: hungUp.signal,
    })
  } catch (error) {
    void drain(input)
    throw error
  }
}

const decoders: Readonly<Record<string, (() => Transform) | undefined>> = {
  deflate: createInflate,
  br: createBrotliDecompress,
}

type Body = AsyncIterableIterator<Buffer>

/** Who is still sending reads the answer only once its body was taken. */
async function drain(body: Body): Promise<void> {
  try {
    while ((await body.next()).done !== true);
  } catch {
    // It hung up: nobody waits any more.
  }
}

function bodyOf({ body, headers }: FastifyRequest): Body | undefined {
  if (body === undefined || body === null) return undefined
  // Not destroyed where reading ends early: the answer goes out by the same connection.
  const iterate = (stream: Readable) => stream.iterator({ destroyOnReturn: false }) as Body
  const raw = body as Readable
  const encoding = headers['content-encoding']
  // A gzip that is cut is told apart where the file itself is one.
  if (encoding === undefined || encoding === 'identity' || encoding.endsWith('gzip')) return iterate(raw)
  const decode = decoders[encoding]
  if (decode === undefined) throw new TouchlineError('ENCODING_UNSUPPORTED')
  return iterate(pipeline(raw, decode(), () => undefined))
}

const runQuery: NamedQuery = {
  name: 'import-by-id',
  sql: `
SELECT import_id AS id, state, map, name, format, encoding, delimiter, columns, rows, resumed_after AS resumedAfter,
  accepted, skipped, rejected, events, costs, started_at AS startedAt, updated_at AS updatedAt, warnings, digest
FROM imports FINAL
WHERE project = {project: String} AND import_id = {id: String}`,
}

type StoredRun = ImportShape & EarlierRun

async function storedRun(reader: Reader, id: string): Promise<StoredRun | undefined> {
  const [stored] = await query<StoredRun>(reader, runQuery, { id })
  if (stored === undefined) return undefined
  const found = { ...stored, ...marksOf(stored.digest) }
  const numbers = ['rows', 'resumedAfter', 'accepted', 'skipped', 'rejected', 'events', 'costs'] as const
  return { ...found, ...Object.fromEntries(numbers.map((name) => [name, Number(found[name])])) }
}

async function knownRun(reader: Reader, id: string): Promise<KnownRun | undefined> {
  const shape = await storedRun(reader, id)
  return shape && { shape, beganAtMs: shape.beganAtMs }
}

const earlierRun = (reader: Reader, id: string): Promise<EarlierRun | undefined> => storedRun(reader, id)

// A row that was refused in two runs is one.
const rejectedQuery: NamedQuery = {
  name: 'import-rejected-rows',
  sql: `
SELECT line, code, reason, row FROM (
  SELECT JSONExtractUInt(original, 'line') AS line, code, JSONExtractString(original, 'reason') AS reason,
    JSONExtractString(original, 'row') AS row, received_at
  FROM rejected_events
  WHERE project = {project: String} AND stage = 'import' AND JSONExtractString(original, 'import') = {id: String}
    AND JSONExtractUInt(original, 'line') > {after: UInt64} AND received_at >= fromUnixTimestamp64Milli({since: Int64})
  ORDER BY line, received_at DESC
  LIMIT 1 BY line
)
ORDER BY line
LIMIT {limit: UInt32}`,
}

export function addImports(api: Api, deps: ImportRouteDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/imports/maps',
    schema: { summary: 'Ready maps for exports of other tools', tags, response: { 200: mapList, ...errors } },
    handler: () => ({
      maps: readyMaps.map(({ id, name, about, sent }) => ({ id, name, about, body: sent })),
    }),
  })
  api.route({
    method: 'GET',
    url: '/v1/imports/:importId',
    schema: {
      summary: 'How far an import is, and the rows that were refused',
      tags,
      params: importParams,
      querystring: importRowsQuery,
      response: { 200: importAnswer, ...errors },
    },
    async handler(request) {
      const { importId } = request.params
      const reader = readerFor(request, deps)
      const known = deps.imports.live(reader.project, importId) ?? (await knownRun(reader, importId))
      if (known === undefined)
        throw new TouchlineError('NOT_FOUND', `There is no import ${importId}, or it has only just begun.`)
      const { shape, beganAtMs: since } = known
      const asked = { id: importId, since, ...request.query }
      const rows = await query<RejectedRowShape>(reader, rejectedQuery, asked)
      return { ...shape, rejectedRows: rows.map((row) => ({ ...row, line: Number(row.line) })) }
    },
  })
}
