/** Invented answers of `/v1/accounts/:id/map`: the small one is told by hand, large ones come from a seed. */
import type { JourneyMap, MapPerson } from '@touchline/schemas/api'

const dayMs = 86_400_000
const channels = [
  'Direct',
  'Paid Search',
  'Organic Search',
  'Paid Social',
  'Organic Social',
  'Email',
  'Referral',
  'Display',
  'AI Assistant',
  'Affiliates',
  'Offline',
  'CRM',
]
const kinds = ['visit', 'action', 'identified', 'joined_account', 'offline', 'email', 'ad', 'crm']

export interface InventedTouch {
  person: number
  at: number
  channel: string
  kind?: string
  name?: string
  isOutbound?: boolean
  length?: number
}
type Rest = Partial<Pick<JourneyMap, 'gaps' | 'stages' | 'milestones' | 'others' | 'asOf' | 'to'>> & {
  account?: Partial<JourneyMap['account']>
}

/** The answer for touches that are given, in the shape in which the server sends it. */
export function mapOf(
  people: readonly (Partial<MapPerson> & { id: string })[],
  touches: readonly InventedTouch[],
  rest: Rest = {},
): JourneyMap {
  const sorted = [...touches].sort((a, b) => a.at - b.at)
  const names = [...new Set(sorted.map(({ name = '' }) => name))]
  const used = [...new Set(sorted.map(({ channel }) => channel))]
  const [from = 0, to = 1] = [sorted[0]?.at, sorted.at(-1)?.at]
  let before = from
  const dt = sorted.map(({ at }) => {
    const delta = at - before
    before = at
    return delta
  })
  const columns = {
    person: sorted.map(({ person }) => person),
    start0: sorted.length === 0 ? null : from,
    dt,
    len: sorted.map(({ length = 0 }) => length),
    ch: sorted.map(({ channel }) => used.indexOf(channel)),
    kind: sorted.map(({ kind = 'visit' }) => kinds.indexOf(kind)),
    name: sorted.map(({ name = '' }) => names.indexOf(name)),
    out: sorted.map(({ isOutbound = false }) => Number(isOutbound)),
  }
  const asOf = rest.asOf ?? to
  const { account, ...others } = rest
  return {
    account: {
      id: 'acme',
      name: 'Acme',
      stage: null,
      score: null,
      owner: null,
      people: people.length,
      touches: sorted.length,
      channels: used.length,
      days: Math.round((to - from) / dayMs),
      longestSilenceDays: 0,
      ...account,
    },
    from,
    to: Math.max(to, from + 1),
    asOf,
    channels: used,
    kinds,
    names,
    people: people.map((person, index) =>
      personOf(
        person,
        sorted.filter((one) => one.person === index),
      ),
    ),
    others: null,
    touches: columns,
    folded: null,
    gaps: [],
    stages: [],
    milestones: [],
    ...others,
  }
}

function personOf(person: Partial<MapPerson> & { id: string }, touches: readonly InventedTouch[]): MapPerson {
  const first = touches[0]?.at ?? null
  return {
    name: person.id.replace(/^\w+:/, ''),
    title: '',
    group: '',
    anonymousUntil: first,
    spans: first === null ? [] : [[first, null]],
    touches: touches.length,
    first,
    last: touches.at(-1)?.at ?? null,
    stages: [],
    ...person,
  }
}

/** Numbers in [0, 1), the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** So many touches of so many people over two years, few of them with most, in bursts, as journeys are. */
export function largeMap({
  people,
  touches,
  seed = 1,
}: {
  people: number
  touches: number
  seed?: number
}): JourneyMap {
  const random = randomOf(seed)
  const start = Date.UTC(2025, 2, 1)
  const days = 730
  const groups = ['Engineering', 'Finance', 'Security', 'Procurement', 'Operations', '']
  const all = Array.from({ length: people }, (_, index) => ({
    id: `user:u${index}`,
    name: `Person ${index}`,
    title: ['Engineer', 'CFO', 'Buyer', 'CTO', ''][index % 5] ?? '',
    group: groups[Math.floor(random() * groups.length)] ?? '',
  }))
  const weights = all.map((_, index) => 1 / (index + 3))
  const sum = weights.reduce((a, b) => a + b, 0)
  const list: InventedTouch[] = []
  for (const [person, weight] of weights.entries()) {
    const mine = Math.max(1, Math.round((touches * weight) / sum))
    const bursts = 1 + Math.floor(random() * 6)
    const at = Array.from({ length: bursts }, () => random() * days * 0.9)
    const main = Math.floor(random() * channels.length)
    for (let i = 0; i < mine && list.length < touches; i += 1) {
      const day = Math.min(days, (at[Math.floor(random() * bursts)] ?? 0) + random() ** 2 * 60)
      const channel = random() < 0.7 ? main : Math.floor(random() * channels.length)
      list.push({
        person,
        at: Math.round(start + day * dayMs),
        channel: channels[channel] ?? 'Direct',
        kind: kinds[Math.floor(random() ** 2 * kinds.length)] ?? 'visit',
        name: `Page ${Math.floor(random() * 40)}`,
        isOutbound: random() < 0.2,
      })
    }
  }
  while (list.length < touches) {
    const person = Math.floor(random() * people)
    list.push({ person, at: Math.round(start + random() * days * dayMs), channel: 'Direct', name: 'Home' })
  }
  const stage = (id: string, from: number, to: number | null) => ({
    id,
    name: id,
    from: start + from * dayMs,
    to: to === null ? null : start + to * dayMs,
  })
  return mapOf(all, list, {
    account: { id: 'large', name: 'Large account' },
    asOf: start + days * dayMs,
    stages: [
      stage('Discovery', 0, 160),
      stage('Education', 160, 380),
      stage('Conversion', 380, 600),
      stage('Retention', 600, null),
    ],
    milestones: [
      { goal: 'demo', name: 'Demo', at: start + 300 * dayMs, amount: null, currency: null },
      { goal: 'deal', name: 'Deal created', at: start + 460 * dayMs, amount: 48_000, currency: 'EUR' },
    ],
  })
}

