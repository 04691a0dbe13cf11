/** A path that exists answers 405 with `Allow` to the methods that it has not, instead of a 404 that says it does not exist. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { TouchlineError } from '../errors.js'

const known = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/**
 * Watches the routes that `app` gets from now on. Call what is answered once they are all there: it adds the rest of
 * the methods to each path, in the same context, so that the refusal has the same headers as the answers.
 */
export function refuseOtherMethods(app: FastifyInstance): () => void {
  const byPath = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    if (url === '*') return
    const methods = byPath.get(url) ?? new Set()
    for (const one of [method].flat()) methods.add(one)
    byPath.set(url, methods)
  })
  return () => {
    for (const [url, methods] of [...byPath]) {
      const allowed = [...methods].sort().join(', ')
      const others = known.filter((method) => !methods.has(method))
      if (others.length === 0) continue
      const refuse = (_request: FastifyRequest, reply: FastifyReply): never => {
        void reply.header('allow', allowed)
        throw new TouchlineError('METHOD_NOT_ALLOWED', `This path takes ${allowed}.`)
      }
      // At once: nobody reads the body of what is refused anyway.
      app.route({ method: [...others], url, schema: { hide: true }, onRequest: refuse, handler: refuse })
    }
  }
}
