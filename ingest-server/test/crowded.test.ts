/** What one project holds open keeps another's out of nothing: live views, and calls that wait for a change. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from '../../test-support/server.js'

const [crowd, other] = ['sk_crowd_0123456789abcdef', 'sk_other_0123456789abcdef'] as const
let server: TestServer
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'touchline-crowded-'))
  const file = join(dir, 'projects.json')
  const entries = [crowd, other].map((key) => ({ id: key.slice(3, 8), writeKeys: [], secretKeys: [key] }))
  await writeFile(file, JSON.stringify(entries), { mode: 0o600 })
  server = await startServer({ env: { PROJECTS_FILE: file } })
}, 60_000)
afterAll(async () => {
  await server?.stop()
  await rm(dir, { recursive: true, force: true })
})

const ask = (path: string, key: string, signal?: AbortSignal) =>
  fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${key}` }, ...(signal && { signal }) })

test('live views', async () => {
  const ending = new AbortController()
  const views = await Promise.all(Array.from({ length: 120 }, () => ask('/v1/live', crowd, ending.signal)))
  const open = views.filter(({ status }) => status === 200)
  expect(open.length).toBeGreaterThan(0)
  expect(views.filter(({ status }) => status === 503)).toHaveLength(views.length - open.length)
  expect((await ask('/v1/live', other, ending.signal)).status).toBe(200)
  ending.abort()
  // Who goes gives the place back.
  await expect
    .poll(
      async () => {
        const one = new AbortController()
        const answers = await Promise.all(open.map(() => ask('/v1/live', crowd, one.signal)))
        one.abort()
        return answers.every(({ status }) => status === 200)
      },
      { timeout: 10_000 },
    )
    .toBe(true)
}, 60_000)
