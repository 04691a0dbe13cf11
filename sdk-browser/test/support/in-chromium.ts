/** One file of browser cases: its own Chromium, its own server; they run beside one another. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath } from '../../../test-support/chromium.js'
import { openWorld, type World } from './world.js'

/** Registers the cases of one room, in their order; `path` is that of the browser. */
export type RegisterCases = (world: () => World, path: string) => void

/** After all cases it is tried that none of their requests was preceded by a preflight. */
export function inChromium(cases: readonly RegisterCases[]): void {
  const path = chromiumPath()

  describe.skipIf(path === undefined)('in Chromium', () => {
    let world: World
    beforeAll(async () => {
      world = await openWorld(path as string)
    })
    afterEach(() => world.tidy())
    afterAll(() => world.close())

    for (const register of cases) register(() => world, path as string)

    test('no request of any case was preceded by a preflight', () => {
      expect(world.gate.passed.filter(({ method }) => method === 'POST').length).toBeGreaterThan(20)
      expect(world.gate.passed.filter(({ method }) => method === 'OPTIONS')).toEqual([])
    })
  })
}
