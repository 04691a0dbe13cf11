/**
 * Orbit Metrics, a B2B company that sells an analytics product, and the sixty accounts that found it over
 * fourteen months. Deterministic: the same seed and the same last day give the same events, ids included.
 */
import type { OutgoingEvent } from '@touchline/schemas/build'
import { type Chance, chanceFrom } from './random.js'
import { type Journey, anyArrival, arrivals, dayMs, journeyOf, minuteMs } from './journey.js'
import { costsOf, dealJourneys, deals } from './deals.js'
import { accountNames, ordinaryAccount } from './ordinary-account.js'

export interface Company {
  events: readonly OutgoingEvent[]
  /** Three timelines worth opening: a path of the HTTP API and why. */
  worthOpening: readonly { path: string; why: string }[]
  /** Path of the Explorer. */
  firstToSee: string
  /** Rows of /v1/costs. */
  costs: readonly object[]
  /** How many accounts were won. */
  won: number
}

/** `lastDay` is midnight UTC of the day before which everything happened, in ms since 1970. */
export function companyOf({ seed, lastDay }: { seed: number; lastDay: number }): Company {
  const chance = chanceFrom(seed)
  const journeys = [
    ...lovelaceWorks(lastDay),
    ...sharedLaptop(lastDay),
    ...freeMailLeads(lastDay, chance),
    ...deals.flatMap((deal, index) => dealJourneys(deal, index, lastDay, chance)),
    ...accountNames.flatMap((name, index) => ordinaryAccount({ name, index, lastDay, chance })),
  ]
  return {
    firstToSee: '/accounts/lovelace-works',
    costs: costsOf(lastDay),
    won: deals.filter(({ outcome }) => outcome === 'won').length + 1,
    // A journey's devices share one list of events, so it is counted once.
    events: [...new Set(journeys.map((journey) => journey.events))].flat(),
    worthOpening: [
      {
        path: '/v1/accounts/lovelace-works/timeline',
        why: 'an account from the first ad to the closed deal: 31 touches, 192 days',
      },
      {
        path: '/v1/users/email%3Aada%40lovelace-works.com/timeline',
        why: 'one buyer, on two devices, known only from the webinar on',
      },
      {
        path: '/v1/users/user%3Au-reception-b/timeline',
        why: 'a shared laptop: what came before the second login belongs to somebody else',
      },
    ],
  }
}

