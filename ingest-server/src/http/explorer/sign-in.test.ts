/** What needs a clock of its own: how long a code, a session and a wrong try last. test/explorer-attacks.test.ts has the rest. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyRequest } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openProjects } from '../../projects/projects.js'
import { hashOfKey } from '../../projects/projects-file.js'
import { codeLivesMs, createCodes } from './codes.js'
import { createSessions, sessionSeconds } from './sessions.js'
import { createTries } from './tries.js'

const keys = { writeKey: 'wk_test_0123456789', secretKey: 'sk_test_0123456789abcdef' }
const keyHash = hashOfKey(keys.secretKey)
const grant = { project: 'default', keyHash, role: 'admin' } as const

let dataDir: string
let now: number
const clock = () => now
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'touchline-sign-in-'))
  now = Date.parse('2026-06-01T00:00:00Z')
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

test('a code has 256 bits, is good for ten minutes and once, and its file names it to nobody', async () => {
  const codes = createCodes(dataDir, clock)
  const made = [await codes.make(grant), await codes.make(grant)]
  expect(new Set(made).size).toBe(2)
  for (const code of made) expect(Buffer.from(code, 'base64url')).toHaveLength(32)
  const folder = join(dataDir, 'sign-in')
  const files = readdirSync(folder)
  expect(files).toHaveLength(2)
  for (const file of files) {
    expect(made.some((code) => file.includes(code))).toBe(false)
    expect(statSync(join(folder, file)).mode & 0o077).toBe(0)
  }
  now += codeLivesMs - 1
  expect(await codes.take(made[0] ?? '')).toMatchObject(grant)
  expect(await codes.take(made[0] ?? '')).toBeUndefined()
  now += 1
  expect(await codes.take(made[1] ?? '')).toBeUndefined()
  expect(readdirSync(folder)).toEqual([])
})

test.each(['../../keys.json', '', '.', 'x'.repeat(5_000), '\0'])(
  '%j is no code and no path',
  async (code) => {
    expect(await createCodes(dataDir, clock).take(code)).toBeUndefined()
  },
)

function sessionsWith(secretKey: string) {
  const projects = openProjects({ defaultProject: { ...keys, secretKey } })
  return createSessions({ projects, dataDir, secretKey, clock })
}
const asking = (token: string) =>
  ({ headers: { cookie: `touchline_explorer=${token}` }, protocol: 'http' }) as unknown as FastifyRequest

test('a session lasts twelve hours to the second, and is the same in every process with the same keys', async () => {
  const [one, other] = [sessionsWith(keys.secretKey), sessionsWith(keys.secretKey)]
  const begun = await one.begin(grant)
  const token = begun?.token ?? ''
  expect(await other.sessionOf(asking(token))).toMatchObject({ role: 'admin' })
  now += sessionSeconds * 1_000 - 1
  expect(await other.sessionOf(asking(token))).toBeDefined()
  now += 1
  expect(await other.sessionOf(asking(token))).toBeUndefined()
})

test('another default key, or a project without that key, takes none of its sessions', async () => {
  const token = (await sessionsWith(keys.secretKey).begin(grant))?.token ?? ''
  expect(await sessionsWith('sk_else_0123456789abcdef').sessionOf(asking(token))).toBeUndefined()
  expect(
    await sessionsWith(keys.secretKey).begin({ ...grant, keyHash: hashOfKey('sk_none') }),
  ).toBeUndefined()
})

test('five wrong tries a minute, each counted until it is a minute old; right ones are not counted', () => {
  let at = 0
  const tries = createTries(() => at)
  for (let right = 0; right < 20; right += 1) tries.begin('192.0.2.1')()
  for (let wrong = 0; wrong < 5; wrong += 1) {
    tries.begin('192.0.2.1')
    at += 10_000
  }
  expect(() => tries.begin('192.0.2.1')).toThrow(/Wait 10 s/)
  at += 9_999
  expect(() => tries.begin('::ffff:192.0.2.1')).toThrow()
  tries.begin('192.0.2.2')
  at += 1
  tries.begin('192.0.2.1')
  expect(() => tries.begin('192.0.2.1')).toThrow(/Wait 10 s/)
})
