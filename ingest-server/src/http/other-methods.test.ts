import Fastify from 'fastify'
import request from 'supertest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerError, answerNotFound } from './answers.js'
import { refuseOtherMethods } from './other-methods.js'

const app = Fastify()
beforeAll(async () => {
  app.setErrorHandler((error, asked, reply) => answerError(error, asked, reply))
  app.setNotFoundHandler(answerNotFound)
  await app.register(async (part) => {
    const refuseTheRest = refuseOtherMethods(part)
    part.get('/things/:id', () => 'thing')
    part.delete('/things/:id', () => 'gone')
    part.post('/things', () => 'made')
    refuseTheRest()
  })
  await app.ready()
})
afterAll(() => app.close())

describe('a method that a path has not', () => {
  test.each([
    ['put', '/things/1', 'DELETE, GET, HEAD'],
    ['post', '/things/%C3%BC', 'DELETE, GET, HEAD'],
    ['get', '/things', 'POST'],
    ['patch', '/things', 'POST'],
  ] as const)('%s %s is 405 and says which it takes', async (method, url, allowed) => {
    const answer = await request(app.server)[method](url).expect(405).expect('allow', allowed)
    expect(answer.body).toMatchObject({ success: false, code: 'METHOD_NOT_ALLOWED' })
  })

  test('those it has are answered as before, and a path that is not there stays 404', async () => {
    await request(app.server).get('/things/1').expect(200, 'thing')
    await request(app.server).delete('/things/1').expect(200, 'gone')
    await request(app.server).get('/other').expect(404)
  })
})
