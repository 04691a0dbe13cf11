import { expect, test } from 'vitest'
import { until } from '../../../test-support/server.js'
import { named, ofType, type Stored, type World } from '../support/world.js'

const leads = (events: Stored[]) => events.filter(ofType('identify')).map(({ traits }) => traits)
const part = '**/t.forms.js*'
const isPartThere = `performance.getEntriesByType('resource').some(({ name }) => name.includes('t.forms.js'))`

/** What is sent without a form's submit, in fields that are called otherwise, or before the part that reads forms is there. */
export function formCases(world: () => World): void {
  test.each([
    ['a button that sends without a submit', '#prevented', 'input', 'button', {}],
    ['a button that is none of submit', '#plain-button', 'input', 'button:text("Send")', {}],
    ['form.submit()', '#scripted', 'input', 'a', {}],
    ['submit of the prototype, where a field covers it', '#scripted-covered', 'input', 'i', {}],
    ['fields named after what a form has', '#clobbered', '[name=elements]', 'button', { company: 'Engines' }],
    ['a field that only its label calls an email', '#labelled', '[name=f1]', 'button', {}],
    ['a field that other elements call an email', '#labelled-by', 'input', 'button', {}],
    ['a field with a label in another language', '#spanish', 'input', 'button', {}],
    ['a field with a label in Swedish', '#swedish', 'input', 'button', {}],
    ['a field with a label in French', '#french', 'input', 'button', {}],
    ['a field in Italian', '#italian', 'input', 'button', {}],
    ['a field that stands outside its form', '[name=far]', '', '#apart button', {}],
    ['an email field without a form', '#no-form', 'input', '#no-form button', {}],
    ['an email field without a form, by the Enter key', '#no-form', 'input', 'Enter', {}],
    ['an email field far from its button, without a form', '#no-form-deep', 'input', '[role=button]', {}],
    ['a form in a shadow root', 'x-form', 'input', 'button', {}],
    ['a form in a shadow root, by the Enter key', 'x-form', 'input', 'Enter', {}],
    [
      'field and button in shadow roots of their own, without a form',
      'x-loose',
      '[type=email]',
      'button',
      {},
    ],
    ['a form whose field is in a shadow root', '#with-parts', 'x-field [type=email]', 'button', {}],
    ['a form whose button is in a shadow root', '#with-buttons', 'input', 'b', {}],
    ['a form with two buttons', '#two-buttons', 'input', 'button:text("Send")', {}],
    ['a step of a form', '#steps', 'input', 'button:text("Next")', {}],
    ['a form with fields that only robots see', '#trap', '[name=e-7f]', 'button', {}],
    ['a form that keeps the address out of sight', '#unseen', '[name=shown]', 'button', {}],
    ['a form that asks for a colleague’s address too', '#to-both', '[name=own]', 'button', {}],
    ['a form that the site marked, whatever its fields are called', '#to-marked', 'input', 'button', {}],
    ['a form with secrets under an allowed name', '#secrets', '[name=email]', 'button', {}],
  ])('%s gives a lead, once', async (_, form, field, button, more) => {
    const { arrived, gate, visit } = world()
    const { page, run } = await visit('forms-other')
    const email = page.locator(`${form} ${field}`.trim())
    const others = page.locator(`${form} [name=company]`)
    for (const other of await others.all()) await other.fill('Engines')
    await email.fill('ada@example.com')
    await page.waitForFunction(isPartThere)
    if (button === 'Enter') await email.press('Enter')
    else await page.locator(button.startsWith('#') ? button : `${form} ${button}`).click()
    const leaves = form.startsWith('#scripted')
    if (leaves) await page.waitForURL(/plain/)
    else await page.evaluate(`touchline.track('Done')`)
    const events = await arrived(run, (all) => all.some(named(leaves ? 'Form Submitted' : 'Done')))
    expect(leads(events)).toEqual([{ email: 'ada@example.com', ...more }])
    expect(events.filter(named('Form Submitted'))).toHaveLength(1)
    const sent = gate.passed.filter(({ body }) => body.includes(run)).map(({ body }) => body)
    expect(sent.join().includes('Engines')).toBe('company' in more)
  })

  test('fields that cover the methods of their form hide nothing', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('forms-covered')
    // Playwright itself asks elements for these methods.
    await page.evaluate(`document.getElementsByTagName('button')[0].click()`)
    const events = await arrived(run, (all) => all.some(named('Form Submitted')))
    expect(leads(events)).toEqual([{ email: 'ada@example.com', company: 'Engines' }])
    expect(events.find(named('Form Submitted'))?.properties).toEqual({ form: 'covered' })
  })

  test.each([
    ['a click elsewhere', '#no-form input', '#elsewhere'],
    ['the address of a friend', '#recommend input', '#recommend button'],
    ['the address of who is invited', '#team input', '#team button'],
    ['the address to share with', '#share input', '#share button'],
    ['the address of who gets a present', '#present input', '#present button'],
    ['a button beside the one that sends', '#two-buttons input', '#two-buttons [type=button]'],
    ['a button that clears', '#plain-button input', '#plain-button [type=reset]'],
    ['a button that goes back', '#steps input', '#steps button:text("Back")'],
    ['a button that closes', '#no-form-deep input', '#no-form-deep .close'],
    ['a shadow root inside what is ignored', 'x-secret input', 'x-secret button'],
  ])('%s gives no lead', async (_, field, button) => {
    const { arrived, visit } = world()
    const { page, run } = await visit('forms-other')
    await page.locator(field).fill('ada@example.com')
    await page.locator(button).click()
    await page.evaluate(`touchline.track('Done')`)
    const events = await arrived(run, (all) => all.some(named('Done')))
    expect(leads(events)).toEqual([])
    expect(JSON.stringify(events)).not.toContain('ada@example.com')
  })

  test('an address that is not valid yet is no lead, though the button was clicked', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('forms-other')
    await page.locator('#prevented input').fill('ada@')
    await page.locator('#prevented button').click()
    await page.evaluate(`touchline.track('Done')`)
    const events = await arrived(run, (all) => all.some(named('Done')))
    expect(leads(events)).toEqual([])
  })

  test('what was sent before the part that reads forms was there is a lead as of then, though the page emptied it', async () => {
    const { arrived, visit } = world()
    const { page, run } = await visit('forms-late')
    let release = (): void => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    await page.route(part, async (route) => {
      await released
      await route.continue()
    })
    await page.evaluate(`render()`)
    await page.fill('#late [name=email]', 'ada@example.com')
    await page.fill('#late [name=company]', 'Engines')
    await page.click('#late button')
    await page.waitForURL(/sent/)
    await page.evaluate(`touchline.track('Meanwhile')`)
    release()
    const events = await arrived(run, (all) => all.some(ofType('identify')) && all.some(named('Meanwhile')))
    expect(leads(events)).toEqual([{ email: 'ada@example.com', company: 'Engines' }])
    const at = (wanted: (event: Stored) => boolean) => events.find(wanted)
    expect(at(ofType('identify'))?.url).not.toContain('sent')
    expect(at(ofType('identify'))?.at.localeCompare(at(named('Meanwhile'))?.at ?? '')).toBe(-1)
  })

  test('a page that goes before the part is there: the address is a lead, and nothing secret goes', async () => {
    const { arrived, gate, visit } = world()
    const { page, run } = await visit('forms-late')
    await page.route(part, () => {})
    await page.evaluate(`render()`)
    await page.fill('#leaves [name=email]', 'ada@example.com')
    await page.fill('#leaves [name=company]', 'Engines')
    await page.click('#leaves button')
    await page.waitForURL(/plain/)
    const events = await arrived(run, (all) => all.some(ofType('identify')))
    expect(leads(events)).toEqual([{ email: 'ada@example.com' }])
    expect(
      gate.passed
        .map(({ body }) => body)
        .filter((body) => body.includes(run))
        .join(),
    ).not.toContain('Engines')
  })

  test('an address that was typed and sent without a network is a lead when the network is back', async () => {
    const { arrived, visit } = world()
    const { page, context, run } = await visit('forms-late')
    await context.setOffline(true)
    await page.evaluate(`render()`)
    await page.fill('#late [name=email]', 'ada@example.com')
    await page.click('#late button')
    await page.waitForURL(/sent/)
    await context.setOffline(false)
    expect(leads(await arrived(run, (all) => all.some(ofType('identify'))))).toEqual([
      { email: 'ada@example.com' },
    ])
  })

  test.each(['nonce', 'strict', 'hash'])('under a policy by %s forms give leads', async (name) => {
    const { arrived, visit } = world()
    const { page, run, complaints } = await visit(`forms-csp-${name}`)
    await page.fill('input', 'ada@example.com')
    await page.click('button')
    expect(leads(await arrived(run, (all) => all.some(ofType('identify'))))).toEqual([
      { email: 'ada@example.com' },
    ])
    expect(complaints.filter((text) => /policy/i.test(text) && !/favicon/.test(text))).toEqual([])
  })

  test('the part that reads forms is loaded where a form is to be read, and nowhere else', async () => {
    const { gate, visit } = world()
    const loaded = () => gate.passed.filter(({ path }) => path.startsWith('/t.forms.js')).length
    const before = loaded()
    const { page } = await visit('spa')
    await page.evaluate(`document.body.innerHTML += '<form><input type="search"></form>'`)
    await page.fill('input', 'a search')
    await page.evaluate(`touchline.flush()`)
    expect(loaded()).toBe(before)
    await page.evaluate(
      `document.body.innerHTML = '<form data-touchline-identify><input type="email"></form>'`,
    )
    await page.fill('input', 'ada@example.com')
    await until(() => loaded() > before || undefined)
  })
}