/** Told touch by touch, because it must read exactly "31 touches, 192 days". */
function lovelaceWorks(lastDay: number): Journey[] {
  const first = lastDay - 200 * dayMs + 9 * 60 * minuteMs
  const day = (days: number, minutes = 0) => first + days * dayMs + minutes * minuteMs
  const traits = {
    name: 'Lovelace Works',
    domain: 'lovelace-works.com',
    industry: 'Manufacturing',
    employees: 420,
  }

  const ada = journeyOf('demo-ada-desktop', 'desktop')
    .visit(day(0), arrivals.googleAds, ['/attribution/how-it-works', '/pricing'])
    .visit(day(3), arrivals.chatgpt, ['/pricing'])
    .visit(day(11), arrivals.linkedinAds)
    .leaveEmail(day(11, 6), 'ada@lovelace-works.com', 'Webinar', {
      firstName: 'Ada',
      title: 'Head of Growth',
    })
    .imported(day(18), {
      kind: 'offline',
      channel: 'Webinar',
      source: 'webinar',
      event: 'Webinar Attended',
      email: 'ada@lovelace-works.com',
      properties: { title: 'Attribution without cookies', minutes: 46 },
    })
    .visit(day(25), arrivals.newsletter, ['/changelog/accounts'])
    .imported(day(40), {
      kind: 'offline',
      channel: 'Event',
      source: 'fair-scans',
      event: 'Met At Fair',
      email: 'ada@lovelace-works.com',
      properties: { fair: 'Growth Days', booth: 'B12' },
    })
  ada
    .on('phone', 'demo-ada-phone')
    .visit(day(41), arrivals.direct)
    .signUp(day(41, 4), 'u-ada', { email: 'ada@lovelace-works.com', firstName: 'Ada', lastName: 'Byron' })
    .joinAccount(day(41, 5), 'lovelace-works', traits)
    .act(day(42), 'Source Connected', { source: 'web' })
    .act(day(43), 'Invite Sent', { people: 2 })
    .act(day(44), 'Report Created', { report: 'Pipeline by channel' })

  const charles = journeyOf('demo-charles', 'mac')
    .visit(day(63), arrivals.googleSearch)
    .visit(day(70), arrivals.perplexity, ['/security'])
    .leaveEmail(day(70, 7), 'charles@lovelace-works.com', 'Demo Request', {
      firstName: 'Charles',
      title: 'CFO',
    })
    .imported(day(77), {
      kind: 'crm',
      channel: 'Sales',
      source: 'crm',
      event: 'Demo Held',
      email: 'charles@lovelace-works.com',
      properties: { stage: 'Evaluation', owner: 'Mary' },
    })
    .visit(day(84), arrivals.googleSearch, ['/security'])
    .visit(day(98), arrivals.direct, ['/security/audit'])

  const mary = journeyOf('demo-mary', 'desktop')
    .visit(day(120), arrivals.partner)
    .signUp(day(120, 9), 'u-mary', { email: 'mary@lovelace-works.com', firstName: 'Mary' })
    .joinAccount(day(120, 10), 'lovelace-works', traits)
    .act(day(125), 'Alert Set', { when: 'pipeline drops' })
    .act(day(131), 'Report Shared', { report: 'Pipeline by channel', people: 6 })
    .visit(day(152), arrivals.newsletter, ['/changelog/accounts'])
    .imported(day(160), {
      kind: 'crm',
      channel: 'Sales',
      source: 'crm',
      event: 'Proposal Sent',
      email: 'mary@lovelace-works.com',
      properties: { amount: 48_000, currency: 'EUR' },
    })
    .imported(day(192), {
      kind: 'crm',
      channel: 'Sales',
      source: 'crm',
      event: 'Deal Won',
      email: 'mary@lovelace-works.com',
      properties: { amount: 48_000, currency: 'EUR' },
    })
  return [ada, charles, mary]
}

/** Reception's laptop: A logs in, later B does; neither becomes the other. */
function sharedLaptop(lastDay: number): Journey[] {
  const start = lastDay - 30 * dayMs + 8 * 60 * minuteMs
  const a = journeyOf('demo-reception-laptop', 'desktop')
    .visit(start, arrivals.googleSearch)
    .signUp(start + 10 * minuteMs, 'u-reception-a', { email: 'anna@harbour-hotels.com', firstName: 'Anna' })
    .act(start + 12 * minuteMs, 'Report Created', { report: 'Bookings by channel' })
    .visit(start + dayMs, arrivals.direct)
  const b = journeyOf('demo-reception-laptop', 'desktop')
    .visit(start + 2 * dayMs, arrivals.newsletter)
    .signUp(start + 2 * dayMs + 5 * minuteMs, 'u-reception-b', {
      email: 'ben@harbour-hotels.com',
      firstName: 'Ben',
    })
    .visit(start + 3 * dayMs, arrivals.direct, ['/docs'])
    .act(start + 3 * dayMs + 9 * minuteMs, 'Source Connected', { source: 'booking-engine' })
  return [a, b]
}

/** People who never tell a company: they stay leads without an account. */
function freeMailLeads(lastDay: number, chance: Chance): Journey[] {
  return [
    'sam.reader@gmail.com',
    'kim.lee@outlook.com',
    'jo.marsh@proton.me',
    'dana.f@yahoo.com',
    'ravi.k@gmail.com',
  ].map((email, index) => {
    const at = lastDay - chance.integer(5, 150) * dayMs + chance.integer(7, 20) * 60 * minuteMs
    return journeyOf(`demo-lead-${index}`, chance.pick(['desktop', 'mac', 'phone']))
      .visit(at, chance.pick(anyArrival))
      .leaveEmail(at + 6 * minuteMs, email, 'Newsletter')
      .visit(at + chance.integer(2, 5) * dayMs, arrivals.newsletter)
  })
}
