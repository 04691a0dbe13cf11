/**
 * Every read is answered: a ClickHouse that hangs (a frozen process, a dead network) would otherwise hold a request
 * until its connection ends without a word.
 */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { TouchlineError } from '../errors.js'

/** Less than the idle time of a connection (http/server.ts), more than one query may take. */
const answerWithinMs = 50_000

export function answerInTime(app: FastifyInstance, withinMs = answerWithinMs): void {
  const timers = new WeakMap<FastifyReply, NodeJS.Timeout>()
  app.addHook('onRequest', (_request, reply, done) => {
    const timer = setTimeout(() => {
      const why = `ClickHouse did not answer within ${withinMs / 1_000} s; collecting goes on.`
      // An answer that goes on (an export, a live view) has begun, which is what was waited for.
      if (!reply.sent && !reply.raw.headersSent) void reply.send(new TouchlineError('STORE_UNAVAILABLE', why))
    }, withinMs)
    timers.set(reply, timer.unref())
    done()
  })
  app.addHook('onResponse', (_request, reply, done) => {
    clearTimeout(timers.get(reply))
    done()
  })
}
