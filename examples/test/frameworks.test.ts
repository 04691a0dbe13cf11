/** docs/frameworks: its code has the right types, is built as its readers would build it, and does what it says. */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import vue from '@vitejs/plugin-vue'
import type { Browser, Page } from 'playwright-core'
import { build, preview, type PluginOption } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, newPerson, openBrowser } from '../../test-support/chromium.js'
import { freePort, startServer, until, type TestServer } from '../../test-support/server.js'
import { checkTypes } from './frameworks/check-types.js'
import { blocksOf, writeIn, writeSections, type Section } from './frameworks/pages.js'

let sections: Section[]
let server: TestServer
beforeAll(async () => {
  sections = await writeSections()
  // What a page leaves to its reader.
  const user = 'export const currentUser = async (): Promise<{ id: string; email: string } | null> => null\n'
  await writeIn(sectionOf('Next (App Router)').folder, 'app/session.ts', user)
  server = await startServer()
})
afterAll(() => server?.stop())

function sectionOf(title: string): Section {
  const found = sections.find((section) => section.title === title)
  if (found === undefined) throw new Error(`docs/frameworks has no section ${title} with files`)
  return found
}

test('all code of the pages has the right types', async () => {
  expect(sections.map(({ title }) => title).sort()).toEqual([
    ...['Express', 'Fastify', 'Next (App Router)', 'Next: route handlers', 'Nuxt', 'React'],
    ...['Svelte', 'SvelteKit', 'Vue'],
  ])
  expect(await checkTypes(sections)).toEqual([])
})

/** Names and sources of what is in the timeline of somebody, once all of `names` are. */
const untilTold = (who: string, names: readonly string[]) =>
  until(
    async () => {
      const { body } = await server.get(`/v1/users/${encodeURIComponent(who)}/timeline`)
      const text = JSON.stringify(body)
      return names.every((name) => text.includes(name)) ? text : undefined
    },
    { what: `${names.join(', ')} of ${who}` },
  )

const path = chromiumPath()

