/**
 * What the browser cases share: one Chromium, one real server behind the gate, one website. Every visit has a run id
 * in its path, by which ClickHouse is asked what arrived.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core'
import { startServer, until, type TestServer } from '../../../test-support/server.js'
import { openGate, openSite, type Gate, type Site } from './site.js'

/** A row of `events`, its JSON columns parsed. */
export interface Stored {
  messageId: string
  type: string
  name: string
  anonymousId: string
  userId: string
  groupId: string
  sessionId: string
  consent: string
  url: string
  title: string
  referrer: string
  channel: string
  locale: string
  browser: string
  at: string
  properties: Record<string, unknown>
  traits: Record<string, unknown>
  context: Record<string, unknown>
}

export interface Visit {
  page: Page
  context: BrowserContext
  run: string
  /** What the page threw or logged. */
  complaints: string[]
}

export interface World {
  browser: Browser
  server: TestServer
  gate: Gate
  site: Site
  /** A browser profile of its own; `script` runs before anything else in each page. */
  profile: (options?: BrowserContextOptions & { script?: string }) => Promise<BrowserContext>
  /** Opens test/pages/<name>.html in the profile, as a new tab. */
  visit: (name: string, options?: VisitOptions) => Promise<Visit>
  /** What ClickHouse holds of a run, oldest first. */
  stored: (run: string) => Promise<Stored[]>
  /** The same, once it satisfies `isThere`. */
  arrived: (run: string, isThere: (events: Stored[]) => boolean) => Promise<Stored[]>
  /** How often a message went to the server. */
  timesSent: (messageId: string) => number
  /** Closes every page and lets everything pass again. */
  tidy: () => Promise<void>
  close: () => Promise<void>
}

export interface VisitOptions {
  context?: BrowserContext
  run?: string
  host?: string
  query?: string
  referer?: string
}

const columns = `message_id AS messageId, type, name, anonymous_id AS anonymousId, user_id AS userId, group_id AS groupId,
  session_id AS sessionId, consent, url, title, referrer, channel, locale, browser, toString(client_time) AS at, properties, traits, context`

export async function openWorld(executablePath: string): Promise<World> {
  const server = await startServer()
  const gate = await openGate(server.url)
  const stub = readFileSync(new URL('../../dist/stub.js', import.meta.url), 'utf8').trim()
  const site = await openSite({ gate, writeKey: server.writeKey, stub })
  const browser = await chromium.launch({
    executablePath,
    // Drivers switch the back/forward cache off.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Names of their own: sites, sub-domains and pages without a secure context.
      '--host-resolver-rules=MAP *.test 127.0.0.1',
    ],
  })

  async function stored(run: string): Promise<Stored[]> {
    const rows = await server.sql<Record<string, string>>(
      `SELECT ${columns} FROM events FINAL WHERE position(url, {run:String}) > 0 ORDER BY client_time, message_id`,
      { run },
    )
    const parsed = (text: string | undefined) => JSON.parse(text || '{}') as Record<string, unknown>
    return rows.map((row) => ({
      ...(row as unknown as Stored),
      properties: parsed(row.properties),
      traits: parsed(row.traits),
      context: parsed(row.context),
    }))
  }

  const world: World = {
    browser,
    server,
    gate,
    site,
    async profile({ script, ...options } = {}) {
      const context = await browser.newContext(options)
      if (script) await context.addInitScript(script)
      return context
    },
    async visit(name, { context, run = randomBytes(6).toString('hex'), host, query = '', referer } = {}) {
      const profile = context ?? (await world.profile())
      const page = await profile.newPage()
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(`threw ${error.message}`))
      page.on('console', (message) => complaints.push(`logged ${message.text()}`))
      await page.goto(site.url(`${name}/${run}${query}`, host), { ...(referer && { referer }) })
      return { page, context: profile, run, complaints }
    },
    stored,
    arrived: (run, isThere) =>
      until(
        async () => {
          const events = await stored(run)
          return isThere(events) ? events : undefined
        },
        { timeoutMs: 30_000, what: `the events of run ${run}` },
      ).catch(async (cause: unknown) => {
        const got = (await stored(run)).map(({ type, name, userId }) => `${type} ${name} ${userId}`)
        throw new Error(`not what was awaited; ClickHouse holds ${JSON.stringify(got)}`, { cause })
      }),
    timesSent: (messageId) =>
      gate.passed.filter(
        ({ method, body }) => method === 'POST' && body.includes(`"messageId":"${messageId}"`),
      ).length,
    async tidy() {
      gate.fault = 'none'
      await Promise.all(browser.contexts().map((context) => context.close()))
    },
    async close() {
      await browser.close()
      await site.close()
      await gate.close()
      await server.stop()
    },
  }
  return world
}

export const named = (name: string) => (event: Stored) => event.name === name
export const ofType = (type: string) => (event: Stored) => event.type === type
