/** What is sent with a public key by somebody who means harm: of the people and companies of the attacker's tests. */
import { randomUUID } from 'node:crypto'
import { until, type TestServer } from '../server.js'

const users = ['eve', 'eve-old', 'gil', 'hal', 'mallory', 'mallory@hooli.dev']
const emails = [
  'eve@hooli.dev',
  'eve@old.dev',
  'gil@hooli.dev',
  'hal@initech.dev',
  'm@hooli.dev',
  'm@initech.dev',
]
const groups = ['hooli', 'domain:initech.dev', 'evil']
const claimed = ['hooli.dev', 'initech.dev', 'https://www.hooli.dev', 'evil.dev']
/** Of verified events, as who has seen them may know. */
const known = ['eve-paid', 'eve-called', 'eve-viewed']

/** The same numbers at every run; each below its argument. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below
}

/** An event of somebody who has a write key and wishes eve, gil, hal, hooli and initech ill. */
function hostileEvent(random: (below: number) => number): object {
  const one = <T>(list: readonly T[]) => list[random(list.length)] as T
  const dated = one([{}, { timestamp: '1990-02-01T00:00:00Z' }, { timestamp: new Date().toISOString() }])
  const who = one([
    { userId: one(users) },
    { userId: one(users), anonymousId: `d${random(5)}` },
    { anonymousId: `d${random(5)}`, context: { traits: { email: one(emails) } } },
    { userId: one(users), context: { traits: { email: one(emails) } } },
  ])
  const traits = {
    email: one(emails),
    plan: 'hacked',
    name: 'Evil',
    domain: one(claimed),
    website: one(claimed),
  }
  const left = one([{}, { left: true }])
  const id = one([
    {},
    {},
    {},
    { messageId: one(known) },
    { userToken: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJldmUifQ.' },
  ])
  const what = one<object>([
    { type: 'identify', traits },
    { type: 'group', groupId: one(groups), traits: { ...traits, ...left } },
    { type: 'group', groupId: one(groups), traits: left },
    { type: 'alias', userId: one(users), previousId: one(users) },
    { type: one(['unlink', 'relink', 'release']), userId: one(users), previousId: one(users) },
    { type: 'track', event: 'Evil', context: { groupId: one(groups) } },
    { type: one(['screen', 'page', 'track']), event: 'Evil', name: 'Evil', groupId: one(groups), traits },
    {
      type: 'track',
      event: one(['Paid', 'called', 'PAID', 'Refused', 'Met']),
      properties: { amount: 1 },
      ...one([{}, { timestamp: new Date(Date.now() - random(300_000)).toISOString() }]),
      context: { touchpoint: one([{}, { source: 'crm' }, { kind: 'crm', source: 'sap' }]) },
    },
    { type: 'page', context: { page: { url: 'https://evil.dev/?utm_source=evil&utm_medium=cpc' } } },
  ])
  return { ...id, ...dated, ...who, ...what }
}

/** Some hundred of them, always the same of a seed. */
export function hostileEvents(seed: number): object[] {
  const random = randomOf(seed)
  return Array.from({ length: 250 }, () => hostileEvent(random))
}

/** Sends those of a seed. Answers an event that came after them. */
export async function sendHostile(server: TestServer, seed: number): Promise<string> {
  await server.post('/v1/batch', { batch: hostileEvents(seed) })
  return sendLast(server)
}

export async function sendLast(server: TestServer): Promise<string> {
  const messageId = randomUUID()
  await server.post('/v1/track', { userId: 'mallory', event: 'Last', messageId })
  return messageId
}

/** Resolves once the event of `sendLast` is a touchpoint, and so is what was sent before it. */
export async function untilFormed(server: TestServer, messageId: string): Promise<void> {
  await until(
    async () => {
      const rows = await server.sql(
        "SELECT 1 FROM touchpoints_of_people WHERE person = 'user:mallory' AND has(message_ids, {messageId: String})",
        { messageId },
      )
      return rows.length > 0 ? true : undefined
    },
    { timeoutMs: 90_000, what: 'touchpoints of what was stored' },
  )
}
