/** Before the first event, and with the numbers that the first events carry. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, newPerson } from '../../test-support/chromium.js'
import { until } from '../../test-support/server.js'
import { openAt, openContext, startExplorer, untilReady, type Explorer } from './support/explorer.js'

describe.skipIf(chromiumPath() === undefined)('a server without an event', () => {
  let explorer: Explorer
  beforeAll(async () => {
    explorer = await startExplorer(() => Promise.resolve())
  })
  afterAll(() => explorer?.close())

  test('what its pages give to paste keeps what is called before the SDK is there', async () => {
    const { page, context } = await openContext(explorer)
    await page.goto(`${explorer.server.url}/accounts`)
    const snippet = await page.getByLabel(/^Paste this/).innerText()
    expect(snippet).toContain(`data-key="${explorer.server.writeKey}"`)
    const person = await newPerson(explorer.browser)
    const site = await person.newPage()
    const html = `<!doctype html><title>Site</title>${snippet}<script>touchline.track('Called At Once')</script>`
    const web = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end(html),
    )
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
    await site.goto(`http://127.0.0.1:${(web.address() as AddressInfo).port}/`)
    await page.getByText(/^The first event has arrived/).waitFor()
    await until(async () => {
      const rows = await explorer.server.sql("SELECT 1 FROM events WHERE name = 'Called At Once'")
      return rows.length > 0 ? true : undefined
    })
    await person.close()
    web.closeAllConnections()
    web.close()
    await context.close()
  })

  test('a number beyond 2^53 is shown as it was sent: of a person, in their timeline and as it came', async () => {
    const [account, order] = ['12345678901234567891', '98765432109876543211']
    const { url, writeKey } = explorer.server
    const events = `{"batch":[
      {"type":"identify","userId":"big","traits":{"account":${account},"plain":42}},
      {"type":"track","userId":"big","event":"Paid","messageId":"paid","properties":{"order":${order},"list":[-9007199254740993]}}]}`
    const answer = await fetch(`${url}/v1/batch`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}` },
      body: events,
    })
    expect(answer.status).toBe(200)
    await until(async () =>
      (await explorer.server.get('/v1/people/user%3Abig')).status === 200 ? true : undefined,
    )
    const { page, context, faults } = await openAt(explorer, '/people/user%3Abig')
    const text = async () => page.locator('body').innerText()
    expect(await text()).toContain(account)
    expect(await text()).toContain('42')
    for (const opener of await page.locator('.timeline__line button').all()) await opener.click()
    await page.getByText(order).first().waitFor()
    expect(await text()).toContain('[-9007199254740993]')
    expect(await text()).not.toMatch(/12345678901234567000|98765432109876540000|9007199254740992/)
    expect(faults).toEqual([])
    await untilReady(page)
    await context.close()
  })
})
