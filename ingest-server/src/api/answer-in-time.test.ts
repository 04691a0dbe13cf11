import Fastify from 'fastify'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { answerInTime } from './answer-in-time.js'

async function* slowly() {
  for (let part = 0; part < 6; part += 1) {
    yield `part ${part}\n`
    await delay(20)
  }
}

test('an answer that has begun goes on, however long it takes; one that has not is refused in time', async () => {
  const app = Fastify()
  answerInTime(app, 50)
  app.get('/slow', async (_request, reply) => reply.type('text/plain').send(Readable.from(slowly())))
  app.get('/never', () => new Promise(() => undefined))
  const begun = await app.inject('/slow')
  expect([begun.statusCode, begun.body.split('\n').length]).toEqual([200, 7])
  const never = await app.inject('/never')
  expect(never.body).toContain('did not answer within')
  await app.close()
})
