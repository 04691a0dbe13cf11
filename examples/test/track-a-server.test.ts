import { existsSync } from 'node:fs'
import { Touchline } from '@touchline/node'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServer, until, type TestServer } from '../../test-support/server.js'
import { createShop } from '../track-a-server/shop.js'

const chromiumPath = [
  process.env.CHROME_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]
  .filter((path) => path !== undefined)
  .find((path) => existsSync(path))
if (chromiumPath === undefined) {
  console.warn('SKIPPED track-a-server: no Chromium found. Set CHROME_PATH to one.')
}

const userAgent =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36'

interface Timeline {
  person: { id: string; identifiers: { identifier: string }[]; traits: Record<string, unknown> }
  summary: { sessions: number; anonymousTouchpoints: number }
  touchpoints: {
    kind: string
    name: string
    channel: string
    sources: string[]
    properties: Record<string, unknown>
  }[]
}

describe.skipIf(chromiumPath === undefined)('the shop', () => {
  let server: TestServer
  let browser: Browser
  beforeAll(async () => {
    server = await startServer()
    browser = await chromium.launch({
      executablePath: chromiumPath ?? '',
      // With the last two the tag and the server see a person's browser; they leave out automated ones.
      args: [
        '--no-sandbox',
        '--disable-dev-shm-usage',
        '--disable-blink-features=AutomationControlled',
        `--user-agent=${userAgent}`,
      ],
    })
  }, 90_000)
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  }, 60_000)

  it('shows what the browser saw and what the server knows as one journey of one person', async () => {
    const touchline = new Touchline({ writeKey: server.secretKey, host: server.url })
    const shop = createShop({ touchline, touchlineHost: server.url, writeKey: server.writeKey })
    const address = await shop.listen({ port: 0, host: '127.0.0.1' })

    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(`${address}/?utm_source=newsletter&utm_medium=email&utm_campaign=cups`)
    await until(async () => (await context.cookies()).find(({ name }) => name === 'touchline'), {
      what: 'the visitor’s cookie',
    })
    await page.fill('input[name=email]', 'ada@acme.example')
    await page.click('text=Log in')
    await page.waitForURL('**/cart')
    await page.click('text=Buy 2 cups')
    await page.waitForURL('**/thanks')
    await context.close()
    await shop.close()

    // Who is who follows within a second of the events.
    const timeline = await until(
      async () => {
        const { body } = await server.get<Timeline>('/v1/users/customer-ada/timeline?order=asc')
        const isJoined = body.person?.identifiers.some(({ identifier }) => identifier.startsWith('anon:'))
        const told = body.touchpoints?.flatMap(({ kind, sources }) =>
          sources.map((source) => `${kind} ${source}`),
        )
        return isJoined && told.includes('visit touchline-browser') && told.includes('action @touchline/node')
          ? body
          : undefined
      },
      { timeoutMs: 30_000, what: 'the journey' },
    )

    const kinds = timeline.touchpoints.map(({ kind }) => kind)
    expect(timeline.person.id).toBe('user:customer-ada')
    expect(timeline.person.traits).toMatchObject({ email: 'ada@acme.example' })
    const visits = timeline.touchpoints.filter(({ kind }) => kind === 'visit')
    expect(visits).toMatchObject([{ channel: 'Email', sources: ['touchline-browser'] }])
    const order = timeline.touchpoints.find(({ name }) => name === 'Order Completed')
    expect(order).toMatchObject({
      kind: 'action',
      sources: ['@touchline/node'],
      properties: { total: 25, currency: 'EUR' },
    })
    expect(kinds.indexOf('visit')).toBeLessThan(
      timeline.touchpoints.findIndex(({ name }) => name === 'Order Completed'),
    )
    // The server's event belongs to the browser's session: the journey is one visit, begun before the name was known.
    expect(timeline.summary).toMatchObject({ sessions: 1 })
    expect(timeline.summary.anonymousTouchpoints).toBeGreaterThan(0)
  }, 90_000)
})
