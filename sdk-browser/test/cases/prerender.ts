import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { until } from '../../../test-support/server.js'
import { named, ofType, type World } from '../support/world.js'

/**
 * A browser without a driver, for a driver switches prerendering off: pages are drawn, and `activationStart` is 0. What
 * happens in this one its pages tell the website.
 */
async function withBareBrowser(path: string, url: string, use: () => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'touchline-prerender-'))
  const browser = spawn(
    path,
    [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      `--user-data-dir=${folder}`,
      url,
    ],
    { stdio: 'ignore', detached: true },
  )
  const ended = new Promise((resolve) => browser.once('exit', resolve))
  try {
    await use()
  } finally {
    // Its own group: the wrapper script, the browser and its renderers.
    if (browser.pid !== undefined) process.kill(-browser.pid, 'SIGKILL')
    await ended
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

/** A page that is rendered before anybody asked for it. */
export function prerenderCases(world: () => World, path: string): void {
  test('a page that is really prerendered sends nothing and counts nothing before it is shown', async () => {
    const { arrived, gate, site } = world()
    const run = randomBytes(6).toString('hex')
    const place = `/prerendered/${run}`
    const note = (pattern: RegExp) =>
      until(() => site.notes.find((text) => text.endsWith(place) && pattern.test(text)), {
        what: String(pattern),
        seen: () => site.notes,
      })
    await withBareBrowser(path, site.url(`prerenders/${run}`), async () => {
      expect(await note(/^ready/)).toBe(`ready true ${place}`)
      const sent = () => gate.passed.filter(({ body }) => body.includes(place)).length
      expect(sent()).toBe(0)
      site.notes.push(`go${place}`)
      const [, activationStart] = (await note(/^activated/)).split(' ')
      expect(Number(activationStart)).toBeGreaterThan(0)
      const events = await arrived(place, (all) => all.filter(named('While Prerendering')).length === 1)
      expect(events.filter(ofType('page'))).toHaveLength(1)
      expect(events.find(named('While Prerendering'))?.properties).toEqual({ prerendering: true })
    })
  })
}
