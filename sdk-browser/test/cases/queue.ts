import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { until } from '../../../test-support/server.js'
import { named, ofType, type World } from '../support/world.js'

/** The queue: whatever happens between a call and its arrival. */
export function queueCases(world: () => World): void {
  test('calls before load arrive in their order, each with the page and the time that it had', async () => {
    const { arrived, visit } = world()
    const { run } = await visit('early')
    const events = await arrived(run, (all) => all.length === 3)
    expect(events.map(({ type, name }) => `${type} ${name}`)).toEqual([
      'page ',
      'track Before Load',
      'identify ',
    ])
    expect(events.map(({ title }) => title)).toEqual(['Early', 'Early', 'Early, later'])
    expect(events[1]).toMatchObject({ userId: '', properties: { at: 'head' } })
    expect(events[2]).toMatchObject({ userId: 'u-early', traits: { plan: 'pro' } })
    expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBe(1)
  })

  test('page views before load keep the page that each had, though each also ends the one before', async () => {
    const { arrived, visit } = world()
    const { run } = await visit('early-views')
    const events = await arrived(run, (all) => all.some(named('Second')))
    const views = events.filter(ofType('page'))
    expect(views.map(({ name, title }) => [name, title])).toEqual([
      ['', 'One'],
      ['First', 'One'],
      ['Second', 'Two'],
    ])
  })

  test('200 events and then a closed tab: all arrive', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('plain')
    await page.evaluate(`for (let i = 0; i < 200; i++) touchline.track('Quick', { i })`)
    await page.close()
    const events = await arrived(run, (all) => all.filter(named('Quick')).length === 200)
    expect(events.filter(named('Quick')).map(({ properties }) => properties.i)).toEqual([
      ...Array(200).keys(),
    ])
  })

  test('no request is larger than 50 KB, and those that outlive the page keep within the browser’s budget', async () => {
    const { arrived, gate, visit } = world()
    const { page, run } = await visit('plain')
    const before = gate.passed.length
    await page.evaluate(`for (let i = 0; i < 60; i++) touchline.track('Large', { text: '§'.repeat(1000) })`)
    await arrived(run, (all) => all.filter(named('Large')).length === 60)
    const sizes = gate.passed
      .slice(before)
      .filter(({ body }) => body.includes('Large'))
      .map(({ body }) => Buffer.byteLength(body))
    expect(sizes.length).toBeGreaterThan(2)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(50_000)
  })

  test('a server that answers 503 for 20 seconds loses nothing', async () => {
    const { arrived, gate, visit } = world()
    gate.fault = { status: 503, headers: { 'retry-after': '1' } }
    const { page, run } = await visit('plain')
    const recorded: number[] = []
    for (const end = Date.now() + 20_000; Date.now() < end; await delay(2_000)) {
      await page.evaluate(`touchline.track('While Down', { i: ${recorded.length} })`)
      recorded.push(recorded.length)
    }
    gate.fault = 'none'
    const events = await arrived(run, (all) => all.filter(named('While Down')).length === recorded.length)
    expect(events.filter(named('While Down')).map(({ properties }) => properties.i)).toEqual(recorded)
    expect(events[0]).toMatchObject({ type: 'page' })
  })

  test('a Retry-After that is a date is no reason to try again at once', async () => {
    const { gate, visit } = world()
    gate.fault = { status: 503, headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' } }
    const { run } = await visit('plain')
    const tries = () => gate.passed.filter(({ body }) => body.includes(run)).length
    await until(() => tries() > 0 || undefined)
    await delay(3_000)
    // With pauses it is a handful; without any it is hundreds.
    expect(tries()).toBeLessThan(20)
  })

  test('listeners that throw are told of once, and stop neither the page nor what is sent', async () => {
    const { arrived, visit } = world()
    const { complaints, page, run } = await visit('plain')
    await page.evaluate(`
      window.heard = []
      touchline.on('error', (error) => { heard.push(error.message); throw new Error('hearing') })
      touchline.on('error', () => { throw new Error('hearing too') })
      touchline.ready(() => { throw new Error('ready') })
      touchline.track('After Errors')`)
    await arrived(run, (all) => all.some(named('After Errors')))
    expect(await page.evaluate(`heard`)).toEqual(['ready'])
    expect(complaints.filter((text) => text.startsWith('threw'))).toEqual([])
  })

  test('a tab closed in the middle of a retry: the next visit delivers, once', async () => {
    const { arrived, gate, profile, visit } = world()
    const context = await profile()
    gate.fault = { status: 503 }
    const { page, run } = await visit('plain', { context })
    await page.evaluate(`touchline.track('Left Behind')`)
    await until(() => gate.passed.some(({ body }) => body.includes('Left Behind')) || undefined)
    await page.close()
    gate.fault = 'none'
    expect(await world().stored(run)).toEqual([])
    await visit('plain', { context })
    const events = await arrived(run, (all) => all.some(named('Left Behind')))
    expect(events.map(({ type, name }) => `${type} ${name}`)).toEqual(['page ', 'track Left Behind'])
  })

  test('an answer that is never seen: sent again, shown once', async () => {
    const { arrived, gate, timesSent, visit } = world()
    gate.fault = 'cut-answer'
    const { page, run } = await visit('plain')
    await page.evaluate(`touchline.track('Unseen')`)
    const [first] = (await arrived(run, (all) => all.some(named('Unseen')))).filter(named('Unseen'))
    gate.fault = 'none'
    await page.evaluate(`touchline.flush()`)
    await until(() => timesSent(first?.messageId ?? '') > 1 || undefined)
    expect((await world().stored(run)).filter(named('Unseen'))).toHaveLength(1)
  })

  test('two tabs: nothing is lost, and what both send is shown once', async () => {
    const { arrived, gate, profile, timesSent, visit } = world()
    const context = await profile()
    const one = await visit('plain', { context })
    gate.fault = { status: 503 }
    await one.page.evaluate(`for (let i = 0; i < 20; i++) touchline.track('One', { i })`)
    const two = await visit('plain', { context, run: one.run })
    await two.page.evaluate(`for (let i = 0; i < 20; i++) touchline.track('Two', { i })`)
    gate.fault = 'none'
    gate.passed.length = 0
    await one.page.evaluate(`touchline.flush()`)
    await two.page.evaluate(`touchline.flush()`)
    const events = await arrived(one.run, (all) => all.length === 42)
    expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBe(1)
    expect(new Set(events.map(({ sessionId }) => sessionId)).size).toBe(1)
    expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(42)
    for (const { messageId } of events) expect(timesSent(messageId)).toBeGreaterThan(0)
  })

  test('what is refused for good is dropped, and the page is told', async () => {
    const { gate, visit } = world()
    const { page } = await visit('plain')
    await page.evaluate(`touchline.flush()`)
    gate.fault = { status: 403 }
    const drop = await page.evaluate(
      `new Promise((told) => { touchline.on('drop', told); touchline.track('Refused'); touchline.flush() })`,
    )
    gate.fault = 'none'
    expect(drop).toEqual({ reason: 403, messageIds: [expect.any(String)] })
    expect(await page.evaluate(`Object.keys(localStorage).filter((key) => key.startsWith('tl.q'))`)).toEqual(
      [],
    )
  })

  test('an event that the server rejects is reported, the others of its batch arrive', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('plain')
    const reject = await page.evaluate(`new Promise((told) => {
      touchline.on('reject', told)
      touchline.track('Fine')
      touchline.track('')
      touchline.flush()
    })`)
    expect(reject).toMatchObject({ code: 'EVENT_NO_NAME' })
    await arrived(run, (all) => all.some(named('Fine')))
  })

  test('without a network events wait, and go when it is back', async () => {
    const { arrived, visit } = world()
    const { page, context, run } = await visit('plain')
    await context.setOffline(true)
    await page.evaluate(`touchline.track('Offline'); touchline.flush()`)
    await context.setOffline(false)
    await arrived(run, (all) => all.some(named('Offline')))
  })

  test('core: what a closed tab left goes with the next page, and is shown once', async () => {
    const { arrived, gate, profile, visit } = world()
    const context = await profile()
    gate.fault = { status: 503 }
    const { page, run } = await visit('core', { context })
    await page.evaluate(`touchline.track('Left By Core'); touchline.track('Left By Core Too')`)
    await until(() => gate.passed.some(({ body }) => body.includes('Left By Core Too')) || undefined)
    await page.close()
    gate.fault = 'none'
    expect(await world().stored(run)).toEqual([])
    const { page: next } = await visit('core', { context })
    const events = await arrived(run, (all) => all.some(named('Left By Core Too')))
    expect(events.map(({ name }) => name)).toEqual(['Left By Core', 'Left By Core Too'])
    await next.waitForFunction(`!Object.keys(localStorage).some((key) => key.startsWith('tl.q'))`)
  })

  test('core: after 503s everything arrives, in its order', async () => {
    const { arrived, gate, visit } = world()
    gate.fault = { status: 503, headers: { 'retry-after': '1' } }
    const { page, run } = await visit('core')
    await page.evaluate(`for (let i = 0; i < 100; i++) touchline.track('While Down', { i })`)
    await until(() => gate.passed.filter(({ body }) => body.includes(run)).length > 1 || undefined)
    await page.evaluate(`touchline.track('While Down', { i: 100 })`)
    gate.fault = 'none'
    const events = await arrived(run, (all) => all.length === 101)
    expect(events.map(({ properties }) => properties.i)).toEqual([...Array(101).keys()])
  })

  test('core: two tabs may send the same, ClickHouse shows it once', async () => {
    const { arrived, gate, profile, timesSent, visit } = world()
    const context = await profile()
    gate.fault = { status: 503 }
    const one = await visit('core', { context })
    await one.page.evaluate(`touchline.track('Of One')`)
    const two = await visit('core', { context, run: one.run })
    await two.page.evaluate(`touchline.track('Of Two')`)
    gate.fault = 'none'
    gate.passed.length = 0
    await two.page.evaluate(`touchline.flush()`)
    await one.page.evaluate(`touchline.flush()`)
    const events = await arrived(one.run, (all) => all.length === 2)
    for (const { messageId } of events) await until(() => timesSent(messageId) > 0 || undefined)
    expect((await world().stored(one.run)).map(({ name }) => name)).toEqual(['Of One', 'Of Two'])
    expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBe(1)
  })

  test('core: calls before load keep their time and page, are sent once, and a closed tab loses nothing', async () => {
    const { arrived, timesSent, visit } = world()
    const { page, run } = await visit('core-early')
    await page.evaluate(`for (let i = 0; i < 100; i++) touchline.track('Quick', { i })`)
    await page.close()
    const events = await arrived(run, (all) => all.length === 102)
    expect(events.map(({ name }) => name).slice(0, 2)).toEqual(['Before Load', ''])
    expect(events.map(({ title }) => title).slice(0, 2)).toEqual(['Early, core', 'Early, core, later'])
    expect(events[101]).toMatchObject({ userId: 'u-early', properties: { i: 99 } })
    for (const { messageId } of events) expect(timesSent(messageId)).toBe(1)
  })

  test.each(['plain', 'lite', 'core'])(
    '%s: what goes wrong is told: dropped, rejected, thrown by the page',
    async (build) => {
      const { gate, visit } = world()
      const { page } = await visit(build)
      const rejected = await page.evaluate(`new Promise((told) => {
        touchline.on('reject', told)
        touchline.track('')
        touchline.flush()
      })`)
      expect(rejected).toMatchObject({ code: 'EVENT_NO_NAME', messageId: expect.any(String) as string })
      gate.fault = { status: 403 }
      const dropped = await page.evaluate(`new Promise((told) => {
        touchline.on('drop', told)
        touchline.track('Refused')
        touchline.flush()
      })`)
      expect(dropped).toEqual({ reason: 403, messageIds: [expect.any(String)] })
      const thrown = await page.evaluate(`new Promise((told) => {
        touchline.on('error', ({ message }) => told(message))
        touchline.ready(() => { throw new Error('of the page') })
      })`)
      expect(thrown).toBe('of the page')
    },
  )

  test.each(['plain', 'lite', 'core'])(
    '%s: where requests cannot outlive a page, what is left goes with the next',
    async (build) => {
      const { arrived, profile, visit } = world()
      // Such browsers know no `keepalive`, and end a page's requests with the page.
      const script = `
        delete Request.prototype.keepalive
        window.fetch = () => new Promise(() => {})`
      const context = await profile()
      const { page, run } = await visit('elsewhere', { context })
      await page.addInitScript(script)
      await page.goto(world().site.url(`${build}/${run}`))
      await page.evaluate(`touchline.track('Last Words')`)
      await page.close()
      await visit(build, { context, run })
      await arrived(run, (all) => all.some(named('Last Words')))
    },
  )

  test('a pause that the server asks for outlives another request’s success', async () => {
    const { gate, visit } = world()
    const { page, run } = await visit('plain')
    await page.evaluate(`touchline.flush()`)
    // Two bodies, yet within the keepalive budget, so that no beacon comes beside them. The first of two requests at once is told to wait a minute, the second is taken later.
    await page.evaluate(`
      const { fetch } = window
      let calls = 0
      window.fetch = async (...request) => {
        if (++calls === 1) return new Response('{}', { status: 429, headers: { 'retry-after': '60' } })
        await new Promise((resolve) => setTimeout(resolve, 500))
        return fetch(...request)
      }
      for (let i = 0; i < 60; i++) touchline.track('Large', { text: 'x'.repeat(700) })
      touchline.flush()`)
    const tries = () => gate.passed.filter(({ body }) => body.includes(run) && body.includes('Large')).length
    await until(() => tries() > 0 || undefined)
    await delay(3_000)
    expect(tries()).toBe(1)
  })

  test.each(['plain', 'core'])('%s: a young event does not go with an old one', async (build) => {
    const { arrived, gate, visit } = world()
    const { page, run } = await visit(build)
    await page.evaluate(`touchline.flush()`)
    gate.fault = { status: 503 }
    await page.evaluate(`
      const { now } = Date
      Date.now = () => now() - 13 * 3_600_000
      touchline.track('Old')
      Date.now = now
      touchline.track('Young')
      touchline.flush()`)
    gate.fault = 'none'
    await page.evaluate(`touchline.flush()`)
    await arrived(run, (all) => all.some(named('Young')))
  })

  test('events that come while a request is under way do not shorten the pause after it', async () => {
    const { gate, visit } = world()
    gate.fault = { status: 503, headers: { 'retry-after': '60' } }
    const { page, run } = await visit('plain')
    await page.evaluate(`
      const { fetch } = window
      window.fetch = async (...request) => {
        const answer = await fetch(...request)
        touchline.track('Meanwhile')
        return answer
      }
      touchline.track('First')
      touchline.flush()`)
    const tries = () => gate.passed.filter(({ body }) => body.includes(run)).length
    await until(() => gate.passed.some(({ body }) => body.includes('First')) || undefined)
    const before = tries()
    await delay(2_500)
    expect(tries()).toBe(before)
  })

  test('a key that the server does not take: one line in the console, however many events', async () => {
    const { gate, visit } = world()
    const { page, complaints } = await visit('wrong-key')
    for (const name of ['One', 'Two']) {
      await page.evaluate(`touchline.track('${name}'); touchline.flush()`)
      await until(
        () => gate.passed.some(({ body, status }) => body.includes(name) && status === 401) || undefined,
      )
    }
    await page.waitForFunction(`!Object.keys(localStorage).some((key) => key.startsWith('tl.q'))`)
    const ours = complaints.filter((text) => text.includes('Touchline'))
    expect(ours).toEqual(['logged Touchline: key wrong refused, 401'])
  })
}
