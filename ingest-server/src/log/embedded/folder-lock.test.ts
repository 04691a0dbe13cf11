import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { silentLogger } from '../../../../test-support/clickhouse.js'
import { numbered } from '../../../test/log-contract.js'
import { openEmbeddedLog } from './embedded-log.js'

const appender = fileURLToPath(
  new URL('../../../../test-support/processes/append-for-ever.ts', import.meta.url),
)
const patient = { timeout: 25_000, interval: 10 }

/** As a container's: it is process 1 of its own, and has another host name. */
const asContainer = ['--pid', '--fork', '--kill-child', '--mount-proc', '--uts']
const canContain = spawnSync('unshare', [...asContainer, 'hostname', 'other-container']).status === 0
if (!canContain) console.warn('SKIPPED: two containers on one volume need the right to unshare')

let dir: string
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'touchline-lock-'))))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const open = () => openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger })

test('a log that is open is refused a second time, in the same process too, until it is closed', async () => {
  const log = await open()
  await expect(open()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `DATA_DIR: ${dir} is in use by process ${process.pid}; one log belongs to one process.`,
  })
  await log.append([numbered(1)])
  await log.close()
  await (await open()).close()
})

test.each(['lock', 'handled'])(
  'a pipe under the name of %s is named, and nothing hangs on it',
  async (name) => {
    const path = join(dir, name)
    expect(spawnSync('mkfifo', [path]).status).toBe(0)
    await expect(open()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(
        `DATA_DIR: ${path} cannot be used: it is a pipe, not a file.`,
      ) as string,
    })
    rmSync(path)
    await (await open()).close()
  },
)

test('a log that a killed process left is opened at once', async () => {
  const holder = spawn(process.execPath, ['--import', 'tsx', appender, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  holder.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  await vi.waitUntil(() => printed.includes('\n'), patient)
  const ended = new Promise((resolve) => holder.once('exit', resolve))
  holder.kill('SIGKILL')
  await ended
  const log = await open()
  expect((await log.lag()).records).toBeGreaterThan(0)
  await log.close()
})

test.skipIf(!canContain)(
  'of two containers on one volume, both process 1, the second is refused and says where the first is',
  async () => {
    const command = [process.execPath, '--import', 'tsx', appender, dir]
    const inContainer = (name: string) => [
      ...asContainer,
      'sh',
      '-c',
      `hostname ${name}; exec "$@"`,
      'sh',
      ...command,
    ]
    const first = spawn('unshare', inContainer('first-container'), { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = new Promise((resolve) => first.once('exit', resolve))
    let printed = ''
    first.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    await vi.waitUntil(() => printed.includes('\n'), patient)

    const second = spawn('unshare', inContainer('second-container'), { stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { out: '', err: '' }
    second.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()))
    second.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()))
    expect(await new Promise((resolve) => second.once('close', resolve))).not.toBe(0)
    expect(said.out).toBe('')
    expect(said.err).toContain(`${dir} is in use by process 1 on first-container`)

    const before = printed.length
    await vi.waitUntil(() => printed.length > before, patient)
    first.kill('SIGKILL')
    await ended
  },
  60_000,
)
