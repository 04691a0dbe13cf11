/** Programs as people see them: who enters, what is sent when, and that it is sent once. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startProgramWorld, type ProgramWorld } from '../../../../test-support/roles/programs.js'
import { startReceiver, type Receiver } from '../../../../test-support/receiver.js'
import { until } from '../../../../test-support/server.js'
import { parseExact } from '../../exact-json.js'
import type { RunningPrograms } from './start.js'

let world: ProgramWorld
let receiver: Receiver
let programs: RunningPrograms

beforeAll(async () => {
  world = await startProgramWorld()
  programs = world.start()
}, 120_000)
afterAll(() => world.close())
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.close())

interface Runs {
  rows: { run: string; subject: string; step: string; state: string; because: string; dueAt: string | null }[]
}
const runsOf = async (program: string, query = '') =>
  (await world.api.get<Runs>(`/v1/programs/${program}/runs?limit=1000${query}`)).body.rows
const enter = (program: string, ...subjects: string[]) =>
  world.api.post<{ entered: { run: string }[]; refused: { subject: string; because: string }[] }>(
    `/v1/programs/${program}/enter`,
    { subjects },
  )
const ended = (program: string, n: number) =>
  until(
    async () => {
      const rows = (await runsOf(program)).filter(({ state }) => state !== 'waiting')
      return rows.length >= n ? rows : undefined
    },
    { what: `${n} ended runs of ${program}` },
  )
let endpoints = 0
async function endpointAt(url: string): Promise<string> {
  endpoints += 1
  await world.define('endpoints', `crm-${endpoints}`, { url, secret: 'env:CRM' })
  return `crm-${endpoints}`
}
const hour = 3_600_000

describe('a run', () => {
  test('goes through waits, branches and acts, each act once, signed, and the timeline shows it', async () => {
    const crm = await endpointAt(receiver.url)
    await world.tell({ type: 'identify', userId: 'ada', traits: { email: 'ada@acme.com', plan: 'pro' } })
    await world.define('programs', 'welcome', {
      name: 'Welcome',
      subject: 'person',
      enter: { touch: { name: 'Nothing Of The Kind' } },
      steps: [
        { id: 'w1', wait: '1s' },
        {
          id: 'b1',
          branch: [{ when: { trait: 'plan', op: 'eq', value: 'pro' }, to: 'a1' }],
          else: 'end',
        },
        { id: 'a1', act: { webhook: crm, body: { email: '{{traits.email}}', text: 'Hi {{person.id}}' } } },
        { id: 'a2', act: { setTrait: { name: 'welcomed', value: true } } },
        { id: 'end', exit: 'done' },
      ],
    })
    await until(async () => ((await world.sql('SELECT 1 FROM traits')).length > 1 ? true : undefined))
    const { body } = await enter('welcome', 'user:ada', 'user:bob')
    expect(body.entered.map(({ run }) => run)).toEqual(['welcome:1:user:ada:1', 'welcome:1:user:bob:1'])
    const rows = await ended('welcome', 2)
    expect(rows.map(({ subject, state, because }) => ({ subject, state, because }))).toEqual([
      { subject: 'user:ada', state: 'done', because: 'done' },
      { subject: 'user:bob', state: 'done', because: 'done' },
    ])
    await until(() => (receiver.received.length > 0 ? true : undefined))
    expect(receiver.received).toHaveLength(1)
    expect(receiver.received[0]).toMatchObject({
      isVerified: true,
      body: { email: 'ada@acme.com', text: 'Hi user:ada' },
    })
    const shown = await until(async () => {
      const { body: timeline } = await world.api.get<{ touchpoints: { name: string; kind: string }[] }>(
        '/v1/users/ada/timeline',
      )
      return timeline.touchpoints?.find(({ name }) => name === 'Welcome: a1')
    })
    expect(shown).toMatchObject({ kind: 'crm' })
    const [row] = (await world.api.get<{ rows: object[] }>(`/v1/deliveries?endpoint=${crm}`)).body.rows
    expect(row).toMatchObject({ state: 'delivered', attempts: 1, status: 200, step: 'a1', nextAt: null })
    await until(async () => {
      const [trait] = await world.sql<{ value: string }>(
        "SELECT value FROM traits WHERE name = 'welcomed' AND identifier = 'user:ada'",
      )
      return trait?.value === 'true' ? true : undefined
    })
  }, 90_000)

  test('does not begin again unless the program says so', async () => {
    const { body } = await enter('welcome', 'user:ada')
    expect(body).toMatchObject({
      entered: [],
      refused: [{ because: expect.stringContaining('never') as string }],
    })
  })
})

const track = (userId: string, event: string, more: object = {}) => ({
  type: 'track',
  userId,
  event,
  ...more,
})
const ends = { id: 'end', exit: 'done' }
const onTouch = (name: string, steps: object[], more: object = {}) => ({
  subject: 'person',
  enter: { touch: { name } },
  ...more,
  steps,
})

describe('who begins', () => {
  test('is who does what it says from now on, once for each such touch where it may begin again', async () => {
    const crm = await endpointAt(receiver.url)
    await world.tell(track('early', 'Trial Started'))
    await until(async () =>
      (await world.sql("SELECT 1 FROM touchpoints_of_people WHERE person = 'user:early'")).length > 0
        ? true
        : undefined,
    )
    const act = { id: 'a', act: { webhook: crm, body: { touch: '{{touch.name}}', run: '{{run.id}}' } } }
    await world.define('programs', 'trial', onTouch('Trial Started', [act, ends], { reenter: 'afterExit' }))
    const old = new Date(Date.now() - 40 * 24 * hour).toISOString()
    await world.tell(track('t1', 'Trial Started'), track('imported', 'Trial Started', { timestamp: old }))
    await ended('trial', 1)
    await world.tell(track('t1', 'Trial Started', { messageId: 'second' }))
    const rows = await ended('trial', 2)
    expect(rows.map(({ run }) => run)).toEqual(['trial:1:user:t1:1', 'trial:1:user:t1:2'])
    await until(() => (receiver.taken().size === 2 ? true : undefined))
    expect(receiver.received.map(({ body }) => body.touch)).toEqual(['Trial Started', 'Trial Started'])
  }, 60_000)

  test('is who does it right after the program was saved', async () => {
    for (let n = 1; n <= 4; n += 1) {
      await world.define('programs', `fresh-${n}`, onTouch(`Fresh ${n}`, [ends]))
      await world.tell(track(`f${n}`, `Fresh ${n}`))
      await ended(`fresh-${n}`, 1)
    }
  }, 120_000)

  test('is nobody because of a merge: the run goes on, and of two the furthest does', async () => {
    await world.define(
      'programs',
      'merging',
      onTouch('Looked', [
        { id: 'w', wait: '1s' },
        { id: 'u', waitUntil: { trait: 'never', op: 'exists' }, timeout: '30d' },
        ends,
      ]),
    )
    await world.tell({ type: 'track', anonymousId: 'm1', event: 'Looked' })
    await until(async () => ((await runsOf('merging')).some(({ step }) => step === 'u') ? true : undefined))
    await world.tell(track('mia', 'Looked'))
    await until(async () => ((await runsOf('merging')).length === 2 ? true : undefined))
    await world.tell({ type: 'identify', userId: 'mia', anonymousId: 'm1' })
    const [exited] = await ended('merging', 1)
    expect(exited).toMatchObject({
      run: 'merging:1:user:mia:1',
      because: 'merged: merging:1:anon:m1:1 goes on',
    })
    expect((await runsOf('merging')).filter(({ state }) => state === 'waiting')).toHaveLength(1)
  }, 60_000)

  test('that programs start each other is cut off and said', async () => {
    await world.define(
      'programs',
      'round',
      onTouch('Round', [{ id: 'a', act: { setTrait: { name: 'n', value: 1 } } }, ends], {
        reenter: 'afterExit',
      }),
    )
    for (let n = 1; n <= 11; n += 1) {
      await enter('round', 'user:rob')
      await ended('round', n)
    }
    const rows = await runsOf('round')
    expect(rows.filter(({ state }) => state === 'exited')).toMatchObject([
      { because: expect.stringContaining('programs seem to start each other') as string },
    ])
  }, 90_000)
})

describe('a run ends early', () => {
  test.each([
    ['by its goal', 'goal reached', track('g1', 'Bought')],
    ['where somebody unsubscribes', 'unsubscribed', track('g1', 'Unsubscribed')],
    [
      'by a trait that says so',
      'unsubscribed (trait unsubscribed)',
      { type: 'identify', userId: 'g1', traits: { unsubscribed: true } },
    ],
  ])(
    '%s',
    async (what, because, event) => {
      const user = `g-${what.length}`
      const id = `early-${what.length}`
      await world.define(
        'programs',
        id,
        onTouch(`Begin ${id}`, [{ id: 'w', wait: '30d' }, ends], { goal: { touch: { name: 'Bought' } } }),
      )
      await world.tell(track(user, `Begin ${id}`))
      await until(async () => ((await runsOf(id)).length === 1 ? true : undefined))
      await world.tell({ ...event, userId: user })
      expect((await ended(id, 1))[0]).toMatchObject({ state: 'exited', because })
    },
    60_000,
  )
})

describe('acts wait', () => {
  test('for the end of quiet hours in the person’s own zone, and for the cap over all programs', async () => {
    const crm = await endpointAt(receiver.url)
    const zone = 'Asia/Tokyo'
    const hourThere = Number(
      new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', hourCycle: 'h23' }).format(
        world.clock(),
      ),
    )
    const two = (n: number) => `${String((n + 24) % 24).padStart(2, '0')}:00`
    await world.tell({ type: 'identify', userId: 'yuki', traits: { timezone: zone } })
    await until(async () =>
      (await world.sql("SELECT 1 FROM traits WHERE identifier = 'user:yuki'")).length > 0 ? true : undefined,
    )
    const quietHours = { from: two(hourThere), to: two(hourThere + 2) }
    await world.define(
      'programs',
      'quiet',
      onTouch('X', [{ id: 'a', act: { webhook: crm } }, ends], { quietHours }),
    )
    await world.define(
      'programs',
      'capped',
      onTouch('X', [{ id: 'a', act: { webhook: crm } }, ends], { weeklyCap: 1, reenter: 'afterExit' }),
    )
    await enter('quiet', 'user:yuki')
    const held = await until(async () => (await runsOf('quiet')).find(({ because }) => because !== ''))
    expect(held.because).toBe('quiet hours (Asia/Tokyo)')
    expect(receiver.received).toEqual([])
    world.offset.ms += 2 * hour
    await ended('quiet', 1)
    await enter('capped', 'user:yuki')
    const capped = await until(async () => (await runsOf('capped')).find(({ because }) => because !== ''))
    expect(capped.because).toBe('the cap of acts a week is reached')
    world.offset.ms += 7 * 24 * hour
    await ended('capped', 1)
    await until(() => (receiver.taken().size === 2 ? true : undefined))
    // The clock goes back: nothing is done again, by what else is done since.
    world.offset.ms = 0
    await world.define('programs', 'after', onTouch('X', [{ id: 'a', act: { webhook: crm } }, ends]))
    await enter('after', 'user:yuki')
    await until(() => (receiver.taken().size === 3 ? true : undefined))
    expect(receiver.received).toHaveLength(3)
  }, 90_000)
})

test('a segment starts it, and acts hand off, list and tell the reasons of a score', async () => {
  const crm = await endpointAt(receiver.url)
  await world.define('scores', 'lead', {
    subject: 'person',
    on: 10,
    off: 5,
    rules: [{ id: 'asked', when: { touch: { name: 'Asked' } }, points: 20 }],
  })
  await world.define('segments', 'askers', { subject: 'person', when: { touch: { name: 'Asked' } } })
  await world.define('segments', 'listed', { subject: 'person', identifiers: ['user:nobody'] })
  await world.define('programs', 'segmented', {
    subject: 'person',
    enter: { segment: 'askers' },
    steps: [
      {
        id: 'a',
        act: { webhook: crm, body: { why: '{{score.lead.reasons}}', total: '{{score.lead.total}}' } },
      },
      { id: 'h', act: { handOff: 'lead' } },
      { id: 'l', act: { addToSegment: 'listed' } },
      ends,
    ],
  })
  await world.tell(track('seg', 'Asked'))
  const rows = await ended('segmented', 1)
  expect(rows).toMatchObject([{ subject: 'user:seg', state: 'done' }])
  await until(() => (receiver.taken().size === 1 ? true : undefined))
  expect(receiver.received[0]?.body).toEqual({ why: ['asked 20'], total: 20 })
  const handed = await world.sql<{ because: string }>(
    "SELECT because FROM handoff_records FINAL WHERE subject = 'user:seg' AND because != 'crossed'",
  )
  expect(handed).toEqual([{ because: 'program:segmented' }])
  const listed = await world.sql(
    "SELECT 1 FROM segment_additions FINAL WHERE segment = 'listed' AND identifier = 'user:seg'",
  )
  expect(listed).toHaveLength(1)
}, 90_000)

test('a dry run says who would enter and what would be sent, and sends nothing', async () => {
  const crm = await endpointAt(receiver.url)
  await world.tell({ type: 'identify', userId: 'dora', traits: { email: 'dora@acme.com', team: 'blue' } })
  await world.define('programs', 'dry', {
    subject: 'person',
    enter: { trait: 'team', op: 'eq', value: 'blue' },
    steps: [
      { id: 'a', act: { webhook: crm, body: { to: '{{traits.email}}' } } },
      { id: 'h', act: { webhook: 'nowhere' } },
      ends,
    ],
  })
  const found = await until(async () => {
    const { body } = await world.api.get<{ subjects: number; rows: object[] }>('/v1/programs/dry/dry-run')
    return body.subjects === 1 ? body : undefined
  })
  expect(found.rows).toMatchObject([
    {
      subject: 'user:dora',
      acts: [
        { step: 'a', to: crm, body: { to: 'dora@acme.com' }, holds: null },
        { step: 'h', to: 'nowhere', holds: 'there is no endpoint nowhere' },
      ],
    },
  ])
  expect(receiver.received).toEqual([])
})

test('a delivery that was given up is sent again by hand, under its id', async () => {
  receiver.react((_one, nth) => (nth === 1 ? 410 : 200))
  const crm = await endpointAt(receiver.url)
  await world.define('programs', 'again', onTouch('Y', [{ id: 'a', act: { webhook: crm } }, ends]))
  await enter('again', 'user:again')
  const list = `/v1/deliveries?endpoint=${crm}`
  interface Deliveries {
    rows: { id: string; state: string; attempts: number }[]
  }
  const gone = await until(async () => {
    const { body } = await world.api.get<Deliveries>(`${list}&state=gaveUp`)
    return body.rows[0]
  })
  const endpoints = async () => (await world.api.get<{ endpoints: object[] }>('/v1/endpoints')).body.endpoints
  expect(await endpoints()).toContainEqual(
    expect.objectContaining({ id: crm, gaveUp: 1, failuresInRow: 1, lastStatus: 410 }),
  )
  const { status } = await world.api.post(`/v1/deliveries/${gone.id}/replay`, {})
  expect(status).toBe(200)
  await until(() => (receiver.taken().has(gone.id) ? true : undefined))
  await until(async () => {
    const { body } = await world.api.get<Deliveries>(list)
    return body.rows[0]?.state === 'delivered' ? true : undefined
  })
  expect(await endpoints()).toContainEqual(
    expect.objectContaining({ id: crm, delivered: 1, waiting: 0, circuit: 'closed', lastStatus: 200 }),
  )
}, 60_000)

test('an endpoint at a private address is refused when it is saved', async () => {
  for (const url of ['https://10.0.0.1/x', 'http://example.com/x', 'https://169.254.169.254/'])
    await expect(world.define('endpoints', 'bad', { url, secret: 'env:CRM' })).rejects.toThrow(
      'DEFINITION_INVALID',
    )
})

test('a number that no double holds is sent and told as it was said: by acts, by feeds, by deliveries and changes', async () => {
  const crm = await endpointAt(receiver.url)
  const [large, other] = ['12345678901234567891', '98765432109876543211']
  await world.define('feeds', 'numbers', { changes: ['person'], endpoint: crm })
  const traits = { no: parseExact(large), list: [parseExact(other)] }
  await world.tell({ type: 'identify', userId: 'num', traits })
  const sent = () => receiver.received.map(({ text }) => text).join('\n')
  await until(() => (sent().includes(`"traits":{"list":[${other}],"no":${large}}`) ? true : undefined))
  const body = { alone: '{{traits.no}}', within: 'No. {{traits.no}}', list: '{{traits.list}}' }
  const acts = [
    { id: 'a', act: { webhook: crm, body } },
    { id: 'b', act: { webhook: crm } },
  ]
  await world.define('programs', 'numbers', onTouch('N', [...acts, ends]))
  await enter('numbers', 'user:num')
  await until(() => (sent().includes('"step":"b"') ? true : undefined))
  expect(sent()).toContain(`{"alone":${large},"within":"No. ${large}","list":[${other}]}`)
  expect(sent()).toMatch(new RegExp(`"type":"program.act".*"no":${large}`))
  const headers = { authorization: 'Bearer secret' }
  for (const url of [`/v1/deliveries?endpoint=${crm}`, '/v1/changes?changes=person']) {
    const answer = await world.api.app.inject({ url, headers })
    expect(answer.statusCode, answer.body).toBe(200)
    if (url.startsWith('/v1/changes')) expect(answer.body).toContain(`"no":${large}`)
  }
  const [row] = (await world.api.get<{ rows: { id: string }[] }>(`/v1/deliveries?endpoint=${crm}`)).body.rows
  const one = await world.api.app.inject({ url: `/v1/deliveries/${row?.id}`, headers })
  expect([one.statusCode, one.body.includes(large)]).toEqual([200, true])
}, 60_000)

test('a feed sends what changed, in order and signed, and the same can be asked for', async () => {
  const crm = await endpointAt(receiver.url)
  await world.define('feeds', 'all', { changes: ['person'], endpoint: crm })
  await world.tell({ type: 'identify', userId: 'fay', traits: { email: 'fay@acme.com', plan: 'free' } })
  interface Sent {
    changes: { subject: string; data: { traits?: Record<string, unknown> } }[]
  }
  const plans = () =>
    receiver.received
      .flatMap(({ body }) => (body as unknown as Sent).changes)
      .filter(({ subject }) => subject === 'user:fay')
      .map(({ data }) => data.traits?.plan)
  await until(() => (plans().includes('free') ? true : undefined))
  await world.tell({ type: 'identify', userId: 'fay', traits: { plan: 'pro' } })
  await until(() => (plans().includes('pro') ? true : undefined))
  expect([...new Set(plans())]).toEqual(['free', 'pro'])
  expect(receiver.received.every(({ isVerified }) => isVerified)).toBe(true)
  interface Changes {
    rows: { seq: string; subject: string }[]
    next: string
  }
  const { body } = await world.api.get<Changes>('/v1/changes?changes=person')
  expect(body.rows.map(({ subject }) => subject)).toContain('user:fay')
  const waiting = world.api.get<Changes>(`/v1/changes?after=${body.next}&wait=20`)
  await world.tell({ type: 'identify', userId: 'fay', traits: { plan: 'max' } })
  expect((await waiting).body.rows).toMatchObject([{ subject: 'user:fay' }])
}, 60_000)

test('what was erased is gone from runs and deliveries, and nothing more is sent', async () => {
  const crm = await endpointAt(receiver.url)
  await world.define(
    'programs',
    'gone',
    onTouch('Z', [{ id: 'w', wait: '52w' }, { id: 'a', act: { webhook: crm } }, ends]),
  )
  await enter('gone', 'user:eve')
  await until(() => (programs.worker.runs.ofSubject('default', 'user:eve').length > 0 ? true : undefined))
  world.judge.of = {
    isErased: (name) => name === 'user:eve',
    wasErased: (name) => name === 'user:eve',
    isNamed: () => false,
    verdictOf: () => 'other',
  }
  world.offset.ms += 366 * 24 * hour
  await until(() => (programs.worker.runs.ofSubject('default', 'user:eve').length === 0 ? true : undefined))
  expect(receiver.received).toEqual([])
})

test('decided = delivered + given up + waiting + handed over', async () => {
  const value = async (name: string) => {
    const metric = await world.metrics.registry.getSingleMetric(`touchline_deliveries_${name}`)?.get()
    return (metric?.values ?? []).reduce((sum, one) => sum + one.value, 0)
  }
  await world.metrics.registry.metrics()
  const [decided, delivered, gaveUp, handedOver] = await Promise.all(
    ['decided_total', 'delivered_total', 'given_up_total', 'handed_over_total'].map(value),
  )
  const waiting = [...programs.worker.sender.waiting().values()].reduce((sum, n) => sum + n, 0)
  expect(decided).toBeGreaterThan(0)
  expect(decided).toBe((delivered ?? 0) + (gaveUp ?? 0) + (handedOver ?? 0) + waiting)
})
