/** The real server with a company in it, and Chromium signed in to it. */
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { chromiumPath, openBrowser } from '../../../test-support/chromium.js'
import { startServer, until, type TestServer } from '../../../test-support/server.js'
import { tellAcme } from './acme.js'

export const shots = fileURLToPath(new URL('../shots/', import.meta.url))
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export interface Explorer {
  server: TestServer
  browser: Browser
  close: () => Promise<void>
}

/** Resolves once what `tell` told the server stands in its answers. */
export async function startExplorer(
  tell: (server: TestServer) => Promise<void> = tellAcme,
  { env = {} }: { env?: Record<string, string> } = {},
): Promise<Explorer> {
  const path = chromiumPath()
  if (path === undefined) throw new Error('no Chromium')
  const server = await startServer({ env })
  await mkdir(shots, { recursive: true })
  await tell(server)
  const browser = await openBrowser(path)
  return {
    server,
    browser,
    async close() {
      await browser.close()
      await server.stop()
    },
  }
}

/** A loaded machine takes its time; nobody asserts how much. */
const patienceMs = 90_000

export const looks = ['light', 'dark', 'ja'] as const
export type Look = (typeof looks)[number]

export interface Opened {
  page: Page
  context: BrowserContext
  /** What the page should not have: lines of the console, errors, reports of the policy. */
  faults: string[]
}

let cookies: Awaited<ReturnType<BrowserContext['cookies']>> | undefined

/** A context that is signed in by key once, for sign-ins are counted. */
export async function openContext(
  { server, browser }: Explorer,
  {
    look = 'light',
    width = 1_440,
    signedIn = true,
  }: { look?: Look; width?: number; signedIn?: boolean } = {},
): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 844 : 900 },
    locale: 'en-GB',
    reducedMotion: 'reduce',
    hasTouch: width < 600,
  })
  await context.addInitScript(
    (kept) => {
      localStorage.setItem('touchline.explorer', kept)
      addEventListener('securitypolicyviolation', (event) =>
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
      )
    },
    JSON.stringify({ language: look === 'ja' ? 'ja' : 'en', theme: look === 'dark' ? 'dark' : 'light' }),
  )
  if (signedIn) {
    if (cookies === undefined) {
      const answer = await context.request.post(`${server.url}/ui/session`, {
        data: { key: server.secretKey },
        headers: { 'x-touchline-explorer': '1', 'sec-fetch-site': 'same-origin', origin: server.url },
      })
      if (!answer.ok()) throw new Error(`sign-in: ${answer.status()} ${await answer.text()}`)
      cookies = await context.cookies()
    } else await context.addCookies(cookies)
  }
  const page = await context.newPage()
  page.setDefaultTimeout(patienceMs)
  const faults: string[] = []
  page.on('console', (line) => {
    // A 401 before sign-in and a 404 that is asked for are told by the browser itself.
    if (['error', 'warning'].includes(line.type()) && !/status of (401|404)/.test(line.text()))
      faults.push(line.text())
  })
  page.on('pageerror', (error) => faults.push(String(error.stack ?? error)))
  return { page, context, faults }
}

export const untilReady = (page: Page, screen?: string) =>
  page.waitForSelector(`main${screen === undefined ? '' : `[data-screen="${screen}"]`}[data-ready]`, {
    timeout: patienceMs,
  })

/** A page of its own at an address of the server, drawn. */
export async function openAt(
  explorer: Explorer,
  path: string,
  options?: Parameters<typeof openContext>[1],
): Promise<Opened> {
  const opened = await openContext(explorer, options)
  await goTo(explorer, opened, path)
  return opened
}

/** Another address on a page that is open, drawn. */
export async function goTo(
  { server }: Explorer,
  { page }: Pick<Opened, 'page'>,
  path: string,
): Promise<void> {
  await page.goto(server.url + path)
  await untilReady(page)
}

/** The text of the page once it holds what is waited for; throws with what stood there instead. */
export async function textWith(page: Page, wanted: RegExp): Promise<string> {
  let last = ''
  return until(
    async () => {
      last = await page.locator('body').innerText()
      return wanted.test(last) ? last : undefined
    },
    { timeoutMs: patienceMs, everyMs: 100, what: String(wanted), seen: () => last.slice(0, 3_000) },
  )
}

export const shoot = (page: Page, name: string): Promise<unknown> =>
  page.screenshot({ path: `${shots}${name}.png` })

interface AxeResults {
  violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[]
}

/** What axe-core finds against WCAG 2.0 to 2.2, A and AA, a line each. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axeSource)
  const { violations } = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: (root: Document, options: object) => Promise<AxeResults> }
    }
    return axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
      resultTypes: ['violations'],
    })
  })
  return violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary?.slice(0, 200)}`).join(' | ')}`,
  )
}
