/**
 * Accounts that close, won or lost. Each is told for a row of a journey that is known beforehand: so many touches, so many
 * channels, so many days. Together with Lovelace Works the won ones have means of 31 touches, 3.1 channels and 192 days.
 */
import type { Chance } from './random.js'
import { arrivals, dayMs, journeyOf, minuteMs, type Arrival, type Journey } from './journey.js'

export interface Deal {
  name: string
  outcome: 'won' | 'lost'
  /** What the journey row says when it closes. */
  touches: number
  channels: 2 | 3
  days: number
  /** Days before the company's last day on which it closes. */
  closedDaysAgo: number
  amount: number
  currency: 'EUR' | 'USD'
  industry: string
  employees: number
}

const wonNames = [
  ...['Northwind Freight', 'Cobalt Robotics', 'Juniper Foods', 'Aster Clinics', 'Basalt Energy'],
  ...['Bluebell Insurance', 'Cedar Logistics', 'Delta Textiles', 'Ember Games', 'Fjord Shipping'],
  ...['Garnet Legal', 'Heron Travel', 'Indigo Payments', 'Jasper Homes', 'Kestrel Aero'],
  ...['Lumen Optics', 'Maple Schools', 'Nimbus Hosting', 'Onyx Security'],
]
const lostNames = [
  ...['Pinnacle Steel', 'Quartz Media', 'Raven Audio', 'Saffron Retail', 'Tamarind Pharma', 'Umber Ceramics'],
  ...['Violet Beauty', 'Willow Care', 'Xenon Lighting', 'Yarrow Seeds', 'Zephyr Wind', 'Amber Analytics'],
]

/** Around a mean, in pairs that cancel; of nineteen the tenth stands on it. */
const spreadOf = (index: number, of: number) => index - Math.floor(of / 2)

// Lovelace Works has ten channels; of the other nineteen fourteen have three and five have two: 62 in twenty journeys.
const threeChannels = 14

export const deals: readonly Deal[] = [
  ...wonNames.map((name, index): Deal => {
    const offset = spreadOf(index, wonNames.length)
    return {
      name,
      outcome: 'won',
      touches: 31 + offset,
      channels: index < threeChannels ? 3 : 2,
      days: 192 + offset * 8,
      closedDaysAgo: 5 + index * 7,
      amount: 9_000 + index * 1_750.25,
      currency: index % 6 === 5 ? 'USD' : 'EUR',
      industry: index % 4 === 3 ? 'Services' : 'Manufacturing',
      employees: 180 + index * 35,
    }
  }),
  ...lostNames.map((name, index): Deal => ({
    name,
    outcome: 'lost',
    touches: 12 + (index % 5),
    channels: index % 2 === 0 ? 2 : 3,
    days: 60 + index * 6,
    closedDaysAgo: 10 + index * 11,
    amount: 0,
    currency: 'EUR',
    industry: index % 5 === 4 ? 'Services' : 'Retail',
    employees: 20 + index * 12,
  })),
]

const firstArrivals: readonly (readonly [Arrival, Arrival])[] = [
  [arrivals.googleAds, arrivals.newsletter],
  [arrivals.googleSearch, arrivals.direct],
  [arrivals.linkedinAds, arrivals.googleSearch],
  [arrivals.chatgpt, arrivals.direct],
  [arrivals.googleAds, arrivals.direct],
]
const people = [
  { first: 'Mia', title: 'Head of Growth' },
  { first: 'Noah', title: 'VP Marketing' },
  { first: 'Lena', title: 'CMO' },
  { first: 'Omar', title: 'Marketing Manager' },
]
const buyers = ['CFO', 'CTO', 'Head of Procurement', 'COO']
const actions = ['Source Connected', 'Report Created', 'Report Shared', 'Invite Sent', 'Alert Set']

/**
 * Two people: one who reads, asks for a demo and uses the product, one who comes later and decides. Touches: a visit one, an
 * email left two, a sign-up two, joining one, everything else one.
 */
export function dealJourneys(deal: Deal, index: number, lastDay: number, chance: Chance): Journey[] {
  const account = deal.name.toLowerCase().replaceAll(' ', '-')
  const domain = `${account}.com`
  const closedAt = lastDay - deal.closedDaysAgo * dayMs - 8 * 60 * minuteMs
  const beganAt = closedAt - deal.days * dayMs
  const at = (share: number, minutes = 0) =>
    beganAt + Math.floor(deal.days * share) * dayMs + minutes * minuteMs
  const [first, second] = firstArrivals[index % firstArrivals.length] ?? [arrivals.googleAds, arrivals.direct]
  const champion = people[index % people.length] ?? { first: 'Mia', title: 'CMO' }
  const email = `${champion.first.toLowerCase()}@${domain}`
  const userId = `u-${account}`
  const traits = { name: deal.name, domain, industry: deal.industry, employees: deal.employees }
  const imported = (event: string, share: number, properties: Record<string, unknown> = {}) => ({
    at: share >= 1 ? closedAt : at(share),
    told: { kind: 'crm' as const, channel: 'Sales', source: 'crm', event, email, properties },
  })

  const reader = journeyOf(`demo-deal-${account}`, chance.pick(['desktop', 'mac']))
    .visit(at(0), first, ['/pricing'])
    .leaveEmail(at(0, 6), email, 'Demo Request', { firstName: champion.first, title: champion.title })
    .visit(at(0.15), deal.channels === 3 ? second : first)
    .signUp(at(0.15, 4), userId, { email, firstName: champion.first, title: champion.title })
    .joinAccount(at(0.15, 5), account, traits)
  const decider = journeyOf(`demo-deal-${account}-buyer`, 'phone')
    .visit(at(0.5), first, ['/security'])
    .leaveEmail(at(0.5, 5), `${chance.pick(['kim', 'alex', 'sam'])}@${domain}`, 'Whitepaper', {
      title: buyers[index % buyers.length],
    })
  const told = [
    imported('Opportunity Created', 0.55, { stage: 'Evaluation' }),
    ...(deal.outcome === 'won'
      ? [imported('Deal Won', 1, { amount: deal.amount, currency: deal.currency })]
      : [imported('Deal Lost', 1, { reason: chance.pick(['price', 'timing', 'competitor']) })]),
  ]
  for (const one of told) reader.imported(one.at, one.told)
  // 7 by the first, 3 by the second, 2 by the CRM.
  const rest = deal.touches - 12
  for (let touch = 0; touch < rest; touch += 1)
    reader.act(at(0.2 + (0.75 * touch) / Math.max(rest, 1), 60 + touch), chance.pick(actions), {
      people: chance.integer(1, 9),
    })
  return [reader, decider]
}

/** What was spent, by month and channel, over as many months. */
export function costsOf(lastDay: number, months = 14) {
  return Array.from({ length: months }, (_none, ago) => {
    const date = new Date(lastDay)
    const day = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - ago, 1))
      .toISOString()
      .slice(0, 10)
    return [
      {
        day,
        channel: 'Paid Search',
        source: 'google',
        currency: 'EUR',
        amount: 2_400 + 50 * (ago % 5),
        impressions: 90_000,
        clicks: 1_800,
      },
      {
        day,
        channel: 'Paid Social',
        source: 'linkedin',
        currency: 'EUR',
        amount: 1_100 + 30 * (ago % 4),
        impressions: 40_000,
        clicks: 420,
        engagements: 260,
        followers: 5_200 + 40 * (months - ago),
      },
    ]
  }).flat()
}
