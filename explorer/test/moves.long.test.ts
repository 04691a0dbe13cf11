/** Each move on the map does what it says, by pointer, by finger and by key; files and paper show what was seen. */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath } from '../../test-support/chromium.js'
import { until } from '../../test-support/server.js'
import { openContext, shots, startExplorer, untilReady, type Explorer } from './support/explorer.js'

describe.skipIf(chromiumPath() === undefined)('the journey map', () => {
  let explorer: Explorer
  beforeAll(async () => {
    explorer = await startExplorer()
  })
  afterAll(() => explorer?.close())

  async function openMap(options: Parameters<typeof openContext>[1] = {}, query = '') {
    const opened = await openContext(explorer, options)
    await opened.page.goto(`${explorer.server.url}/accounts/acme${query}`)
    await untilReady(opened.page, 'account')
    return opened
  }

  const moves: [what: string, move: (page: Page, map: Box) => Promise<void>, into: Direction][] = [
    ['ctrl and the wheel', (page, map) => wheel(page, map, { ctrl: true, y: -300 }), 'narrower'],
    [
      'a stretch drawn on the axis',
      (page, map) => drag(page, { x: map.x + 300, y: map.y + 8 }, { x: map.x + 500, y: map.y + 8 }),
      'narrower',
    ],
    ['the button', (page) => page.getByRole('button', { name: 'Zoom in' }).click(), 'narrower'],
    ['the key +', (page) => page.keyboard.press('+'), 'narrower'],
    [
      'an edge of the small map',
      async (page) => {
        const box = await boxOf(page, 'canvas.minimap')
        await drag(page, { x: box.x + 1, y: box.y + 20 }, { x: box.x + box.width / 2, y: box.y + 20 })
      },
      'narrower',
    ],
  ]
  test.each(moves)('is zoomed by %s, and the address says where', async (_what, move, into) => {
    const { page, context, faults } = await openMap()
    const whole = await stretchOf(page)
    await move(page, await boxOf(page, '.plot canvas'))
    await until(async () => (windowOf(page) !== undefined ? true : undefined), { what: 'w= in the address' })
    const window = windowOf(page) ?? whole
    expect(into === 'narrower' ? window.length < whole.length : window.length > whole.length).toBe(true)
    // The link shows the same, and 0 fits everything again.
    const other = await context.newPage()
    await other.goto(page.url())
    await untilReady(other, 'account')
    expect(windowOf(other)).toEqual(window)
    await page.keyboard.press('0')
    await until(() => (windowOf(page) === undefined ? true : undefined), { what: 'the whole journey' })
    expect(faults).toEqual([])
    await context.close()
  })

  test.each([
    ['shift and the wheel', (page: Page, map: Box) => wheel(page, map, { shift: true, y: 200 })],
    ['a drag', (page: Page, map: Box) => drag(page, below(map, 600), below(map, 400))],
    ['the key .', (page: Page) => page.keyboard.press('.')],
    ['the button', (page: Page) => page.getByRole('button', { name: 'Later' }).click()],
    [
      'the window on the small map',
      async (page: Page) => {
        const box = await boxOf(page, 'canvas.minimap')
        const [from, to] = [box.x + box.width * 0.5, box.x + box.width * 0.7]
        await drag(page, { x: from, y: box.y + 20 }, { x: to, y: box.y + 20 })
      },
    ],
  ])('is moved to later days by %s, and shows as many of them', async (_what, move) => {
    const { page, context } = await openMap()
    await page.keyboard.press('+')
    await page.keyboard.press('+')
    await until(() => windowOf(page))
    await settled(page)
    const before = windowOf(page)
    await move(page, await boxOf(page, '.plot canvas'))
    await until(() => ((windowOf(page)?.from ?? 0) > (before?.from ?? 0) ? true : undefined), {
      what: 'a later window',
    })
    await settled(page)
    expect(Math.abs((windowOf(page)?.length ?? 0) - (before?.length ?? 0))).toBeLessThanOrEqual(2)
    await context.close()
  })

  test('is zoomed by two fingers, and lifting them opens nothing', async () => {
    const { page, context, faults } = await openMap({ width: 390 })
    await page.locator('.plot canvas').scrollIntoViewIfNeeded()
    const map = await boxOf(page, '.plot canvas')
    const touch = await context.newCDPSession(page)
    const at = (gap: number) =>
      [-gap, gap].map((dx, id) => ({ x: map.x + map.width / 2 + dx, y: map.y + 60, id }))
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(20) })
    for (const gap of [30, 45, 60, 80, 100])
      await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(gap) })
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    await until(() => windowOf(page), { what: 'a narrower window' })
    expect(await page.locator('.drawer').count()).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  })

  test('fits a silence or a band on a double click', async () => {
    const { page, context } = await openMap()
    const whole = await stretchOf(page)
    const map = await boxOf(page, '.plot canvas')
    // The open silence of 34 days at the right end.
    await page.mouse.dblclick(map.x + map.width * 0.93, map.y + map.height - 20)
    const fitted = await until(() => windowOf(page), { what: 'the window of a stretch' })
    expect(fitted.length).toBeLessThan(whole.length / 2)
    await context.close()
  })

  test('a touch under the pointer says what it was, and a click keeps it', async () => {
    const { page, context } = await openMap()
    await page.locator('.plot canvas').focus()
    await page.keyboard.press('Home')
    await until(async () =>
      /Touch 1 of \d+/.test(await page.locator('.map-status').innerText()) ? true : undefined,
    )
    const map = await boxOf(page, '.plot canvas')
    // Whatever stands in the lanes at the places where something can be pointed at.
    const found = await until(
      async () => {
        for (let y = map.y + 40; y < map.y + map.height; y += 6)
          for (let x = map.x + 4; x < map.x + map.width; x += 12) {
            await page.mouse.move(x, y)
            if (await page.evaluate(isOnTouch)) return { x, y }
          }
        return undefined
      },
      { what: 'a touch under the pointer', timeoutMs: 90_000 },
    )
    expect(await page.locator('.hover-card').innerText()).toMatch(/\w/)
    await page.mouse.click(found.x, found.y)
    await page.locator('.drawer').waitFor()
    await context.close()
  })

  test('goes into a picture with its names and into a table of all touches', async () => {
    const { page, context, faults } = await openMap()
    const picture = await saved(page, () => page.getByRole('button', { name: 'PNG' }).click())
    expect(picture.name).toBe('journey-acme.png')
    expect([...picture.bytes.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10])
    // Twice the size on the page, with a column of names beside it.
    expect(picture.bytes.readUInt32BE(16)).toBeGreaterThan(2 * (await boxOf(page, '.plot canvas')).width)
    expect(picture.bytes.length).toBeGreaterThan(20_000)
    const table = await saved(page, () => page.keyboard.press('e'))
    const lines = table.bytes.toString().trim().split('\r\n')
    expect(lines[0]).toContain('at,person,name,kind,touch,channel')
    const { body } = await explorer.server.get<{ account: { touches: number } }>('/v1/accounts/acme/map')
    expect(lines).toHaveLength(1 + body.account.touches)
    expect(table.bytes.toString()).toContain('Deal Created')
    expect(faults).toEqual([])
    await context.close()
  })

  test('on paper there is the map and what it says, and nothing to press', async () => {
    const { page, context } = await openMap()
    await page.emulateMedia({ media: 'print' })
    for (const gone of ['.top', '.map-bar', 'canvas.minimap'])
      expect(await page.locator(gone).first().isVisible(), gone).toBe(false)
    expect(await page.locator('.plot canvas').isVisible()).toBe(true)
    expect(await page.locator('main').innerText()).toContain('silent 34 days and counting')
    const paper = await page.pdf({ format: 'A4', landscape: true, path: `${shots}account-print.pdf` })
    expect(paper.subarray(0, 5).toString()).toBe('%PDF-')
    await page.screenshot({ path: `${shots}account-print.png`, fullPage: true })
    await context.close()
  })

  test.each([320, 768, 1_024, 1_250, 1_280, 2_560])('fits a window of %i px', async (width) => {
    const { page, context, faults } = await openMap({ width })
    await page.screenshot({ path: `${shots}account-${width}.png`, fullPage: true })
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    )
    const map = await boxOf(page, '.plot canvas')
    expect(map.width).toBeGreaterThan(width * 0.5)
    // On a phone the row of screens is pushed with a finger; elsewhere all of them are seen.
    const cut = await page.locator('.screens').evaluate((row) => row.scrollWidth - row.clientWidth)
    if (width > 700) expect(cut).toBeLessThanOrEqual(0)
    expect(faults).toEqual([])
    await context.close()
  })
})

