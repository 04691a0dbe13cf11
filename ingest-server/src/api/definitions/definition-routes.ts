/** Definitions over HTTP: documents with versions. */
import type { FastifyRequest } from 'fastify'
import {
  definitionList,
  definitionParams,
  definitionQuery,
  definitionShape,
  definitionVersions,
  errors,
  kindParams,
  templateAnswer,
  templateList,
  templateParams,
} from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'
import { checkKind } from '../../definitions/documents/check.js'
import { meant } from '../../definitions/nearest.js'
import {
  listDefinitions,
  readVersions,
  versionWanted,
  type StoredVersion,
} from '../../definitions/documents/read.js'
import { templates } from '../../definitions/templates/index.js'
import { writeDefinition } from '../../definitions/documents/write.js'
import { readerFor, type Api, type TimelineDeps } from '../context.js'
import { toAnswer } from './definition-answer.js'
import { addChecking, addPreview } from './preview-routes.js'
import { addWriting } from './write-routes.js'

const tags = ['Definitions']

export function addDefinitions(api: Api, deps: TimelineDeps): void {
  addPreview(api, deps)
  addChecking(api, deps)
  addTemplates(api, deps)
  addLists(api, deps)
  addReading(api, deps)
  addWriting(api, deps)
}

function addTemplates(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/definitions/templates',
    schema: { summary: 'Definitions to begin with', tags, response: { 200: templateList, ...errors } },
    handler: () => ({ templates: templates.map((one) => ({ ...one, definitions: [...one.definitions] })) }),
  })
  api.route({
    method: 'POST',
    url: '/v1/definitions/templates/:template',
    schema: {
      summary: 'Save the definitions of a template that are not there yet',
      tags,
      params: templateParams,
      response: { 200: templateAnswer, ...errors },
    },
    async handler(request) {
      const found = templates.find(({ id }) => id === request.params.template)
      if (found === undefined) {
        const { template } = request.params
        const known = templates.map(({ id }) => id)
        throw new TouchlineError('NOT_FOUND', `There is no template ${template}${meant(template, known)}`)
      }
      const reader = readerFor(request, deps)
      const { log, clock, clickhouse } = deps
      const saved: string[] = []
      for (const { kind, id, body } of found.definitions) {
        const version = { kind, id, body, author: 'template', note: found.name, ifMatch: 0 }
        const written = await writeDefinition(version, { reader, app: clickhouse.app, log, clock })
        if (!('current' in written)) saved.push(`${kind}/${id}`)
      }
      return {
        saved,
        kept: found.definitions.map(({ kind, id }) => `${kind}/${id}`).filter((key) => !saved.includes(key)),
      }
    },
  })
}

function addLists(api: Api, deps: TimelineDeps): void {
  const list = async (request: FastifyRequest, kind?: string) => {
    const versions = await readVersions(readerFor(request, deps), kind === undefined ? {} : { kind })
    const latest = new Map(versions.map((one) => [`${one.kind}\n${one.id}`, one]))
    return { definitions: [...latest.values()].filter(({ isDeleted }) => !isDeleted).map(toAnswer) }
  }
  api.route({
    method: 'GET',
    url: '/v1/definitions',
    schema: { summary: 'All definitions', tags, response: { 200: definitionList, ...errors } },
    handler: (request) => list(request),
  })
  api.route({
    method: 'GET',
    url: '/v1/definitions/:kind',
    schema: {
      summary: 'The definitions of one kind',
      tags,
      params: kindParams,
      response: { 200: definitionList, ...errors },
    },
    handler: (request) => list(request, checkKind(request.params.kind)),
  })
}

function addReading(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/definitions/:kind/:id',
    schema: {
      summary: 'A definition, the latest version or the one that is asked for',
      tags,
      params: definitionParams,
      querystring: definitionQuery,
      response: { 200: definitionShape, ...errors },
    },
    async handler(request, reply) {
      const { id } = request.params
      const kind = checkKind(request.params.kind)
      const reader = readerFor(request, deps)
      const versions = await readVersions(reader, { kind, id })
      const found = versionWanted(versions, request.query)
      if (found === undefined) {
        refuseVersion(versions, request.query.version)
        const others = (await listDefinitions(reader, kind)).map((one) => one.id)
        throw new TouchlineError('NOT_FOUND', `There is no definition ${kind}/${id}${meant(id, others)}`)
      }
      void reply.header('etag', `"${found.version}"`)
      return toAnswer(found)
    },
  })
  api.route({
    method: 'GET',
    url: '/v1/definitions/:kind/:id/versions',
    schema: {
      summary: 'Every version of a definition, the latest first',
      tags,
      params: definitionParams,
      response: { 200: definitionVersions, ...errors },
    },
    async handler(request) {
      const { id } = request.params
      const kind = checkKind(request.params.kind)
      const versions = await readVersions(readerFor(request, deps), { kind, id })
      if (versions.length === 0)
        throw new TouchlineError('NOT_FOUND', `There never was a definition ${kind}/${id}.`)
      return { versions: versions.toReversed().map(toAnswer) }
    },
  })
}

/** Throws NOT_FOUND where the definition is or was there, and only the version is not. */
function refuseVersion(versions: readonly StoredVersion[], wanted: number | undefined): void {
  const latest = versions.at(-1)
  if (latest === undefined) return
  const { kind, id, version, isDeleted } = latest
  const before = versions.findLast((one) => !one.isDeleted)?.version
  const state = isDeleted
    ? `it was deleted as version ${version}, after version ${before}`
    : `the latest is ${version}`
  if (wanted === undefined || (wanted === version && isDeleted))
    throw new TouchlineError('NOT_FOUND', `There is no definition ${kind}/${id} any longer: ${state}.`)
  const isGone = versions.some((one) => one.version === wanted)
  const why = isGone
    ? `Version ${wanted} of ${kind}/${id} deleted it`
    : `There is no version ${wanted} of ${kind}/${id}`
  throw new TouchlineError('NOT_FOUND', `${why}; ${state}.`)
}
