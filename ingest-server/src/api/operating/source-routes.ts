/**
 * What other systems push: `POST /v1/sources/:id`, signed as each vendor signs. Whether there is such a source, and a key
 * where it needs one, is looked at before the body is read; bodies under way are bounded as those of events are.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { errors, sourceAnswer, sourceParams } from '@touchline/schemas/api'
import { boundInFlight } from '../../collect/request/in-flight.js'
import { boundsOf, createRateLimiter, type Bound } from '../../collect/request/rate.js'
import { readBody } from '../../collect/request/read-body.js'
import { TouchlineError } from '../../errors.js'
import { forgetContentType } from '../../http/content-type.js'
import { writerInHead, writerOf } from '../../http/credentials.js'
import type { Credential, Project } from '../../projects/project.js'
import { isSecret, isSigned } from '../../sources/webhooks/signatures.js'
import { takePushed } from '../../sources/webhooks/take-pushed.js'
import type { TimelineDeps } from '../context.js'
import { openSources, type Source } from './open-sources.js'

const maxBodyBytes = 1024 * 1024
const maxInFlightBytes = 32 * 1024 * 1024

/** Whom a request is for, as headers and address say. */
interface Knock {
  project: Project
  source: Source
  /** Of a source that nobody signs for: who sends by a key, and what bounds them. */
  holder?: Credential
  bounds: readonly Bound[]
}

export function sourceRoutes(deps: TimelineDeps): (app: FastifyInstance) => Promise<void> {
  const inFlight = boundInFlight(maxInFlightBytes)
  const rate = deps.rate ?? createRateLimiter(deps.clock)
  const sourceOf = openSources(() => deps.clickhouse.reader)
  const knocks = new WeakMap<FastifyRequest, Knock>()

  async function knock(request: FastifyRequest): Promise<Knock> {
    const project = projectFor(writerInHead(request, deps.projects), deps)
    const source = await sourceOf(project, (request.params as { id: string }).id)
    if (source.body.secret !== undefined) return { project, source, bounds: [] }
    const holder = writerOf(request, deps.projects, undefined)
    const bounds = boundsOf(holder, request.ip)
    rate.check(bounds)
    return { project, source, holder, bounds }
  }

  return async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (request, _payload, done) => {
      const arrived = (bytes: number) => inFlight.arrived(request, bytes)
      readBody(request.raw, { maxBytes: maxBodyBytes, asBytes: true, arrived }, done)
    })
    app.addHook('onRequest', async (request, reply) => {
      forgetContentType(request)
      const refused = inFlight.admit(request, reply)
      if (refused !== undefined) throw refused
      knocks.set(request, await knock(request))
    })
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
        const { project, source, holder, bounds } = knocks.get(request) as Knock
        const pushed = (request.body as Buffer | undefined) ?? Buffer.alloc(0)
        if (holder === undefined) requireSignature(request, pushed, { project, source }, deps)
        const taking = {
          ...{ project, source: request.params.id, map: source.map, receivedAtMs: deps.clock() },
          verified: holder === undefined || holder.kind === 'secret',
          key: holder?.key,
          judge: deps.erasing?.()?.judgeOf(project.id),
        }
        const taken = await takePushed(pushed.toString('utf8'), taking, deps)
        rate.take(bounds, taken.accepted + taken.skipped + taken.rejected)
        return { success: true as const, ...taken }
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

/** Throws SOURCE_NOT_SIGNED, or CONFIG_INVALID where none of the secrets is there to check it by. */
function requireSignature(
  request: FastifyRequest,
  body: Buffer,
  { project, source }: Pick<Knock, 'project' | 'source'>,
  deps: TimelineDeps,
): void {
  const { secret: present, secretBefore, vendor, header } = source.body
  const secrets = [present, secretBefore].flatMap((reference) => {
    const name = reference?.replace(/^env:/, '')
    const secret = name === undefined ? undefined : deps.endpoints?.readSecret(name, project.id)
    return secret !== undefined && isSecret(vendor, secret) ? [secret] : []
  })
  if (secrets.length === 0)
    throw new TouchlineError(
      'CONFIG_INVALID',
      `The variable of ${present} is not set on this server, is no secret of such a source, or is none of the variables of this project.`,
    )
  const { method, headers, url } = request
  // HubSpot signs the address that it was told, which a proxy may not pass on.
  const hosts = [`https://${request.host}`, `http://${request.host}`, deps.session?.publicUrl() ?? '']
  const urls = hosts.map((host) => host + url)
  if (isSigned(vendor, { method, urls, headers, body }, { secrets, header, nowMs: deps.clock() })) return
  throw new TouchlineError('SOURCE_NOT_SIGNED')
}
