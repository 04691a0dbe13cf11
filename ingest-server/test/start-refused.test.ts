/** A start that cannot be: one line that says what to do, printed once, no stack. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort, startServer, type TestServer } from '../../test-support/server.js'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
let server: TestServer
let otherFolder: string

beforeAll(async () => {
  otherFolder = await mkdtemp(join(tmpdir(), 'touchline-refused-'))
  server = await startServer({ until: 'live' })
})
afterAll(async () => {
  await server.stop()
  await rm(otherFolder, { recursive: true, force: true })
})

async function startedWith(env: Record<string, string>) {
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'fatal', ...env },
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, said }
}

test('a port that is taken names itself and another', async () => {
  const { port } = new URL(server.url)
  const { code, said } = await startedWith({ DATA_DIR: otherFolder, PORT: port })
  expect(code).toBe(1)
  expect(said).toBe(
    `Touchline cannot start. PORT: another program listens on 127.0.0.1:${port}. Choose another port: PORT=${Number(port) + 1}\n`,
  )
})

test('a data folder that is in use names the process that has it', async () => {
  const { code, said } = await startedWith({ DATA_DIR: server.dataDir, PORT: String(await freePort()) })
  expect(code).toBe(1)
  expect(said).toMatch(
    new RegExp(`^Touchline cannot start\\. DATA_DIR: \\S+ is in use by process ${server.pid}; [^\\n]*\\n$`),
  )
})
