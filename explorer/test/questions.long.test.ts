/** The screens that answer questions, over the demo: each says its answer, in every look, and breaks no rule. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { chromiumPath } from '../../test-support/chromium.js'
import { until, type TestServer } from '../../test-support/server.js'
import { send } from '../../examples/play-a-company/server-calls.js'
import {
  accessibilityFaults,
  goTo,
  looks,
  openAt,
  openContext,
  shoot,
  startExplorer,
  textWith,
  untilReady,
  type Explorer,
  type Opened,
} from './support/explorer.js'
import { tellDemo } from './support/demo.js'
import { demoSecret, demoSecretName, putProgramsToWork } from './support/programs-at-work.js'

interface Case {
  name: string
  path: string
  en: RegExp
  ja: RegExp
}
const cases: readonly Case[] = [
  {
    name: 'today',
    path: '/',
    en: /late stage|Nothing to do|Something is broken|Look like/,
    ja: /後期ステージ|やることはありません|不具合|似ている/,
  },
  { name: 'live', path: '/live', en: /received[\s\S]*not shown|Listening|received/, ja: /受信/ },
  {
    name: 'channels',
    path: '/channels',
    en: /20 × Deal won[\s\S]*add up to the total/,
    ja: /Deal won 20件[\s\S]*総数と一致/,
  },
  {
    name: 'channels-two',
    path: '/channels?vs=first',
    en: /First touch[\s\S]*add up to the total/,
    ja: /初回接点[\s\S]*総数と一致/,
  },
  { name: 'channels-time', path: '/channels?view=time', en: /Each point is the credit/, ja: /各点は/ },
  {
    name: 'channels-open',
    path: '/channels?row=Paid+Search',
    en: /Paid Search · Linear[\s\S]*accounts/,
    ja: /Paid Search・線形/,
  },
  {
    name: 'journeys',
    path: '/journeys',
    en: /31 touches[\s\S]*3\.1 channels[\s\S]*192 days[\s\S]*20 journeys/,
    ja: /31 接点[\s\S]*3\.1 チャネル[\s\S]*192 日[\s\S]*20件/,
  },
  {
    name: 'journeys-silences',
    path: '/journeys?part=silences',
    en: /Silent now[\s\S]*Longest open silences/,
    ja: /沈黙中[\s\S]*続いている沈黙/,
  },
  {
    name: 'journeys-paths',
    path: '/journeys?part=paths',
    en: /Goal reached[\s\S]*Most walked first steps/,
    ja: /ゴール到達[\s\S]*よくある最初の歩み/,
  },
  {
    name: 'journeys-profile',
    path: '/journeys?part=profile',
    en: /of closed accounts were won \(20 of 32\)[\s\S]*industry/,
    ja: /32件中20件[\s\S]*industry/,
  },
  {
    name: 'journeys-months',
    path: '/journeys?part=months',
    en: /New customers[\s\S]*Cost per customer/,
    ja: /新規顧客[\s\S]*顧客獲得単価/,
  },
  {
    name: 'segments',
    path: '/segments',
    en: /Manufacturers[\s\S]*\d+ accounts[\s\S]*industry is “Manufacturing”/,
    ja: /Manufacturers[\s\S]*アカウント\d+件/,
  },
  {
    name: 'scores',
    path: '/segments?part=scores',
    en: /at or above[\s\S]*Behaviour/,
    ja: /以上は[\s\S]*行動/,
  },
  {
    name: 'handoffs',
    path: '/segments?part=handoffs',
    en: /Accept|Nobody has crossed/,
    ja: /引き受ける|超えたもの/,
  },
  {
    name: 'programs',
    path: '/segments?part=programs',
    en: /20 under way[\s\S]*Goes on → two-weeks if title is one of[\s\S]*20 wait here/,
    ja: /進行中20[\s\S]*titleが[\s\S]*それ以外→three-days[\s\S]*ここで20件が待機/,
  },
  {
    name: 'program-open',
    path: '/segments?part=programs&at=after-demo-request+three-days',
    en: /After the demo request · three-days[\s\S]*due/,
    ja: /After the demo request・three-days[\s\S]*予定/,
  },
  {
    name: 'deliveries',
    path: '/segments?part=deliveries',
    en: /demo\s+works[\s\S]*waiting[\s\S]*Nudge <b>佐藤<\/b> · tell[\s\S]*After the demo request · tell-sales/,
    ja: /demo\s+正常[\s\S]*待機[\s\S]*Nudge <b>佐藤<\/b> · tell[\s\S]*After the demo request · tell-sales/,
  },
  {
    name: 'deliveries-waiting',
    path: '/segments?part=deliveries&only=waiting',
    en: /waiting[\s\S]*next try/,
    ja: /待機[\s\S]*次の試行/,
  },
  { name: 'health', path: '/health', en: /Every event is accounted for/, ja: /所在が確認できています/ },
  {
    name: 'identities',
    path: '/identities',
    en: /identifiers (that )?became part of somebody[\s\S]*Separate/,
    ja: /識別子/,
  },
  { name: 'identities-contested', path: '/identities?part=contested', en: /claim/, ja: /主張/ },
  { name: 'identities-history', path: '/identities?part=history', en: /decided|Separated/, ja: /判断/ },
]

describe.skipIf(chromiumPath() === undefined)('over the demo', () => {
  let explorer: Explorer
  let server: TestServer
  beforeAll(async () => {
    explorer = await startExplorer(
      async (told) => {
        await tellDemo(told)
        await putProgramsToWork(told)
      },
      { env: { [demoSecretName]: demoSecret } },
    )
    server = explorer.server
    await send(
      { url: server.url, secretKey: server.secretKey },
      {
        method: 'PUT',
        path: '/v1/definitions/segments/manufacturers',
        body: {
          name: 'Manufacturers',
          subject: 'account',
          when: { accountTrait: 'industry', op: 'eq', value: 'Manufacturing' },
        },
      },
    )
  }, 300_000)
  afterAll(() => explorer?.close())

  describe.each(looks.flatMap((look) => [1_440, 390].map((width) => ({ look, width }))))(
    'in $look at $width px',
    ({ look, width }) => {
      let opened: Opened
      beforeAll(async () => {
        opened = await openContext(explorer, { look, width })
      })
      afterAll(() => opened?.context.close())

      test.each(cases)(
        '$name says its answer, keeps the policy and every rule of WCAG',
        async ({ name, path, en, ja }) => {
          const { page, faults } = opened
          faults.length = 0
          await goTo(explorer, opened, path)
          await textWith(page, look === 'ja' ? ja : en)
          await shoot(page, `${name}-${look}-${width}`)
          expect(await accessibilityFaults(page)).toEqual([])
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
          expect(faults).toEqual([])
        },
      )
    },
  )

  const liveCounts = (page: Page) =>
    page.evaluate(() => {
      const text = document.querySelector('[data-live-counts]')?.getAttribute('data-live-counts') ?? '{}'
      const rows = [...document.querySelectorAll('.live-list > li')]
      const refused = rows.filter((row) => row.getAttribute('data-state') === 'refused').length
      return {
        ...(JSON.parse(text) as { received: number; refused: number; drawn: number; notShown: number }),
        rows: rows.length,
        refusedRows: refused,
      }
    })

  describe('live', () => {
    test('of 1,000 events in a burst what is shown and what is not are 1,000, and every refused one is shown', async () => {
      const { page, context, faults } = await openAt(explorer, '/live')
      const event = (n: number) => ({ type: 'track', event: `Burst ${n}`, userId: `burst-${n % 50}` })
      for (let from = 0; from < 990; from += 90)
        await server.post('/v1/batch', {
          batch: Array.from({ length: 90 }, (_none, index) => event(from + index)),
        })
      await server.post('/v1/batch', {
        batch: Array.from({ length: 10 }, (_none, n) => ({ type: 'track', event: `Nobody's ${n}` })),
      })
      const counts = await until(
        async () => {
          const seen = await liveCounts(page)
          return seen.received === 1_000 && seen.refusedRows === 10 ? seen : undefined
        },
        { what: '1,000 received', timeoutMs: 60_000 },
      )
      expect(counts.drawn + counts.notShown).toBe(1_000)
      expect(counts.rows).toBeLessThanOrEqual(300)
      expect(counts.refused).toBe(10)
      await shoot(page, 'live-burst')
      expect(faults).toEqual([])
      await context.close()
    })

    test('a refused event says why, what was sent, and how to send it again; a pause keeps counting', async () => {
      const { page, context, faults } = await openAt(explorer, '/live?only=refused')
      await server.post('/v1/track', { event: 'Who <b>was</b> it', properties: { plan: 'pro' } })
      await page.locator('.live-row--refused > button').first().focus()
      await page.keyboard.press('Enter')
      await textWith(page, /EVENT_NO_ID[\s\S]*Who <b>was<\/b> it/)
      await page.getByRole('button', { name: 'Send it again' }).click()
      await textWith(page, /curl -u 'wk_[\s\S]*\/v1\/track'/)
      await shoot(page, 'live-refused')
      await page.keyboard.press('p')
      // Counts come once a second: the one before is to be among them.
      const before = await until(async () => {
        const counts = await liveCounts(page)
        return counts.received === 1 ? counts : undefined
      })
      await server.post('/v1/track', { event: 'Nobody again' })
      await until(async () => ((await liveCounts(page)).received === before.received + 1 ? true : undefined))
      expect((await liveCounts(page)).rows).toBe(before.rows)
      expect(await accessibilityFaults(page)).toEqual([])
      expect(faults).toEqual([])
      await context.close()
    })

    test('a filter is the server’s, and an event is followed to its person', async () => {
      const { page, context, faults } = await openAt(explorer, '/live?id=user:followed')
      await server.post('/v1/identify', { userId: 'followed', traits: { name: 'Aiko Tanaka' } })
      await server.post('/v1/track', { userId: 'somebody-else', event: 'Other' })
      await server.post('/v1/track', { userId: 'followed', event: 'Demo Requested' })
      await textWith(page, /Demo Requested[\s\S]*linked/)
      expect(await page.locator('.live-list > li').count()).toBe(2)
      expect(faults).toEqual([])
      await context.close()
    })
  })

  test('the search leads with the keyboard alone to an account, and to a screen', async () => {
    const { page, context, faults } = await openAt(explorer, '/health')
    await page.keyboard.press('/')
    await page.waitForSelector('[role=combobox]:focus')
    await page.keyboard.type('lovelace')
    await page.waitForSelector('[role=option]:has-text("Lovelace Works")')
    await shoot(page, 'search-light-1440')
    expect(await accessibilityFaults(page)).toEqual([])
    await page.waitForSelector('[role=option][aria-selected=true]')
    const names = await page.locator('[role=option]').allInnerTexts()
    const at = names.findIndex((name) => name.includes('Account'))
    // Keys that come faster than the page is drawn all count.
    const press = (key: string, times: number) =>
      page.locator('[role=combobox]').evaluate(
        (field, { key: name, times: count }) => {
          for (let time = 0; time < count; time += 1)
            field.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }))
        },
        { key, times },
      )
    await press('ArrowDown', 2)
    expect(names.length).toBeGreaterThan(2)
    await page.waitForSelector('[role=option]:nth-child(3)[aria-selected=true]')
    await press('ArrowUp', 2)
    await page.waitForSelector('[role=option]:first-child[aria-selected=true]')
    for (let step = 0; step < at; step += 1) await page.keyboard.press('ArrowDown')
    // Opened again in the very moment in which it goes.
    await page.evaluate(() => {
      new MutationObserver((_changes, observer) => {
        if (document.querySelector('dialog.search') !== null) return
        observer.disconnect()
        document.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, bubbles: true }))
      }).observe(document.body, { childList: true, subtree: true })
    })
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/accounts\/lovelace-works/)
    await page.waitForSelector('[role=combobox]:focus')
    await page.keyboard.type('chann')
    await page.waitForSelector('[role=option]:has-text("Channels")')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/channels/)
    expect(faults).toEqual([])
    await context.close()
  })

  test('separating shows before and after, then writes; undoing stays in the history beside it', async () => {
    const { page, context, faults } = await openAt(explorer, '/identities')
    await page
      .getByRole('button', { name: /Show the two strips/ })
      .first()
      .click()
    await page.waitForSelector('.strips svg')
    await shoot(page, 'identities-strips')
    await page.getByRole('button', { name: 'Separate …' }).first().click()
    await textWith(page, /Now[\s\S]*Afterwards/)
    expect(await accessibilityFaults(page)).toEqual([])
    await shoot(page, 'identities-separate')
    await page.getByLabel(/Why, for whoever/).fill('a shared laptop')
    await page.getByRole('button', { name: 'Separate them' }).click()
    await textWith(page, /Written/)
    await page.goto(`${server.url}/identities?part=history`)
    await textWith(page, /Separated[\s\S]*a shared laptop/)
    await page.getByRole('button', { name: 'Undo' }).first().click()
    await textWith(page, /Put together again[\s\S]*Separated[\s\S]*undone/)
    await shoot(page, 'identities-undone')
    expect(faults).toEqual([])
    await context.close()
  })

  test('what too many links set apart is shown, and what is chosen of it counts again', async () => {
    const batch = Array.from({ length: 1_100 }, (_none, n) => ({
      ...{ type: 'track', event: 'Opened', userId: 'front-desk', anonymousId: `tablet-${n}` },
    }))
    await server.post('/v1/batch', { batch })
    await until(
      async () => {
        const { body } = await server.get<{ identifiers: string[] }>('/v1/identity/quarantined')
        return body.identifiers.includes('user:front-desk') ? true : undefined
      },
      { what: 'the front desk to be set apart', timeoutMs: 90_000 },
    )
    const { page, context, faults } = await openAt(explorer, '/identities?part=quarantined')
    const mine = page.getByRole('listitem').filter({ hasText: 'front-desk' }).first()
    await mine.getByRole('button', { name: 'Show the links' }).click()
    await mine.getByRole('checkbox').first().check()
    await mine.getByRole('button', { name: 'Let 1 of them count …' }).click()
    await page.getByLabel(/Why, for whoever/).fill('one of our tablets')
    // Nothing lies half under the top row then.
    await page.evaluate(() => scrollTo(0, 0))
    expect(await accessibilityFaults(page)).toEqual([])
    await mine.getByRole('button', { name: 'Let 1 of them count' }).scrollIntoViewIfNeeded()
    await shoot(page, 'identities-quarantined')
    await mine.getByRole('button', { name: 'Let 1 of them count' }).click()
    await textWith(page, /Released: 1\. What counts again/)
    await page.goto(`${server.url}/identities?part=history`)
    await textWith(page, /Released[\s\S]*one of our tablets/)
    expect(faults).toEqual([])
    await context.close()
  })

  test('what was refused is judged again from the page', async () => {
    const { page, context } = await openAt(explorer, '/health')
    await textWith(page, /EVENT_NO_ID/)
    await page.getByRole('button', { name: 'Judge again' }).first().click()
    await textWith(page, /0 taken now, \d+ refused again/)
    await context.close()
  })

  describe('hostile names', () => {
    const evil = `<img src=x onerror="document.title='owned'">`
    const names = [
      evil,
      'evil\u202Etxt.exe',
      'x'.repeat(4_000),
      '👩‍👩‍👧‍👦 日本語',
      `"'></script><script>document.title='owned'</script>`,
    ]

    test.each([
      ['/live', /‹U\+202E›/],
      ['/channels?by=campaign&range=all', /‹U\+202E›/],
      ['/journeys?part=paths&by=name&view=table', /paths|steps/i],
      ['/journeys?part=profile&only=all', /industry/],
      ['/segments', /Manufacturers/],
      ['/identities', /became part of/],
      ['/health', /Refused, by reason/],
    ])('%s shows them as text, within the page', async (path, wanted) => {
      const { page, context, faults } = await openAt(explorer, path)
      await sendHostile()
      if (path === '/live') await textWith(page, wanted)
      else await untilShown(page, wanted)
      expect(await page.locator('main img, main script').count()).toBe(0)
      expect(await page.title()).not.toContain('owned')
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1_440)
      expect(faults).toEqual([])
      await shoot(page, `hostile-${path.replace(/\W+/g, '-')}`)
      await context.close()
    })

    /** What was sent is stored and formed a moment later; a page asks when it is opened. */
    async function untilShown(page: Page, wanted: RegExp): Promise<void> {
      let last = ''
      const isShown = async () => {
        await page.reload()
        await untilReady(page)
        last = await page.innerText('main')
        return wanted.test(last) || undefined
      }
      await until(isShown, { timeoutMs: 60_000, everyMs: 500, what: String(wanted), seen: () => last })
    }

    async function sendHostile(): Promise<void> {
      const at = new Date(Date.now() - 86_400_000).toISOString()
      const wonAt = new Date(Date.parse(at) + 60_000).toISOString()
      const batch = names.flatMap((name, index) => {
        const who = { userId: `hostile-${index}`, anonymousId: `hostile-a-${index}` }
        const context = {
          groupId: `hostile-${index}`,
          page: {
            url: `https://x.test/?utm_source=evil&utm_medium=email&utm_campaign=${encodeURIComponent(name.slice(0, 200))}`,
          },
        }
        return [
          {
            type: 'identify',
            ...who,
            traits: { name, email: `h${index}@evil-${index}.test` },
            timestamp: at,
            context,
          },
          {
            type: 'group',
            ...who,
            groupId: `hostile-${index}`,
            traits: { name, industry: name },
            timestamp: at,
          },
          { type: 'page', ...who, name, properties: { title: name }, timestamp: at, context },
          { type: 'track', ...who, event: name, properties: { [name.slice(0, 50)]: name }, timestamp: at },
          {
            type: 'track',
            ...who,
            event: 'Deal Won',
            properties: { amount: 1, currency: name.slice(0, 3) },
            timestamp: wonAt,
          },
        ]
      })
      await server.post('/v1/batch', { batch }, server.secretKey)
      await server.post('/v1/track', { event: evil, properties: { title: evil } })
    }
  })
})
