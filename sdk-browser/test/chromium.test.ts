/** Everything that only a real browser can tell, against the real server; what counts is what ClickHouse holds. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath } from '../../test-support/chromium.js'
import { answerCases } from './cases/answers.js'
import { captureCases } from './cases/capture.js'
import { consentCases } from './cases/consent.js'
import { debugCases } from './cases/debug.js'
import { formCases } from './cases/forms.js'
import { hostilePageCases } from './cases/hostile-pages.js'
import { identityCases } from './cases/identity.js'
import { optionCases } from './cases/options.js'
import { pageCases } from './cases/pages.js'
import { prerenderCases } from './cases/prerender.js'
import { queueCases } from './cases/queue.js'
import { storageCases } from './cases/storage.js'
import { openWorld, type World } from './support/world.js'

const path = chromiumPath()

describe.skipIf(path === undefined)('in Chromium', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(path as string)
  })
  afterEach(() => world.tidy())
  afterAll(() => world.close())

  const cases = [
    queueCases,
    answerCases,
    storageCases,
    optionCases,
    hostilePageCases,
    pageCases,
    identityCases,
    consentCases,
    captureCases,
    formCases,
    debugCases,
  ]
  for (const register of cases) register(() => world)
  prerenderCases(() => world, path as string)

  test('no request of any case was preceded by a preflight', () => {
    expect(world.gate.passed.filter(({ method }) => method === 'POST').length).toBeGreaterThan(20)
    expect(world.gate.passed.filter(({ method }) => method === 'OPTIONS')).toEqual([])
  })
})
