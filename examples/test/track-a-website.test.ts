import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, newPerson, openBrowser } from '../../test-support/chromium.js'
import { startServer, until, type TestServer } from '../../test-support/server.js'
import { serveWebsite } from '../track-a-website/serve.js'

interface Timeline {
  person: { id: string; traits: Record<string, unknown> }
  summary: { anonymousTouchpoints: number }
  touchpoints: { kind: string; channel: string; name: string; campaign?: { source?: string } }[]
}

/** One line of the browser's own log for each request that it made, those after a page had gone too. */
const request = /"method":"([A-Z]+)".*?"url":"([^"]+)"/

const path = chromiumPath()

describe.skipIf(path === undefined)('examples/track-a-website', () => {
  let server: TestServer
  let website: Awaited<ReturnType<typeof serveWebsite>>
  let browser: Browser
  let folder: string

  beforeAll(async () => {
    server = await startServer()
    website = await serveWebsite({ touchline: server.url, writeKey: server.writeKey })
    folder = await mkdtemp(join(tmpdir(), 'touchline-net-log-'))
    browser = await openBrowser(path as string, [`--log-net-log=${join(folder, 'net.json')}`])
  })
  afterAll(async () => {
    await browser?.close()
    await website?.close()
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test('the timeline of who sends the form shows the anonymous visit and the capture, and no request was preflighted', async () => {
    const page = await (await newPerson(browser)).newPage()
    await page.goto(`${website.url}?utm_source=newsletter&utm_medium=email`)
    await page.fill('[name=name]', 'Ada')
    await page.fill('[name=company]', 'Analytical Engines')
    await page.fill('[name=email]', 'ada@example.com')
    await page.click('button')
    await page.waitForURL(/thanks/)

    const timeline = await until(
      async () => {
        const { status, body } = await server.get<Timeline>('/v1/users/ada%40example.com/timeline')
        const kinds = status === 200 ? body.touchpoints.map(({ kind }) => kind) : []
        return kinds.includes('visit') && kinds.includes('identified') ? body : undefined
      },
      { timeoutMs: 25_000, what: 'the timeline of ada@example.com' },
    )
    expect(timeline.person).toMatchObject({
      id: 'email:ada@example.com',
      traits: { name: 'Ada', company: 'Analytical Engines' },
    })
    expect(timeline.touchpoints.find(({ kind }) => kind === 'visit')).toMatchObject({ channel: 'Email' })
    expect(timeline.touchpoints.some(({ name }) => name === 'Form Submitted')).toBe(true)
    expect(timeline.summary.anonymousTouchpoints).toBeGreaterThan(0)

    await browser.close()
    const log = await readFile(join(folder, 'net.json'), 'utf8')
    const methods = log.split('\n').flatMap((line) => {
      const [, method, url] = request.exec(line) ?? []
      return url?.startsWith(`${server.url}/v1/`) ? [method] : []
    })
    expect(methods).toContain('POST')
    expect(methods).not.toContain('OPTIONS')
  })
})
