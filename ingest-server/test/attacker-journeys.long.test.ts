/**
 * What somebody who has read the write key out of a page can do to stages, conversions and attribution: add what is said
 * to be unverified, and nothing else. What a verified deal is worth, when and of whom it was, and what definitions that ask
 * for proof say, does not change by a byte. SECURITY.md promises it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sendHostile, sendLast, untilFormed } from '../../test-support/worlds/hostile-events.js'
import { startServer, type TestServer, until } from '../../test-support/server.js'

let server: TestServer

/** Paid by eve of hooli, refused by hal of initech, both by a server that has the secret key. */
const verified = [
  { type: 'identify', userId: 'eve', traits: { email: 'eve@hooli.dev', plan: 'enterprise' } },
  { type: 'identify', userId: 'hal', traits: { email: 'hal@initech.dev', plan: 'free' } },
  { type: 'group', userId: 'eve', groupId: 'hooli', traits: { name: 'Hooli', domain: 'hooli.dev' } },
  { type: 'group', userId: 'hal', groupId: 'initech', traits: { name: 'Initech' } },
  { type: 'track', userId: 'eve', event: 'Met', messageId: 'eve-met', timestamp: '2025-01-01T10:00:00Z' },
  { type: 'track', userId: 'hal', event: 'Met', messageId: 'hal-met', timestamp: '2025-02-01T10:00:00Z' },
  {
    ...{ type: 'track', userId: 'eve', event: 'Paid', messageId: 'eve-paid', properties: { amount: 480 } },
    ...{ timestamp: '2025-06-01T10:00:00Z' },
  },
  {
    ...{ type: 'track', userId: 'eve', event: 'Paid', messageId: 'eve-again', properties: { amount: 20 } },
    ...{ timestamp: '2025-09-01T10:00:00Z' },
  },
  {
    ...{ type: 'track', userId: 'hal', event: 'Refused', messageId: 'hal-refused' },
    ...{ timestamp: '2025-07-01T10:00:00Z' },
  },
]
const verifiedIds = ['eve-met', 'hal-met', 'eve-paid', 'eve-again', 'hal-refused']

const paid = { touch: { name: 'Paid' } }
const worth = { value: { property: 'amount' } }
const proven = (name: string) => ({ touch: { name, verified: true } })
const provenStages = [
  { id: 'met', enter: proven('Met') },
  { id: 'customer', enter: proven('Paid') },
]
const definitions: readonly [string, object][] = [
  ['goals/won', { subject: 'person', when: paid, ...worth }],
  ['goals/won-by', { subject: 'account', when: paid, ...worth }],
  ['goals/each', { subject: 'person', count: 'each', when: paid, ...worth }],
  ['goals/each-by', { subject: 'account', count: 'each', when: paid }],
  ['goals/sure', { subject: 'person', count: 'each', when: proven('Paid'), ...worth }],
  ['goals/lost', { subject: 'person', when: { touch: { name: 'Refused' } } }],
  ['goals/lost-by', { subject: 'account', count: 'each', when: { touch: { name: 'Refused' } } }],
  ['stages/sure', { subject: 'person', stages: provenStages }],
  ['stages/sure-by', { subject: 'account', stages: provenStages }],
  ['segments/buyers', { subject: 'person', when: proven('P*d') }],
  ['segments/road', { subject: 'person', when: { sequence: [proven('Met').touch, proven('Paid').touch] } }],
]