type Direction = 'narrower' | 'wider'
interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** In the lanes: above them is the axis. */
const below = (map: Box, x: number) => ({ x: map.x + x, y: map.y + map.height * 0.6 })

const isOnTouch = () => document.querySelector<HTMLElement>('.plot canvas')?.style.cursor === 'pointer'

async function boxOf(page: Page, selector: string): Promise<Box> {
  const box = await page.locator(selector).boundingBox()
  if (box === null) throw new Error(`${selector} is not on the page`)
  return box
}

/** Seconds since 1970, as in the address; undefined: the whole journey. */
function windowOf(page: Page): { from: number; to: number; length: number } | undefined {
  const [from, to] = (new URL(page.url()).searchParams.get('w') ?? '').split('-').map(Number)
  return from === undefined || to === undefined ? undefined : { from, to, length: to - from }
}

const stretchOf = async (page: Page) => {
  const [from, to] = await page.evaluate(async () => {
    const answer = await fetch('/v1/accounts/acme/map')
    const body = (await answer.json()) as { from: number; to: number }
    return [body.from, body.to]
  })
  return { from: (from ?? 0) / 1_000, to: (to ?? 0) / 1_000, length: ((to ?? 0) - (from ?? 0)) / 1_000 }
}

/** Until the address rests. */
async function settled(page: Page): Promise<void> {
  let before = page.url()
  let since = Date.now()
  await until(() => {
    if (page.url() !== before) [before, since] = [page.url(), Date.now()]
    return Date.now() - since > 600 ? true : undefined
  })
}

async function wheel(
  page: Page,
  map: Box,
  { ctrl, shift, y }: { ctrl?: boolean; shift?: boolean; y: number },
): Promise<void> {
  await page.mouse.move(map.x + map.width / 2, map.y + 60)
  const key = ctrl === true ? 'Control' : shift === true ? 'Shift' : undefined
  if (key !== undefined) await page.keyboard.down(key)
  await page.mouse.wheel(0, y)
  if (key !== undefined) await page.keyboard.up(key)
}

async function drag(page: Page, from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> {
  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  await page.mouse.move((from.x + to.x) / 2, to.y, { steps: 4 })
  await page.mouse.move(to.x, to.y, { steps: 4 })
  await page.mouse.up()
}

async function saved(page: Page, act: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), act()])
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) }
}
