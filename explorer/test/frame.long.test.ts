import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath } from '../../test-support/chromium.js'
import { until } from '../../test-support/server.js'
import { hostile } from './support/acme.js'
import { openContext, startExplorer, untilReady, type Explorer } from './support/explorer.js'

describe.skipIf(chromiumPath() === undefined)('the frame of the pages', () => {
  let explorer: Explorer
  beforeAll(async () => {
    explorer = await startExplorer()
  })
  afterAll(() => explorer?.close())
  const at = (path: string) => `${explorer.server.url}${path}`

  test('who is not signed in signs in at the address that was wanted, and is there, with the keyboard alone', async () => {
    const { page, context, faults } = await openContext(explorer, { signedIn: false })
    await page.goto(at('/accounts/acme'))
    await untilReady(page, 'signin')
    await page.keyboard.type('sk_wrong_000000000000000')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    await page.getByLabel('Secret key').fill('')
    await page.keyboard.type(explorer.server.secretKey)
    await page.keyboard.press('Enter')
    await untilReady(page, 'account')
    expect(new URL(page.url()).pathname).toBe('/accounts/acme')
    // Letters: the table, back, the list, and into the first account again.
    await page.keyboard.press('t')
    await page.getByRole('table').waitFor()
    await page.keyboard.press('t')
    await page.locator('.plot canvas').focus()
    await page.keyboard.press('ArrowRight')
    await until(async () =>
      (await page.locator('.map-status').innerText()).includes('Touch 1 of') ? true : undefined,
    )
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.locator('.drawer').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.drawer').waitFor({ state: 'detached' })
    await page.keyboard.press('g')
    await page.keyboard.press('p')
    await untilReady(page, 'people')
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    // One identifier is taken out of a person, which is undone at once.
    await page.goto(at('/identities'))
    await untilReady(page, 'identities')
    await tabTo(page, /^Separate/)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.getByLabel(/^Why, for whoever/).waitFor()
    await tabTo(page, /^Separate them/)
    await page.keyboard.press('Enter')
    await page.getByText(/^Written/).waitFor()
    await tabTo(page, /^OK/)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await tabTo(page, /^Decisions/)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Undo' }).first().waitFor()
    await tabTo(page, /^Undo/)
    await page.keyboard.press('Enter')
    await page
      .getByText(/undone/)
      .first()
      .waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  test('a session that ends leads to the sign-in page, and the address stays', async () => {
    const { page, context } = await openContext(explorer)
    await page.goto(at('/people?sort=touches'))
    await untilReady(page, 'people')
    await context.clearCookies()
    await page.getByRole('button', { name: 'Last touch' }).click()
    await untilReady(page, 'signin')
    expect(page.url()).toContain('/people?sort=lastTouch')
    expect(await page.locator('main').innerText()).toContain('Your session has ended')
    await context.close()
  })

  test('an address that there is not says so and offers the nearest', async () => {
    const { page, context } = await openContext(explorer)
    await page.goto(at('/accounts'))
    await untilReady(page, 'accounts')
    await page.evaluate(() => {
      history.pushState(null, '', '/acounts/acme')
      dispatchEvent(new PopStateEvent('popstate'))
    })
    await untilReady(page, 'unknown')
    await page.locator('main').getByRole('link', { name: 'Accounts' }).click()
    await untilReady(page, 'accounts')
    await page.goto(at('/accounts/no-such-account'))
    expect(await page.getByRole('alert').innerText()).toMatch(/Request id: \S+/)
    await context.close()
  })

  test('a server that goes away leaves what was known, says so, and is found again', async () => {
    const { page, context } = await openContext(explorer)
    await page.goto(at('/accounts'))
    await untilReady(page, 'accounts')
    await explorer.server.kill()
    await page.getByRole('button', { name: 'People' }).click()
    await page.getByText('The server does not answer').waitFor()
    expect(await page.locator('main').innerText()).toContain('Acme')
    await explorer.server.restart()
    await page.getByText('The server does not answer').waitFor({ state: 'detached' })
    await untilReady(page, 'accounts')
    await context.close()
  }, 300_000)

  test('what the server cannot answer at the moment is asked again until it can', async () => {
    const { page, context } = await openContext(explorer)
    const refused: string[] = []
    let isAway = true
    await page.route(/\/v1\/(meta|people)\b/, async (route) => {
      if (!isAway) return route.continue()
      refused.push(new URL(route.request().url()).pathname)
      await route.fulfill({
        status: 503,
        json: { code: 'STORE_UNAVAILABLE', message: 'ClickHouse does not answer.' },
      })
    })
    await page.goto(at('/people?sort=touches'))
    await page.getByRole('alert').getByText('comes by itself').waitFor()
    await until(() => (refused.length > 1 ? true : undefined))
    isAway = false
    await untilReady(page, 'people')
    expect(await page.getByRole('alert').count()).toBe(0)
    // Another list, of which the one before stays while it cannot be had.
    isAway = true
    await page.getByRole('button', { name: 'Last touch' }).click()
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('table').count()).toBe(1)
    isAway = false
    await untilReady(page, 'people')
    await context.close()
  }, 300_000)

  test('range and filters survive moving between screens, and a link shows the same', async () => {
    const { page, context } = await openContext(explorer)
    await page.goto(at('/accounts/acme?range=365d&channel=Email&zone=utc'))
    await untilReady(page, 'account')
    await page.keyboard.press('+')
    await until(() => (new URL(page.url()).searchParams.has('w') ? true : undefined))
    const link = page.url()
    await page.getByRole('link', { name: 'People', exact: true }).click()
    await untilReady(page, 'people')
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
      range: '365d',
      channel: 'Email',
      zone: 'utc',
    })
    const other = await context.newPage()
    await other.goto(link)
    await untilReady(other, 'account')
    expect(other.url()).toBe(link)
    expect(await other.getByRole('button', { name: /^Email/ }).getAttribute('aria-pressed')).toBe('true')
    await context.close()
  })

  test('what events carry is shown as text on every screen, whatever it is', async () => {
    const { page, context, faults } = await openContext(explorer)
    const markup = encodeURIComponent(`user:0-${hostile.markup.slice(0, 40)}`)
    for (const path of [
      '/accounts',
      '/people',
      '/accounts/hostile',
      '/accounts/hostile?view=table',
      `/people/${markup}`,
    ]) {
      await page.goto(at(path))
      await untilReady(page)
      const text = await page.locator('main').innerText()
      expect(text).toContain('<img')
      expect(text).not.toContain('\u202E')
      expect(text).not.toMatch(/x{300}/)
      expect(await widerThanTheirColumn(page), path).toEqual([])
    }
    for (const opener of await page.locator('.timeline__line button').all()) await opener.click()
    await page.locator('.timeline__detail').first().waitFor()
    expect(await page.locator('a[href^="javascript"]').count()).toBe(0)
    expect(await page.evaluate(() => '__attacked' in window)).toBe(false)
    expect(faults).toEqual([])
    await context.close()
  })

  test('a person is erased only once their id is typed, and the proof says what is left', async () => {
    const { page, context, faults } = await openContext(explorer)
    await page.goto(at('/people/user%3Au9'))
    await untilReady(page, 'person')
    await page.getByRole('button', { name: 'Erase…' }).click()
    const erase = page.getByRole('button', { name: 'Erase this person' })
    expect(await erase.isDisabled()).toBe(true)
    await page.getByLabel(/Type user:u9/).fill('user:u9')
    await erase.click()
    await page
      .getByText('a check of every table and of the log found nothing left')
      .waitFor({ timeout: 120_000 })
    expect(await page.getByRole('dialog').innerText()).toMatch(/Still found\s+nothing/)
    expect(faults).toEqual([])
    await context.close()
  })
})

/** The links in columns of long names that run into the next column. */
function widerThanTheirColumn(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const inner = (cell: Element) => {
      const { paddingLeft, paddingRight } = getComputedStyle(cell)
      return cell.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight)
    }
    return [...document.querySelectorAll('td.wide > a')]
      .filter((name) => name.getBoundingClientRect().width > inner(name.parentElement ?? name) + 1)
      .map((name) => name.textContent.slice(0, 60))
  })
}

/** Goes on with the tab key until what is called so has the focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const names: string[] = []
  for (let step = 0; step < 200; step += 1) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate(() => {
      const element = document.activeElement
      return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? ''
    })
    if (name.test(focused)) return
    names.push(focused.slice(0, 40))
  }
  throw new Error(`No ${String(name)} among ${[...new Set(names)].join(', ')}`)
}