beforeAll(async () => {
  server = await startServer()
  expect((await server.post('/v1/batch', { batch: verified }, server.secretKey)).status).toBe(200)
  for (const [path, body] of definitions) {
    const answer = await fetch(`${server.url}/v1/definitions/${path}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${server.secretKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(answer.status, await answer.text()).toBeLessThan(300)
  }
})
afterAll(() => server.stop())

const known = ['user:eve', 'user:hal', 'hooli', 'initech']
const strict = `touch=${encodeURIComponent(JSON.stringify({ verified: true }))}`
/** Without who they are: of what comes once, the earliest is shown, whoever told it. */
const strictActions = `touch=${encodeURIComponent(JSON.stringify({ kind: 'action', verified: true }))}`
type Rows = { rows: Record<string, unknown>[]; message?: string }

/** Of the rows that are about somebody of whom something is verified, these fields. */
async function rowsOf(path: string, ...fields: string[]) {
  const { status, body } = await server.get<Rows>(path)
  // A row that no account has is refused.
  if (status === 400 && body.message?.startsWith('row: there is no ')) return []
  expect(status, path).toBe(200)
  return body.rows
    .filter(({ subject }) => known.includes(String(subject)))
    .map((row) => fields.map((field) => row[field]))
    .sort()
}

interface Money {
  currency: string | null
  amount: number
}
interface Attribution {
  total: { conversions: number; value: Money[] }
  unverified: { conversions: number; value: Money[] }
  rows: unknown[]
  unattributed: unknown
}

/** What is left of the total when what is marked unverified is taken away. */
async function vouchedFor(goal: string) {
  const { status, body } = await server.get<Attribution>(`/v1/attribution?goal=${goal}&lookback=none`)
  expect(status, goal).toBe(200)
  const { total, unverified } = body
  const sum = ({ value }: { value: Money[] }) => value.reduce((all, { amount }) => all + amount, 0)
  return [goal, total.conversions - unverified.conversions, sum(total) - sum(unverified)]
}

async function funnel() {
  const answer = await fetch(`${server.url}/v1/funnels/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ subject: 'person', window: '365d' },
      steps: ['Met', 'Paid'].map((name) => ({ name, ...proven(name) })),
    }),
  })
  return ((await answer.json()) as { steps: unknown }).steps
}

async function views() {
  return {
    conversions: await server.sql(
      'SELECT goal, subject_kind, subject, toString(at) AS at, message_id, value, currency FROM conversions WHERE verified ORDER BY ALL',
    ),
    journeys: await server.sql(
      "SELECT goal, account, toString(ended) AS ended, value, currency FROM journeys WHERE goal LIKE 'won%' AND account IN ('hooli') ORDER BY ALL",
    ),
    each: await server.sql(
      "SELECT toString(ended) AS ended, value FROM journeys WHERE goal = 'each-by' AND account = 'hooli'",
    ),
    stages: await server.sql(
      "SELECT list, subject, stage, toString(at) AS at FROM stage_entries WHERE list LIKE 'sure%' ORDER BY ALL",
    ),
  }
}

async function answers(): Promise<string> {
  const summary = (goal: string, lost: string, outcome: string) =>
    rowsOf(`/v1/journeys/summary/subjects?goal=${goal}&lost=${lost}&outcome=${outcome}`, 'subject', 'to')
  const stages = async (list: string) => {
    type Stages = { stages: { id: string; reached: number; entered: number; current: number }[] }
    const { body } = await server.get<Stages>(`/v1/stages?list=${list}`)
    return body.stages.map(({ id, reached, entered, current }) => [id, reached, entered, current])
  }
  const attribution = await server.get<Attribution>(`/v1/attribution?goal=sure&lookback=none&${strict}`)
  const { rows, unattributed, total, unverified } = attribution.body
  const icp = await rowsOf('/v1/icp/subjects?goal=won&lost=lost&row=plan%3Denterprise', 'subject', 'outcome')
  const answer = {
    vouched: await Promise.all(['won', 'won-by', 'each', 'each-by', 'sure'].map(vouchedFor)),
    strict: { rows, unattributed, total, unverified },
    won: await summary('won', 'lost', 'won'),
    wonBy: await summary('won-by', 'lost-by', 'won'),
    eachBy: await summary('each-by', 'lost-by', 'won'),
    lost: await summary('won', 'lost', 'lost'),
    lostBy: await summary('won-by', 'lost-by', 'lost'),
    eachLost: await summary('each-by', 'lost-by', 'lost'),
    stages: await Promise.all(['sure', 'sure-by'].map(stages)),
    customers: await rowsOf(
      '/v1/stages/subjects?list=sure&stage=customer&state=reached',
      'subject',
      'enteredAt',
    ),
    gaps: await rowsOf(
      `/v1/journeys/gaps?subject=person&min=30d&open=false&${strictActions}`,
      'subject',
      'from',
      'to',
    ),
    segments: [
      await rowsOf('/v1/segments/buyers/members', 'subject'),
      await rowsOf('/v1/segments/road/members', 'subject'),
    ],
    icp,
    funnel: await funnel(),
    views: await views(),
  }
  return JSON.stringify(answer, undefined, 1)
}

