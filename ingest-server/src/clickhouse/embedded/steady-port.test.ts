import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort, keepPort, steadyPort } from './steady-port.js'

let dir: string
let others: Server[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'touchline-port-'))
})
afterEach(async () => {
  await Promise.all(others.map((other) => new Promise((resolve) => other.close(resolve))))
  others = []
  rmSync(dir, { recursive: true, force: true })
})

/** Another program on the port, until the test ends or `leave`. */
async function taken(port: number): Promise<() => Promise<unknown>> {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
  others.push(other)
  return () => new Promise((resolve) => other.close(resolve))
}
const wanted = async () => ({ file: join(dir, 'port'), preferred: await freePort() })

test('the SQL port is the preferred one, and the same after a restart', async () => {
  const steady = await wanted()
  expect(await steadyPort(steady, false)).toBe(steady.preferred)
  await keepPort(steady, steady.preferred)
  expect(await steadyPort({ ...steady, preferred: await freePort() }, false)).toBe(steady.preferred)
})

test('a preferred port that is another program’s at the first start is not waited for; the free one is kept', async () => {
  const steady = await wanted()
  const leave = await taken(steady.preferred)
  const fallBack = await steadyPort(steady, true)
  expect(fallBack).not.toBe(steady.preferred)
  await keepPort(steady, fallBack)
  await leave()
  expect(await steadyPort(steady, false)).toBe(fallBack)
  expect(readFileSync(steady.file, 'utf8')).toBe(`${fallBack}\n`)
})

test('a kept port is waited for first, and given up when another program keeps it', async () => {
  const steady = await wanted()
  await keepPort(steady, steady.preferred)
  await taken(steady.preferred)
  expect(await steadyPort(steady, true)).toBe(steady.preferred)
  expect(await steadyPort(steady, false)).not.toBe(steady.preferred)
})

test.each(['', 'nonsense', '0', '99999', '8485.5'])('a file that says %j keeps nothing', async (content) => {
  const steady = await wanted()
  writeFileSync(steady.file, content)
  expect(await steadyPort(steady, false)).toBe(steady.preferred)
})
