import { expect, test } from 'vitest'
import { until } from '../../../test-support/server.js'
import { named, type Visit, type World } from '../support/world.js'

const gpc = `Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })`

const kept = ({ page }: Visit): Promise<unknown> =>
  page.evaluate(`({ cookie: document.cookie, keys: Object.keys(localStorage).sort() })`)
const nothing = { cookie: '', keys: [] }

/** Chromium tells a tab a little later what another one wrote into localStorage. */
const keysBecome = ({ page }: Visit, keys: string[]) =>
  page.waitForFunction(
    `Object.keys(localStorage).sort().join() === ${JSON.stringify([...keys].sort().join())}`,
  )

/** What may be recorded, by the visitor's word and the browser's signals. */
export function consentCases(world: () => World): void {
  test('under Global Privacy Control: views and events without ids, no identify, nothing kept', async () => {
    const { arrived, profile, visit } = world()
    const opened = await visit('plain', { context: await profile({ script: gpc }) })
    await opened.page.evaluate(`
      touchline.identify('A', { email: 'a@example.com' })
      touchline.group('acme')
      touchline.track('Unnamed')
      touchline.track('Unnamed Too')`)
    const events = await arrived(opened.run, (all) => all.some(named('Unnamed Too')))
    expect(
      events.map(({ type, userId, sessionId, groupId, consent }) => [
        type,
        userId,
        sessionId,
        groupId,
        consent,
      ]),
    ).toEqual([
      ['page', '', '', '', 'anonymous'],
      ['track', '', '', '', 'anonymous'],
      ['track', '', '', '', 'anonymous'],
    ])
    expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBe(3)
    expect(await opened.page.evaluate(`touchline.anonymousId()`)).toBeUndefined()
    expect(await kept(opened)).toEqual(nothing)
  })

  test('Global Privacy Control can mean nothing at all, or be left to the site’s own banner', async () => {
    const { arrived, gate, profile, visit } = world()
    const context = await profile({ script: gpc })
    const silent = await visit('gpc-off', { context })
    await silent.page.evaluate(`touchline.track('Silent'); touchline.flush()`)
    const full = await visit('gpc-full', { context })
    const [event] = await arrived(full.run, (all) => all.length === 1)
    expect(event?.consent).toBe('implied')
    expect(gate.passed.filter(({ body }) => body.includes(silent.run))).toEqual([])
  })

  test('Do Not Track means the same where the site honours it, and nothing elsewhere', async () => {
    const { arrived, profile, visit } = world()
    const script = `Object.defineProperty(navigator, 'doNotTrack', { value: '1' })`
    const context = await profile({ script })
    const honoured = await visit('dnt', { context })
    expect((await arrived(honoured.run, (all) => all.length === 1))[0]?.consent).toBe('anonymous')
    const ignored = await visit('plain', { context })
    expect((await arrived(ignored.run, (all) => all.length === 1))[0]?.consent).toBe('implied')
  })

  test('consent required: nothing kept and nothing sent before optIn, everything after', async () => {
    const { arrived, gate, profile, visit } = world()
    const context = await profile()
    const opened = await visit('consent', { context })
    await opened.page.evaluate(`touchline.track('Before Yes'); touchline.flush()`)
    expect(await kept(opened)).toEqual(nothing)
    expect(gate.passed.filter(({ body }) => body.includes(opened.run))).toEqual([])
    await opened.page.evaluate(`touchline.optIn(); touchline.track('After Yes')`)
    const events = await arrived(opened.run, (all) => all.some(named('After Yes')))
    expect(events.map(({ consent }) => consent)).toEqual(['awaiting', 'awaiting', 'granted'])
    expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBe(1)
    await visit('consent', { context, run: opened.run })
    await arrived(opened.run, (all) => all.length === 4 && all[3]?.consent === 'granted')
  })

  test.each([
    ['Global Privacy Control', 'core', gpc],
    ['consent required', 'core-consent', ''],
  ])(
    'core, %s: nothing recorded and nothing kept before optIn, everything after',
    async (_, name, script) => {
      const { arrived, profile, visit } = world()
      const opened = await visit(name, { context: await profile({ script }) })
      await opened.page.evaluate(`
      touchline.identify('A')
      touchline.track('Before Yes')
      touchline.reset()
      touchline.flush()`)
      expect(await kept(opened)).toEqual(nothing)
      await opened.page.evaluate(`touchline.optIn(); touchline.track('After Yes')`)
      const events = await arrived(opened.run, (all) => all.some(named('After Yes')))
      expect(events.map(({ consent, userId }) => [consent, userId])).toEqual([['granted', '']])
    },
  )

  const known = encodeURIComponent(JSON.stringify({ anonymousId: 'known-before-0001', userId: 'A' }))

  test('under Global Privacy Control the server’s copy of the cookie names nobody', async () => {
    const { arrived, profile, visit } = world()
    const script = `${gpc}; document.cookie = 'touchline_server=${known};path=/'`
    const { page, run } = await visit('server-cookie', { context: await profile({ script }) })
    await page.evaluate(`touchline.track('Unnamed')`)
    const events = await arrived(run, (all) => all.some(named('Unnamed')))
    expect(events.map(({ userId, consent }) => [userId, consent])).toEqual([
      ['', 'anonymous'],
      ['', 'anonymous'],
    ])
    expect(events.map(({ anonymousId }) => anonymousId)).not.toContain('known-before-0001')
  })

  test('a refusal is stronger than the server’s copy of the cookie', async () => {
    const { gate, profile, visit } = world()
    const refusal = encodeURIComponent(JSON.stringify({ choice: 'no' }))
    const script = `localStorage.touchline = '${refusal}'; document.cookie = 'touchline=${refusal};path=/'; document.cookie = 'touchline_server=${known};path=/'`
    const { page, run } = await visit('server-cookie', { context: await profile({ script }) })
    await page.evaluate(`touchline.track('Refused'); touchline.flush()`)
    expect(await page.evaluate(`touchline.user()`)).toEqual({ choice: 'no' })
    expect(gate.passed.filter(({ body }) => body.includes(run))).toEqual([])
  })

  test('a reset after a refusal in another tab stores no id', async () => {
    const { profile, visit } = world()
    const context = await profile()
    const one = await visit('plain', { context })
    await one.page.evaluate(`touchline.identify('A')`)
    const two = await visit('plain', { context })
    await two.page.evaluate(`touchline.optOut()`)
    expect(await one.page.evaluate(`touchline.anonymousId()`)).toBeUndefined()
    await one.page.evaluate(`touchline.reset()`)
    expect(await one.page.evaluate(`touchline.user()`)).toEqual({ choice: 'no' })
    expect(await one.page.evaluate(`document.cookie`)).not.toContain('anonymousId')
  })

  test('in an insecure context a page that waits for consent keeps nothing either', async () => {
    const { profile, visit } = world()
    const opened = await visit('consent', { context: await profile(), host: 'www.plain.test' })
    expect(await kept(opened)).toEqual(nothing)
  })

  test('optOut deletes what was kept and queued, remembers only the refusal, and holds for every tab', async () => {
    const { gate, profile, stored, visit } = world()
    const context = await profile()
    gate.fault = { status: 503 }
    const one = await visit('plain', { context })
    const two = await visit('plain', { context, run: one.run })
    await one.page.evaluate(
      `touchline.track('Queued'); touchline.optOut(); touchline.reset(); touchline.track('Refused'); touchline.flush()`,
    )
    gate.fault = 'none'
    await two.page.evaluate(`touchline.track('Refused Too'); touchline.flush()`)
    await visit('plain', { context, run: one.run })
    await keysBecome(one, ['touchline'])
    expect(await one.page.evaluate(`decodeURIComponent(localStorage.touchline)`)).toBe('{"choice":"no"}')
    expect(await stored(one.run)).toEqual([])
  })

  test('cookieless: ids for as long as the page lives, nothing kept', async () => {
    const { arrived, profile, visit } = world()
    const context = await profile()
    const one = await visit('cookieless', { context })
    await one.page.evaluate(`touchline.identify('A'); touchline.track('Within')`)
    await visit('cookieless', { context, run: one.run })
    const events = await arrived(one.run, (all) => all.length === 4)
    expect(events.map(({ userId }) => userId)).toEqual(['', 'A', 'A', ''])
    expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBe(2)
    expect(await kept(one)).toEqual(nothing)
  })

  test('an automated browser sends nothing, unless it is allowed', async () => {
    const { gate, profile, visit } = world()
    const opened = await visit('bots', { context: await profile() })
    await opened.page.evaluate(`touchline.track('Robot'); touchline.flush()`)
    expect(gate.passed.filter(({ body }) => body.includes(opened.run))).toEqual([])
    expect(await kept(opened)).toEqual(nothing)
  })

  test('whether a browser is automated is decided once: what waits when its name changes still arrives', async () => {
    const { arrived, profile, visit } = world()
    const script = `
      const is = (name, get) => Object.defineProperty(Navigator.prototype, name, { get })
      is('webdriver', () => false)
      is('userAgent', () => (window.isHeadless ? 'HeadlessChrome/141.0' : 'Mozilla/5.0 Chrome/141.0 Safari/537.36'))`
    const { page, run } = await visit('bots', { context: await profile({ script }) })
    await page.evaluate(`touchline.track('Before'); window.isHeadless = true; touchline.track('After')`)
    await page.goto('about:blank')
    const events = await arrived(run, (all) => all.some(({ name }) => name === 'After'))
    expect(events.map(({ name }) => name)).toEqual(['', 'Before', 'After', 'Page Left'])
  })

  test('where consent is required the server is not asked for its cookie before, and is asked after', async () => {
    const { gate, profile, visit } = world()
    const { page } = await visit('server-cookie-consent', { context: await profile() })
    const asked = () => gate.passed.filter(({ path }) => path.startsWith('/v1/c')).length
    const before = asked()
    await page.evaluate(`touchline.track('Held'); new Promise((done) => setTimeout(done, 50))`)
    await page.goto(world().site.url('elsewhere'))
    await page.goBack({ waitUntil: 'commit' })
    await page.waitForFunction(`window.touchline && touchline.flush`)
    expect(asked()).toBe(before)
    await page.evaluate(`touchline.optIn(); touchline.track('After Yes')`)
    await page.goto(world().site.url('elsewhere'))
    await until(() => asked() > before || undefined)
  })

  test.each([
    ['under Global Privacy Control', 'server-cookie', gpc],
    ['without cookies', 'server-cookie-cookieless', ''],
  ])('%s the server is never asked for its cookie', async (_, name, script) => {
    const { arrived, gate, profile, visit } = world()
    const asked = () => gate.passed.filter(({ path }) => path.startsWith('/v1/c')).length
    const before = asked()
    const { page, run } = await visit(name, { context: await profile({ script }) })
    await arrived(run, (all) => all.length > 0)
    await page.goto(world().site.url('elsewhere'))
    expect(asked()).toBe(before)
  })

  const distinct = (values: unknown[]): number => new Set(values).size

  test('tabs that wait for consent are one visitor, whichever says yes', async () => {
    const { arrived, profile, visit } = world()
    const context = await profile()
    const one = await visit('consent', { context })
    const two = await visit('consent', { context, run: one.run })
    const three = await visit('consent', { context, run: one.run })
    await two.page.evaluate(`touchline.track('In Two')`)
    await one.page.evaluate(`touchline.track('In One'); touchline.optIn()`)
    await two.page.evaluate(`touchline.track('Later In Two'); touchline.flush()`)
    // Here nothing is called: the page goes, and what it held goes with it.
    await three.page.close()
    const events = await arrived(one.run, (all) => all.length === 6)
    expect(distinct(events.map(({ anonymousId }) => anonymousId))).toBe(1)
    expect(distinct(events.map(({ messageId }) => messageId))).toBe(6)
  })

  test('tabs that wait: a yes before anything was recorded there, and a user known only to the other', async () => {
    const { arrived, profile, visit } = world()
    const context = await profile()
    const one = await visit('consent-manual', { context })
    const two = await visit('consent-manual', { context, run: one.run })
    await two.page.evaluate(`touchline.identify('B'); touchline.track('Held')`)
    await one.page.evaluate(`touchline.optIn()`)
    await two.page.evaluate(`touchline.track('After')`)
    await one.page.evaluate(`touchline.track('Of One')`)
    const events = await arrived(one.run, (all) => all.length === 4)
    expect(distinct(events.map(({ anonymousId }) => anonymousId))).toBe(1)
    expect(events.find(named('After'))?.userId).toBe('B')
    expect(events.find(named('Of One'))?.userId).toBe('B')
  })

  test('a refusal in one of two tabs that wait is the other’s too', async () => {
    const { gate, profile, visit } = world()
    const context = await profile()
    const one = await visit('consent', { context })
    const two = await visit('consent', { context, run: one.run })
    await two.page.evaluate(`touchline.track('Held')`)
    await one.page.evaluate(`touchline.optOut()`)
    await keysBecome(two, ['touchline'])
    await two.page.evaluate(`touchline.flush()`)
    expect(gate.passed.filter(({ body }) => body.includes(one.run))).toEqual([])
  })
}
