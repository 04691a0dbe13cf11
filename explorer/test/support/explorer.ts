/** The real server with the company of acme.ts in it, and Chromium signed in to it. */
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { chromiumPath, openBrowser } from '../../../test-support/chromium.js'
import { startServer, until, type TestServer } from '../../../test-support/server.js'
import { acmeEvents, definitions } from './acme.js'

export const shots = fileURLToPath(new URL('../shots/', import.meta.url))
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export interface Explorer {
  server: TestServer
  browser: Browser
  close: () => Promise<void>
}

/** Resolves once the account's journey is formed. `more` are events beside those of acme.ts. */
export async function startExplorer(more: readonly object[] = []): Promise<Explorer> {
  const path = chromiumPath()
  if (path === undefined) throw new Error('no Chromium')
  const server = await startServer()
  await mkdir(shots, { recursive: true })
  const asServer = (method: string, to: string, body: object) =>
    fetch(`${server.url}${to}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${server.secretKey}:`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    }).then(async (answer) => {
      if (!answer.ok) throw new Error(`${to}: ${answer.status} ${await answer.text()}`)
    })
  await asServer('POST', '/v1/import', { batch: [...acmeEvents(Date.now()), ...more] })
  for (const [id, body] of Object.entries(definitions)) await asServer('PUT', `/v1/definitions/${id}`, body)
  await until(
    async () => {
      const { body } = await server.get<{ account?: { touches: number }; stages?: unknown[] }>(
        '/v1/accounts/acme/map',
      )
      return (body.account?.touches ?? 0) >= 14 && (body.stages?.length ?? 0) >= 3 ? true : undefined
    },
    { what: 'the journey of acme', timeoutMs: 120_000, everyMs: 500 },
  )
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
  await context.addInitScript(axeSource)
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
    timeout: 30_000,
  })

interface AxeResults {
  violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[]
}

/** What axe-core finds against WCAG 2.0 to 2.2, A and AA, a line each. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
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
