import { expect, test } from 'vitest'
import { named, ofType, type Visit, type World } from '../support/world.js'

const ours = ({ complaints }: Visit): string[] => complaints.filter((text) => text.includes('Touchline'))

/** What else stands in the page: other tags, other scripts, other elements. */
export function hostilePageCases(world: () => World): void {
  test('snippet and tag twice on a page record once, and the second says so', async () => {
    const { arrived, visit } = world()
    const opened = await visit('twice')
    await opened.page.waitForFunction(`window.touchline && touchline.flush`)
    // As a Turbo or PJAX page does with a tag in its body.
    for (const _ of [1, 2, 3])
      await opened.page.evaluate(`new Promise((done) => {
        const tag = document.createElement('script')
        const { src, dataset } = document.querySelector('script[data-key]')
        Object.assign(tag.dataset, dataset)
        tag.src = src
        tag.onload = done
        document.body.append(tag)
      })`)
    await opened.page.evaluate(`history.pushState(null, '', location.pathname + '/next')`)
    await opened.page.evaluate(`new Promise((done) => setTimeout(done, 20))`)
    await opened.page.evaluate(`touchline.track('Once')`)
    const events = await arrived(opened.run, (all) => all.some(named('Once')))
    expect(events.map(({ type, name }) => `${type} ${name}`)).toEqual([
      'page ',
      'track Before Load',
      'page ',
      'track Once',
    ])
    expect(ours(opened)).toEqual([expect.stringMatching(/runs already/) as string])
  })

  test.each(['lite', 'core'])('%s: a tag that a page runs again records once', async (build) => {
    const { arrived, visit } = world()
    const opened = await visit(build)
    await opened.page.waitForFunction(`window.touchline && touchline.flush`)
    await opened.page.evaluate(`window.first = touchline; touchline.page('Shown')`)
    for (const other of [build, 'plain', 'core', 'lite'])
      await opened.page.evaluate(`new Promise((done) => {
        const tag = document.createElement('script')
        const { src, dataset } = document.querySelector('script[data-key]')
        Object.assign(tag.dataset, dataset)
        tag.src = src.replace(/\\/t[^/]*$/, '/t${other === 'plain' ? '' : `.${other}`}.js')
        tag.onload = done
        document.body.append(tag)
      })`)
    expect(await opened.page.evaluate(`first === touchline`)).toBe(true)
    await opened.page.evaluate(`history.pushState(null, '', location.pathname + '/next')`)
    await opened.page.evaluate(`new Promise((done) => setTimeout(done, 20))`)
    await opened.page.evaluate(`touchline.track('Once')`)
    const events = await arrived(opened.run, (all) => all.some(named('Once')))
    const views = build === 'lite' ? ['page ', 'page Shown', 'page '] : ['page Shown']
    expect(events.map(({ type, name }) => `${type} ${name}`)).toEqual([...views, 'track Once'])
  })

  test('a second init() of the package is the first one’s tracker', async () => {
    const { arrived, visit } = world()
    const opened = await visit('package')
    await opened.page.evaluate(`import('/index.js').then(({ init }) => {
      const second = init({ writeKey: 'other', host: location.origin })
      window.isSame = second === touchline
      second.track('By The Second')
    })`)
    const events = await arrived(opened.run, (all) => all.some(named('By The Second')))
    expect(await opened.page.evaluate(`isSame`)).toBe(true)
    expect(events.filter(ofType('page'))).toHaveLength(1)
    expect(events).toHaveLength(2)
  })

  test.each(['plain', 'lite', 'core'])('%s: an init() beside the tag is the tag’s tracker', async (build) => {
    const { arrived, visit } = world()
    const opened = await visit(build)
    await opened.page.waitForFunction(`window.touchline && touchline.flush`)
    for (const _ of ['once', 'more'])
      await opened.page.evaluate(`import('/index.js').then(({ init }) => {
        const second = init({ writeKey: 'other', host: location.origin, bots: 'allow' })
        window.isSame = second === touchline
        second.track('By The Package')
      })`)
    const events = await arrived(opened.run, (all) => all.filter(named('By The Package')).length === 2)
    expect(await opened.page.evaluate(`isSame`)).toBe(true)
    expect(events.filter(ofType('page'))).toHaveLength(build === 'core' ? 0 : 1)
    expect(ours(opened)).toEqual([expect.stringMatching(/runs already/) as string])
  })

  test.each([
    ['no host', `{ writeKey: 'wk' }`],
    ['an empty host', `{ writeKey: 'wk', host: '' }`],
    ['a host without a scheme', `{ writeKey: 'wk', host: 't.example.com' }`],
    ['the tag’s name for the key', `{ key: 'wk', host: location.origin }`],
  ])('init() with %s records nothing, and says why', async (_, options) => {
    const { visit } = world()
    const opened = await visit('elsewhere')
    await opened.page.evaluate(`import('/index.js').then(({ init }) => {
      const touchline = init(${options})
      touchline.track('Nowhere')
      return touchline.flush()
    })`)
    expect(ours(opened).at(-1)).toMatch(/init\(\) needs (host|writeKey)/)
    expect(await opened.page.evaluate(`Object.keys(localStorage)`)).toEqual([])
  })

  test.each([
    [`storage: 'localstorage'`, 'storage="localstorage"', 'cookieless'],
    [`storage: false`, 'storage="false"', 'cookieless'],
    [`storage: ''`, 'storage=""', 'cookieless'],
    [`dnt: true`, 'dnt="true"', 'implied'],
    [`consent: 'optional'`, 'consent="optional"', 'awaiting'],
    [`consent: true`, 'consent="true"', 'awaiting'],
    [`consent: 0`, 'consent="0"', 'awaiting'],
  ])(
    'init() with %s, a value that there is not, takes the most private one and says so',
    async (given, said, consent) => {
      const { arrived, gate, visit } = world()
      const opened = await visit('elsewhere')
      const {
        gate: { port },
        server,
      } = world()
      await opened.page.evaluate(`import('/index.js').then(({ init }) => {
      window.touchline = init({ writeKey: '${server.writeKey}', host: 'http://127.0.0.1:${port}', bots: 'allow', engagement: 'off', ${given} })
      touchline.track('Said')
      touchline.flush()
    })`)
      expect(ours(opened)).toEqual([`logged Touchline: unknown ${said}`])
      if (consent !== 'implied')
        expect(await opened.page.evaluate(`[document.cookie, Object.keys(localStorage).join()]`)).toEqual([
          '',
          '',
        ])
      if (consent === 'awaiting') {
        expect(gate.passed.filter(({ body }) => body.includes(opened.run))).toEqual([])
        await opened.page.evaluate(`touchline.optIn()`)
      }
      const events = await arrived(opened.run, (all) => all.some(named('Said')))
      expect(events.map((event) => event.consent)).toEqual([consent, consent])
    },
  )

  test('a tag that is a module finds itself', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('module')
    await page.waitForFunction(`window.touchline && touchline.flush`)
    await page.evaluate(`touchline.track('From A Module')`)
    const events = await arrived(run, (all) => all.some(named('From A Module')))
    expect(events.map(({ type }) => type)).toEqual(['page', 'track'])
  })

  const builds = ['plain', 'lite', 'core']

  /** Opens a page whose visitors wrote `html` into it, then loads the build as a tag of the page. */
  async function visitWith(html: string, build: string): Promise<Visit> {
    const opened = await world().visit('elsewhere')
    const { gate, server } = world()
    await opened.page.evaluate(
      ([text, src, key]) => {
        document.body.insertAdjacentHTML('afterbegin', text as string)
        const tag = HTMLElement.prototype.appendChild.call(
          Reflect.get(Document.prototype, 'head', document),
          Document.prototype.createElement.call(document, 'script'),
        ) as HTMLScriptElement
        Object.assign(tag.dataset, { key, bots: 'allow', engagement: 'off' })
        const loaded = new Promise((done) => (tag.onload = done))
        tag.src = src as string
        return loaded
      },
      [html, `http://127.0.0.1:${gate.port}/t${build === 'plain' ? '' : `.${build}`}.js`, server.writeKey],
    )
    return opened
  }

  test.each(
    builds.flatMap((build) =>
      [
        `<img name="currentScript" src="/evil.js" data-key="evil" data-host="http://evil.test:1">`,
        `<form name="currentScript" data-key="evil"><input name="src" value="http://evil.test:1/t.js"></form>`,
        `<iframe name="currentScript" srcdoc="<script src='http://evil.test:1/t.js' data-key=evil></script>"></iframe>`,
        `<object id="currentScript" data-key="evil"></object><embed name="currentScript" data-key="evil">`,
        `<img name="scripts" data-key="evil"><img name="querySelector"><img name="getElementsByTagName"><img name="head">`,
        `<img name="title"><img name="referrer"><img name="prerendering"><img name="hidden"><img name="documentElement">`,
        `<form name="cookie"></form><img name="addEventListener"><img name="createElement"><img name="body">`,
        `<div id="touchline"></div>`,
        `<form id="touchline"><input name="_q"><input name="_q"><input name="track"></form>`,
        `<a id="touchline" name="track"></a><a id="touchline"></a>`,
        `<form id="navigator"></form><img name="localStorage"><div id="location"></div><div id="fetch"></div>`,
      ].map((html) => [build, html] as [string, string]),
    ),
  )('%s: elements that visitors wrote stand in no name’s place: %s', async (build, html) => {
    const { arrived } = world()
    const opened = await visitWith(html, build)
    await opened.page.evaluate(
      `touchline.identify('A', { email: 'ada@example.com' }); touchline.track('Ours')`,
    )
    const events = await arrived(opened.run, (all) => all.some(named('Ours')))
    const event = events.find(named('Ours'))
    expect(event).toMatchObject({ userId: 'A', title: 'Elsewhere' })
    expect(events.every(({ referrer }) => !referrer.includes('object'))).toBe(true)
    expect(opened.complaints.filter((text) => text.startsWith('threw'))).toEqual([])
  })

  test('a toJSON that an old library puts on arrays makes text of none', async () => {
    const { arrived, profile, visit } = world()
    // As Prototype 1.6 does.
    const script = `
      Array.prototype.toJSON = function () { return '[' + this.join(', ') + ']' }
      String.prototype.toJSON = function () { return '"' + this + '"' }
      Date.prototype.toJSON = function () { return '"' + this.getTime() + '"' }`
    const context = await profile({ script })
    const { page, run } = await visit('plain', { context })
    await page.evaluate(`
      touchline.identify('A', { tags: ['one', ['two']] })
      touchline.track('Bought', { items: [{ sku: 'a' }, { sku: 'b' }], at: new URL('https://a.test/x') })`)
    const events = await arrived(run, (all) => all.some(named('Bought')))
    const bought = events.find(named('Bought'))
    expect(bought?.properties).toEqual({ items: [{ sku: 'a' }, { sku: 'b' }], at: 'https://a.test/x' })
    expect(bought).toMatchObject({ userId: 'A', title: 'Plain' })
    expect(events.find(ofType('identify'))?.traits.tags).toEqual(['one', ['two']])
    await visit('plain', { context, run })
    const later = await arrived(run, (all) => all.filter(ofType('page')).length === 2)
    expect(new Set(later.map(({ anonymousId }) => anonymousId)).size).toBe(1)
    for (const { context: said } of later.filter(ofType('page')))
      expect(said.firstTouch).toMatchObject({ url: expect.stringContaining(run) as string })
  })

  test('a text that is run, with the tag on the page, finds that tag; without one it says so', async () => {
    const { arrived, gate, visit } = world()
    const run = async (html: string) => {
      const opened = await visit('elsewhere')
      await opened.page.evaluate(
        async ([text, src]) => {
          document.head.insertAdjacentHTML('beforeend', text as string)
          const code = await (await fetch(src as string)).text()
          ;(0, eval)(code)
        },
        [html, `http://127.0.0.1:${gate.port}/t.js`],
      )
      return opened
    }
    const src = `http://127.0.0.1:${gate.port}/t.js`
    const found = await run(
      `<script type="text/blocked" src="${src}" data-key="${world().server.writeKey}" data-bots="allow"></script>`,
    )
    await arrived(found.run, (all) => all.some(ofType('page')))
    const lost = await run('')
    expect(ours(lost)).toEqual([expect.stringMatching(/no tag/) as string])
  })

  test.each([
    ['one long value', `?state=${'x'.repeat(14_000)}&utm_source=news&gclid=c1`],
    ['a long value after', `?utm_source=news&gclid=c1&state=${'%20'.repeat(5_000)}`],
    [
      'many values',
      `?utm_source=news&gclid=c1${Array.from({ length: 1_500 }, (_, i) => `&p${i}=${i}`).join('')}`,
    ],
  ])(
    'the view of a landing address of 14,000 characters and more, %s, arrives with its campaign',
    async (_, query) => {
      const { arrived, visit } = world()
      const { page, run } = await visit('elsewhere')
      await page.evaluate(([to]) => history.replaceState(null, '', location.pathname + to), [query])
      await page.evaluate(`new Promise((done) => {
      const tag = document.createElement('script')
      Object.assign(tag.dataset, { key: '${world().server.writeKey}', bots: 'allow' })
      tag.src = 'http://127.0.0.1:${world().gate.port}/t.js'
      tag.onload = done
      document.head.append(tag)
    })`)
      const [view] = await arrived(run, (all) => all.some(ofType('page')))
      const { searchParams } = new URL(view?.url ?? '')
      expect([searchParams.get('utm_source'), searchParams.get('gclid')]).toEqual(['news', 'c1'])
      // Four addresses stand beside it, and are cut.
      const { url } = view?.context.firstTouch as { url: string }
      expect(url).toHaveLength(2_000)
    },
  )

  test('the view after a page with an address of 14,000 characters arrives too', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('spa')
    await arrived(run, (all) => all.length === 1)
    await page.evaluate(`history.pushState(null, '', location.pathname + '?a=' + 'x'.repeat(14000))`)
    await page.evaluate(`new Promise((done) => setTimeout(done, 20))`)
    await page.evaluate(`history.pushState(null, '', location.pathname + '?b=' + 'y'.repeat(14000))`)
    const events = await arrived(run, (all) => all.length === 3)
    expect(events.map(({ type }) => type)).toEqual(['page', 'page', 'page'])
  })

  test.each(['plain', 'core'])('%s: a number that JavaScript has rounded is nobody’s id', async (build) => {
    const { arrived, visit } = world()
    const { page, run } = await visit(build)
    await page.evaluate(`
      window.errors = []
      touchline.on('error', ({ message }) => errors.push(message))
      touchline.identify('A')
      touchline.identify(12345678901234567890, { email: 'other@example.com' })
      touchline.identify(-9007199254740993)
      touchline.group(2 ** 53)
      touchline.alias(1e21)
      touchline.identifyOrReset({ id: 9007199254740993 })
      touchline.track('Still A')
      touchline.identify(9007199254740991)
      touchline.track('Safe')
      touchline.identify(12345678901234567890n)
      touchline.track('Large')`)
    const events = await arrived(run, (all) => all.some(named('Large')))
    expect(events.find(named('Still A'))).toMatchObject({ userId: 'A', groupId: '' })
    expect(events.find(named('Safe'))?.userId).toBe('9007199254740991')
    expect(events.find(named('Large'))?.userId).toBe('12345678901234567890')
    expect(events.filter(ofType('identify'))).toHaveLength(3)
    expect(JSON.stringify(events)).not.toContain('other@example.com')
    expect(await page.evaluate(`errors.length`)).toBe(5)
  })
}
