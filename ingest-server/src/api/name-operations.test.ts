import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unlinkBody } from '@touchline/schemas/api'
import { operationIdOf } from './name-operations.js'
import { timelineRoutes } from './routes.js'

interface Operation {
  operationId?: string
  parameters?: { name: string; description?: string }[]
}
interface Document {
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
}

describe('the OpenAPI document', () => {
  const app = Fastify()
  let document: Document
  beforeAll(async () => {
    // What the routes are for is not asked here, only what is said about them.
    await app.register(timelineRoutes({ log: {} } as never))
    document = (await app.inject({ url: '/docs/json' })).json<Document>()
  })
  afterAll(() => app.close())
  const operations = () =>
    Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ what: `${method} ${path}`, ...operation })),
    )

  test('gives every operation an id of its own, for clients that are generated from it', () => {
    const ids = operations().map(({ operationId }) => operationId)
    expect(ids.length).toBeGreaterThan(20)
    expect(ids.filter((id) => id === undefined || !/^[a-z]+(?:[A-Z][A-Za-z_]*)+$/.test(id))).toEqual([])
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('describes every parameter', () => {
    const silent = operations().flatMap(({ what, parameters = [] }) =>
      parameters.filter(({ description }) => !description).map(({ name }) => `${what}: ${name}`),
    )
    expect(silent).toEqual([])
  })

  test('says where the server is, wherever it was fetched from', () => {
    expect(document.servers).toMatchObject([{ url: '/' }])
  })
})

test.each([
  ['get', '/v1/users/{id}/timeline', 'getUsersByIdTimeline'],
  ['post', '/v1/dead-letters/replay', 'postDeadLettersReplay'],
  ['delete', '/v1/people/:id', 'deletePeopleById'],
])('%s %s is called %s', (method, path, id) => {
  expect(operationIdOf(method, path)).toBe(id)
})

test('an unlink without a reason and an author has defaults', () => {
  expect(unlinkBody.parse({ identifier: 'anon:a1' })).toMatchObject({ reason: '', author: 'api' })
})
