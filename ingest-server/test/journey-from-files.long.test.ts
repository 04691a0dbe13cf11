/**
 * A company's journey put together from six files of four tools, by the real command: one timeline of the account, in
 * order, each touch with who told it. Killed in the middle and run again it is the same, and a second run changes nothing.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startImport, touchlineImport } from '../../test-support/importing.js'
import { startServer, until, type TestServer } from '../../test-support/server.js'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'touchline-six-files-'))
  for (const [map, text] of Object.entries(files)) await writeFile(pathOf(map), text)
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const pathOf = (map: string) => join(dir, `${map}.export`)
const lines = (...all: string[]) => `${all.join('\n')}\n`

const captured = (uuid: string, event: string, who: string, timestamp: string, properties: object = {}) =>
  JSON.stringify({ uuid, event, distinct_id: who, timestamp, properties: { $lib: 'web', ...properties } })

/** Visitors of other companies, wide enough that the file does not fit into what the sockets hold. */
const others = 30_000
const someVisits = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) =>
    captured(`o${from + n}`, '$pageview', `other-${(from + n) % 300}`, '2026-01-03T10:00:00Z', {
      $current_url: `https://six.example/blog/${(from + n) % 7}`,
      $initial_person_info: 'x'.repeat(1_000),
    }),
  )

const visit = {
  $current_url: 'https://six.example/?utm_source=linkedin&utm_medium=cpc&utm_campaign=six-ctos',
}
const files: Record<string, string> = {
  // Deals before the contacts that they name: the order of the files does not count.
  'hubspot-deals': lines(
    'Record ID,Deal Name,Deal Stage,Close Date,Amount,Currency,Create Date,"Date entered ""Proposal (Sales Pipeline)""",Associated Company IDs,Associated Contact IDs',
    '5,"Six ""all in"" rollout",Closed won,2026-03-20 15:00,"9,000.00",EUR,2026-02-01 10:00,2026-02-20 10:00,9,1;2',
  ),
  'hubspot-activities': lines(
    'Record ID,Activity type,Activity date,Subject,Associated Contact IDs,Associated Company IDs',
    '70,Call,2026-02-03 14:00,Discovery call,1,9',
    // The webinar, told by the CRM as well.
    '71,Meeting,2026-01-22 16:02,Webinar attended,2,9',
  ),
  'linkedin-ads': lines(
    'Start Date (in UTC)\tCurrency\tCampaign Name\tTotal Spent\tImpressions\tClicks',
    '1/5/2026\tEUR\tsix-ctos\t40.00\t900\t9',
    '1/14/2026\tEUR\tsix-ctos\t2.50\t100\t1',
  ),
  'posthog-events': lines(
    captured('e1', '$pageview', 'dev1', '2026-01-05T08:00:00Z', visit),
    ...someVisits(0, others / 2),
    captured('e2', 'demo requested', 'dev1', '2026-01-12T08:59:00Z'),
    ...someVisits(others / 2, others),
    captured('e3', '$identify', 'u-ann', '2026-01-12T09:00:00Z', {
      ...{ $anon_distinct_id: 'dev1', $is_identified: true, $set: { email: 'Ann@six.example' } },
    }),
    // The call, told by the product as well.
    captured('e4', 'discovery_call', 'u-ann', '2026-02-03T14:03:00Z', { $is_identified: true }),
  ),
  'zoom-attendees': lines(
    'Attendee Details',
    'Attended,User Name (Original Name),First Name,Last Name,Email,Registration Time,Approval Status,Join Time,Leave Time,Time in Session (minutes)',
    'Yes,Bob,Bob,Ray,bob@six.example,"Jan 15, 2026 10:00:00 AM",approved,"Jan 22, 2026 04:00:00 PM","Jan 22, 2026 05:00:00 PM",60',
  ),
  'hubspot-contacts': lines(
    'Record ID,First Name,Last Name,Email,Create Date,Associated Company IDs',
    '1,Ann,Lee,ann@six.example,2026-01-12 09:00,9',
    '2,Bob,Ray,bob@six.example,2026-01-20 09:00,9',
  ),
}

const ann = 'user:u-ann'
const bob = 'email:bob@six.example'
/** When, what, who, by which channel, and who told it. */
const expected = [
  `2026-01-05T08:00 Visit <${ann}> #Paid Social posthog`,
  `2026-01-12T08:59 demo requested <${ann}> posthog`,
  `2026-01-15T10:00 Webinar Registered <${bob}> #Webinar zoom`,
  `2026-01-22T16:00 Webinar Attended <${bob}> #Webinar zoom+hubspot`,
  `2026-02-01T10:00 Deal Created <${ann}> #Sales hubspot`,
  `2026-02-03T14:00 Discovery call <${ann}> #Phone hubspot+posthog`,
  `2026-02-20T10:00 Deal Stage: Proposal <${ann}> #Sales hubspot`,
  `2026-03-20T15:00 Deal Won <${ann}> #Sales hubspot`,
]
/** Of PostHog; deal, activities, attendee and contacts make 3, 2, 3 and 4. */
const events = others + 4 + 12

interface Answer {
  file: string
  state: string
  rows: number
  accepted: number
  rejected: number
  resumedAfter: number
}

