/** Whatever is wrong in a question, a body or an id is said in words, by every route: none lets a library's own text through. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { startTimelineApi, type TimelineApi } from '../../../test-support/timeline-api.js'
import { openEmbeddedLog, type EmbeddedLog } from '../log/embedded/embedded-log.js'

let clickhouse: TestClickHouse
let log: EmbeddedLog
let api: TimelineApi
const dir = mkdtempSync(join(tmpdir(), 'touchline-words-'))

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  log = await openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger })
  api = await startTimelineApi({ clickhouse, log })
})
afterAll(async () => {
  await api.close()
  await log.close()
  await clickhouse.close()
  rmSync(dir, { recursive: true, force: true })
})

interface Operation {
  parameters?: { name: string; in: string }[]
  requestBody?: object
}
const libraryText = /Invalid (?:input|option|type)|\bexpected\b.*\breceived\b|ZodError|\bundefined\b|\bNaN\b/
/** Those that end only with their connection. */
const isStream = (path: string) => path === '/v1/live'

async function operations() {
  const { paths } = (await api.app.inject({ url: '/docs/json' })).json<{
    paths: Record<string, Record<string, Operation>>
  }>()
  return Object.entries(paths)
    .filter(([path]) => !isStream(path))
    .flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        method: method.toUpperCase(),
        // An id of each kind; of what is neither a person nor a definition it is as good as any.
        url: path.replaceAll(/\{[^}]*\}/g, 'u1'),
        ...operation,
      })),
    )
}

type Question = { method: string; url: string; payload?: string }

async function refusedOf(questions: readonly Question[]) {
  const refused: string[] = []
  const raw: string[] = []
  for (const { method, url, payload } of questions) {
    const headers = {
      authorization: 'Bearer secret',
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const answer = await api.app.inject({
      method: method as 'GET',
      url,
      headers,
      ...(payload !== undefined && { payload }),
    })
    if (answer.statusCode < 400) continue
    const { message } = answer.json<{ message: string }>()
    refused.push(`${method} ${url}`)
    if (libraryText.test(message)) raw.push(`${method} ${url} ${payload ?? ''}: ${message}`)
  }
  return { refused, raw }
}

test('each parameter of each route: given twice, empty, as an object, as text of nothing', async () => {
  const questions = (await operations()).flatMap(({ method, url, parameters = [] }) =>
    method !== 'GET'
      ? []
      : parameters
          .filter((one) => one.in === 'query')
          .flatMap(({ name }) =>
            [`${name}=a&${name}=b`, `${name}=`, `${name}[x]=1`, `${name}=%00`, `${name}=1e999`].map(
              (query) => ({ method, url: `${url}?${query}` }),
            ),
          ),
  )
  expect(questions.length).toBeGreaterThan(500)
  const { refused, raw } = await refusedOf(questions)
  expect(refused.length).toBeGreaterThan(questions.length / 3)
  expect(raw).toEqual([])
}, 300_000)

test('each body of each route: of no kind that it takes', async () => {
  const bodies = ['null', '[]', '{}', '"text"', '7', '{"unknown":1}', '[{}]', '{"id":null,"name":7}', '']
  const questions = (await operations())
    .filter(({ requestBody, url }) => requestBody !== undefined && !/^\/v1\/\w$/.test(url))
    .flatMap(({ method, url }) => bodies.map((payload) => ({ method, url, payload })))
  expect(questions.length).toBeGreaterThan(100)
  const { refused, raw } = await refusedOf(questions)
  expect(refused.length).toBeGreaterThan(questions.length / 3)
  expect(raw).toEqual([])
}, 300_000)
