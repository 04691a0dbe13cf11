import { expect, test } from 'vitest'
import { named, type Visit, type World } from '../support/world.js'

const refused = `
  Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('refused', 'SecurityError') } })
  Object.defineProperty(document, 'cookie', { get() { throw new DOMException('refused', 'SecurityError') }, set() { throw new DOMException('refused', 'SecurityError') } })`
const frozen = `Object.defineProperty(window, 'localStorage', { value: Object.freeze({}) })`

const warnings = ({ complaints }: Visit): string[] =>
  complaints.filter((text) => !/favicon|Failed to load resource/.test(text))

/** Where the browser keeps ids and events, and where it will not. */
export function storageCases(world: () => World): void {
  test.each([
    ['cookies and localStorage refused', refused],
    ['a localStorage that takes nothing', frozen],
    [
      'a full localStorage',
      `try { for (let i = 0; ; i++) localStorage.setItem('fill' + i, 'x'.repeat(i < 40 ? 131072 : 64)) } catch {}`,
    ],
  ])('%s: everything arrives from memory, and the page sees at most one line', async (_, script) => {
    const { arrived, profile, visit } = world()
    const opened = await visit('plain', { context: await profile({ script }) })
    await opened.page.evaluate(`touchline.identify('u-memory'); touchline.track('Still Here')`)
    const events = await arrived(opened.run, (all) => all.some(named('Still Here')))
    expect(events).toHaveLength(3)
    expect(events.map(({ userId }) => userId)).toEqual(['', 'u-memory', 'u-memory'])
    expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBe(1)
    expect(warnings(opened).length).toBeLessThanOrEqual(1)
  })

  test('what another script wrote over ours costs no event', async () => {
    const { arrived, profile, visit } = world()
    const script = `
      localStorage['tl'] = localStorage['tl.touches'] = '{'
      document.cookie = 'tl=%;path=/'`
    const { page, run } = await visit('plain', { context: await profile({ script }) })
    await page.evaluate(`touchline.track('Still Here')`)
    const events = await arrived(run, (all) => all.some(named('Still Here')))
    expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBe(1)
  })

  test.each(['plain', 'core'])(
    '%s: what waits for another project stays for it, though its key begins the same',
    async (build) => {
      const { arrived, profile, server, visit } = world()
      const script = `localStorage['tl.q.${server.writeKey}2.page.id'] = 'id\\n{}\\n{"type":"track"}\\nplace'`
      const { page, run } = await visit(build, { context: await profile({ script }) })
      await page.evaluate(`touchline.track('Ours'); touchline.flush()`)
      await arrived(run, (all) => all.some(named('Ours')))
      await page.waitForFunction(
        `Object.keys(localStorage).filter((key) => key.startsWith('tl.q')).join() === 'tl.q.${server.writeKey}2.page.id'`,
      )
    },
  )

  test('one cookie on the highest domain that takes it: sub-domains share visitor and session', async () => {
    const { arrived, profile, visit } = world()
    const context = await profile()
    const { run } = await visit('plain', { context, host: 'www.acme.test' })
    await visit('plain', { context, run, host: 'shop.acme.test' })
    const events = await arrived(run, (all) => all.length === 2)
    expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBe(1)
    expect(new Set(events.map(({ sessionId }) => sessionId)).size).toBe(1)
    expect((await context.cookies()).map(({ name, domain }) => [name, domain])).toEqual([
      ['tl', '.acme.test'],
    ])
  })

  test('a cookie that was lost comes back from localStorage', async () => {
    const { arrived, profile, visit } = world()
    const context = await profile()
    const { run } = await visit('plain', { context })
    await context.clearCookies()
    await visit('plain', { context, run })
    const events = await arrived(run, (all) => all.length === 2)
    expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBe(1)
  })

  test('a browser without localStorage keeps the visitor by the cookie alone', async () => {
    const { arrived, profile, visit } = world()
    const script = `Object.defineProperty(window, 'localStorage', { value: null })`
    const context = await profile({ script })
    const { run } = await visit('plain', { context })
    await visit('plain', { context, run })
    const events = await arrived(run, (all) => all.length === 2)
    expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBe(1)
  })

  test('a refusal holds on its page though nothing can remember it', async () => {
    const { gate, profile, visit } = world()
    const opened = await visit('plain', { context: await profile({ script: refused }) })
    await opened.page.evaluate(`touchline.optOut(); touchline.track('Refused'); touchline.flush()`)
    await opened.page.evaluate(`touchline.track('Refused Too'); touchline.flush()`)
    expect(gate.passed.filter(({ body }) => body.includes(opened.run) && body.includes('Refused'))).toEqual(
      [],
    )
    expect(opened.complaints.filter((text) => text.startsWith('threw'))).toEqual([])
  })

  test('the server renews the cookie, and its copy survives what Safari does to ours', async () => {
    const { arrived, gate, profile, visit } = world()
    const context = await profile()
    const { page, run } = await visit('server-cookie', { context })
    await page.waitForFunction(`document.cookie.includes('tl_server=')`)
    const anonymousId = await page.evaluate(`touchline.anonymousId()`)
    await page.evaluate(
      `localStorage.clear(); document.cookie = 'tl=;max-age=0;path=/;domain=' + location.hostname; document.cookie = 'tl=;max-age=0;path=/'`,
    )
    expect(await page.evaluate(`document.cookie`)).not.toMatch(/\btl=/)
    await page.close()
    await visit('server-cookie', { context, run })
    const events = await arrived(run, (all) => all.length >= 2)
    expect(new Set(events.map((event) => event.anonymousId))).toEqual(new Set([anonymousId]))
    expect(gate.passed.some(({ path }) => path.startsWith('/v1/c'))).toBe(true)
  })

  test('a host in an insecure context has no locks: a heartbeat tells which page lives, orphans are adopted', async () => {
    const { arrived, gate, profile, visit } = world()
    const context = await profile()
    gate.fault = { status: 503 }
    const { page, run } = await visit('plain', { context, host: 'www.plain.test' })
    expect(await page.evaluate(`navigator.locks`)).toBeUndefined()
    await page.evaluate(`touchline.track('Orphan'); touchline.flush()`)
    await page.close()
    gate.fault = 'none'
    await visit('plain', { context, host: 'www.plain.test' })
    await arrived(run, (all) => all.some(named('Orphan')))
  })

  test.each(['plain', 'lite'])(
    '%s: without locks a page that lives keeps its own: a second tab sends nothing of the first',
    async (build) => {
      const { arrived, gate, profile, timesSent, visit } = world()
      const context = await profile()
      gate.fault = { status: 503 }
      const one = await visit(build, { context, host: 'www.plain.test' })
      await one.page.evaluate(`for (let i = 0; i < 10; i++) touchline.track('One', { i }); touchline.flush()`)
      const two = await visit(build, { context, run: one.run, host: 'www.plain.test' })
      await two.page.evaluate(`touchline.track('Two'); touchline.flush()`)
      gate.fault = 'none'
      gate.passed.length = 0
      await two.page.evaluate(`touchline.flush()`)
      await one.page.evaluate(`touchline.flush()`)
      const events = await arrived(one.run, (all) => all.filter(named('One')).length === 10)
      for (const { messageId } of events.filter(named('One'))) expect(timesSent(messageId)).toBe(1)
    },
  )
}
