/** The words of a language come on their own: none of the other is ever drawn, and it is switched without loading the page again. */
import type { BrowserContext, Page, Route } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath } from '../../test-support/chromium.js'
import { until } from '../../test-support/server.js'
import { openContext, startExplorer, textWith, untilReady, type Explorer } from './support/explorer.js'

const japaneseWords = '**/assets/japanese.*.js'
const japanese = /[\u3040-\u30ff]/

describe.skipIf(chromiumPath() === undefined)('the language of the page', () => {
  let explorer: Explorer
  beforeAll(async () => {
    explorer = await startExplorer()
  })
  afterAll(() => explorer?.close())

  /** Requests for the words wait until they are let go. */
  async function holdWords(context: BrowserContext) {
    const held: Route[] = []
    await context.route(japaneseWords, (route) => void held.push(route))
    return {
      count: () => held.length,
      letGo: () => Promise.all(held.splice(0).map((route) => route.continue())),
    }
  }
  /** Everything that ever stood on the page. */
  const recordText = (context: BrowserContext) =>
    context.addInitScript(() => {
      const texts = ((window as unknown as { texts: string[] }).texts = [] as string[])
      new MutationObserver(() => texts.push(document.body?.innerText ?? '')).observe(document, {
        ...{ childList: true, subtree: true, characterData: true },
      })
    })
  const textsOf = (page: Page) =>
    page.evaluate(() => (window as unknown as { texts: string[] }).texts.join('\n'))
  const pickLanguage = async (page: Page, language: 'en' | 'ja') => {
    if ((await page.locator('.menu').count()) === 0) await page.locator('.top .tools button').last().click()
    await page.locator('.menu select').nth(1).selectOption(language)
  }

  test('Japanese is drawn once its words are there, and never a word of English before', async () => {
    const { page, context, faults } = await openContext(explorer, { look: 'ja' })
    await recordText(context)
    const words = await holdWords(context)
    const session = page.waitForResponse('**/ui/session')
    await page.goto(`${explorer.server.url}/accounts`)
    await session
    await until(() => (words.count() > 0 ? true : undefined))
    expect(await page.locator('#app').innerText()).toBe('')
    await words.letGo()
    await untilReady(page, 'accounts')
    const all = await textsOf(page)
    expect(all).toMatch(japanese)
    expect(all).not.toMatch(/Accounts|People|Journeys|Identities|All stages/)
    expect(faults).toEqual([])
    await context.close()
  })

  test('who reads English fetches no Japanese; switched, the page stays English until it can be Japanese, and goes back at once', async () => {
    const { page, context, faults } = await openContext(explorer)
    const words = await holdWords(context)
    await page.goto(`${explorer.server.url}/accounts`)
    await untilReady(page, 'accounts')
    expect(words.count()).toBe(0)
    await page.evaluate(() => document.body.setAttribute('data-same-page', ''))
    await pickLanguage(page, 'ja')
    await until(() => (words.count() > 0 ? true : undefined))
    expect(await page.locator('body').innerText()).not.toMatch(/アカウント|検索/)
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    await words.letGo()
    await textWith(page, /アカウント/)
    expect(await page.locator('nav.screens').innerText()).not.toMatch(/Accounts|People/)
    expect(await page.locator('html').getAttribute('lang')).toBe('ja')
    // What is opened later speaks it too.
    await page.keyboard.press('Escape')
    await page.locator('nav.screens a').nth(-1).click()
    await textWith(page, /識別子/)
    await pickLanguage(page, 'en')
    await textWith(page, /Accounts/)
    expect(await page.locator('body').getAttribute('data-same-page')).toBe('')
    expect(faults).toEqual([])
    await context.close()
  })

  test('where the Japanese words cannot be had the page speaks English, and what was chosen stays chosen', async () => {
    const { page, context } = await openContext(explorer, { look: 'ja' })
    await context.route(japaneseWords, (route) => route.abort())
    await page.goto(`${explorer.server.url}/accounts`)
    await untilReady(page, 'accounts')
    await textWith(page, /Accounts/)
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    expect(await page.evaluate(() => localStorage.getItem('touchline.explorer'))).toContain('"ja"')
    await context.close()
  })
})
