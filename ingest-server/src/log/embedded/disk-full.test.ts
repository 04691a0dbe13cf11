/** On a small disk of its own: a tmpfs, which only root may mount. */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../../../../test-support/clickhouse.js'
import { numbersOf, readUntil, record } from '../../../test/log-contract.js'
import { openEmbeddedLog, type EmbeddedLog } from './embedded-log.js'

const probe = mkdtempSync(join(tmpdir(), 'touchline-mount-'))
const canMount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe]).status === 0
if (canMount) spawnSync('umount', [probe])
else console.warn('SKIPPED: a full disk needs the right to mount a tmpfs')
rmSync(probe, { recursive: true, force: true })

describe.skipIf(!canMount)('a disk that another program fills', () => {
  let disk: string
  let log: EmbeddedLog | undefined

  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), 'touchline-disk-'))
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]).status).toBe(0)
  })
  afterEach(async () => {
    await log?.close()
    log = undefined
    spawnSync('umount', ['-l', disk])
    rmSync(disk, { recursive: true, force: true })
  })

  const dir = () => join(disk, 'log')
  const other = () => join(disk, 'other')
  const open = async () => {
    mkdirSync(dir(), { recursive: true })
    // What is left is looked at every two seconds only; here it is never what refuses.
    return (log = await openEmbeddedLog({
      dir: dir(),
      clock: Date.now,
      logger: silentLogger,
      minFreeBytes: 0,
    }))
  }

  /** Leaves `leftBytes`; more than the room made beforehand, or appends go on into that. */
  function fill(leftBytes = 0): void {
    const fd = openSync(other(), 'w')
    const block = Buffer.alloc(64 * 1024, 'o')
    try {
      for (;;) {
        const { bavail, bsize } = statfsSync(disk)
        if (bavail * bsize <= leftBytes) return
        writeSync(fd, block, 0, Math.min(block.length, bavail * bsize - leftBytes))
      }
    } finally {
      closeSync(fd)
    }
  }

  async function appendUntilRefused(
    log: EmbeddedLog,
    from: number,
  ): Promise<{ accepted: number[]; refusal: unknown }> {
    const accepted: number[] = []
    for (let n = from; ; n += 1) {
      try {
        await log.append([filled(n)])
        accepted.push(n)
      } catch (refusal) {
        return { accepted, refusal }
      }
    }
  }

  test('between two looks at the free space: appends are refused with LOG_FULL, and taken again once there is room', async () => {
    const log = await open()
    await log.append([filled(0)])
    fill()
    const { accepted, refusal } = await appendUntilRefused(log, 1)
    expect(refusal).toMatchObject({ code: 'LOG_FULL', retryAfterSeconds: 5 })
    for (let again = 0; again < 3; again += 1)
      await expect(log.append([filled(9_999)])).rejects.toMatchObject({ code: 'LOG_FULL' })
    rmSync(other())
    await log.append([filled(1_000)])
    const wanted = [0, ...accepted, 1_000]
    expect(numbersOf(await readUntil(log, (read) => numbersOf(read).includes(1_000)))).toEqual(wanted)
    expect((await log.lag()).records).toBe(0)
  })

  test('in the middle of a write: what of it reached the disk is no part of the log, now or after a restart', async () => {
    const log = await open()
    await log.append([filled(0)])
    const accepted = [0]
    const seen: number[] = []
    // Each time another few bytes are left, so that writes break off at many places.
    for (let round = 1; round < 12; round += 1) {
      fill(300_000 + round * 20_480)
      const { accepted: more, refusal } = await appendUntilRefused(log, round * 1_000)
      expect(refusal).toMatchObject({ code: 'LOG_FULL' })
      rmSync(other())
      await log.append([filled(round * 1_000 + 999)])
      accepted.push(...more, round * 1_000 + 999)
      const read = await readUntil(log, (read) => numbersOf(read).includes(round * 1_000 + 999))
      seen.push(...numbersOf(read))
    }
    expect(seen).toEqual(accepted)
    fill(250_000)
    const { accepted: last } = await appendUntilRefused(log, 99_000)
    await log.close()
    rmSync(other())
    const again = await open()
    await again.append([filled(99_999)])
    expect(numbersOf(await readUntil(again, (read) => numbersOf(read).includes(99_999)))).toEqual([
      ...last,
      99_999,
    ])
  }, 120_000)

  test('takes what is only kept for replay before anything is refused', async () => {
    const log = await open()
    for (let n = 0; n < 20; n += 1) await log.append([filled(n)])
    await readUntil(log, (read) => numbersOf(read).length >= 20)
    fill()
    for (let n = 20; n < 30; n += 1) await log.append([filled(n)])
    const seen = await readUntil(log, (read) => numbersOf(read).length >= 10)
    expect(numbersOf(seen)).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29])
  })

  test('does not keep the store from marking what it handled', async () => {
    const log = await open()
    await log.append([filled(1)])
    fill()
    await readUntil(log, (read) => read.length > 0)
    await log.close()
    const again = await open()
    expect((await again.lag()).records).toBe(0)
  })
})

const filled = (n: number) =>
  record('events', { a: 1 }, [JSON.stringify({ project: 'a', n, filler: 'x'.repeat(200_000) })])
