/** What other systems push: `POST /v1/sources/:id`, signed as each vendor signs. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { errors, sourceAnswer, sourceParams, type ImportBody, type SourceBody } from '@touchline/schemas/api'
import { readDefinition } from '../../definitions/read.js'
import { TouchlineError } from '../../errors.js'
import { forgetContentType } from '../../http/content-type.js'
import { writerInHead, writerOf } from '../../http/credentials.js'
import type { Credential, Project } from '../../projects/project.js'
import { findMap } from '../../sources/find-map.js'
import { isSecret, isSigned } from '../../sources/webhooks/signatures.js'
import { takePushed } from '../../sources/webhooks/take-pushed.js'
import type { TimelineDeps } from '../context.js'

const maxBodyBytes = 1024 * 1024
/** A definition that was changed counts within this; while ClickHouse is away the last that was read does. */
const knownForMs = 3_000
const mostKnown = 1_000

interface Known {
  body: SourceBody
  map: ImportBody
  readAtMs: number
}

export function sourceRoutes(deps: TimelineDeps): (app: FastifyInstance) => Promise<void> {
  const sourceOf = openSources(deps)
  return async (app) => {
    app.removeAllContentTypeParsers()
    const asBytes = { parseAs: 'buffer' as const, bodyLimit: maxBodyBytes }
    app.addContentTypeParser('*', asBytes, (_request, body, done) => done(null, body))
    app.addHook('onRequest', async (request) => forgetContentType(request))
    app.withTypeProvider<ZodTypeProvider>().route({
      method: 'POST',
      url: '/v1/sources/:id',
      schema: {
        summary: 'What another system pushes; its definition (kind sources) says how it is signed and read',
        description:
          'A 2xx means that it is durable. A missing, wrong or old signature is answered 401 and nothing is kept; what is signed and cannot be read is kept in rejected_events. ?writeKey= says of which project it is; without one it is the project default’s.',
        tags: ['Sources'],
        security: [],
        params: sourceParams,
        response: { 200: sourceAnswer, ...errors },
      },
      async handler(request) {
        const holder = writerInHead(request, deps.projects)
        const project = projectFor(holder, deps)
        const { body, map } = await sourceOf(project, request.params.id)
        const pushed = (request.body as Buffer | undefined) ?? Buffer.alloc(0)
        const verified = judge(request, pushed, body, deps)
        const nowMs = deps.clock()
        const taking = {
          ...{ project, source: request.params.id, map, verified, receivedAtMs: nowMs },
          judge: deps.erasing?.()?.judgeOf(project.id),
        }
        return { success: true as const, ...(await takePushed(pushed.toString('utf8'), taking, deps)) }
      },
    })
  }
}

function projectFor(holder: Credential | undefined, { projects }: TimelineDeps): Project {
  const project = holder?.project ?? projects.all().find(({ id }) => id === 'default')
  if (project === undefined)
    throw new TouchlineError(
      'KEY_MISSING',
      'Say whose it is: put ?writeKey= of the project behind the address.',
    )
  return project
}

/** Whether its claims are verified. Throws SOURCE_NOT_SIGNED, or for a source without a secret what keys throw. */
function judge(request: FastifyRequest, body: Buffer, source: SourceBody, deps: TimelineDeps): boolean {
  if (source.secret === undefined) return writerOf(request, deps.projects, undefined).kind === 'secret'
  const secrets = [source.secret, source.secretBefore].flatMap((reference) => {
    const secret =
      reference === undefined ? undefined : deps.endpoints?.readSecret(reference.replace(/^env:/, ''))
    return secret !== undefined && isSecret(source.vendor, secret) ? [secret] : []
  })
  if (secrets.length === 0)
    throw new TouchlineError(
      'CONFIG_INVALID',
      `The variable of ${source.secret} is not set on this server, or is no secret of such a source.`,
    )
  const { method, headers, url } = request
  // HubSpot signs the address that it was told, which a proxy may not pass on.
  const hosts = [`https://${request.host}`, `http://${request.host}`, deps.session?.publicUrl() ?? '']
  const urls = hosts.map((host) => host + url)
  const { vendor, header } = source
  if (isSigned(vendor, { method, urls, headers, body }, { secrets, header, nowMs: deps.clock() })) return true
  throw new TouchlineError('SOURCE_NOT_SIGNED')
}

function openSources(deps: TimelineDeps) {
  const known = new Map<string, Known>()
  const read = async ({ id: project, identify, domains }: Project, id: string): Promise<Known> => {
    const reader = {
      client: deps.clickhouse.reader,
      project,
      signedOnly: identify === 'signed-only',
      domains,
    }
    const found = await readDefinition(reader, 'sources', id)
    if (found === undefined) throw new TouchlineError('NOT_FOUND', `There is no definition sources/${id}.`)
    const { map } = found.body
    const body = typeof map === 'string' ? (await findMap(reader, map)).body : map
    return { body: found.body, map: body, readAtMs: performance.now() }
  }
  return async (project: Project, id: string): Promise<Known> => {
    const key = JSON.stringify([project.id, id])
    const before = known.get(key)
    if (before !== undefined && performance.now() - before.readAtMs < knownForMs) return before
    try {
      const fresh = await read(project, id)
      if (known.size >= mostKnown) known.clear()
      known.set(key, fresh)
      return fresh
    } catch (error) {
      if (error instanceof TouchlineError && error.code === 'NOT_FOUND') known.delete(key)
      else if (before !== undefined) return before
      throw error
    }
  }
}
