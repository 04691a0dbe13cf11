/**
 * What the browser SDK costs the page's main thread, beside Segment's and PostHog's npm packages in the same run.
 * They are installed into a temporary folder, bundled and minified alike, and speak to a server here that takes
 * everything. Chromium itself says how long the main thread was busy. On a noisy machine only the ratios mean something.
 *
 *     npm run bench -- browser
 */
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { build } from 'tsup'
import { chromiumPath, newPerson, openBrowser } from '../../test-support/chromium.js'
import { printTable, ratio, rounded } from '../report.js'

interface Candidate {
  name: string
  /** A module that sets window.start(host) → promise of a function that records one event. */
  entry: string
}

const candidates: Candidate[] = [
  {
    name: 'nothing',
    entry: `window.start = async () => () => {}`,
  },
  {
    name: '@touchline/browser',
    entry: `import { init } from '${fileURLToPath(new URL('../../sdk-browser/dist/index.js', import.meta.url))}'
      window.start = async (host) => {
        const touchline = init({ writeKey: 'wk', host })
        return (i) => touchline.track('Bench', { i, plan: 'pro', page: 'pricing' })
      }`,
  },
  {
    name: '@segment/analytics-next',
    entry: `import { AnalyticsBrowser } from '@segment/analytics-next'
      window.start = async (host) => {
        const [analytics] = await AnalyticsBrowser.load({ writeKey: 'wk', cdnURL: host })
        analytics.page()
        return (i) => analytics.track('Bench', { i, plan: 'pro', page: 'pricing' })
      }`,
  },
  {
    name: 'posthog-js',
    entry: `import posthog from 'posthog-js'
      window.start = async (host) => {
        posthog.init('wk', { api_host: host, defaults: '2025-05-24', disable_session_recording: true, disable_surveys: true, opt_out_useragent_filter: true })
        return (i) => posthog.capture('Bench', { i, plan: 'pro', page: 'pricing' })
      }`,
  },
]

const rounds = 6
const calls = 200

const path = chromiumPath()
if (path === undefined) process.exit(0)

const folder = await mkdtemp(join(tmpdir(), 'touchline-bench-'))
const host = createServer((request, response) => {
  request.resume()
  request.on('end', () => answer(request.url ?? '', response))
})
const scripts = new Map<string, string>()
try {
  install()
  for (const candidate of candidates) scripts.set(candidate.name, await bundle(candidate))
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  const browser = await openBrowser(path)
  const measured = new Map<string, Cost[]>()
  for (let round = 0; round < rounds; round++) {
    for (const { name } of candidates) {
      const cost = await measure(browser, name)
      // The first round warms the disk and the driver.
      if (round > 0) measured.set(name, [...(measured.get(name) ?? []), cost])
    }
  }
  await browser.close()
  print(measured)
} finally {
  host.closeAllConnections()
  host.close()
  await rm(folder, { recursive: true, force: true })
}

function install(): void {
  const { status } = spawnSync(
    'npm',
    [
      'install',
      '--silent',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '@segment/analytics-next',
      'posthog-js',
    ],
    { cwd: folder, stdio: 'inherit' },
  )
  if (status !== 0) throw new Error('The two packages to compare with could not be installed.')
}

async function bundle({ name, entry }: Candidate): Promise<string> {
  const file = name.replaceAll(/\W/g, '-')
  await writeFile(join(folder, `${file}.js`), entry)
  await build({
    entry: { [file]: join(folder, `${file}.js`) },
    outDir: join(folder, 'dist'),
    config: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2019',
    minify: true,
    noExternal: [/./],
    silent: true,
  })
  return readFile(join(folder, 'dist', `${file}.global.js`), 'utf8')
}

function answer(url: string, response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader('access-control-allow-headers', 'content-type, authorization')
  if (url === '/') {
    response.setHeader('content-type', 'text/html')
    return void response.end('<!doctype html><title>Bench</title><h1>A page</h1>')
  }
  response.setHeader('content-type', 'application/json')
  const { port } = host.address() as AddressInfo
  response.end(
    url.includes('/settings')
      ? JSON.stringify({
          integrations: { 'Segment.io': { apiKey: 'wk', apiHost: `127.0.0.1:${port}/v1`, protocol: 'http' } },
        })
      : '{"success":true,"accepted":0,"rejected":[]}',
  )
}

interface Cost {
  /** Milliseconds of main thread from the script’s first byte to its first page view sent. */
  loadMs: number
  /** Microseconds of main thread for one call, everything that it sets off included. */
  callUs: number
}

async function measure(browser: Browser, name: string): Promise<Cost> {
  const person = await newPerson(browser)
  const page = await person.newPage()
  const { port } = host.address() as AddressInfo
  await page.goto(`http://127.0.0.1:${port}/`)
  const driver = await person.newCDPSession(page)
  await driver.send('Performance.enable')
  const busyMs = async (): Promise<number> => {
    const { metrics } = await driver.send('Performance.getMetrics')
    return 1_000 * (metrics.find((metric) => metric.name === 'TaskDuration')?.value ?? 0)
  }
  const before = await busyMs()
  await page.addScriptTag({ content: scripts.get(name) ?? '' })
  await page.evaluate(`start(location.origin).then((record) => { window.record = record })`)
  // Time for what the SDK puts off, the first request included. It is work that is measured, not this wait.
  await delay(1_500)
  const loaded = await busyMs()
  await page.evaluate(`new Promise((done) => {
    let i = 0
    const next = () => { record(i++); if (i < ${calls}) setTimeout(next); else done() }
    next()
  })`)
  await delay(1_500)
  const after = await busyMs()
  await person.close()
  return { loadMs: loaded - before, callUs: (1_000 * (after - loaded)) / calls }
}

function print(measured: Map<string, Cost[]>): void {
  const median = (values: number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
  const medians = candidates.map(({ name }) => {
    const costs = measured.get(name) ?? []
    return {
      name,
      bytes: gzipSync(scripts.get(name) ?? '', { level: 9 }).length,
      loadMs: median(costs.map(({ loadMs }) => loadMs)),
      callUs: median(costs.map(({ callUs }) => callUs)),
    }
  })
  const [nothing, ours] = medians
  if (nothing === undefined || ours === undefined) return
  const beside = (value: number, own: number) => `${rounded(value)} (${ratio(value, own)})`
  printTable(
    `main thread, ${rounds - 1} rounds of ${calls} calls; medians less those of an empty script, and ratios to ours`,
    medians.slice(1).map(({ name, bytes, loadMs, callUs }) => ({
      package: name,
      'gzip -9': beside(bytes, ours.bytes),
      'load, ms': beside(loadMs - nothing.loadMs, ours.loadMs - nothing.loadMs),
      'one call, µs': beside(callUs - nothing.callUs, ours.callUs - nothing.callUs),
    })),
  )
}
