/**
 * Everything that is read or administered over HTTP, and its OpenAPI at /docs. A secret key opens it, as Bearer
 * or as Basic `key:`; a write key reads nothing.
 */
import { shownAddresses } from '@touchline/schemas'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import {
  hasZodFastifySchemaValidationErrors,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import { meant } from '../definitions/nearest.js'
import { TouchlineError } from '../errors.js'
import { exactSerializer } from './serializer.js'
import { answerError } from '../http/answers.js'
import { challenge } from '../http/challenge.js'
import { readerOf, requireMay } from '../http/credentials.js'
import { refuseOtherMethods } from '../http/other-methods.js'
import { answerInTime } from './answer-in-time.js'
import { addErasures } from './people/erase-routes.js'
import { addAttribution } from './journeys/attribution-routes.js'
import { addFunnels } from './journeys/funnel-routes.js'
import { addJourneys } from './journeys/journey-routes.js'
import { addContent } from './journeys/content-routes.js'
import { addLifecycle } from './journeys/lifecycle-routes.js'
import { addProfiles } from './journeys/profile-routes.js'
import { addHandoffs } from './engagement/handoff-routes.js'
import { addScores } from './engagement/score-routes.js'
import { addSegments } from './engagement/segment-routes.js'
import { addAccounts } from './people/account-routes.js'
import { addDefinitions } from './definitions/definition-routes.js'
import { addChanges } from './engagement/change-routes.js'
import { addDeliveries } from './engagement/delivery-routes.js'
import { addUnlinks } from './people/unlink-routes.js'
import { addOperator } from './operating/operator-routes.js'
import type { TimelineDeps } from './context.js'
import { addEvents } from './people/event-routes.js'
import { addIdentity } from './people/identity-routes.js'
import { addImports, importUpload } from './operating/import-routes.js'
import { refuseUnknownParameters } from './known-parameters.js'
import { addLine } from './operating/line-routes.js'
import { addLive } from './live/live-routes.js'
import { addMaps } from './people/map-routes.js'
import { addMcp } from './mcp-routes.js'
import { addMeta } from './operating/meta-routes.js'
import { addSearch } from './people/search-routes.js'
import { addOpenApi } from './openapi.js'
import { addPeople } from './people/people-routes.js'
import { addPrograms } from './engagement/program-routes.js'
import { addReleases } from './operating/release-routes.js'
import { addDeadLetters } from './operating/dead-letter-routes.js'
import { addRefused } from './operating/rejected-routes.js'
import { addSessions, addSignInLinks } from './operating/session-routes.js'
import { sourceRoutes } from './operating/source-routes.js'
import { addStages } from './journeys/stage-routes.js'
import { addTimelines } from './people/timeline-routes.js'
import { addWhy } from './people/why-routes.js'
import { openImports } from '../sources/imports/open-imports.js'

/** What came with a cookie is for this page alone, and kept nowhere. */
const ofSession = {
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  vary: 'Cookie',
}

/** In the order in which OpenAPI shows them. */
const answers = [
  addTimelines,
  addPeople,
  addWhy,
  addUnlinks,
  addAccounts,
  addEvents,
  addIdentity,
  addReleases,
  addErasures,
  addRefused,
  addDeadLetters,
  addAttribution,
  addJourneys,
  addFunnels,
  addProfiles,
  addContent,
  addLifecycle,
  addOperator,
  addDefinitions,
  addStages,
  addMaps,
  addSearch,
  addMeta,
  addLine,
  addLive,
  addSegments,
  addScores,
  addHandoffs,
  addPrograms,
  addDeliveries,
  addChanges,
  addMcp,
] as const

export function timelineRoutes(deps: TimelineDeps): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.setErrorHandler((error, request, reply) => {
      challenge(error, request, reply)
      return answerError(toQueryError(error, request), request, reply)
    })
    app.setValidatorCompiler(validatorCompiler)
    app.setSerializerCompiler(exactSerializer)
    await addOpenApi(app)
    if (deps.session) addSessions(app.withTypeProvider<ZodTypeProvider>(), deps, deps.session)
    const { log, metrics, clock, erasing } = deps
    const judgeOf = (project: string) => erasing?.()?.judgeOf(project)
    const imports = openImports({ log, metrics, clock, judgeOf })
    await app.register(importUpload({ ...deps, imports }))
    await app.register(sourceRoutes(deps))
    await app.register(async (guarded) => {
      answerInTime(guarded)
      // Before anything is checked: who may not read learns nothing about what there is.
      guarded.addHook('onRequest', async (request, reply) => {
        await deps.session?.sessions.admit(request)
        const holder = readerOf(request, deps.projects)
        requireMay(request, holder)
        if (holder.isSession === true) void reply.headers(ofSession)
      })
      guarded.addHook('preValidation', async (request) => refuseUnknownParameters(request))
      const refuseTheRest = refuseOtherMethods(guarded)
      guarded.addHook('onSend', async (request, _reply, payload) => showAddresses(request, payload))
      const api = guarded.withTypeProvider<ZodTypeProvider>()
      for (const add of answers) add(api, deps)
      addImports(api, { ...deps, imports })
      if (deps.session) addSignInLinks(api, deps, deps.session)
      refuseTheRest()
    })
  }
}

/** What was refused is shown to the letter; what an assistant is told was shown once, and what SQL answers is as stored. */
const toTheLetter = ['/v1/rejected', '/mcp']

/** Addresses and domains are stored in ASCII and shown in Unicode. */
function showAddresses(request: FastifyRequest, payload: unknown): Promise<unknown> {
  const isShown = typeof payload === 'string' && !toTheLetter.some((path) => request.url.startsWith(path))
  return Promise.resolve(isShown ? shownAddresses(payload) : payload)
}

/** What is wrong with which parameter, in words; of a word that is not known the nearest that is. */
function toQueryError(error: unknown, { query }: FastifyRequest): unknown {
  if (!hasZodFastifySchemaValidationErrors(error)) return error
  const [first] = error.validation
  const where = first?.instancePath.replace(/^\//, '') ?? ''
  const sent = (query as Record<string, unknown>)[where]
  const { values } = (first?.params ?? {}) as { values?: unknown }
  const why =
    typeof sent === 'string' && Array.isArray(values)
      ? `there is no ${sent}${meant(sent, values.map(String))}`
      : (first?.message ?? '')
  const named = `${where === '' ? 'The request' : where}: ${why}`
  return new TouchlineError('QUERY_INVALID', named, { cause: error })
}
