/**
 * The story of Touchline, with the real server and a real browser:
 * Ada finds us through an ad, comes back three days later from an AI assistant, leaves her work email,
 * signs up on another device, and a colleague joins. Afterwards everything she did is one timeline,
 * also what she did before anybody knew her name.
 */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, newPerson, openBrowser } from '../../test-support/chromium.js'
import { whyNoKafka } from '../../test-support/kafka.js'
import { startLine } from '../../test-support/line.js'
import { type TestServer, startServer, until } from '../../test-support/server.js'
import { type Website, openWebsite } from '../../test-support/website.js'

const dayMs = 86_400_000
const executablePath = chromiumPath()

interface Touchpoint {
  kind: string
  name: string
  at: string
  channel: string
  person: string
  pages?: { path: string }[]
}
interface Timeline {
  person?: { id: string; identifiers: { identifier: string }[]; accounts: string[] }
  account?: { id: string }
  summary: { touchpoints: number; people: number; sessions: number; anonymousTouchpoints: number }
  touchpoints: Touchpoint[]
}

/** Where the story takes place. */
interface Stage {
  /** Where the website's tag comes from and where events go. */
  collect: Pick<TestServer, 'url' | 'writeKey'>
  /** Where timelines are read. */
  timeline: Pick<TestServer, 'get'>
  sql: TestServer['sql']
  stop(): Promise<void>
}

/** With KAFKA_BROKERS set the one process stands on that Kafka, on topics of its own. */
function kafkaOfTheEnvironment(): Record<string, string> {
  const { KAFKA_BROKERS } = process.env
  return KAFKA_BROKERS === undefined
    ? {}
    : { KAFKA_BROKERS, KAFKA_TOPIC_PREFIX: `story-${randomUUID().slice(0, 8)}.` }
}

const inOneProcess = async (env: Record<string, string>): Promise<Stage> => {
  const server = await startServer({ env: { ...env, ...kafkaOfTheEnvironment() }, isFirstStart: true })
  return {
    collect: server,
    timeline: server,
    sql: (statement) => server.sql(statement),
    stop: () => server.stop(),
  }
}

const inAProcessARole = async (env: Record<string, string>): Promise<Stage> => {
  const line = await startLine({}, env)
  const [collect] = line.of('collect')
  const [timeline] = line.of('timeline')
  if (collect === undefined || timeline === undefined) throw new Error('a role is missing')
  const sql = async <Row>(query: string): Promise<Row[]> =>
    (await line.clickhouse.reader.query({ query, format: 'JSONEachRow' })).json<Row>()
  return { collect, timeline, sql, stop: () => line.stop() }
}

const whyNoRoles = await whyNoKafka()
if (whyNoRoles !== undefined) console.warn(`SKIPPED: the story by roles: ${whyNoRoles}`)

const stages = [
  { name: 'in one process', open: inOneProcess, isSkipped: executablePath === undefined },
  {
    name: 'with Kafka and a process a role',
    open: inAProcessARole,
    isSkipped: executablePath === undefined || whyNoRoles !== undefined,
  },
]