/** Twice the same, with everything in it. */
async function answersAtRest(): Promise<string> {
  let seen = ''
  return until(
    async () => {
      const now = await answers()
      const isWhole =
        now.includes('"customer"') && verifiedIds.slice(2, 4).every((id) => now.includes(`"${id}"`))
      const isStill = now === seen && isWhole
      seen = now
      return isStill ? now : undefined
    },
    { timeoutMs: 90_000, everyMs: 500, seen: () => seen },
  )
}

describe('whatever is sent with a public key, a verified deal stays what it is', () => {
  test('what is asked is not nothing', async () => {
    const before = JSON.parse(await answersAtRest()) as Record<string, unknown>
    expect(before).toMatchObject({
      vouched: [
        ['won', 1, 480],
        ['won-by', 1, 480],
        ['each', 2, 500],
        ['each-by', 2, 500],
        ['sure', 2, 500],
      ],
      won: [['user:eve', '2025-06-01T10:00:00.000Z']],
      wonBy: [['hooli', '2025-06-01T10:00:00.000Z']],
      lost: [['user:hal', '2025-07-01T10:00:00.000Z']],
      lostBy: [['initech', '2025-07-01T10:00:00.000Z']],
      gaps: [
        ['user:eve', '2025-01-01T10:00:00.000Z', '2025-06-01T10:00:00.000Z'],
        ['user:eve', '2025-06-01T10:00:00.000Z', '2025-09-01T10:00:00.000Z'],
        ['user:hal', '2025-02-01T10:00:00.000Z', '2025-07-01T10:00:00.000Z'],
      ],
      segments: [[['user:eve']], [['user:eve']]],
      stages: [
        [
          ['met', 2, 2, 1],
          ['customer', 1, 1, 1],
        ],
        [
          ['met', 2, 2, 1],
          ['customer', 1, 1, 1],
        ],
      ],
    })
    expect(JSON.stringify(before)).toContain('"eve-paid"')
  }, 120_000)

  test('a deal of 1 that is dated before it, between it and after it, and a sale to who refused', async () => {
    const before = await answersAtRest()
    const forge = (userId: string, event: string, timestamp: string, more: object = {}) => ({
      ...{ type: 'track', userId, event, timestamp, properties: { amount: 1 }, ...more },
    })
    const days = ['1990-01-02T00:00:00Z', '2025-05-31T10:00:00Z', '2025-06-01T10:00:00Z']
    const batch = [...days, '2025-08-01T10:00:00Z', new Date().toISOString()].flatMap((day) => [
      forge('eve', 'Paid', day),
      forge('hal', 'Paid', day, { context: { groupId: 'initech' } }),
      forge('mallory', 'Paid', day, { context: { groupId: 'hooli' } }),
      forge('eve', 'Refused', day),
      forge('eve', 'Met', day, { context: { touchpoint: { kind: 'crm', source: 'sap' } } }),
    ])
    await server.post('/v1/batch', { batch })
    const last = await sendLast(server)
    await untilFormed(server, last)
    await untilSame(before, 'forged deals')
    // What was added is there, and says that nobody vouches for it.
    const { body } = await server.get<Attribution>('/v1/attribution?goal=each&lookback=none')
    expect(body.unverified.conversions).toBeGreaterThan(5)
    const added = await server.sql(
      "SELECT count() AS n FROM conversions WHERE goal = 'each' AND NOT verified",
    )
    expect(Number(added[0]?.['n'])).toBe(body.unverified.conversions)
  }, 180_000)

  test('hundreds of hostile events of every kind, in several orders', async () => {
    const before = await answersAtRest()
    for (const seed of seeds) {
      await untilFormed(server, await sendHostile(server, seed))
      await untilSame(before, `sequence ${seed}`)
    }
  }, 600_000)
})

/** More by SEEDS=n, by hand. */
const seeds = Array.from({ length: Number(process.env['SEEDS'] ?? 3) }, (_, n) => 101 + n)

async function untilSame(before: string, after: string): Promise<void> {
  await until(async () => ((await answers()) === before ? true : undefined), { timeoutMs: 30_000 }).catch(
    async () => expect(await answers(), after).toBe(before),
  )
}
