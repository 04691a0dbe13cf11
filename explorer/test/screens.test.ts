import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath } from '../../test-support/chromium.js'
import { screenCases } from './screens.js'
import {
  accessibilityFaults,
  looks,
  openContext,
  shots,
  startExplorer,
  untilReady,
  type Explorer,
} from './support/explorer.js'

const cases = screenCases.flatMap((one) =>
  looks.flatMap((look) => [1_440, 390].map((width) => ({ ...one, look, width }))),
)

describe.skipIf(chromiumPath() === undefined)('each screen, opened by its link', () => {
  let explorer: Explorer
  beforeAll(async () => {
    explorer = await startExplorer()
  })
  afterAll(() => explorer?.close())

  test.each(cases)(
    '$path in $look at $width px has its answer, and no fault',
    async ({ screen, path, answer, look, width }) => {
      const { page, context, faults } = await openContext(explorer, { look, width })
      await page.goto(`${explorer.server.url}${path}`)
      await untilReady(page, screen)
      const name = `${path.replace(/\W+/g, '-').replace(/^-|-$/g, '')}-${look}-${width}`
      await page.screenshot({ path: `${shots}${name}.png`, fullPage: true })
      const text = await page.locator('main').innerText()
      expect(text).toMatch(look === 'ja' ? answer.ja : answer.en)
      expect(await accessibilityFaults(page)).toEqual([])
      expect(faults).toEqual([])
      // Nothing makes the page scroll sideways.
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      ).toBeLessThanOrEqual(0)
      await context.close()
    },
  )
})