/** Acme: seven people, thirty-one touches, 192 days; one who was a visitor first, and a silence that goes on. */
export function smallMap(now = Date.UTC(2026, 8, 30)): JourneyMap {
  const day = (days: number, hour = 10) => Date.UTC(2026, 2, 3, hour) + days * dayMs
  const people = [
    { id: 'user:u7', name: 'Aiko Tanaka', title: 'CTO', group: 'Engineering' },
    { id: 'user:u9', name: '佐藤 健', title: 'Engineer', group: 'Engineering' },
    {
      id: 'user:u12',
      name: 'Maria Silva',
      title: 'Buyer',
      group: 'Procurement',
      anonymousUntil: day(66),
      visitor: '7f3a',
    },
    { id: 'user:u15', name: 'J. Okafor', title: 'Security', group: 'Security' },
    { id: 'anon:91bc', name: 'visitor 91bc', anonymousUntil: null },
    { id: 'email:lea@acme.com', name: 'Lea Brandt', title: 'CFO', group: 'Finance' },
    { id: 'email:procurement@acme.com', name: 'procurement@acme.com' },
  ]
  const touch = (
    person: number,
    days: number,
    channel: string,
    kind: string,
    name: string,
    isOutbound = false,
  ) => ({
    person,
    at: day(days),
    channel,
    kind,
    name,
    isOutbound,
  })
  const touches = [
    touch(0, 0, 'Paid Search', 'visit', 'Pricing'),
    touch(0, 14, 'Paid Search', 'visit', 'Security of our data'),
    touch(0, 38, 'Paid Search', 'identified', 'aiko@acme.com'),
    touch(0, 39, 'Paid Search', 'action', 'Whitepaper Downloaded'),
    touch(0, 115, 'Email', 'visit', 'Case study: 600 seats'),
    touch(0, 121, 'CRM', 'crm', 'Call with sales', true),
    touch(0, 126, 'Paid Search', 'action', 'Demo Requested'),
    touch(0, 171, 'Organic Search', 'visit', 'Docs'),
    touch(0, 186, 'Email', 'email', 'Renewal notes', true),
    touch(1, 19, 'Organic Search', 'visit', 'Docs: SDK'),
    touch(1, 38.2, 'Organic Search', 'identified', 'sato@acme.com'),
    touch(1, 137, 'AI Assistant', 'visit', 'Comparison'),
    touch(1, 141, 'Email', 'visit', 'Changelog'),
    touch(1, 152, 'Email', 'action', 'Trial Started'),
    touch(1, 155, 'Organic Search', 'action', 'SDK Installed'),
    touch(1, 163, 'Organic Search', 'visit', 'Docs: HTTP API'),
    touch(2, 58, 'Email', 'visit', 'Pricing'),
    touch(2, 66, 'Email', 'identified', 'maria@acme.com'),
    touch(2, 116, 'AI Assistant', 'action', 'Quote Requested'),
    touch(2, 116.3, 'AI Assistant', 'visit', 'Terms'),
    touch(2, 161, 'AI Assistant', 'action', 'Contract Signed'),
    touch(3, 53, 'AI Assistant', 'visit', 'Security'),
    touch(3, 118, 'AI Assistant', 'action', 'Questionnaire Sent'),
    touch(3, 126, 'AI Assistant', 'action', 'SOC 2 Report'),
    touch(4, 66, 'Direct', 'visit', 'Home'),
    touch(4, 70, 'Direct', 'visit', 'Careers'),
    touch(4, 71, 'Direct', 'visit', 'Careers'),
    touch(5, 116, 'CRM', 'crm', 'Introduced by Aiko', true),
    touch(5, 179, 'CRM', 'offline', 'Dinner in Berlin', true),
    touch(6, 147, 'Offline', 'offline', 'Trade fair'),
    touch(6, 152, 'Offline', 'offline', 'Call'),
  ]
  const gap = (from: number, to: number | null, stage: string) => ({
    from: day(from),
    to: to === null ? null : day(to),
    stage,
    days: to === null ? Math.floor((now - day(from)) / dayMs) : to - from,
    direction: 'any' as const,
    open: to === null,
  })
  const stage = (id: string, name: string, from: number, to: number | null) => ({
    id,
    name,
    from: day(from),
    to: to === null ? null : day(to),
  })
  return mapOf(people, touches, {
    asOf: now,
    to: now,
    account: {
      stage: 'retention',
      score: 82,
      owner: 'Kim Berg',
      days: 186,
      longestSilenceDays: 44,
    },
    gaps: [gap(19, 38, 'discovery'), gap(71, 115, 'education'), gap(186, null, 'retention')],
    stages: [
      stage('discovery', 'Discovery', 0, 42),
      stage('education', 'Education', 42, 116),
      stage('conversion', 'Conversion', 116, 161),
      stage('retention', 'Retention', 161, null),
    ],
    milestones: [
      { goal: 'demo', name: 'Demo', at: day(126), amount: null, currency: null },
      { goal: 'deal', name: 'Deal created', at: day(129), amount: 48_000, currency: 'EUR' },
      { goal: 'won', name: 'Won', at: day(161), amount: 48_000, currency: 'EUR' },
    ],
  })
}
