import { describe, expect, test } from 'vitest'
import { until } from '../../test-support/server.js'
import { backOffMs, pause, startLoop } from './loop.js'

describe('back-off', () => {
  test.each([
    [1, 100],
    [2, 200],
    [4, 800],
    [9, 5_000],
    [1_000_000, 5_000],
  ])('after try %i waits %i ms', (attempt, ms) => {
    expect(backOffMs(attempt, { first: 100, most: 5_000 })).toBe(ms)
  })
})

test('a pause ends when it is aborted, and leaves no listener', async () => {
  const stopping = new AbortController()
  const paused = pause(60_000, stopping.signal)
  stopping.abort()
  await paused
  await pause(60_000, stopping.signal)
})

describe('a loop', () => {
  const said: string[] = []
  const logger = {
    info: (_fields: object, message: string) => void said.push(message),
    warn: (_fields: object, message: string) => void said.push(message),
    error: () => undefined,
  }
  const words = { failed: 'failed', again: 'again' }

  test('says once that passes fail and once that they succeed again', async () => {
    said.splice(0)
    let passes = 0
    const pass = async () => {
      passes += 1
      if (passes <= 3) throw new Error('away')
    }
    const loop = startLoop({ pass, waitMs: () => 1, logger, words })
    await until(async () => (said.includes('again') ? true : undefined), { what: 'a pass that succeeds' })
    await loop.stop()
    expect(said).toEqual(['failed', 'again'])
  })

  test('who asks before the next pass begins has the same one, which begins after they asked', async () => {
    let passes = 0
    const ends: (() => void)[] = []
    const pass = () => new Promise<number>((resolve) => ends.push(() => resolve((passes += 1))))
    const loop = startLoop({ pass, waitMs: () => 60_000, logger, words })
    await until(() => (ends.length === 1 ? true : undefined))
    const asked = [loop.passOnce(), loop.passOnce(), loop.passOnce()]
    ends[0]?.()
    await until(() => (ends.length === 2 ? true : undefined))
    const later = loop.passOnce()
    ends[1]?.()
    expect(await Promise.all(asked)).toEqual([2, 2, 2])
    await until(() => (ends.length === 3 ? true : undefined))
    ends[2]?.()
    expect(await later).toBe(3)
    await loop.stop()
  })

  test('makes one pass at a time, whoever asks, and none after it was stopped', async () => {
    let under = 0
    let most = 0
    let passes = 0
    const pass = async () => {
      most = Math.max(most, (under += 1))
      await pause(1)
      under -= 1
      return (passes += 1)
    }
    const loop = startLoop({ pass, waitMs: () => 0, logger, words })
    await Promise.all([loop.passOnce(), loop.passOnce(), loop.passOnce()])
    await loop.stop()
    const before = passes
    await pause(20)
    expect(most).toBe(1)
    expect(passes).toBe(before)
  })

  test('tells who asked for a pass that it failed', async () => {
    const loop = startLoop({
      pass: () => Promise.reject(new Error('no')),
      waitMs: () => 1_000,
      logger,
      words,
    })
    await expect(loop.passOnce()).rejects.toThrow('no')
    await loop.stop()
  })
})
