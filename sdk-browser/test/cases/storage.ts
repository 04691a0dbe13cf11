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
      localStorage['touchline'] = localStorage['tl.touches'] = '{'
      document.cookie = 'touchline=%;path=/'`
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
      ['touchline', '.acme.test'],
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
    await page.waitForFunction(`document.cookie.includes('touchline_server=')`)
    const anonymousId = await page.evaluate(`touchline.anonymousId()`)
    await page.evaluate(
      `localStorage.clear(); document.cookie = 'touchline=;max-age=0;path=/;domain=' + location.hostname; document.cookie = 'touchline=;max-age=0;path=/'`,
    )
    expect(await page.evaluate(`document.cookie`)).not.toMatch(/\btouchline=/)
    await page.close()
    await visit('server-cookie', { context, run })
    const events = await arrived(run, (all) => all.length >= 2)
    expect(new Set(events.map((event) => event.anonymousId))).toEqual(new Set([anonymousId]))
    expect(gate.passed.some(({ path }) => path.startsWith('/v1/c'))).toBe(true)
  })

  test('in an insecure context too the next page sends what a closed one left', async () => {
    const { arrived, gate, profile, visit } = world()
    const context = await profile()
    gate.fault = { status: 503 }
    const { page, run } = await visit('plain', { context, host: 'www.plain.test' })
    await page.evaluate(`touchline.track('Orphan'); touchline.flush()`)
    await page.close()
    gate.fault = 'none'
    await visit('plain', { context, host: 'www.plain.test' })
    await arrived(run, (all) => all.some(named('Orphan')))
  })

  test.each(['plain', 'lite'])('%s: what a second tab sends of the first is shown once', async (build) => {
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
    expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(events.length)
    for (const { messageId } of events.filter(named('One'))) expect(timesSent(messageId)).toBeGreaterThan(0)
  })

  const encoded = (value: unknown): string => encodeURIComponent(JSON.stringify(value))

  test.each([
    ['a cookie named tl', `document.cookie = 'tl=theirs;path=/'; localStorage.tl = 'theirs'`],
    ['a cookie named tl with JSON', `document.cookie = 'tl=${encoded({ id: 'known-before-0001' })};path=/'`],
    ['a consent banner’s cookie', `document.cookie = 'tl=${encoded({ choice: 'all' })};path=/'`],
    ['a cookie of our name with their text', `document.cookie = 'touchline=theirs;path=/'`],
    ['a cookie of our name with their JSON', `document.cookie = 'touchline=${encoded({ theme: 1 })};path=/'`],
    ['a cookie of our name for a deeper path', `document.cookie = 'touchline=5;path=/plain'`],
    ['an entry of our name', `localStorage.touchline = localStorage.touchline || '[1]'`],
    [
      'a cookie whose name ends alike',
      `document.cookie = 'mytouchline=${encoded({ anonymousId: 'theirs-0000000001' })};path=/'`,
    ],
  ])('%s makes no new visitor of every page', async (_, script) => {
    const { arrived, profile, visit } = world()
    const context = await profile({ script })
    const { page, run } = await visit('plain', { context, host: 'www.acme.test' })
    await page.evaluate(`touchline.identify('A')`)
    await visit('plain', { context, run, host: 'www.acme.test' })
    const events = await arrived(run, (all) => all.length === 3)
    expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBe(1)
    expect(events[0]?.anonymousId).not.toContain('theirs')
    expect(events[2]).toMatchObject({ userId: 'A', consent: 'implied' })
    if (script.includes('tl=theirs'))
      expect(await page.evaluate(`document.cookie + localStorage.tl`)).toMatch(/tl=theirs.*theirs$/)
  })

  test.each(['plain', 'lite', 'core'])(
    '%s: who is known by the cookie’s old name stays known, and a refusal stays one',
    async (build) => {
      const { arrived, gate, profile, visit } = world()
      const script = (value: string) =>
        `if (!document.cookie.includes('tl=')) { document.cookie = 'tl=${value};path=/;domain=acme.test'; localStorage.tl = '${value}' }`
      const known = encoded({ anonymousId: 'known-before-0001', userId: 'A' })
      const context = await profile({ script: script(known) })
      const { page, run } = await visit(build, { context, host: 'www.acme.test' })
      await page.evaluate(`touchline.track('Known')`)
      const events = await arrived(run, (all) => all.some(named('Known')))
      expect(events.every((event) => event.anonymousId === 'known-before-0001')).toBe(true)
      // Who refuses now leaves nothing behind but the refusal.
      await page.evaluate(`touchline.optOut()`)
      const refusal = encoded({ choice: 'no' })
      expect((await context.cookies()).map(({ name, value }) => [name, value])).toEqual([['tl', refusal]])
      expect(await page.evaluate(`JSON.stringify(localStorage)`)).toBe(JSON.stringify({ tl: refusal }))
      const refusing = await profile({ script: script(encoded({ choice: 'no' })) })
      const refused = await visit(build, { context: refusing, host: 'www.acme.test' })
      await refused.page.evaluate(`touchline.track('Refused'); touchline.flush()`)
      expect(gate.passed.filter(({ body }) => body.includes(refused.run))).toEqual([])
    },
  )

  test('the server’s copy under the old name still names a visitor', async () => {
    const { arrived, profile, visit } = world()
    const script = `document.cookie = 'tl_server=${encoded({ anonymousId: 'known-before-0002' })};path=/'`
    const { run } = await visit('server-cookie', { context: await profile({ script }) })
    const [view] = await arrived(run, (all) => all.length > 0)
    expect(view?.anonymousId).toBe('known-before-0002')
  })

  test.each(['shop_visitor', 'tl', 'a.b'])('the site may call the cookie %s', async (name) => {
    const { arrived, profile, visit } = world()
    const context = await profile()
    const { run } = await visit('options', { context, query: `?cookieName=${name}` })
    await visit('options', { context, run, query: `?cookieName=${name}` })
    const events = await arrived(run, (all) => all.length === 2)
    expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBe(1)
    expect((await context.cookies()).map((cookie) => cookie.name)).toEqual([name])
  })

  test.each(['plain', 'core'])(
    '%s: on a sub-domain that is visited right after another the copy in localStorage is written too',
    async (build) => {
      const { arrived, profile, visit } = world()
      const context = await profile()
      const { page: first, run } = await visit(build, { context, host: 'www.acme.test' })
      await first.evaluate(`touchline.track('First')`)
      const { page } = await visit(build, { context, run, host: 'shop.acme.test' })
      await page.evaluate(`touchline.track('Second')`)
      await context.clearCookies()
      await page.reload()
      await page.waitForFunction(`window.touchline && touchline.flush`)
      await page.evaluate(`touchline.track('Third')`)
      const events = await arrived(run, (all) => all.some(named('Third')))
      expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBe(1)
    },
  )
}
