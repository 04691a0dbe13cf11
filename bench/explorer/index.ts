/**
 * The Explorer against its budgets: sizes of the built scripts, and the journey map of 500 people × 50,000 touches in
 * Chromium without a graphics card. The answers are invented and served from memory (serve.ts): what is measured is the page.
 *
 *     npm run bench -- explorer
 */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { largeMap } from '../../explorer/test/support/invented-map.js'
import { chromiumPath, openBrowser } from '../../test-support/chromium.js'
import { printTable, type Row } from '../report.js'
import { servePages } from './serve.js'

const runs = 5
const frames = 120
const people = 500
const touches = 50_000

interface Chunk {
  file: string
  imports?: string[]
}
const dist = new URL('../../explorer/dist/', import.meta.url)
const chunks = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8')) as Record<string, Chunk>

function sizes(): Row[] {
  const first = new Set([...withImports('index.html'), ...withImports('src/screens/accounts/index.tsx')])
  const map = Object.keys(chunks).filter((key) => key.includes('journey-map'))
  const row = (what: string, keys: Iterable<string>, goal: string) => ({
    what,
    value: `${kilobytes(keys).toFixed(1)} KB`,
    goal,
  })
  return [
    row('script of the first screen, gz', first, '≤ 25 KB'),
    row('whole Explorer, gz', Object.keys(chunks), '≤ 80 KB'),
    row('map chunk, gz', map, '≤ 12 KB'),
    row('of the whole the Japanese words, gz', ['src/i18n/japanese.ts'], ''),
  ]
}

function withImports(key: string, seen = new Set<string>()): Set<string> {
  if (!seen.has(key)) {
    seen.add(key)
    for (const other of chunks[key]?.imports ?? []) withImports(other, seen)
  }
  return seen
}

function kilobytes(keys: Iterable<string>): number {
  const files = new Set(
    [...keys].map((key) => chunks[key]?.file ?? '').filter((file) => file.endsWith('.js')),
  )
  return [...files].reduce((sum, file) => sum + readFileSync(new URL(`${file}.gz`, dist)).length / 1_000, 0)
}

async function measured(): Promise<Row[]> {
  const path = chromiumPath()
  if (path === undefined) return []
  const answer = largeMap({ people, touches })
  const pages = await servePages({
    '/ui/session': {
      project: { id: 'default', name: 'default' },
      role: 'admin',
      zone: 'Asia/Tokyo',
      currency: 'EUR',
      writeKey: null,
      publicUrl: '',
      version: '0',
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      warnings: [],
    },
    '/v1/accounts/large/map': answer,
  })
  const browser = await openBrowser(path)
  try {
    const page = await browser.newPage({ viewport: { width: 1_440, height: 900 } })
    // What compiles this file names functions by a helper, also those that run in the page.
    await page.addInitScript('globalThis.__name = (named) => named')
    const opened: number[] = []
    for (let run = 0; run < runs; run += 1) opened.push(await openMap(page, `${pages.url}/accounts/large`))
    const usual = await framesOf(page)
    await openMap(page, `${pages.url}/accounts/large?all=1&group=none`)
    const all = await framesOf(page)
    return [
      {
        what: 'payload of the map, gz',
        value: `${(gzipSync(JSON.stringify(answer)).length / 1_024).toFixed(0)} KiB`,
        goal: '',
      },
      { what: 'navigation → map drawn, median', value: `${median(opened).toFixed(0)} ms`, goal: '≤ 400 ms' },
      ...rowsOf('12 lanes and the rest', usual),
      ...rowsOf('500 lanes', all),
    ]
  } finally {
    await browser.close()
    await pages.close()
  }
}

/** From the navigation's start, by the page's own clock, to the mark that it is ready. */
async function openMap(page: Page, url: string): Promise<number> {
  await page.goto('about:blank')
  await page.goto(url, { waitUntil: 'commit' })
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const look = () =>
          document.querySelector('main[data-ready]') === null
            ? requestAnimationFrame(look)
            : resolve(performance.now())
        look()
      }),
  )
}

interface Frames {
  frame: number[]
  work: number[]
  hit: number
}

/** Zooms in and out at the pointer, a step a frame: how far frames are apart, and how long the page worked in each. */
function framesOf(page: Page): Promise<Frames> {
  return page.evaluate(async (count) => {
    const canvas = document.querySelector('.plot canvas') as HTMLCanvasElement
    const box = canvas.getBoundingClientRect()
    const at = {
      clientX: box.left + box.width * 0.6,
      clientY: box.top + 200,
      bubbles: true,
      cancelable: true,
    }
    const nextFrame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
    const afterFrame = () =>
      new Promise<void>((resolve) => {
        const channel = new MessageChannel()
        channel.port1.onmessage = () => resolve()
        channel.port2.postMessage(undefined)
      })
    const frame: number[] = []
    const work: number[] = []
    let before = await nextFrame()
    for (let i = 0; i < count; i += 1) {
      const isPan = i % 4 === 3
      canvas.dispatchEvent(
        new WheelEvent(
          'wheel',
          isPan
            ? { ...at, shiftKey: true, deltaY: 40 }
            : { ...at, ctrlKey: true, deltaY: i < count / 2 ? -30 : 30 },
        ),
      )
      const now = await nextFrame()
      const began = performance.now()
      await afterFrame()
      work.push(performance.now() - began)
      frame.push(now - before)
      before = now
    }
    const moves = 500
    const started = performance.now()
    for (let i = 0; i < moves; i += 1)
      canvas.dispatchEvent(
        new PointerEvent('pointermove', {
          ...at,
          clientX: box.left + (i / moves) * box.width,
          clientY: box.top + 100 + (i % 400),
        }),
      )
    return { frame, work, hit: (performance.now() - started) / moves }
  }, frames)
}

const rowsOf = (which: string, { frame, work, hit }: Frames): Row[] => [
  { what: `pan and zoom, p95 frame (${which})`, value: `${p95(frame).toFixed(1)} ms`, goal: '≤ 20 ms' },
  {
    what: `layout and drawing, median / p95 (${which})`,
    value: `${median(work).toFixed(1)} / ${p95(work).toFixed(1)} ms`,
    goal: '≤ 8 ms',
  },
  { what: `hit test with its event (${which})`, value: `${hit.toFixed(3)} ms`, goal: '≤ 0.1 ms' },
]

const sorted = (list: readonly number[]) => [...list].sort((a, b) => a - b)
const median = (list: readonly number[]) => sorted(list)[Math.floor(list.length / 2)] ?? 0
const p95 = (list: readonly number[]) => sorted(list)[Math.floor(list.length * 0.95)] ?? 0

printTable(`Explorer, ${people} people × ${touches.toLocaleString('en-US')} touches`, [
  ...sizes(),
  ...(await measured()),
])
