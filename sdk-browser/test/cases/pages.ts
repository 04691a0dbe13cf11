import { expect, test } from 'vitest'
import { until } from '../../../test-support/server.js'
import { named, ofType, type World } from '../support/world.js'

/** Page views, sessions and engagement: what a page does by itself. */
export function pageCases(world: () => World): void {
  test('a single-page app: a view for each address, with the page before as its referrer', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('spa')
    await page.click('#two')
    await page.click('#three')
    await page.click('#same')
    await page.goBack({ waitUntil: 'commit' })
    const views = (await arrived(run, (all) => all.filter(ofType('page')).length === 4)).filter(
      ofType('page'),
    )
    expect(views.map(({ title }) => title)).toEqual(['One', 'Two', 'Three', 'Two'])
    expect(views.map(({ url }) => new URL(url).search)).toEqual(['', '?view=2', '?view=3', '?view=2'])
    expect(views.map(({ referrer }) => referrer && new URL(referrer).search)).toEqual([
      '',
      '',
      '?view=2',
      '?view=3',
    ])
  })

  test('back to a page in the back/forward cache: the same page object, one more view', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('plain')
    await page.evaluate(`window.isSamePage = true`)
    await page.click('a')
    await page.waitForURL(/elsewhere/)
    // The driver’s own goBack() waits for a navigation, and there is none.
    await page.evaluate(`void setTimeout(() => history.back())`)
    await page.waitForFunction(`window.isSamePage`)
    await page.evaluate(`touchline.track('After Return')`)
    const events = await arrived(run, (all) => all.some(named('After Return')))
    expect(events.filter(({ type, url }) => type === 'page' && url.includes('/plain/'))).toHaveLength(2)
  })

  test('early page views end one another when they were called, not when the SDK had loaded', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('early-late')
    await page.waitForFunction(
      `window.touchline && touchline.flush && document.querySelector('script[data-key]')`,
    )
    await page.waitForFunction(`touchline.anonymousId()`)
    const events = await arrived(run, (all) => all.some(named('Second')))
    expect(events.map(({ type, name, title }) => `${type} ${name} ${title}`)).toEqual([
      'page  One',
      'track Page Left One',
      'page First One',
      'track Page Left One',
      'page Second Two',
    ])
    // Each was there until the next, and none while the SDK was loading.
    const times = ['First', 'Second'].map((name) => Date.parse(`${events.find(named(name))?.at}Z`))
    const seconds = Math.round(((times[1] ?? 0) - (times[0] ?? 0)) / 1_000)
    expect(events.filter(named('Page Left')).map(({ properties }) => properties.visibleSeconds)).toEqual([
      0,
      seconds,
    ])
    expect(seconds).toBeGreaterThan(0)
  })

  test('a third-party frame has a visitor of its own, and breaks nothing', async () => {
    const { arrived, visit } = world()
    const opened = await visit('frame')
    const frame = await until(() => opened.page.frames().find((one) => one.url().includes('/plain/')))
    await frame.waitForFunction(`window.touchline && touchline.flush`)
    await frame.evaluate(`touchline.track('In Frame')`)
    await arrived('in-a-frame', (all) => all.some(named('In Frame')))
    expect(opened.complaints.filter((text) => text.startsWith('threw'))).toEqual([])
  })

  test('a policy that blocks the server: the page is unharmed, and what waited goes with the next page', async () => {
    const { arrived, profile, visit } = world()
    const context = await profile()
    const opened = await visit('csp', { context })
    await opened.page.evaluate(`touchline.track('Blocked'); touchline.flush()`)
    expect(opened.complaints.filter((text) => text.startsWith('threw'))).toEqual([])
    await opened.page.close()
    await visit('plain', { context })
    await arrived(opened.run, (all) => all.some(named('Blocked')))
  })

  test('a page that goes says how long it was seen and how far it was scrolled, once', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('long')
    await page.evaluate(`scrollTo(0, 1000)`)
    await page.waitForFunction(`scrollY > 900`)
    await page.close()
    const events = await arrived(run, (all) => all.some(named('Page Left')))
    const left = events.filter(named('Page Left'))
    expect(left).toHaveLength(1)
    expect(left[0]?.properties.visibleSeconds).toBeGreaterThanOrEqual(0)
    expect(left[0]?.properties.scrollPercent).toBeGreaterThan(30)
    expect(left[0]?.properties.scrollPercent).toBeLessThan(100)
    expect(left[0]?.url).toContain('/long/')
  })

  test('a session starts once for all tabs, and how the visitor came is kept', async () => {
    const { arrived, profile, visit } = world()
    const context = await profile()
    const { page, run } = await visit('plain', {
      context,
      query: '?utm_source=news',
      referer: 'http://search.test/',
    })
    await visit('plain', { context, run, query: '?second' })
    await page.evaluate(`touchline.identify({ email: 'ada@example.com' })`)
    const events = await arrived(run, (all) => all.some(ofType('identify')))
    expect(new Set(events.map(({ sessionId }) => sessionId)).size).toBe(1)
    expect(events.filter(({ context: { sessionStart } }) => sessionStart)).toHaveLength(1)
    const { firstTouch } = events.find(ofType('identify'))?.context ?? {}
    expect(firstTouch).toMatchObject({
      url: expect.stringContaining('utm_source=news') as string,
      referrer: 'http://search.test/',
    })
  })

  test('a session ends after 30 minutes without an event', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('plain')
    await page.evaluate(`touchline.flush()`)
    await page.evaluate(`{
      const now = Date.now
      Date.now = () => now() + 31 * 60_000
      touchline.track('Later')
    }`)
    const events = await arrived(run, (all) => all.some(named('Later')))
    expect(new Set(events.map(({ sessionId }) => sessionId)).size).toBe(2)
    expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBe(1)
  })
}
