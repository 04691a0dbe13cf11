import { expect, test } from 'vitest'
import { named, ofType, type Stored, type World } from '../support/world.js'

const anonymousIds = (events: Stored[]): number => new Set(events.map(({ anonymousId }) => anonymousId)).size
const find = (events: Stored[], name: string): Stored | undefined => events.find(named(name))

/** Who an event belongs to is settled when it happens. */
export function identityCases(world: () => World): void {
  test('nobody → A keeps the anonymous id, A → B and reset begin a new one', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('plain')
    await page.evaluate(`
      touchline.track('Nobody')
      touchline.identify('A', { plan: 'pro' })
      touchline.group('acme')
      touchline.track('As A')
      touchline.identify('B')
      touchline.track('As B')
      touchline.reset()
      touchline.track('After Reset')`)
    const events = await arrived(run, (all) => all.some(named('After Reset')))
    const [nobody, asA, asB, after] = ['Nobody', 'As A', 'As B', 'After Reset'].map((name) =>
      find(events, name),
    )
    expect([nobody, asA, asB, after].map((event) => event?.userId)).toEqual(['', 'A', 'B', ''])
    expect([nobody, asA, asB, after].map((event) => event?.groupId)).toEqual(['', 'acme', '', ''])
    expect(asA?.anonymousId).toBe(nobody?.anonymousId)
    expect(new Set([asA, asB, after].map((event) => event?.anonymousId)).size).toBe(3)
    expect(new Set([asA, asB, after].map((event) => event?.sessionId)).size).toBe(3)
  })

  test.each(['plain', 'core'])('%s: after reset there is a new anonymous id at once', async (build) => {
    const { arrived, visit } = world()
    const { page, run } = await visit(build)
    const ids = await page.evaluate(`
      touchline.track('Before')
      const before = touchline.anonymousId()
      touchline.reset()
      const after = touchline.anonymousId()
      touchline.track('After')
      ;[before, after]`)
    const [before, after] = ids as string[]
    expect(after).toMatch(/^[\da-z]{16,23}$/)
    expect(after).not.toBe(before)
    const events = await arrived(run, (all) => all.some(named('After')))
    expect(find(events, 'Before')?.anonymousId).toBe(before)
    expect(find(events, 'After')?.anonymousId).toBe(after)
  })

  test('what waited while A was there goes out as A, though B is there when it is sent', async () => {
    const { arrived, gate, visit } = world()
    const { page, run } = await visit('plain')
    gate.fault = { status: 503, headers: { 'retry-after': '1' } }
    await page.evaluate(`touchline.identify('A'); touchline.track('Waits')`)
    await page.evaluate(`touchline.flush()`)
    await page.evaluate(`touchline.identify('B')`)
    gate.fault = 'none'
    const events = await arrived(run, (all) => all.filter(ofType('identify')).length === 2)
    expect(find(events, 'Waits')).toMatchObject({ userId: 'A' })
    expect(anonymousIds(events)).toBe(2)
  })

  test('a user token goes with every event, and is nowhere kept', async () => {
    const { arrived, gate, visit } = world()
    const { page, run } = await visit('plain')
    await page.evaluate(
      `touchline.setUserToken('not.a.token'); touchline.identify('A'); touchline.track('Signed')`,
    )
    const events = await arrived(run, (all) => all.some(named('Signed')))
    const bodies = gate.passed.filter(({ body }) => body.includes('Signed') && body.includes(run))
    expect(bodies.length).toBeGreaterThan(0)
    for (const { body } of bodies) expect(body).toContain('"userToken":"not.a.token"')
    expect(JSON.stringify(events)).not.toContain('not.a.token')
  })

  test('a lead: an email and no user id', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('plain')
    await page.evaluate(`touchline.identify({ email: 'ada@example.com' }); touchline.track('Lead')`)
    const events = await arrived(run, (all) => all.some(named('Lead')))
    expect(events.find(ofType('identify'))).toMatchObject({
      userId: '',
      traits: { email: 'ada@example.com' },
    })
    expect(anonymousIds(events)).toBe(1)
  })

  test('identifyOrReset: undefined waits, a user is told once, null resets only who was somebody', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('plain')
    await page.evaluate(`
      touchline.identifyOrReset(undefined)
      touchline.identifyOrReset(null)
      touchline.track('Visitor')
      touchline.identifyOrReset({ id: 'A', email: 'a@example.com' })
      touchline.identifyOrReset({ id: 'A', email: 'a@example.com' })
      touchline.identifyOrReset(undefined)
      touchline.track('As A')
      touchline.identifyOrReset(null)
      touchline.track('Gone')`)
    const events = await arrived(run, (all) => all.some(named('Gone')))
    expect(events.filter(ofType('identify'))).toHaveLength(1)
    expect(find(events, 'As A')).toMatchObject({
      userId: 'A',
      anonymousId: find(events, 'Visitor')?.anonymousId,
    })
    expect(find(events, 'Gone')?.userId).toBe('')
    expect(find(events, 'Gone')?.anonymousId).not.toBe(find(events, 'As A')?.anonymousId)
  })

  test('what is no id makes nobody: undefined, null, an object', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('plain')
    await page.evaluate(`
      for (const id of [undefined, null, 'undefined', 'null', '', ' ', '0', 0, NaN, '[object Object]']) touchline.identify(id)
      touchline.identify('A')
      touchline.track('As A')`)
    const events = await arrived(run, (all) => all.some(named('As A')))
    expect(events.filter(ofType('identify')).map(({ userId }) => userId)).toEqual(['A'])
    expect(anonymousIds(events)).toBe(1)
  })

  test('alias, and the verbs of a tag with data-global', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('global')
    await page.evaluate(`
      window.isSame = analytics === touchline
      analytics.page('Shop', 'Cart', { items: 2 })
      analytics.identify('old')
      analytics.alias('new')`)
    expect(await page.evaluate(`isSame`)).toBe(true)
    const events = await arrived(run, (all) => all.some(ofType('alias')))
    expect(find(events, 'Cart')).toMatchObject({ type: 'page', properties: { items: 2 } })
    expect(events.find(ofType('alias'))).toMatchObject({ userId: 'new' })
  })

  test('the package, imported as a module, with a slash behind its host', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('package')
    await page.evaluate(`touchline.identify('A'); touchline.track('Imported')`)
    const events = await arrived(run, (all) => all.some(named('Imported')))
    expect(events.map(({ type, userId }) => `${type} ${userId}`)).toEqual(['page ', 'identify A', 'track A'])
  })

  test.each(['lite', 'core'])('the %s build identifies and tracks', async (build) => {
    const { arrived, visit } = world()
    const { page, run } = await visit(build)
    await page.evaluate(`touchline.page(); touchline.identify('A'); touchline.track('Small')`)
    const events = await arrived(run, (all) => all.some(named('Small')))
    expect(find(events, 'Small')).toMatchObject({ userId: 'A' })
    const views = events.filter(ofType('page'))
    expect(views).toHaveLength(build === 'lite' ? 2 : 1)
    expect(views[0]?.sessionId === '').toBe(build === 'core')
    expect('firstTouch' in (views[0]?.context ?? {})).toBe(build === 'lite')
    expect(find(events, 'Small')?.locale).toBe('en-US')
    expect(find(events, 'Small')?.browser).toBe('Chrome')
  })
}
