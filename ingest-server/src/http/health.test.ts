import { setImmediate as nextTurn } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { healthRoutes } from './health.js'
import { createHttpServer } from './server.js'

test('however many ask at once whether it is ready, it looks once, and the next who asks are told anew', async () => {
  let looks = 0
  let finish: (ok: boolean) => void = () => undefined
  const check = () => {
    looks += 1
    return new Promise<{ ok: boolean }>((resolve) => (finish = (ok) => resolve({ ok })))
  }
  const http = createHttpServer({ logger: pino({ level: 'silent' }) })
  let arrived = 0
  http.addHook('preHandler', (_request, _reply, done) => {
    arrived += 1
    done()
  })
  const scrape = () => Promise.resolve({ type: 'text/plain', text: '' })
  await http.register(healthRoutes({ checks: [{ name: 'it', check }], scrape, isOperator: () => false }))
  const ask = (times: number) =>
    Array.from({ length: times }, async () => (await http.inject('/health/ready')).statusCode)
  const asked = ask(100)
  await expect.poll(() => arrived, { timeout: 20_000 }).toBe(100)
  await nextTurn()
  expect(looks).toBe(1)
  finish(true)
  expect(new Set(await Promise.all(asked))).toEqual(new Set([200]))
  const later = ask(2)
  await expect.poll(() => arrived, { timeout: 20_000 }).toBe(102)
  await nextTurn()
  finish(false)
  expect(await Promise.all(later)).toEqual([503, 503])
  expect(looks).toBe(2)
  await http.close()
})