async function importAll(server: TestServer): Promise<Answer[]> {
  const answers: Answer[] = []
  for (const map of Object.keys(files)) {
    const { out, err } = await touchlineImport(server, pathOf(map), '--map', map, '--json')
    expect(err).toBe('')
    answers.push(JSON.parse(out) as Answer)
  }
  return answers
}

interface Touch {
  at: string
  kind: string
  name: string
  channel: string
  sources: string[]
  person: string
  value?: number
}

const timeline = `/v1/accounts/${encodeURIComponent('hubspot:company:9')}/timeline?order=asc&limit=200`

/** Everything that somebody sees of the six files. */
async function seen(server: TestServer) {
  const { body } = await server.get<{ account?: object; summary?: object; touchpoints?: Touch[] }>(timeline)
  const { touchpoints = [] } = body
  const of = (kinds: string[], isOne: boolean) =>
    touchpoints.filter(({ kind }) => kinds.includes(kind) === isOne)
  const knownBy = ['identified', 'joined_account']
  const told = ({ at, kind, name, channel, person, sources }: Touch) =>
    [
      at.slice(0, 16),
      kind === 'visit' ? 'Visit' : name,
      `<${person}>`,
      channel && `#${channel}`,
      sources.join('+'),
    ]
      .filter(Boolean)
      .join(' ')
  const [stored] = await server.sql<{ events: string }>('SELECT uniqExact(message_id) AS events FROM events')
  return {
    touches: of(knownBy, false).map(told),
    whoIsWho: of(knownBy, true).map(told),
    whole: body,
    events: Number(stored?.events),
    costs: (await server.get('/v1/costs?by=channel')).body,
    campaigns: (await server.get('/v1/costs?by=campaign')).body,
  }
}

/** As it is once the store, who is who and the touchpoints have caught up. */
async function untilSeen(server: TestServer): Promise<Awaited<ReturnType<typeof seen>>> {
  let last: Awaited<ReturnType<typeof seen>> | undefined
  return until(
    async () => {
      last = await seen(server)
      return last.events === events && last.touches.join() === expected.join() && last.whoIsWho.length === 5
        ? last
        : undefined
    },
    {
      what: 'the timeline of the account',
      seen: () => [last?.events, last?.touches, last?.whoIsWho],
      timeoutMs: 90_000,
      everyMs: 300,
    },
  )
}

async function checkCosts(server: TestServer): Promise<void> {
  const sum = { currency: 'EUR', amount: 42.5, impressions: 1_000, clicks: 10 }
  const { costs, campaigns } = await seen(server)
  expect(costs.rows).toEqual([{ key: 'Paid Social', ...sum }])
  expect(campaigns.rows).toEqual([{ key: 'six-ctos', ...sum }])
  // What the channel cost stands beside the account that it brought.
  const goal = await fetch(`${server.url}/v1/definitions/goals/won`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${server.secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ when: { touch: { name: 'Deal Won' } } }),
  })
  expect(goal.ok).toBe(true)
  const { body } = await server.get<{ channels?: { channel: string; periods: object[] }[] }>(
    '/v1/metrics/lifecycle?by=quarter&from=2026-01-01&to=2026-04-01&split=channel',
  )
  const paid = body.channels?.find(({ channel }) => channel === 'Paid Social')
  expect(paid?.periods, JSON.stringify(body)).toMatchObject([
    { cac: [{ currency: 'EUR', amount: 42.5, spend: 42.5, customers: 1 }] },
  ])
}

describe('a journey out of six files', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => server.stop())

  test('is one timeline in the right order, told twice is there once, and costs stand in their channel', async () => {
    const answers = await importAll(server)
    expect(answers.map(({ state, rejected }) => [state, rejected])).toEqual(answers.map(() => ['done', 0]))
    const { whole } = await untilSeen(server)
    expect(whole).toMatchObject({ account: { people: 2 }, summary: { people: 2, days: 74 } })
    expect(whole.touchpoints?.filter(({ name }) => name === 'Deal Won')).toMatchObject([{ value: 9_000 }])
    await checkCosts(server)
  })

  test('a second run of all of them changes nothing', async () => {
    const before = await untilSeen(server)
    const answers = await importAll(server)
    for (const { file, rows, resumedAfter } of answers)
      // Sums of costs are read again as a whole.
      expect([file, resumedAfter]).toEqual([file, file.includes('linkedin') ? 0 : rows])
    expect(await untilSeen(server)).toEqual(before)
  })
})

describe('a journey out of six files, of which one is broken off', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => server.stop())

  const rowsOf = async (id: string) =>
    (await server.get<{ rows?: number }>(`/v1/imports/${id}`).catch(() => undefined))?.body.rows ?? 0

  test('command and server are killed in the middle; all of it again gives the same', async () => {
    const args = [pathOf('posthog-events'), '--map', 'posthog-events', '--json']
    const { id } = JSON.parse((await touchlineImport(server, ...args, '--dry-run')).out) as { id: string }
    const { child, ended } = startImport(server, args)
    await until(async () => ((await rowsOf(id)) > others / 10 ? true : undefined), {
      what: 'some rows',
      everyMs: 5,
    })
    child.kill('SIGKILL')
    await server.kill()
    await ended
    await server.restart()
    expect((await server.get<{ state?: string }>(`/v1/imports/${id}`)).body.state).not.toBe('done')
    await importAll(server)
    await untilSeen(server)
    await checkCosts(server)
  })
})
