import { expect, test } from 'vitest'
import { named, ofType, type World } from '../support/world.js'

const fill = `for (const field of document.forms[0].elements) {
  if (field.type === 'email') field.value = 'ada@example.com'
  else if (field.type === 'checkbox') field.checked = true
  else if (field.type !== 'hidden' && field.tagName === 'INPUT') field.value = 'filled ' + field.name
}`

/** Forms, links and ids between sites. */
export function captureCases(world: () => World): void {
  test('a marked form that navigates away at once: the lead arrives, and nothing secret', async () => {
    const { arrived, gate, visit } = world()
    const { page, run } = await visit('form')
    await page.evaluate(fill)
    await page.click('button')
    await page.waitForURL(/plain/)
    const events = await arrived(run, (all) => all.some(named('Form Submitted')))
    expect(events.find(ofType('identify'))).toMatchObject({
      userId: '',
      traits: { email: 'ada@example.com', name: 'filled name', company: 'filled company' },
    })
    expect(Object.keys(events.find(ofType('identify'))?.traits ?? {}).sort()).toEqual([
      'company',
      'email',
      'name',
    ])
    expect(events.find(named('Form Submitted'))?.properties).toEqual({ form: 'offer' })
    const sent = gate.passed.map(({ body }) => body).join()
    for (const secret of ['password', 'card', 'cvc', 'code', 'secret', 'ignored', 'inside'])
      expect(sent).not.toContain(`filled ${secret}`)
    expect(sent).not.toContain('hidden-value')
  })

  test('a form that submits by fetch counts; one that is not marked does not', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('forms')
    await page.fill('#unmarked input', 'nobody@example.com')
    await page.click('#unmarked button')
    await page.fill('#by-fetch input', 'ada@example.com')
    await page.click('#by-fetch button')
    const events = await arrived(run, (all) => all.some(named('Form Submitted')))
    expect(events.filter(ofType('identify')).map(({ traits }) => traits)).toEqual([
      { email: 'ada@example.com' },
    ])
  })

  test('while somebody is signed in a form only counts: a colleague’s invitation is not me', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('forms')
    await page.evaluate(`touchline.identify('A')`)
    await page.fill('#by-fetch input', 'colleague@example.com')
    await page.click('#by-fetch button')
    const events = await arrived(run, (all) => all.some(named('Form Submitted')))
    expect(events.filter(ofType('identify'))).toHaveLength(1)
    expect(JSON.stringify(events)).not.toContain('colleague')
  })

  test('automatic capture takes any form with an email, and leaves ignored ones', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('forms-auto')
    await page.fill('#ignored input', 'ignored@example.com')
    await page.click('#ignored button')
    await page.fill('#broken [name=email]', 'not-an-address')
    await page.click('#broken button')
    await page.fill('#any [name=your-email]', 'ada@example.com')
    await page.fill('#any [name=company]', 'Analytical Engines')
    await page.click('#any button')
    const events = await arrived(run, (all) => all.some(ofType('identify')))
    expect(events.filter(ofType('identify')).map(({ traits }) => traits)).toEqual([
      { email: 'ada@example.com', company: 'Analytical Engines' },
    ])
  })

  test('links out of the site and downloads are events, links inside are not', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('links')
    await page.click('#inside')
    await page.click('#download', { modifiers: ['Alt'] })
    await page.click('#outside')
    await page.waitForURL(/other\.test/)
    const events = await arrived(run, (all) => all.some(named('Outbound Link Clicked')))
    expect(events.filter(ofType('track')).map(({ name, properties }) => [name, properties.text])).toEqual([
      ['File Downloaded', 'The paper'],
      ['Outbound Link Clicked', 'Elsewhere'],
    ])
  })

  test('sites that name each other hand over the anonymous id, and clean the address', async () => {
    const { arrived, profile, visit } = world()
    const context = await profile()
    const { page, run } = await visit('linked', { context, host: 'www.one.test' })
    const id = await page.evaluate(`touchline.anonymousId()`)
    await page.click('#linked')
    await page.waitForURL(/two\.test/)
    await page.waitForFunction(`window.touchline && touchline.anonymousId()`)
    expect(page.url()).not.toContain('tl_id')
    const events = await arrived(
      run,
      (all) => all.filter(({ type, url }) => type === 'page' && url.includes('two.test')).length === 1,
    )
    expect(new Set(events.map(({ anonymousId }) => anonymousId))).toEqual(new Set([id]))
    expect(events.every(({ url }) => !url.includes('tl_id'))).toBe(true)
  })

  test('an id in the address is worth nothing when it is old, from elsewhere, or somebody is known', async () => {
    const { arrived, visit } = world()
    const stranger = '01a20dd8-0000-7000-8000-000000000000'
    const fresh = Date.now().toString(36)
    const old = (Date.now() - 130_000).toString(36)
    for (const [query, referer] of [
      [`?tl_id=${stranger}.${fresh}`, undefined],
      [`?tl_id=${stranger}.${fresh}`, 'http://evil.test/'],
      [`?tl_id=${stranger}.${old}`, 'http://www.two.test/'],
    ] as const) {
      const { run } = await visit('linked', { host: 'www.one.test', query, ...(referer && { referer }) })
      const [event] = await arrived(run, (all) => all.length > 0)
      expect(event?.anonymousId).not.toBe(stranger)
    }
  })
}