describe.skipIf(path === undefined)('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser(path as string)
  })
  afterAll(() => browser?.close())

  const roots: Record<string, { main: string; text: string; plugins: PluginOption[] }> = {
    React: {
      main: 'src/main.tsx',
      text: `import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app'
createRoot(document.getElementById('app')!).render(<StrictMode><App /></StrictMode>)`,
      plugins: [],
    },
    Vue: {
      main: 'src/main.ts',
      text: `import { createApp } from 'vue'\nimport App from './App.vue'\ncreateApp(App).mount('#app')`,
      plugins: [vue()],
    },
    Svelte: {
      main: 'src/main.ts',
      text: `import { mount } from 'svelte'\nimport App from './App.svelte'\nmount(App, { target: document.getElementById('app')! })`,
      plugins: [svelte({ configFile: false })],
    },
  }

  /** What the visitor told who came by a campaign, each event once. */
  const tellings = `
SELECT trim(concat(type, ' ', multiIf(type = 'page', path, type = 'track', name, concat(user_id, ' ', email)))) AS told
FROM events WHERE anonymous_id IN (SELECT anonymous_id FROM events WHERE url LIKE {campaign: String})
GROUP BY message_id, told ORDER BY min(client_time)`

  test.each(Object.keys(roots))('%s: visit, action and who it was arrive, each once', async (title) => {
    const { main, text, plugins } = roots[title] ?? { main: '', text: '', plugins: [] }
    const { folder } = sectionOf(title)
    await writeIn(folder, main, text)
    await writeIn(folder, 'index.html', `<div id="app"></div><script type="module" src="/${main}"></script>`)
    await build({
      ...{ root: folder, configFile: false, logLevel: 'error', plugins },
      define: {
        'import.meta.env.VITE_TOUCHLINE_KEY': JSON.stringify(server.writeKey),
        'import.meta.env.VITE_TOUCHLINE_HOST': JSON.stringify(server.url),
      },
      oxc: { jsx: { runtime: 'automatic', importSource: 'react' } },
    })
    const site = await preview({
      root: folder,
      configFile: false,
      preview: { port: await freePort(), host: '127.0.0.1' },
    })
    const page = await (await newPerson(browser)).newPage()
    try {
      await page.goto(`${site.resolvedUrls?.local[0]}?utm_source=${title}`)
      await page.getByText('Start a trial').click()
      await page.getByText('Log in').click()
      const told = await until(
        async () => {
          const rows = await server.sql<{ told: string }>(tellings, { campaign: `%utm_source=${title}%` })
          return rows.length >= 3 ? rows.map((row) => row.told) : undefined
        },
        { what: `what the page of ${title} tells` },
      )
      expect(told).toEqual(['page /', 'track Trial Started', 'identify u1 ada@example.com'])
      await untilTold('u1', [title.toLowerCase(), 'ada@example.com', 'Trial Started'])
    } finally {
      await page.context().close()
      await site.close()
    }
  })

  /** A page whose head is the snippet of docs/frameworks/sites.md, filled in as the tool would. */
  async function openSite(head: string, body: string, act: (page: Page) => Promise<void>): Promise<void> {
    const stub = await readFile(new URL('../../sdk-browser/dist/stub.js', import.meta.url), 'utf8')
    const filled = head
      .replace(/^STUB$/m, () => `<script>${stub}</script>`)
      .replaceAll('https://t.example.com', server.url)
      .replaceAll('wk_…', server.writeKey)
    const site = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.end(`<!doctype html><head><title>Site</title>${filled}</head><body>${body}</body>`)
    })
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
    const page = await (await newPerson(browser)).newPage()
    try {
      await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`)
      await act(page)
    } finally {
      await page.context().close()
      site.closeAllConnections()
      site.close()
    }
  }

  test('Tag Manager: the tag that a script makes records the page, and the second tag its event', async () => {
    const [tag = '', event = ''] = await blocksOf('sites.md', 'Google Tag Manager', 'html')
    // Its trigger comes while the SDK is still loading.
    await openSite(tag, event.replace('{{Plan}}', 'pro'), async (page) => {
      await page.evaluate(`touchline.identify('gtm-user')`)
      await untilTold('gtm-user', ['Trial Started', '"plan":"pro"'])
    })
  })

  test('Webflow: forms are read by themselves', async () => {
    const [tag = ''] = await blocksOf('sites.md', 'Webflow', 'html')
    const early = `<script>touchline.track('Before It Is There')</script>`
    const form = '<form action="/"><input name="email" type="email"><button>Send</button></form>'
    await openSite(tag, early + form, async (page) => {
      await page.waitForFunction('window.touchline && touchline.flush')
      await page.fill('input', 'flow@example.com')
      await page.click('button')
      await untilTold('email:flow@example.com', ['flow@example.com', 'Before It Is There'])
    })
  })

  test('Shopify: who is logged in is told by the page, before the SDK is there', async () => {
    const [liquid = ''] = await blocksOf('sites.md', 'Shopify', 'liquid')
    const rendered = liquid
      .replace(/\{%.*?%\}/g, '')
      .replace('{{ customer.id }}', 'shop-7')
      .replace('{{ customer.email | json }}', '"shop@example.com"')
    expect(rendered).not.toMatch(/\{\{|%\}/)
    const head = `STUB\n<script async src="https://t.example.com/t.js" data-key="wk_…"></script>${rendered}`
    await openSite(head, '', async () => {
      await untilTold('shop-7', ['shop@example.com'])
    })
  })
})

describe('on a server', () => {
  test.each(['Express', 'Fastify'])(
    '%s: an order joins the visitor of the browser, and what is queued goes before the process ends',
    async (title) => {
      const { folder } = sectionOf(title)
      const port = await freePort()
      const child = spawn(process.execPath, ['--import', 'tsx', join(folder, `${title.toLowerCase()}.ts`)], {
        env: {
          ...process.env,
          PORT: String(port),
          TOUCHLINE_KEY: server.writeKey,
          TOUCHLINE_HOST: server.url,
        },
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
      try {
        const visitor = { anonymousId: `${title}-visitor`, sessionId: 's1', lastSeen: Date.now() }
        const answer = await until(
          () =>
            fetch(`http://127.0.0.1:${port}/orders`, {
              method: 'POST',
              headers: {
                'content-type': 'application/json',
                cookie: `touchline=${encodeURIComponent(JSON.stringify(visitor))}`,
              },
              body: JSON.stringify({ userId: `${title}-user`, total: 20 }),
            }),
          { what: `${title} to listen` },
        )
        expect(await answer.json()).toEqual({ ok: true })
      } finally {
        child.kill('SIGTERM')
      }
      expect(await ended).toBe(0)
      const order = await until(
        async () => {
          const [row] = await server.sql(
            "SELECT anonymous_id, session_id FROM events WHERE user_id = {id: String} AND name = 'Order Completed'",
            { id: `${title}-user` },
          )
          return row
        },
        { what: `the order of ${title}` },
      )
      expect(order).toMatchObject({ anonymous_id: `${title}-visitor`, session_id: 's1' })
    },
  )
})
