import { expect, test } from 'vitest'
import { until } from '../../../test-support/server.js'
import { named, type World } from '../support/world.js'

const builds = ['plain', 'lite', 'core']
const buildsAndPackage = [...builds, 'package']

/** What counts as an answer, and what becomes of a request that gets none. */
export function answerCases(world: () => World): void {
  test.each(
    buildsAndPackage.flatMap((build) =>
      [
        ['is missing', `delete window.fetch`],
        ['throws at the call', `window.fetch = () => { throw new TypeError('blocked') }`],
        ['is no function', `window.fetch = null`],
        ['gives nothing back', `window.fetch = () => {}`],
        ['refuses without a reason', `window.fetch = () => Promise.reject()`],
        [
          'belongs to a browser of tests',
          `delete window.Request; delete window.TextEncoder; delete window.AbortController; delete navigator.__proto__.sendBeacon; window.fetch = undefined`,
        ],
      ].map(([what, script]) => [build, what, script] as [string, string, string]),
    ),
  )('%s: a page whose fetch %s goes on, and the next page sends what waited', async (build, _, script) => {
    const { arrived, profile, visit } = world()
    const context = await profile()
    const opened = await visit('elsewhere', { context })
    await opened.page.addInitScript(script)
    await opened.page.goto(world().site.url(`${build}/${opened.run}`))
    await opened.page.evaluate(`touchline.track('Survives')`)
    // A page that hangs answers nothing.
    expect(await opened.page.evaluate(`touchline.flush().then(() => 1 + 1)`)).toBe(2)
    expect(opened.complaints.filter((text) => text.startsWith('threw'))).toEqual([])
    await opened.page.close()
    await visit(build, { context, run: opened.run })
    await arrived(opened.run, (all) => all.some(named('Survives')))
  })

  test.each(
    buildsAndPackage.flatMap((build) =>
      ['Request', 'TextEncoder', 'AbortController'].map((missing) => [build, missing] as [string, string]),
    ),
  )('%s: without %s a fetch that works is used', async (build, missing) => {
    const { arrived, profile, visit } = world()
    const context = await profile({ script: `delete window.${missing}` })
    const { page, run } = await visit(build, { context })
    await page.evaluate(`touchline.track('Sent')`)
    await arrived(run, (all) => all.some(named('Sent')))
  })

  test.each(
    buildsAndPackage.flatMap((build) =>
      [
        ['a page with status 200', { status: 200, body: '<!doctype html><title>Shop</title>' }],
        ['nothing with status 204', { status: 204, body: '' }],
        ['a page with status 404', { status: 404, body: '<h1>Not found</h1>' }],
        ['JSON of another kind', { status: 200, body: '{"success":true}' }],
        ['JSON that is no object', { status: 200, body: 'null' }],
        ['an error of another kind', { status: 403, body: '{"code":"rest_forbidden","message":"no"}' }],
        ['an error like ours', { status: 404, body: '{"success":false,"code":404,"message":"Not Found"}' }],
        ['a refusal like ours', { status: 401, body: '{"success":false,"code":"UNAUTHORIZED"}' }],
        [
          'an error of another API with status 200',
          { status: 200, body: '{"success":false,"code":"AUTH_REQUIRED","message":"","requestId":"r-1"}' },
        ],
        [
          'a success of another API',
          { status: 201, body: '{"success":true,"requestId":"r-1","rejected":[]}' },
        ],
        ['a page to sign in to', { status: 511, body: '<html>Sign in to this network</html>' }],
        ['a header that is too long', { status: 431, body: '<center>nginx</center>' }],
        ['an error with a requestId', { status: 403, body: '{"message":"Forbidden","requestId":"r-1"}' }],
        [
          'ours, of an address that is none',
          { status: 404, body: '{"success":false,"code":"NOT_FOUND","message":"","requestId":"r-1"}' },
        ],
      ].map(([what, fault]) => [build, what, fault] as [string, string, { status: number; body: string }]),
    ),
  )('%s: an answer of another site, %s, ends no event', async (build, _, fault) => {
    const { arrived, gate, visit } = world()
    gate.fault = fault
    const { page, run } = await visit(build)
    await page.evaluate(
      `window.dropped = 0; touchline.on('drop', () => dropped++); touchline.track('Waits'); touchline.flush()`,
    )
    await until(() => gate.passed.some(({ body, status }) => body.includes(run) && status > 0) || undefined)
    gate.fault = 'none'
    await page.evaluate(`touchline.flush()`)
    await arrived(run, (all) => all.some(named('Waits')))
    expect(await page.evaluate(`dropped`)).toBe(0)
  })

  test.each(builds)('%s: a request that nobody answers does not hold up those after it', async (build) => {
    const { gate, visit } = world()
    gate.fault = 'silent'
    const { page, run } = await visit(build)
    await page.evaluate(`touchline.track('Black Hole')`)
    await until(
      () => gate.passed.some(({ body }) => body.includes('Black Hole') && body.includes(run)) || undefined,
    )
    gate.fault = 'none'
    await page.evaluate(`touchline.track('After It')`)
    // Nothing hides, flushes or reloads the page meanwhile.
    const events = await until(
      async () => {
        const all = await world().stored(run)
        return all.some(named('Black Hole')) && all.some(named('After It')) ? all : undefined
      },
      { timeoutMs: 90_000, what: 'both events' },
    )
    expect(events.filter(named('Black Hole'))).toHaveLength(1)
  })

  test.each(builds)(
    '%s: requests that nobody answers leave the browser’s connections free',
    async (build) => {
      const { gate, profile, visit } = world()
      // A browser has six connections to a server: requests that are given up and not let go of use them up.
      const script = `
      const { setTimeout } = window
      window.setTimeout = (run, ms) => setTimeout(run, ms / 20)
      const { timeout } = AbortSignal
      AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms / 20)`
      gate.fault = 'silent'
      const { page, run } = await visit(build, { context: await profile({ script }) })
      await page.evaluate(`touchline.track('Seven Times')`)
      const tries = () => gate.passed.filter(({ body }) => body.includes(run)).length
      await until(() => tries() > 6 || undefined, { timeoutMs: 60_000, what: 'seven requests' })
      gate.fault = 'none'
      await until(async () => (await world().stored(run)).some(named('Seven Times')) || undefined, {
        timeoutMs: 60_000,
        what: 'the event',
      })
    },
  )

  test('a fetch of the page’s own that never settles holds up nothing either', async () => {
    const { arrived, profile, visit } = world()
    const script = `
      const { fetch } = window
      let calls = 0
      window.fetch = (...request) => (calls++ ? fetch(...request) : new Promise(() => {}))`
    const { page, run } = await visit('plain', { context: await profile({ script }) })
    await page.evaluate(`touchline.track('Waits')`)
    await until(async () => (await world().stored(run)).some(named('Waits')) || undefined, {
      timeoutMs: 90_000,
      what: 'the event',
    })
    await arrived(run, (all) => all.length === 2)
  })

  test.each(['-1', '-86400', 'Wed, 21 Oct 2015 07:28:00 GMT'])(
    'a Retry-After of %s, which is over, is no pause of days',
    async (retryAfter) => {
      const { arrived, gate, visit } = world()
      gate.fault = { status: 503, headers: { 'retry-after': retryAfter } }
      const { page, run } = await visit('plain')
      await page.evaluate(`touchline.track('Soon Again')`)
      await until(() => gate.passed.some(({ body }) => body.includes('Soon Again')) || undefined)
      gate.fault = 'none'
      // Nothing hides, flushes or reloads the page meanwhile.
      await until(async () => (await world().stored(run)).some(named('Soon Again')) || undefined, {
        timeoutMs: 60_000,
        what: 'the event',
      })
      await arrived(run, (all) => all.length === 2)
    },
  )

  test.each(['2160000', '31536000', '99999999'])(
    'a Retry-After of %s seconds, more than a timer takes, is a long pause and not none',
    async (seconds) => {
      const { gate, visit } = world()
      gate.fault = { status: 503, headers: { 'retry-after': seconds } }
      const { page, run } = await visit('plain')
      const tries = () => gate.passed.filter(({ body }) => body.includes(run)).length
      await until(() => tries() > 0 || undefined)
      const pauses = await page.evaluate(`new Promise((done) => {
        const { setTimeout } = window
        const pauses = []
        window.setTimeout = (run, ms) => (pauses.push(ms), setTimeout(run, ms))
        touchline.track('Asked To Wait')
        touchline.flush().then(() => done(pauses))
      })`)
      expect(Math.max(...(pauses as number[]))).toBeGreaterThan(3_600_000)
      expect(Math.max(...(pauses as number[]))).toBeLessThan(2 ** 31)
      expect(tries()).toBeLessThan(4)
    },
  )
}
