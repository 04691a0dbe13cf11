import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { someEngineOf } from '../../../test-support/faults/engine.js'
import { insertRetriesOf } from '../../../test-support/faults/counters.js'
import { moreAcknowledged } from '../../../test-support/faults/ledger.js'
import { openPromise } from '../../../test-support/faults/promise.js'
import { type TestServer, startServer, until } from '../../../test-support/server.js'

let server: TestServer | undefined
const cleanUps: (() => void)[] = []

afterEach(async () => {
  await server?.stop()
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp()
})

test('a frozen ClickHouse stops timelines, not collecting, and is caught up with', async () => {
  server = await startServer()
  const promise = openPromise({ collects: [server] })
  await moreAcknowledged(promise.ledger, 50)
  const engine = await someEngineOf(server.pid)
  process.kill(engine, 'SIGSTOP')
  try {
    await moreAcknowledged(promise.ledger, 500)
  } finally {
    process.kill(engine, 'SIGCONT')
  }
  await promise.recover()
  await promise.kept('ClickHouse frozen')
}, 180_000)

test('a log that fills up answers 503 LOG_FULL, and takes events again once ClickHouse is back', async () => {
  const running = (server = await startServer({ env: { LOG_MAX_BYTES: String(16 * 1024 * 1024) } }))
  const promise = openPromise({ collects: [running], senders: 1, pauseMs: 20 })
  await moreAcknowledged(promise.ledger, 20)
  const engine = await someEngineOf(running.pid)
  process.kill(engine, 'SIGSTOP')
  const filler = Array.from({ length: 14 }, (_, index) => ({
    type: 'track',
    event: 'Filler',
    userId: `filler-${index}`,
    properties: { text: 'x'.repeat(30_000) },
  }))
  try {
    const full = await until(
      async () => {
        const { status, body } = await running.post('/v1/batch', { batch: filler })
        return status === 503 ? body : undefined
      },
      { everyMs: 1, timeoutMs: 60_000, what: 'a full log' },
    )
    expect(full.code).toBe('LOG_FULL')
  } finally {
    process.kill(engine, 'SIGCONT')
  }
  await promise.recover()
  await until(
    async () => ((await running.post('/v1/batch', { batch: filler })).status === 200 ? true : undefined),
    {
      timeoutMs: 60_000,
      what: 'the log to take events again',
    },
  )
  await promise.kept('log full: 503, and back')
}, 240_000)

// A disk of its own that can be filled: a tmpfs, which only root may mount.
const mountable = mkdtempSync(join(tmpdir(), 'touchline-mount-'))
const canMount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mountable]).status === 0
if (canMount) spawnSync('umount', [mountable])
else console.warn('SKIPPED: a full disk needs the right to mount a tmpfs')
rmSync(mountable, { recursive: true, force: true })

test.skipIf(!canMount)(
  'a ClickHouse whose disk is full is waited out until there is room again',
  async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'touchline-full-disk-'))
    const disk = join(dataDir, 'clickhouse')
    mkdirSync(disk)
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256m', 'tmpfs', disk]).status).toBe(0)
    cleanUps.push(() => {
      spawnSync('umount', ['-l', disk])
      rmSync(dataDir, { recursive: true, force: true })
    })
    const running = (server = await startServer({ env: { DATA_DIR: dataDir } }))
    const promise = openPromise({ collects: [running] })
    await moreAcknowledged(promise.ledger, 50)

    const ballast = join(disk, 'ballast')
    fill(ballast)
    await moreAcknowledged(promise.ledger, 300)
    await until(async () => ((await insertRetriesOf(running)) > 0 ? true : undefined), {
      what: 'ClickHouse to refuse for want of room',
    })
    await promise.recover({ by: () => rmSync(ballast) })
    await promise.kept('disk of ClickHouse full')
  },
  240_000,
)

/** Writes to the file until the disk has no room for another block. */
function fill(file: string): void {
  const handle = openSync(file, 'w')
  try {
    for (;;) writeSync(handle, Buffer.alloc(64 * 1024))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  } finally {
    closeSync(handle)
  }
}

test('a clock that is set back a day hides nothing and doubles nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'touchline-clock-'))
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }))
  const clock = join(folder, 'offset')
  writeFileSync(clock, '0')
  server = await startServer({ env: { CLOCK_OFFSET_FILE: clock } })
  const promise = openPromise({ collects: [server] })
  await moreAcknowledged(promise.ledger, 100)
  await promise.recover({ by: () => writeFileSync(clock, String(-24 * 3_600_000)) })
  await moreAcknowledged(promise.ledger, 100)
  await promise.kept('clock set back a day')
}, 180_000)
