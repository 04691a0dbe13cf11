/**
 * A stop that ends: Node leaves a kept-alive connection open that was answering when the server was told to close,
 * for as long as its time limit of idleness, which is longer than Kubernetes waits before it kills.
 */
import type { FastifyInstance } from 'fastify'

/** What is under way may take this long; Kubernetes kills after 30 s, and the log and the store stop after this. */
const answerWithinMs = 10_000
const lookEveryMs = 50

const stopping = new WeakSet<object>()

/** Whether the server of `app` was told to stop; whoever answers past Fastify closes the connection then. */
export const isStopping = (app: FastifyInstance): boolean => stopping.has(app.server)

/** From the stop on each answer says `Connection: close`, idle connections end, and after a while all others too. */
export function stopInTime(app: FastifyInstance): void {
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isStopping(app)) void reply.header('connection', 'close')
    done(null, payload)
  })
  app.addHook('preClose', (done) => {
    const { server } = app
    stopping.add(server)
    // An answer whose headers were out before leaves its connection open.
    const idle = setInterval(() => server.closeIdleConnections(), lookEveryMs)
    const rest = setTimeout(() => server.closeAllConnections(), answerWithinMs)
    server.once('close', () => {
      clearInterval(idle)
      clearTimeout(rest)
    })
    done()
  })
}
