/** OpenAPI made from the zod schemas of the routes, as JSON at /docs/json and as a page at /docs. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { createJsonSchemaTransform } from 'fastify-type-provider-zod'
import { collectPaths, collectSecurity, forgetBoundsOfIntegers } from './collect-openapi.js'
import { nameOperations } from './name-operations.js'

export async function addOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Touchline',
        description:
          'Events go in with a write key; timelines of people and accounts are read with a secret key.',
        version: '1',
      },
      components: {
        securitySchemes: {
          ...collectSecurity,
          bearer: { type: 'http', scheme: 'bearer', description: 'The secret key' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'touchline_explorer',
            description: 'A session of the Explorer; `__Host-touchline_explorer` over https',
          },
          basic: { type: 'http', scheme: 'basic', description: 'The secret key as user, no password' },
        },
      },
      // Wherever the document was fetched from: also behind a proxy.
      servers: [{ url: '/', description: 'This server' }],
      security: [{ bearer: [] }, { basic: [] }],
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig: { override: forgetBoundsOfIntegers } }),
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject
      const { openapiObject } = document
      return { ...openapiObject, paths: nameOperations({ ...collectPaths(), ...openapiObject.paths }) }
    },
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // Scripts and styles of this server only. The plugin's own policy also asks for https, which leaves the page
    // blank on a server that is reached by plain http.
    staticCSP:
      "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'",
  })
}
