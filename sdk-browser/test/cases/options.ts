import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { until } from '../../../test-support/server.js'
import { named, ofType, type Visit, type World } from '../support/world.js'

const kept = ({ page }: Visit): Promise<unknown> =>
  page.evaluate(`({ cookie: document.cookie, keys: Object.keys(localStorage).sort() })`)
const nothing = { cookie: '', keys: [] }
const warnings = ({ complaints }: Visit): string[] => complaints.filter((text) => text.includes('Touchline'))
const ready = `window.touchline && touchline.flush`

/** What an option does, and what one does that is written wrongly. */
export function optionCases(world: () => World): void {
  const builds = ['', 'lite', 'core']

  test.each(['none', 'localStorage', 'false', ''])(
    'an unknown storage, "%s", keeps nothing in the browser, and the console says so',
    async (value) => {
      const { arrived, visit } = world()
      const opened = await visit('options', { query: `?storage=${value}` })
      const [event] = await arrived(opened.run, (all) => all.length > 0)
      expect(event?.consent).toBe('cookieless')
      expect(await kept(opened)).toEqual(nothing)
      expect(warnings(opened)).toEqual([`logged Touchline: unknown storage="${value}"`])
    },
  )

  test.each(['denied', 'TRUE', 'not-required', ''])(
    'an unknown consent, "%s", sends nothing before optIn, and the console says so',
    async (value) => {
      const { arrived, gate, visit } = world()
      const opened = await visit('options', { query: `?consent=${value}` })
      await opened.page.waitForFunction(ready)
      await opened.page.evaluate(`touchline.track('Held'); touchline.flush()`)
      expect(gate.passed.filter(({ body }) => body.includes(opened.run))).toEqual([])
      expect(warnings(opened)).toEqual([`logged Touchline: unknown consent="${value}"`])
      await opened.page.evaluate(`touchline.optIn()`)
      await arrived(opened.run, (all) => all.some(named('Held')))
    },
  )

  test.each(builds.flatMap((build) => ['denied', ''].map((value) => [build, value] as [string, string])))(
    't.%s: an unknown consent, "%s", records nothing before optIn',
    async (build, value) => {
      const { arrived, gate, visit } = world()
      const opened = await visit('options', { query: `?build=${build}&consent=${value}` })
      await opened.page.waitForFunction(ready)
      await opened.page.evaluate(`touchline.track('Held'); touchline.flush()`)
      expect(gate.passed.filter(({ body }) => body.includes(opened.run))).toEqual([])
      expect(await kept(opened)).toEqual(nothing)
      await opened.page.evaluate(`touchline.optIn(); touchline.track('After Yes')`)
      await arrived(opened.run, (all) => all.some(named('After Yes')))
    },
  )

  const withGpc = `Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })`

  test.each([
    ['gpc', 'ignore', withGpc],
    ['gpc', '', withGpc],
    ['bots', 'false', ''],
    ['bots', 'yes', ''],
    ['pages', 'every', ''],
    ['pages', '', ''],
  ])('an unknown value, %s="%s", records no page by itself', async (name, value, script) => {
    const { gate, profile, visit } = world()
    const opened = await visit('options', { context: await profile({ script }), query: `?${name}=${value}` })
    await opened.page.waitForFunction(ready)
    await opened.page.evaluate(`touchline.flush()`)
    expect(gate.passed.filter(({ body }) => body.includes(opened.run))).toEqual([])
    expect(warnings(opened)[0]).toBe(`logged Touchline: unknown ${name}="${value}"`)
  })

  test.each(['links', 'engagement', 'forms'])(
    'an unknown value of %s captures nothing by itself',
    async (name) => {
      const { arrived, visit } = world()
      const opened = await visit('options', { query: `?${name}=no` })
      await opened.page.waitForFunction(ready)
      await opened.page.fill('[type=email]', 'ada@example.com')
      await opened.page.click('button')
      await opened.page.evaluate(`touchline.track('Between'); touchline.flush()`)
      if (name === 'engagement') await opened.page.goto('about:blank')
      else await opened.page.click('#outside')
      await visit('options', { context: opened.context, run: opened.run })
      const events = await arrived(opened.run, (all) => all.filter(ofType('page')).length === 2)
      const automatic = { links: 'Outbound Link Clicked', engagement: 'Page Left', forms: 'Form Submitted' }
      const seen = events.map((event) => event.name)
      expect(seen).not.toContain(automatic[name as 'links'])
      expect(warnings(opened)).toEqual([`logged Touchline: unknown ${name}="no"`])
    },
  )

  test('an unknown dnt honours Do Not Track, and an unknown cookie leaves the server’s alone', async () => {
    const { arrived, gate, profile, visit } = world()
    const script = `Object.defineProperty(navigator, 'doNotTrack', { value: '1' })`
    const asked = () => gate.passed.filter(({ path }) => path.startsWith('/v1/c')).length
    const before = asked()
    const opened = await visit('options', {
      context: await profile({ script }),
      query: '?dnt=true&cookie=browser',
    })
    const [event] = await arrived(opened.run, (all) => all.length > 0)
    expect(event?.consent).toBe('anonymous')
    expect(asked()).toBe(before)
    expect(warnings(opened)).toEqual([
      'logged Touchline: unknown dnt="true"',
      'logged Touchline: unknown cookie="browser"',
    ])
  })

  test('data-write-key is named as the mistake that it is', async () => {
    const { visit } = world()
    const opened = await visit('options', { query: '?key=&writeKey=wk_mine' })
    await until(() => warnings(opened).length > 0 || undefined)
    expect(warnings(opened)[0]).toBe('logged Touchline: unknown writeKey="wk_mine"')
  })

  test('known values, and attributes of other scripts, are taken without a word', async () => {
    const { arrived, profile, visit } = world()
    const opened = await visit('options', {
      context: await profile({ script: withGpc }),
      query:
        '?gpc=anonymous&forms=auto&links=auto&engagement=auto&pages=path&cfasync=false&turboTrack=reload',
    })
    const [event] = await arrived(opened.run, (all) => all.length > 0)
    expect(event?.consent).toBe('anonymous')
    expect(warnings(opened)).toEqual([])
  })

  test.each(['bots', 'lite-bots'])(
    '%s: a browser that is driven says once why it records nothing, and how it would',
    async (name) => {
      const { visit } = world()
      const opened = await visit(name)
      await opened.page.waitForFunction(ready)
      await opened.page.evaluate(
        `touchline.track('Unheard'); touchline.track('Unheard Too'); touchline.flush()`,
      )
      await until(() => warnings(opened).length > 0 || undefined)
      expect(warnings(opened)).toEqual([expect.stringMatching(/automated.*data-bots="allow"/) as string])
    },
  )

  test('what docs/testing.md says for Playwright works as it stands', async () => {
    const { page } = await world().visit('plain')
    const sent = page.waitForRequest((request) => request.url().endsWith('/v1/batch'))
    await page.evaluate(`touchline.track('Trial Started')`)
    const { batch } = (await sent).postDataJSON() as { batch: { event?: string }[] }
    expect(batch.map(({ event }) => event)).toContain('Trial Started')
  })

  test('letters in a search box make no page; the path does, and Back too', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('typing')
    await page.type('#q', 'engine')
    await page.evaluate(`go('/next?tab=1')`)
    await delay(50)
    await page.evaluate(`go('/next?tab=2')`)
    await delay(50)
    await page.evaluate(`touchline.track('Typed')`)
    const events = await arrived(run, (all) => all.some(named('Typed')))
    expect(events.filter(ofType('page')).map(({ url }) => new URL(url).pathname.split('/').slice(3))).toEqual(
      [[], ['next']],
    )
    expect(new URL(events.find(named('Typed'))?.url ?? '').search).toBe('?tab=2')
  })

  test.each([
    ['typing', ['#/', '#!/', '#/settings', '#/'], ['', '#/settings', '']],
    ['typing', ['#/settings', '#/settings?tab=2', '#section'], ['', '#/settings', '']],
    ['spa', ['?view=2', '?view=2#section'], ['', '?view=2']],
    ['pages-hash', ['#pricing', '#team', '#access_token=secret'], ['', '#pricing', '#team', '']],
    ['pages-manual', ['?view=2', '#/route'], []],
  ])('%s: of %j only what the site calls a page is one', async (name, places, views) => {
    const { arrived, visit } = world()
    const { page, run } = await visit(name)
    for (const place of places) {
      await page.evaluate((to) => {
        history.pushState(null, '', location.pathname + to)
      }, place)
      await page.evaluate(`new Promise((done) => setTimeout(done, 20))`)
    }
    await page.evaluate(`touchline.track('Last')`)
    const events = await arrived(run, (all) => all.some(named('Last')))
    const seen = events.filter(ofType('page')).map(({ url }) => new URL(url).search + new URL(url).hash)
    expect(seen).toEqual(views)
    expect(JSON.stringify(events)).not.toContain('secret')
  })
}