describe.each(stages)('the story of Ada and Charles, $name', ({ open, isSkipped }) => {
  let stage: Stage
  let website: Website
  let browser: Browser
  let folder: string | undefined
  let setClock: (offsetMs: number) => Promise<void>

  beforeAll(async () => {
    if (isSkipped) return
    folder = await mkdtemp(join(tmpdir(), 'touchline-story-'))
    const clockFile = join(folder, 'clock')
    setClock = (offsetMs) => writeFile(clockFile, String(offsetMs))
    await setClock(-10 * dayMs)
    stage = await open({ CLOCK_OFFSET_FILE: clockFile })
    website = await openWebsite({
      tag: `<script async src="${stage.collect.url}/t.js" data-key="${stage.collect.writeKey}"></script>`,
    })
    browser = await openBrowser(executablePath ?? '')
  })

  afterAll(async () => {
    await browser?.close()
    await website?.close()
    await stage?.stop()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  test.skipIf(isSkipped)(
    'from an ad to a customer, on one timeline',
    async () => {
      // Ten days ago, Ada clicks on an ad and reads two pages.
      const adasLaptop = await newPerson(browser)
      let page = await openPage(adasLaptop, -10 * dayMs)
      await visit(
        page,
        '/?utm_source=google&utm_medium=cpc&utm_campaign=engines&gclid=Cj0demo',
        'https://www.google.com/',
      )
      await follow(page, 'Features')
      await follow(page, 'Pricing')
      await page.close()

      // Three days later an AI assistant sends her back; now she leaves her work email in a form.
      page = await openPage(adasLaptop, -7 * dayMs)
      await visit(page, '/pricing', 'https://chatgpt.com/')
      await page.fill('#offer [name=email]', 'Ada@Analytical-Engines.com')
      await page.click('#offer button')
      await everythingSent(page)
      await page.close()

      // Two days after that she signs up, on her phone.
      const adasPhone = await newPerson(browser)
      page = await openPage(adasPhone, -5 * dayMs)
      await visit(page, '/sign-up')
      await signUp(page, 'u-ada', 'ada@analytical-engines.com')
      await page.close()

      // The next day Charles, a colleague, joins.
      const charlesLaptop = await newPerson(browser)
      page = await openPage(charlesLaptop, -4 * dayMs)
      await visit(page, '/sign-up', 'https://www.linkedin.com/')
      await signUp(page, 'u-charles', 'charles@analytical-engines.com')
      await page.close()

      // Ada's timeline, asked for by her email: the anonymous part is there.
      const ada = await whole(
        '/v1/users/email%3Aada%40analytical-engines.com',
        ({ summary, ...timeline }) => {
          return timeline.person?.accounts[0] === 'analytical-engines' && summary.sessions === 3
        },
      )
      expect(ada.person?.id).toBe('user:u-ada')
      expect(ada.person?.accounts).toEqual(['analytical-engines'])
      const visits = ada.touchpoints.filter((touch) => touch.kind === 'visit')
      expect(visits.map((touch) => touch.channel)).toEqual(['Paid Search', 'AI Assistant', 'Direct'])
      expect(visits[0]?.pages?.map(({ path }) => path)).toHaveLength(3)
      expect(daysBetween(visits[0], visits[1])).toBe(3)
      expect(ada.summary.anonymousTouchpoints).toBeGreaterThanOrEqual(2)
      expect(ada.person?.identifiers.filter(({ identifier }) => identifier.startsWith('anon:'))).toHaveLength(
        2,
      )

      // The account's timeline has both of them, from the first ad on.
      const account = await whole('/v1/accounts/analytical-engines', ({ summary, touchpoints }) => {
        return (
          summary.people === 2 && touchpoints.filter((touch) => touch.kind === 'joined_account').length === 2
        )
      })
      expect(account.summary).toMatchObject({ people: 2, sessions: 4 })
      expect(account.touchpoints[0]).toMatchObject({
        kind: 'visit',
        channel: 'Paid Search',
        person: 'user:u-ada',
      })
      expect(new Set(account.touchpoints.map((touch) => touch.person))).toEqual(
        new Set(['user:u-ada', 'user:u-charles']),
      )

      // An analyst sees the same in SQL.
      const told = async (view: string, count: number) =>
        until(
          async () => {
            const rows = await stage.sql<Touchpoint>(
              `SELECT kind, if(label = '', name, label) AS name, channel, person FROM ${view} ORDER BY at`,
            )
            return rows.length === count ? rows : undefined
          },
          { what: `the touchpoints of ${view}` },
        )
      const adaInSql = await told(
        "user_timeline(project = 'default', id = 'email:ada@analytical-engines.com')",
        ada.touchpoints.length,
      )
      // What happened in one millisecond has no order that `ORDER BY at` knows.
      const kindsAndNames = (touchpoints: readonly Touchpoint[]) =>
        touchpoints.map(({ kind, name }) => `${kind} ${name}`).sort()
      expect(kindsAndNames(adaInSql)).toEqual(kindsAndNames(ada.touchpoints))
      const accountInSql = await told(
        "account_timeline(project = 'default', id = 'analytical-engines')",
        account.touchpoints.length,
      )
      expect(kindsAndNames(accountInSql)).toEqual(kindsAndNames(account.touchpoints))
      expect(accountInSql[0]).toMatchObject({ kind: 'visit', person: 'user:u-ada' })
    },
    120_000,
  )

  /** A timeline once it has what `isThere` asks for and two looks at it agree: the last event has arrived. */
  async function whole(of: string, isThere: (timeline: Timeline) => boolean): Promise<Timeline> {
    let before = ''
    let seen: unknown
    return until(
      async () => {
        const { status, body } = await stage.timeline.get<Timeline>(`${of}/timeline?order=asc`)
        seen = body
        const looksAsBefore = JSON.stringify(body) === before
        before = JSON.stringify(body)
        return status === 200 && looksAsBefore && isThere(body) ? body : undefined
      },
      { what: `the whole timeline of ${of}`, everyMs: 500, seen: () => seen },
    )
  }

  /** A page in which it is `offsetMs` from now, on the server too. */
  async function openPage(context: BrowserContext, offsetMs: number): Promise<Page> {
    await setClock(offsetMs)
    const page = await context.newPage()
    await page.clock.install({ time: Date.now() + offsetMs })
    return page
  }

  async function visit(page: Page, path: string, referer?: string): Promise<void> {
    await page.goto(`${website.url}${path}`, referer ? { referer } : {})
    await everythingSent(page)
  }

  async function follow(page: Page, link: string): Promise<void> {
    await page.click(`text=${link}`)
    await page.waitForLoadState()
    await everythingSent(page)
  }

  async function signUp(page: Page, user: string, email: string): Promise<void> {
    await page.fill('#sign-up [name=user]', user)
    await page.fill('#sign-up [name=email]', email)
    await page.click('#sign-up button')
    await everythingSent(page)
  }

  /** The SDK's own word that its queue is empty. */
  async function everythingSent(page: Page): Promise<void> {
    await page.waitForFunction('window.touchline && typeof window.touchline.flush === "function"')
    await page.evaluate('new Promise((resolve) => touchline.ready(() => resolve(touchline.flush())))')
  }
})

function daysBetween(earlier: Touchpoint | undefined, later: Touchpoint | undefined): number {
  return Math.round((Date.parse(later?.at ?? '') - Date.parse(earlier?.at ?? '')) / dayMs)
}
