/** The invented company of the examples in a server of its own, and a browser that is signed in to its Explorer. */
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { companyOf } from '../../../examples/play-a-company/company.js'
import { definitions } from '../../../examples/play-a-company/definitions.js'
import { importEvents, send, untilWon } from '../../../examples/play-a-company/server-calls.js'
import { chromiumPath, newPerson, openBrowser } from '../../../test-support/chromium.js'
import { startServer, until, type TestServer } from '../../../test-support/server.js'

const dayMs = 86_400_000
const shots = fileURLToPath(new URL('../shots/', import.meta.url))
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

export interface Variant {
  name: string
  language: 'en' | 'ja'
  theme: 'light' | 'dark'
  width: number
}
export const variants: readonly Variant[] = [1_440, 390].flatMap((width) => [
  { name: `light-${width}`, language: 'en' as const, theme: 'light' as const, width },
  { name: `dark-${width}`, language: 'en' as const, theme: 'dark' as const, width },
  { name: `ja-${width}`, language: 'ja' as const, theme: 'light' as const, width },
])

/** A server with the demo's company in its default project. */
export async function startDemo(): Promise<TestServer> {
  const server = await startServer()
  const to = { url: server.url, secretKey: server.secretKey }
  const company = companyOf({ seed: 1, lastDay: Math.floor(Date.now() / dayMs) * dayMs })
  await importEvents({ ...to, events: company.events })
  for (const [path, body] of Object.entries(definitions))
    await send(to, { method: 'PUT', path: `/v1/definitions/${path}`, body })
  await send(to, { method: 'POST', path: '/v1/costs', body: { rows: company.costs } })
  await untilWon(to, company.won)
  return server
}

export interface Visitor {
  /** A page of its own in that look; what went wrong on it is kept in `problems`. */
  open(
    path: string,
    variant?: Variant,
  ): Promise<{ page: Page; problems: string[]; close: () => Promise<void> }>
  close: () => Promise<void>
}

/** undefined where there is no Chromium; that is said aloud. */
export async function signedIn(server: TestServer): Promise<Visitor | undefined> {
  const path = chromiumPath()
  if (path === undefined) return undefined
  await mkdir(shots, { recursive: true })
  const browser = await openBrowser(path)
  const cookies = await signIn(browser, server)
  return {
    async open(to, variant = { name: 'light-1440', language: 'en', theme: 'light', width: 1_440 }) {
      const context = await newPerson(browser)
      await context.addCookies(cookies)
      await prefer(context, variant)
      const page = await context.newPage()
      await page.setViewportSize({ width: variant.width, height: variant.width < 600 ? 844 : 900 })
      const problems: string[] = []
      page.on(
        'console',
        (message) => message.type() === 'error' && problems.push(`console: ${message.text()}`),
      )
      page.on('pageerror', (error) => problems.push(`error: ${error.message}`))
      await page.exposeFunction('reportPolicy', (text: string) => problems.push(`policy: ${text}`))
      await page.goto(server.url + to)
      return { page, problems, close: () => context.close() }
    },
    close: () => browser.close(),
  }
}

async function signIn(browser: Browser, server: TestServer) {
  const context = await newPerson(browser)
  const page = await context.newPage()
  await page.goto(`${server.url}/signin`)
  await page.fill('#key', server.secretKey)
  await page.click('button[type=submit]')
  await page.waitForSelector('main[data-screen]:not([data-screen=signin])', { timeout: 60_000 })
  const { cookies } = await context.storageState()
  await context.close()
  return cookies
}

async function prefer(context: BrowserContext, { language, theme }: Variant): Promise<void> {
  await context.addInitScript(
    ([kept]) => {
      localStorage.setItem('touchline.explorer', kept ?? '')
      addEventListener('securitypolicyviolation', (event) => {
        const report = (window as unknown as { reportPolicy: (text: string) => void }).reportPolicy
        report(`${event.violatedDirective} ${event.blockedURI}`)
      })
    },
    [JSON.stringify({ language, theme, letterKeys: true })],
  )
}

export const ready = (page: Page): Promise<unknown> =>
  page.waitForSelector('main[data-ready]', { timeout: 60_000 })

/** The text of the page once it holds what is waited for; throws with what stood there instead. */
export async function textWith(page: Page, wanted: RegExp): Promise<string> {
  let last = ''
  return until(
    async () => {
      last = await page.locator('body').innerText()
      return wanted.test(last) ? last : undefined
    },
    { timeoutMs: 60_000, everyMs: 100, what: String(wanted), seen: () => last.slice(0, 3_000) },
  )
}

/** Rules of WCAG 2.0 to 2.2, A and AA, that the page breaks: rule and place. */
export async function broken(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(axePath, 'utf8'))
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: {
        run(
          on: Document,
          options: object,
        ): Promise<{ violations: { id: string; nodes: { target: unknown[] }[] }[] }>
      }
    }
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa']
    const { violations } = await axe.run(document, { runOnly: { type: 'tag', values: tags } })
    return violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .map(({ target }) => target.join(' '))
          .slice(0, 3)
          .join(', ')}`,
    )
  })
}

export const shoot = (page: Page, name: string): Promise<unknown> =>
  page.screenshot({ path: `${shots}${name}.png`, fullPage: false })
