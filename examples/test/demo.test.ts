/** `npm run demo` as a newcomer runs it, beside a server whose keys come from the environment. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from '../../test-support/server.js'
import { summaryOf } from '../play-a-company/server-calls.js'

const play = fileURLToPath(new URL('../play-a-company/play.ts', import.meta.url))
let server: TestServer
beforeAll(async () => {
  server = await startServer({
    env: {
      TOUCHLINE_WRITE_KEY: 'wk_of_the_environment',
      TOUCHLINE_SECRET_KEY: 'sk_of_the_environment_0123456789',
    },
  })
})
afterAll(() => server?.stop())

/** Knows where the server is and where its data are, and none of its keys. */
function demo(): Promise<{ code: number; out: string }> {
  const env = { PATH: process.env.PATH ?? '', DATA_DIR: server.dataDir, PORT: new URL(server.url).port }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', play, '--last-day', '2026-11-01'],
      { env },
      (error, out, err) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out: out + err }),
    )
  })
}

test('the demo plays into a project of its own, whatever the keys of the environment are, and can be played again', async () => {
  for (const round of ['first', 'again']) {
    const { code, out } = await demo()
    expect(out, round).toContain('→ 31 touches, 192 days')
    expect(out, round).not.toMatch(/→ 0 touches|not there yet|people: 0/)
    expect(code, round).toBe(0)
  }
  const projects = await server.sql('SELECT DISTINCT project FROM events')
  expect(projects).toEqual([{ project: 'demo' }])
  const { status } = await server.get('/v1/accounts/lovelace-works/timeline')
  expect(status).toBe(404)
})

test('a timeline is told once its people are joined, and not while it still counts nobody', async () => {
  const summary = (touchpoints: number, people: number) => ({
    touchpoints,
    people,
    days: 3,
    channels: 2,
    sessions: 1,
  })
  // A busy server: nothing yet, twice the same nothing, then in parts.
  const said = [
    undefined,
    summary(0, 0),
    summary(0, 0),
    summary(0, 0),
    summary(4, 0),
    summary(4, 0),
    summary(4, 1),
    summary(7, 2),
  ]
  let asked = 0
  const busy = createServer((_request, response) => {
    const next = said[Math.min(asked++, said.length - 1)]
    response.end(JSON.stringify(next === undefined ? {} : { summary: next }))
  })
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`
  const told = await summaryOf({ url, secretKey: 'sk', path: '/' }, 1)
  expect(told).toBe('7 touches, 3 days, 2 channels, 1 sessions, people: 2')
  await new Promise((resolve) => busy.close(resolve))
})
